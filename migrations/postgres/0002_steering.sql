-- What administrators need to see and steer the queue, and where records and engines do not agree.

-- `noop` is for benchmarks: it goes the whole way through the queue and touches no engine. No call of the API makes one.
ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN ('desktop.create', 'desktop.stop', 'desktop.cleanup', 'noop'));
ALTER TABLE jobs ADD COLUMN ended_by TEXT;   -- who cancelled it, when a person did

-- The lists of the queue page, newest first, by what they are narrowed to.
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_user ON jobs (user_id, id);
CREATE INDEX attempts_by_worker ON attempts (worker_id, job_id);
-- What the wait is reckoned from: the last starts.
CREATE INDEX jobs_last_starts ON jobs (finished_at) WHERE state = 'completed' AND priority = 1;

ALTER TABLE nodes ADD COLUMN compare_asked_at BIGINT;   -- somebody wants records and engine compared now
ALTER TABLE nodes ADD COLUMN compared_at      BIGINT;
ALTER TABLE nodes ADD COLUMN next_compare_at  BIGINT;
ALTER TABLE nodes ADD COLUMN matched_desktops BIGINT NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN matched_ports    BIGINT NOT NULL DEFAULT 0;

-- One row for each difference between the records and an engine, from its first sight to the comparison that misses it.
CREATE TABLE drift (
    id           TEXT PRIMARY KEY,
    node_id      TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('container_without_desktop', 'desktop_without_container',
                     'port_lease_without_desktop', 'port_in_use', 'network_unused', 'home_without_desktop')),
    subject      TEXT NOT NULL,      -- the id of the container, desktop or volume; the port; the network's name
    record       TEXT,               -- JSON: what the records say; null: nothing
    engine       TEXT,               -- JSON: what the engine says; null: nothing
    actions      TEXT NOT NULL,      -- words, with commas: adopt, remove, forget
    explains     TEXT NOT NULL,      -- one sentence on what the first action does
    since        BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    asked        TEXT CHECK (asked IN ('adopt', 'remove', 'forget')),   -- what an administrator decided
    asked_by     TEXT,
    asked_at     BIGINT,
    error        TEXT,               -- why that did not work
    forgotten_at BIGINT,
    CONSTRAINT drift_once UNIQUE (node_id, kind, subject)
);
