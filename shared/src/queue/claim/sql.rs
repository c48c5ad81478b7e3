//! The texts of the claim, both databases side by side.
//!
//! ```text
//!  PostgreSQL, one statement:
//!
//!   clock ── the database's time                             due ── when the next of the waiting may run
//!   slots ── free start slots of this node, FOR UPDATE SKIP LOCKED; none while starts are held  (starts only)
//!   first ── the first in line: available, of this class, here or anywhere, nothing of that desktop runs;
//!     │      FOR UPDATE SKIP LOCKED, straight along the index jobs_to_claim
//!     ▼
//!   free ─── of these, those whose desktop nobody is changing, locked too                       (starts only)
//!     ▼
//!   pairs ── each with a slot                                                                   (starts only)
//!     ▼
//!   taken ── jobs: running, lease until clock + ttl ──▶ tried: one row in attempts ──▶ slotted: the slot is the job's
//!     ▼
//!   one line for each job taken, or one without a job: now, due, the job
//! ```
//!
//! Every part that could be read in more than one way is written so that there is one: limits are constants, the desktop is
//! looked up from the side, "nothing of it runs" is a look at one index. So a plan made on an empty table is right on a full one.
//! Two wordings matter to the planner: whether any start waits is asked in the line's order (a bare EXISTS reads through all
//! that has finished), and "nothing of it runs" is a boolean (an IS NULL is taken for so rare that all that waits gets sorted).

use super::Class;

/// The kinds that this binary can work on.
macro_rules! known {
    () => {
        "kind IN ('desktop.create', 'desktop.stop', 'desktop.cleanup', 'image.pull', 'noop')"
    };
}
pub(in crate::queue) use known;

macro_rules! clock {
    () => {
        "WITH clock AS MATERIALIZED (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now), \
         due AS (SELECT run_at FROM jobs WHERE state IN ('scheduled', 'retryable') ORDER BY run_at LIMIT 1), "
    };
}

macro_rules! first {
    ($priority:literal, $most:literal, $unless:literal) => {
        concat!(
            "first AS MATERIALIZED (SELECT j.id, j.desktop_id, j.rank, j.created_at FROM jobs j \
             WHERE j.state = 'available' AND j.priority = ",
            $priority,
            " AND (j.node_id IS NULL OR j.node_id = $1) AND ",
            known!(),
            " AND coalesce((SELECT false FROM jobs r WHERE r.desktop_id = j.desktop_id AND r.state = 'running'), true) ",
            $unless,
            "ORDER BY j.priority, j.rank, j.created_at, j.id LIMIT ",
            $most,
            " FOR UPDATE SKIP LOCKED), "
        )
    };
}

macro_rules! taken {
    ($from:literal) => {
        concat!(
            "taken AS (UPDATE jobs j SET state = 'running', attempt = attempt + 1, claims = claims + 1, node_id = $1, \
             worker_id = $2, lease_token = $4 || '.' || j.id, lease_until = clock.now + $3, lease_renewed_at = clock.now, \
             started_at = clock.now, wait_code = NULL FROM ",
            $from,
            " p, clock WHERE j.id = p.id RETURNING j.*), \
             tried AS (INSERT INTO attempts (job_id, n, worker_id, started_at) \
             SELECT id, claims, worker_id, started_at FROM taken) "
        )
    };
}

macro_rules! result {
    () => {
        "SELECT clock.now, due.run_at AS due, taken.* FROM clock LEFT JOIN due ON true LEFT JOIN taken ON true"
    };
}

/// Of what changes no desktop by being claimed: stops and cleanups, pulls.
macro_rules! plain {
    ($priority:literal, $most:literal) => {
        concat!(clock!(), first!($priority, $most, ""), taken!("first"), result!())
    };
}

macro_rules! starts {
    ($most:literal) => {
        concat!(
            clock!(),
            "slots AS MATERIALIZED (SELECT s.slot FROM start_slots s WHERE s.node_id = $1 AND s.job_id IS NULL \
             AND s.slot < (SELECT n.start_slots FROM nodes n WHERE n.id = $1) \
             AND (SELECT c.paused_at FROM queue_control c WHERE c.only_row = 1) IS NULL \
             AND (SELECT a.id FROM jobs a WHERE a.state = 'available' AND a.priority = 1 \
             ORDER BY a.priority, a.rank LIMIT 1) IS NOT NULL \
             ORDER BY s.slot LIMIT ",
            $most,
            " FOR UPDATE SKIP LOCKED), ",
            first!("1", $most, "AND EXISTS (SELECT 1 FROM slots) "),
            "free AS MATERIALIZED (SELECT f.id, f.rank, f.created_at FROM first f CROSS JOIN LATERAL \
             (SELECT d.id FROM desktops d WHERE d.id = f.desktop_id FOR UPDATE SKIP LOCKED) d), \
             pairs AS MATERIALIZED (SELECT f.id, s.slot FROM \
             (SELECT id, row_number() OVER (ORDER BY rank, created_at, id) AS n FROM free) f \
             JOIN (SELECT slot, row_number() OVER (ORDER BY slot) AS n FROM slots) s ON s.n = f.n), ",
            taken!("pairs"),
            ", slotted AS (UPDATE start_slots s SET job_id = p.id FROM pairs p WHERE s.node_id = $1 AND s.slot = p.slot) ",
            result!()
        )
    };
}

