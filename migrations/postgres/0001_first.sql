-- The whole first schema. Its twin in ../sqlite says the same; ids are text, times are integer microseconds in UTC,
-- so that both databases store, compare and return the same values.

CREATE TABLE installation (
    only_row   BIGINT PRIMARY KEY CHECK (only_row = 1),
    id         TEXT NOT NULL,      -- marks containers, volumes and networks as ours
    epoch      TEXT NOT NULL,      -- first part of each event id; new after a restore
    key_check  TEXT NOT NULL,      -- derived from the secret key, so that a differing one is noticed
    events_pruned_xid BIGINT NOT NULL DEFAULT 0,   -- the newest event that was forgotten
    events_pruned_id  BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    username      TEXT NOT NULL,
    username_key  TEXT NOT NULL CONSTRAINT users_username_taken UNIQUE,   -- lower case
    display_name  TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('user', 'operator', 'admin')),
    password_hash TEXT,
    disabled_at   BIGINT,
    max_desktops  BIGINT CHECK (max_desktops >= 0),  -- null: the installation's default
    start_limits  TEXT,                              -- null: the installation's default
    created_at    BIGINT NOT NULL,
    last_seen_at  BIGINT
);

-- A log-in (a family): its session token lives minutes, its refresh token days and changes with each use.
CREATE TABLE sessions (
    id                    TEXT PRIMARY KEY,
    user_id               TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash            TEXT NOT NULL CONSTRAINT sessions_token UNIQUE,
    refresh_hash          TEXT NOT NULL CONSTRAINT sessions_refresh UNIQUE,
    previous_refresh_hash TEXT,
    rotated_at            BIGINT,
    device                TEXT NOT NULL,
    address               TEXT NOT NULL,
    created_at            BIGINT NOT NULL,
    last_used_at          BIGINT NOT NULL,
    expires_at            BIGINT NOT NULL,
    refresh_expires_at    BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_previous ON sessions (previous_refresh_hash);
CREATE INDEX sessions_by_end ON sessions (refresh_expires_at);

CREATE TABLE templates (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    name_key       TEXT NOT NULL CONSTRAINT templates_name_taken UNIQUE,
    description    TEXT NOT NULL,
    icon           TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('vnc', 'web')),
    image          TEXT NOT NULL,
    container_port BIGINT NOT NULL CHECK (container_port BETWEEN 1 AND 65535),
    memory_mib     BIGINT NOT NULL CHECK (memory_mib > 0),
    cpu_millis     BIGINT NOT NULL CHECK (cpu_millis > 0),
    pids           BIGINT NOT NULL CHECK (pids > 0),
    shm_mib        BIGINT NOT NULL CHECK (shm_mib > 0),
    position       BIGINT NOT NULL,
    is_default     BOOLEAN NOT NULL,
    disabled_at    BIGINT,
    created_at     BIGINT NOT NULL
);

-- A node is one engine with its ports and its start slots.
CREATE TABLE nodes (
    id           TEXT PRIMARY KEY,
    engine_up    BOOLEAN NOT NULL,
    engine_error TEXT,
    start_slots  BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL
);

-- Whether a node has a template's image, as its workers last saw it.
CREATE TABLE template_nodes (
    template_id TEXT NOT NULL REFERENCES templates (id) ON DELETE CASCADE,
    node_id     TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    image       TEXT NOT NULL,
    ready       BOOLEAN NOT NULL,
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (template_id, node_id)
);

CREATE TABLE workers (
    id           TEXT PRIMARY KEY,
    node_id      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('live', 'draining')),
    concurrency  BIGINT NOT NULL,
    version      TEXT NOT NULL,
    started_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);

