-- Groups of people with limits of their own, invitations, viewers that are open now, and people who are leaving.

CREATE TABLE groups (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL CONSTRAINT groups_name_taken UNIQUE,   -- lower case
    description  TEXT NOT NULL,
    max_desktops BIGINT CHECK (max_desktops >= 0),   -- null in a limit: the installation's default
    start_limits TEXT,
    max_streams  BIGINT CHECK (max_streams >= 0),
    created_at   BIGINT NOT NULL
);

ALTER TABLE users ADD COLUMN group_id    TEXT REFERENCES groups (id) ON DELETE SET NULL;
ALTER TABLE users ADD COLUMN max_streams BIGINT CHECK (max_streams >= 0);   -- null: the group's, or the default
ALTER TABLE users ADD COLUMN deleting_at BIGINT;   -- the row goes with the last desktop
CREATE INDEX users_by_group ON users (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX users_leaving ON users (deleting_at) WHERE deleting_at IS NOT NULL;

-- The templates that a group's members may use besides those for everyone.
CREATE TABLE template_groups (
    template_id TEXT NOT NULL REFERENCES templates (id) ON DELETE CASCADE,
    group_id    TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (template_id, group_id)
);
CREATE INDEX template_groups_by_group ON template_groups (group_id);

-- One open invitation a person; only its hash is kept.
CREATE TABLE invites (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL CONSTRAINT invites_token UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- One row for each viewer's connection, kept alive by the api that carries it.
CREATE TABLE streams (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    desktop_id TEXT NOT NULL,
    process    TEXT NOT NULL,
    opened_at  BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX streams_by_user ON streams (user_id);
CREATE INDEX streams_by_process ON streams (process);
