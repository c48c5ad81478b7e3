//! The queue: a `jobs` table in the same database, so that row, event and job are written in one transaction.
//!
//! ```text
//!                 enqueue           claim (slot, lease)        done
//!                ─────────▶ available ─────────────▶ running ───────▶ completed
//!                 run_at ahead │  ▲  ▲                  │ ├─ cancelled (superseded)
//!                ─────────▶ scheduled │   lease ran out │ └─ discarded (given up)
//!                                     ├─────────────────┤
//!                                     └──── retryable ◀─┘ passing error
//! ```
//!
//! One running and one waiting job a desktop. Claims: [`claim`]; leases: [`keeper`]; ends: [`finish`]; a place in line:
//! [`line`]; what apalis sees of it: [`backend`].

pub mod backend;
mod claim;
mod clock;
mod ends;
mod enqueue;
mod expire;
mod finish;
pub mod jobs;
pub mod keeper;
pub mod line;
pub mod overview;
pub mod pulls;

use crate::domain::job::{JobState, Kind};
use crate::domain::time::Time;

pub use claim::{Class, Found, claim, claim_alone, look, promote};
pub use clock::follow_clock;
pub use ends::Ends;
pub use enqueue::{NewJob, cancel_waiting, enqueue, enqueue_first, give};
pub(crate) use enqueue::{last_of_user, put, rank_after, served};
pub use expire::{end_all_leases, engine_is_back, expired, give_up_lease};
pub use finish::{End, finish};

/// A job's row.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Job {
    pub id: String,
    #[sqlx(try_from = "String")]
    pub kind: Kind,
    pub desktop_id: String,
    pub user_id: String,
    pub generation: i64,
    #[sqlx(try_from = "String")]
    pub state: JobState,
    pub rank: i64,
    pub attempt: i64,
    pub max_attempts: i64,
    pub claims: i64,
    pub run_at: Time,
    pub node_id: Option<String>,
    pub worker_id: Option<String>,
    pub lease_token: Option<String>,
    pub lease_until: Option<Time>,
    pub lease_renewed_at: Option<Time>,
    pub wait_code: Option<String>,
    pub last_error: Option<String>,
    pub trace_id: Option<String>,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
}

/// Who claims: a worker process and the node that it works for.
#[derive(Debug, Clone)]
pub struct Claimant {
    pub worker_id: String,
    pub node_id: String,
    pub lease_ttl: std::time::Duration,
}

/// The right to work on a job, until it runs out. Every write of the work compares the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub job_id: String,
    pub kind: Kind,
    pub desktop_id: String,
    pub generation: i64,
    pub token: String,
    /// Which claim of the job this is, from 1.
    pub claim: i64,
    /// Which of the tries that count, from 1.
    pub attempt: i64,
    pub max_attempts: i64,
    /// When this process got it, by its own clock.
    pub since: std::time::Instant,
    /// How long the job could have run before it was claimed.
    pub waited: std::time::Duration,
    /// Whose trace it belongs to.
    pub trace_id: Option<String>,
}

/// Reads one job.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut crate::store::Tx, id: &str) -> Result<Option<Job>, crate::store::StoreError> {
    crate::store::opt!(tx, Job, "SELECT * FROM jobs WHERE id = $1", id)
}

/// Whether a desktop's job runs at this moment.
///
/// # Errors
/// When the database fails.
pub async fn is_running(tx: &mut crate::store::Tx, desktop_id: &str) -> Result<bool, crate::store::StoreError> {
    let sql = "SELECT id FROM jobs WHERE desktop_id = $1 AND state = 'running'";
    Ok(crate::store::opt!(tx, (String,), sql, desktop_id)?.is_some())
}

/// Whether a desktop has a job that waits or runs.
///
/// # Errors
/// When the database fails.
pub async fn has_unfinished(tx: &mut crate::store::Tx, desktop_id: &str) -> Result<bool, crate::store::StoreError> {
    let sql = "SELECT id FROM jobs WHERE desktop_id = $1 AND state IN ('available', 'scheduled', 'retryable', 'running') LIMIT 1";
    Ok(crate::store::opt!(tx, (String,), sql, desktop_id)?.is_some())
}

/// Forgets up to `most` jobs, and their tries, that ended before `before`, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut crate::store::Tx, before: Time, most: i64) -> Result<u64, crate::store::StoreError> {
    const SQL: &str = "DELETE FROM jobs WHERE id IN \
        (SELECT id FROM jobs WHERE finished_at < $1 ORDER BY finished_at LIMIT $2)";
    crate::store::exec!(tx, SQL, before, most)
}
