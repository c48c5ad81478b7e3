// What the api would answer an administrator; one file a page's part.
export * from "./accountFactories.ts";
export * from "./driftFactories.ts";
export * from "./jobFactories.ts";
export * from "./operationsFactories.ts";
export * from "./queueFactories.ts";
export * from "./templateFactories.ts";
