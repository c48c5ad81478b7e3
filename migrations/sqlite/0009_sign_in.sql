-- Signing in. A user's version grows when all of their log-ins are to end: one of an older version counts no more, also
-- one that was just being made.
ALTER TABLE users ADD COLUMN session_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN session_version BIGINT NOT NULL DEFAULT 0;

-- Where a log-in came from, to be told of its end; null: a password. The token names it there, and is sealed.
ALTER TABLE sessions ADD COLUMN provider TEXT;
ALTER TABLE sessions ADD COLUMN id_token TEXT;

-- Refresh tokens that were used, hashed: one that comes again was stolen.
CREATE TABLE spent_refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    spent_at   BIGINT NOT NULL
);
CREATE INDEX spent_refresh_tokens_by_session ON spent_refresh_tokens (session_id);
CREATE INDEX spent_refresh_tokens_by_age ON spent_refresh_tokens (spent_at);

-- A second factor: one-time codes by the clock. The secret is sealed.
CREATE TABLE two_factor (
    user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       TEXT NOT NULL,
    confirmed_at BIGINT,             -- null: not on yet
    last_step    BIGINT NOT NULL,    -- of the last code that was used: it and older ones are good no more
    created_at   BIGINT NOT NULL
);

-- For who has lost the device; each is good once. Kept as a hash under the installation's key.
CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES two_factor (user_id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at   BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

-- Whom an OpenID provider means by a subject.
CREATE TABLE identities (
    provider   TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (provider, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- Answers of providers that were taken, hashed, until they would be too old anyway: none is taken twice.
CREATE TABLE spent_oidc_states (
    state_hash TEXT PRIMARY KEY,
    spent_at   BIGINT NOT NULL
);
CREATE INDEX spent_oidc_states_by_age ON spent_oidc_states (spent_at);
