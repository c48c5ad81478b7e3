-- Images that are fetched from registries: a job for each node and image, and who Berth is at a registry.

-- SQLite cannot change a CHECK, so both tables are written anew.
CREATE TABLE old_attempts AS SELECT * FROM attempts;
DROP TABLE attempts;
ALTER TABLE jobs RENAME TO old_jobs;
CREATE TABLE jobs (
    id               TEXT PRIMARY KEY,
    kind             TEXT NOT NULL CHECK (kind IN ('desktop.create', 'desktop.stop', 'desktop.cleanup', 'image.pull', 'noop')),
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
    image            TEXT,              -- of an image.pull; its desktop_id stands for node and image, so that there is one at a time
    again            BOOLEAN NOT NULL DEFAULT false,   -- also when the node has it: there may be a newer one
    percent          BIGINT,            -- of what is known of the download
    progress         TEXT,              -- the same in words
    CONSTRAINT jobs_lease CHECK ((state = 'running') = (lease_token IS NOT NULL))
);
INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, claims, run_at, node_id,
    worker_id, lease_token, lease_until, lease_renewed_at, wait_code, last_error, trace_id, created_at, started_at,
    finished_at, ended_by)
    SELECT id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, claims, run_at, node_id,
    worker_id, lease_token, lease_until, lease_renewed_at, wait_code, last_error, trace_id, created_at, started_at,
    finished_at, ended_by FROM old_jobs;
DROP TABLE old_jobs;
CREATE UNIQUE INDEX jobs_one_running ON jobs (desktop_id) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_one_waiting ON jobs (desktop_id) WHERE state IN ('available', 'scheduled', 'retryable');
CREATE INDEX jobs_to_claim ON jobs (priority, rank, created_at, id) WHERE state = 'available';
CREATE INDEX jobs_to_promote ON jobs (run_at) WHERE state IN ('scheduled', 'retryable');
CREATE INDEX jobs_running ON jobs (worker_id) WHERE state = 'running';
CREATE INDEX jobs_by_user_unfinished ON jobs (user_id) WHERE state IN ('available', 'scheduled', 'retryable', 'running');
CREATE INDEX jobs_by_desktop ON jobs (desktop_id, id);
CREATE INDEX jobs_by_end ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_user ON jobs (user_id, id);
CREATE INDEX jobs_last_starts ON jobs (finished_at) WHERE state = 'completed' AND priority = 1;
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
CREATE INDEX attempts_by_worker ON attempts (worker_id, job_id);

-- The pulls among the jobs: few, and read together.
CREATE INDEX jobs_pulls ON jobs (desktop_id, id) WHERE kind = 'image.pull';

CREATE TABLE registries (
    host       TEXT PRIMARY KEY,      -- as images' names carry it
    username   TEXT NOT NULL,
    password   TEXT NOT NULL,         -- sealed with the installation's key
    changed_by TEXT NOT NULL,         -- a username
    changed_at BIGINT NOT NULL
);
