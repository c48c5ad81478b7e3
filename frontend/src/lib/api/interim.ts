// What the api says by now and its file does not name yet. When the generated types have it, this file goes, and
// types.ts names those.
import type { components } from "./schema.gen";

type S = components["schemas"];

/** `newer_image`: it runs an image that its template's name no longer points to. */
export type Desktop = S["Desktop"] & { newer_image: boolean };
export type DesktopPage = { items: Desktop[]; next_cursor: string | null };

/** `streams`: windows that show a desktop at the same time. */
export type Limits = S["Limits"] & { streams: { limit: number; used: number } };

/** `sign_in` also lists `oidc:<id>`; what each of these is called stands in `providers`. */
export type About = S["About"] & { providers: Provider[] };

export interface Provider {
  id: string;
  name: string;
}

export type LoginRequest = S["LoginRequest"] & { code?: string };

/** Log-out of somebody who came from a provider: where to go to end the session there too. */
export type LogoutResponse = { end_session_url: string | null } | undefined;

export type JobKind = S["JobKind"] | "image.pull";
export type Job = Omit<S["Job"], "kind"> & { kind: JobKind };
export type JobDetail = Omit<S["JobDetail"], "kind"> & { kind: JobKind };
export type JobPage = { items: Job[]; next_cursor: string | null };
