-- Who did what, and who was refused. Rows are added and, by age, removed; never changed. What they name may be gone, so nothing
-- is referenced.

CREATE TABLE audit (
    id          TEXT PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor_id    TEXT,            -- null: nobody who is known
    actor       TEXT NOT NULL,   -- the username then, or the one that was tried
    action      TEXT NOT NULL,
    target_kind TEXT,
    target_id   TEXT,
    target      TEXT,            -- its name then
    address     TEXT,
    result      TEXT NOT NULL CHECK (result IN ('ok', 'refused', 'failed')),
    detail      TEXT NOT NULL,
    request_id  TEXT
);
CREATE INDEX audit_by_age ON audit (at, id);
CREATE INDEX audit_by_actor ON audit (lower(actor), at);
CREATE INDEX audit_by_action ON audit (action, at);

CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit is append-only');
END;
