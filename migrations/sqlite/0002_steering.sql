-- What administrators need to see and steer the queue, and where records and engines do not agree.

-- `noop` is for benchmarks: it goes the whole way through the queue and touches no engine. No call of the API makes one.
-- SQLite cannot change a CHECK, so both tables are written anew.
CREATE TABLE old_attempts AS SELECT * FROM attempts;
DROP TABLE attempts;
ALTER TABLE jobs RENAME TO old_jobs;
CREATE TABLE jobs (
    id               TEXT PRIMARY KEY,
    kind             TEXT NOT NULL CHECK (kind IN ('desktop.create', 'desktop.stop', 'desktop.cleanup', 'noop')),
    desktop_id       TEXT NOT NULL,
    user_id          TEXT NOT NULL,
    generation       BIGINT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('available', 'scheduled', 'running', 'retryable', 'completed', 'cancelled', 'discarded')),
    priority         BIGINT NOT NULL,   -- 0 cleanup and stop, 1 create
    rank             BIGINT NOT NULL,   -- the place in the fair order among creates
    attempt          BIGINT NOT NULL,   -- attempts that count against max_attempts
    max_attempts     BIGINT NOT NULL,
    claims           BIGINT NOT NULL,   -- every claim, also those that ended lost or snoozed
    run_at           BIGINT NOT NULL,
    node_id          TEXT,              -- must run there
    worker_id        TEXT,
    lease_token      TEXT,
    lease_until      BIGINT,
    lease_renewed_at BIGINT,
    wait_code        TEXT,              -- why it waits, when not for its turn: backoff, engine_down, no_free_port
    last_error       TEXT,
    trace_id         TEXT,
    created_at       BIGINT NOT NULL,
    started_at       BIGINT,
    finished_at      BIGINT,
    ended_by         TEXT,              -- who cancelled it, when a person did
    CONSTRAINT jobs_lease CHECK ((state = 'running') = (lease_token IS NOT NULL))
);
INSERT INTO jobs SELECT *, NULL FROM old_jobs;
DROP TABLE old_jobs;
CREATE UNIQUE INDEX jobs_one_running ON jobs (desktop_id) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_one_waiting ON jobs (desktop_id) WHERE state IN ('available', 'scheduled', 'retryable');
CREATE INDEX jobs_to_claim ON jobs (priority, rank, created_at, id) WHERE state = 'available';
CREATE INDEX jobs_to_promote ON jobs (run_at) WHERE state IN ('scheduled', 'retryable');
CREATE INDEX jobs_to_expire ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_by_user_unfinished ON jobs (user_id) WHERE state IN ('available', 'scheduled', 'retryable', 'running');
CREATE INDEX jobs_by_desktop ON jobs (desktop_id, id);
CREATE INDEX jobs_by_end ON jobs (finished_at);
CREATE TABLE attempts (
    job_id     TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    n          BIGINT NOT NULL,
    worker_id  TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    outcome    TEXT CHECK (outcome IN ('done', 'failed', 'lost', 'snoozed', 'cancelled')),
    error      TEXT,
    PRIMARY KEY (job_id, n)
);
INSERT INTO attempts SELECT * FROM old_attempts;
DROP TABLE old_attempts;

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