/// `$1` node, `$2` worker, `$3` microseconds of a lease, `$4` the tokens' first part.
pub(super) const fn postgres(class: Class, most: usize) -> &'static str {
    match (class, most) {
        (Class::Starts, 0 | 1) => starts!("1"),
        (Class::Starts, _) => starts!("2"),
        (Class::Ends, 0 | 1) => plain!("0", "1"),
        (Class::Ends, 2 | 3) => plain!("0", "2"),
        (Class::Ends, 4..8) => plain!("0", "4"),
        (Class::Ends, _) => plain!("0", "8"),
        (Class::Pulls, _) => plain!("2", "1"),
    }
}

/// `$1` node, `$2` most. None while starts are held.
pub(super) const FREE_SLOTS: &str = "SELECT s.slot FROM start_slots s JOIN nodes n ON n.id = s.node_id \
    WHERE s.node_id = $1 AND s.job_id IS NULL AND s.slot < n.start_slots \
    AND NOT EXISTS (SELECT 1 FROM queue_control WHERE paused_at IS NOT NULL) ORDER BY s.slot LIMIT $2";

/// `$1` node, `$2` worker, `$3` the tokens' first part, `$4` now, `$5` lease until, `$6` priority, `$7` most.
pub(super) const TAKE: &str = concat!(
    "UPDATE jobs SET state = 'running', attempt = attempt + 1, claims = claims + 1, node_id = $1, worker_id = $2, \
     lease_token = $3 || '.' || id, lease_until = $5, lease_renewed_at = $4, started_at = $4, wait_code = NULL \
     WHERE id IN (SELECT j.id FROM jobs j WHERE j.state = 'available' AND j.priority = $6 \
     AND (j.node_id IS NULL OR j.node_id = $1) AND j.",
    known!(),
    " AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.desktop_id = j.desktop_id AND r.state = 'running') \
     ORDER BY j.rank, j.created_at, j.id LIMIT $7) RETURNING *"
);

pub(super) const PROMOTE: &str =
    "UPDATE jobs SET state = 'available', wait_code = NULL WHERE state IN ('scheduled', 'retryable') AND run_at <= $1";
pub(super) const PROMOTE_PG: &str = "UPDATE jobs SET state = 'available', wait_code = NULL WHERE id IN (SELECT id FROM jobs \
    WHERE state IN ('scheduled', 'retryable') AND run_at <= $1 FOR UPDATE SKIP LOCKED)";

macro_rules! look {
    ($and:literal, $now:literal) => {
        concat!(
            "SELECT (SELECT id FROM jobs WHERE state = 'available' AND priority = $1 \
             ORDER BY priority, rank LIMIT 1) IS NOT NULL ",
            $and,
            ", (SELECT run_at FROM jobs WHERE state IN ('scheduled', 'retryable') ORDER BY run_at LIMIT 1), ",
            $now
        )
    };
}

/// A start is worth a claim when one of the node's slots is free, too, and nobody holds starts.
macro_rules! look_for_starts {
    ($now:literal) => {
        look!(
            "AND (SELECT s.slot FROM start_slots s WHERE s.node_id = $2 AND s.job_id IS NULL \
             AND s.slot < (SELECT n.start_slots FROM nodes n WHERE n.id = $2) \
             AND (SELECT c.paused_at FROM queue_control c WHERE c.only_row = 1) IS NULL \
             ORDER BY s.slot LIMIT 1) IS NOT NULL",
            $now
        )
    };
}

/// `$1` priority; for starts also `$2` node.
pub(super) const fn look(class: Class, on_postgres: bool) -> &'static str {
    match (class, on_postgres) {
        (Class::Starts, true) => look_for_starts!("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
        (Class::Starts, false) => look_for_starts!("NULL"),
        (Class::Ends | Class::Pulls, true) => look!("", "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"),
        (Class::Ends | Class::Pulls, false) => look!("", "NULL"),
    }
}
