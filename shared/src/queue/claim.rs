//! The claim: one worker takes one job, with a lease and, for a create, a start slot. Lock order: slot, then desktop and
//! job together, skipping what others hold, so that claims never wait for each other.

use super::{Claimant, Job, Lease};
use crate::domain::job::Kind;
use crate::domain::{new_id, time::Time};
use crate::store::{StoreError, Tx, exec, opt};

/// Which jobs a claim looks at. Stops and cleanups have permits of their own, so that starts never block them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Starts,
    Ends,
}

impl Class {
    const fn priority(self) -> i64 {
        match self {
            Self::Starts => Kind::Create.priority(),
            Self::Ends => Kind::Stop.priority(),
        }
    }

    /// How many of a worker's jobs at once may be of this class: a quarter is kept for what gives room back.
    #[must_use]
    pub fn permits(self, concurrency: i64) -> i64 {
        let all = concurrency.max(2);
        let for_ends = (all / 4).max(1);
        match self {
            Self::Starts => all - for_ends,
            Self::Ends => for_ends,
        }
    }
}

/// What may be claimed: of this class, on this node or on any, and no job of the same desktop runs.
const PICK: &str = "SELECT j.id FROM jobs j JOIN desktops d ON d.id = j.desktop_id \
    WHERE j.state = 'available' AND j.priority = $1 AND (j.node_id IS NULL OR j.node_id = $2) \
    AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.desktop_id = j.desktop_id AND r.state = 'running') \
    ORDER BY j.rank, j.created_at, j.id LIMIT 1";
const PICK_PG: &str = "SELECT j.id FROM jobs j JOIN desktops d ON d.id = j.desktop_id \
    WHERE j.state = 'available' AND j.priority = $1 AND (j.node_id IS NULL OR j.node_id = $2) \
    AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.desktop_id = j.desktop_id AND r.state = 'running') \
    ORDER BY j.rank, j.created_at, j.id LIMIT 1 FOR UPDATE OF d, j SKIP LOCKED";

const FREE_SLOT: &str = "SELECT s.slot FROM start_slots s JOIN nodes n ON n.id = s.node_id \
    WHERE s.node_id = $1 AND s.job_id IS NULL AND s.slot < n.start_slots ORDER BY s.slot LIMIT 1";
const FREE_SLOT_PG: &str = "SELECT s.slot FROM start_slots s JOIN nodes n ON n.id = s.node_id \
    WHERE s.node_id = $1 AND s.job_id IS NULL AND s.slot < n.start_slots ORDER BY s.slot LIMIT 1 \
    FOR UPDATE OF s SKIP LOCKED";

/// Takes the first job in line that this worker may take now. None: nothing to take, or no slot, or starts are held.
///
/// # Errors
/// When the database fails; [`StoreError::Conflict`] or a broken `jobs_one_running` when another claim was quicker.
pub async fn claim(tx: &mut Tx, by: &Claimant, class: Class) -> Result<Option<(Job, Lease)>, StoreError> {
    let now = tx.now().await?;
    promote(tx, now).await?;
    let slot = match class {
        Class::Ends => None,
        Class::Starts => {
            if opt!(tx, (i64,), "SELECT paused_at FROM queue_control WHERE paused_at IS NOT NULL")?.is_some() {
                return Ok(None);
            }
            let free_slot = by_database(tx, FREE_SLOT, FREE_SLOT_PG);
            match opt!(tx, (i64,), free_slot, &by.node_id)? {
                Some((slot,)) => Some(slot),
                None => return Ok(None),
            }
        }
    };
    let pick = by_database(tx, PICK, PICK_PG);
    let Some((id,)) = opt!(tx, (String,), pick, class.priority(), &by.node_id)? else {
        return Ok(None);
    };
    let token = new_id();
    exec!(
        tx,
        "UPDATE jobs SET state = 'running', attempt = attempt + 1, claims = claims + 1, node_id = $2, worker_id = $3, \
         lease_token = $4, lease_until = $5, lease_renewed_at = $6, started_at = $6, wait_code = NULL WHERE id = $1",
        &id,
        &by.node_id,
        &by.worker_id,
        &token,
        now.plus(by.lease_ttl),
        now,
    )?;
    if let Some(slot) = slot {
        exec!(tx, "UPDATE start_slots SET job_id = $3 WHERE node_id = $1 AND slot = $2", &by.node_id, slot, &id)?;
    }
    exec!(
        tx,
        "INSERT INTO attempts (job_id, n, worker_id, started_at) SELECT id, claims, worker_id, started_at FROM jobs WHERE id = $1",
        &id,
    )?;
    let Some(job) = super::get(tx, &id).await? else { return Ok(None) };
    let lease = Lease {
        job_id: id,
        kind: job.kind,
        desktop_id: job.desktop_id.clone(),
        generation: job.generation,
        token,
        claim: job.claims,
        attempt: job.attempt,
        max_attempts: job.max_attempts,
    };
    Ok(Some((job, lease)))
}

const fn by_database(tx: &Tx, sqlite: &'static str, postgres: &'static str) -> &'static str {
    match tx {
        Tx::Sqlite(_) => sqlite,
        Tx::Postgres(..) => postgres,
    }
}

/// Makes available what has waited out its time.
async fn promote(tx: &mut Tx, now: Time) -> Result<(), StoreError> {
    const SQLITE: &str = "UPDATE jobs SET state = 'available', wait_code = NULL WHERE state IN ('scheduled', 'retryable') AND run_at <= $1";
    const POSTGRES: &str = "UPDATE jobs SET state = 'available', wait_code = NULL WHERE id IN (SELECT id FROM jobs \
        WHERE state IN ('scheduled', 'retryable') AND run_at <= $1 FOR UPDATE SKIP LOCKED)";
    let promote = by_database(tx, SQLITE, POSTGRES);
    exec!(tx, promote, now)?;
    Ok(())
}

/// Whether a claim of this class could find anything at this moment. Only reads, so that a notice that is for somebody
/// else does not make every worker open a writing transaction.
///
/// # Errors
/// When the database fails.
pub async fn worth_a_claim(tx: &mut Tx, class: Class) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let found = opt!(
        tx,
        (String,),
        "SELECT id FROM jobs WHERE (state = 'available' AND priority = $1) \
         OR (state IN ('scheduled', 'retryable') AND run_at <= $2) LIMIT 1",
        class.priority(),
        now,
    )?;
    Ok(found.is_some())
}

/// When the next waiting job becomes available by the clock.
///
/// # Errors
/// When the database fails.
pub async fn next_due(tx: &mut Tx) -> Result<Option<Time>, StoreError> {
    let sql = "SELECT run_at FROM jobs WHERE state IN ('scheduled', 'retryable') ORDER BY run_at LIMIT 1";
    Ok(opt!(tx, (Time,), sql)?.map(|(at,)| at))
}
