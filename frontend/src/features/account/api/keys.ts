// The names under which answers about one's own account are kept.
export const accountKeys = {
  sessions: ["account", "sessions"],
  tokens: ["account", "tokens"],
  twoFactor: ["account", "two-factor"],
} as const;