CREATE TABLE desktops (
    id             TEXT PRIMARY KEY,
    owner_id       TEXT NOT NULL REFERENCES users (id),
    template_id    TEXT NOT NULL REFERENCES templates (id),
    name           TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('queued', 'starting', 'running', 'stopping', 'stopped', 'failed', 'deleting')),
    desired        TEXT NOT NULL CHECK (desired IN ('running', 'stopped', 'deleted')),
    reason_code    TEXT,
    reason_text    TEXT,
    version        BIGINT NOT NULL,
    generation     BIGINT NOT NULL,   -- grows only when a new container is wanted
    node_id        TEXT,              -- where its home and its container are
    container_id   TEXT,
    crashes        BIGINT NOT NULL,   -- ends without cause since the user last asked for a start
    job_id         TEXT,
    attempt        BIGINT NOT NULL,
    max_attempts   BIGINT NOT NULL,
    last_error     TEXT,
    asked_at       BIGINT,            -- the steps of the present start
    claimed_at     BIGINT,
    made_at        BIGINT,
    booted_at      BIGINT,
    ready_at       BIGINT,
    created_at     BIGINT NOT NULL,
    started_at     BIGINT,
    stopped_at     BIGINT,
    stopped_by     TEXT,
    last_active_at BIGINT,
    -- What may stand beside what: a start is under way only when running is wanted, and so on.
    CONSTRAINT desktops_status_desired CHECK (
        (status IN ('queued', 'starting', 'running', 'failed') AND desired = 'running')
        OR (status IN ('stopping', 'stopped') AND desired = 'stopped')
        OR (status = 'deleting' AND desired = 'deleted'))
);
CREATE INDEX desktops_by_owner ON desktops (owner_id, created_at, id);
CREATE INDEX desktops_by_age ON desktops (created_at, id);
CREATE INDEX desktops_by_status ON desktops (status);

-- Each start that counts towards a user's windows.
CREATE TABLE starts (
    id      TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at      BIGINT NOT NULL
);
CREATE INDEX starts_by_user ON starts (user_id, at);

CREATE TABLE idempotency_keys (
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    desktop_id   TEXT NOT NULL,
    answer       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE history (
    id          TEXT PRIMARY KEY,
    desktop_id  TEXT NOT NULL,
    at          BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    actor       TEXT,
    status      TEXT NOT NULL,
    desired     TEXT NOT NULL,
    reason_code TEXT,
    reason_text TEXT
);
CREATE INDEX history_by_desktop ON history (desktop_id, id);

CREATE TABLE jobs (
    id               TEXT PRIMARY KEY,
    kind             TEXT NOT NULL CHECK (kind IN ('desktop.create', 'desktop.stop', 'desktop.cleanup')),
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
    CONSTRAINT jobs_lease CHECK ((state = 'running') = (lease_token IS NOT NULL))
);
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

-- One row for each start that a node may have under way; taken in the claim, given back with the lease.
CREATE TABLE start_slots (
    node_id TEXT NOT NULL,
    slot    BIGINT NOT NULL,
    job_id  TEXT CONSTRAINT start_slots_one_a_job UNIQUE,
    PRIMARY KEY (node_id, slot)
);

CREATE TABLE queue_control (
    only_row  BIGINT PRIMARY KEY CHECK (only_row = 1),
    paused_at BIGINT,
    paused_by TEXT
);
INSERT INTO queue_control (only_row) VALUES (1);

-- The truth about host ports: who holds which, and which rest.
CREATE TABLE port_leases (
    node_id         TEXT NOT NULL,
    port            BIGINT NOT NULL,
    desktop_id      TEXT NOT NULL CONSTRAINT port_leases_one_a_desktop UNIQUE,
    generation      BIGINT NOT NULL,
    connect_address TEXT NOT NULL,
    leased_at       BIGINT NOT NULL,
    PRIMARY KEY (node_id, port)
);
CREATE TABLE port_rests (
    node_id TEXT NOT NULL,
    port    BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    foreign_holder BOOLEAN NOT NULL,  -- somebody else listens there
    PRIMARY KEY (node_id, port)
);

-- Facts for the page, in the order of commits. xid is PostgreSQL's; on SQLite the one writer gives the order.
CREATE TABLE events (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid        XID8 NOT NULL DEFAULT pg_current_xact_id(),
    user_id    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX events_in_order ON events (xid, id);
CREATE INDEX events_by_user ON events (user_id, xid, id);
CREATE INDEX events_by_age ON events (at);
