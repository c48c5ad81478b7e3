-- Tokens for programs that act for a person. Only the hash is kept.
CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    token_hash   TEXT NOT NULL CONSTRAINT tokens_token UNIQUE,
    scopes       TEXT NOT NULL,   -- words, with commas: read, desktops, admin
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,          -- null: never
    last_used_at BIGINT
);
CREATE INDEX tokens_by_user ON tokens (user_id, id);
