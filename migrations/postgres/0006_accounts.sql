-- Groups of people.

CREATE TABLE groups (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL CONSTRAINT groups_name_taken UNIQUE,   -- lower case
    description  TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);
ALTER TABLE users ADD COLUMN group_id TEXT REFERENCES groups (id) ON DELETE SET NULL;
