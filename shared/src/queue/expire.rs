//! Leases that ran out: the worker fell silent. The job becomes available again, with what it had done still there.

use super::Job;
use super::claim::known;
use super::finish::{close, has_successor};
use crate::domain::job::Outcome;
use crate::store::{StoreError, Tx, all, exec};

/// Jobs whose lease has run out, to be given up one by one with [`give_up_lease`].
///
/// # Errors
/// When the database fails.
pub async fn expired(tx: &mut Tx) -> Result<Vec<Job>, StoreError> {
    // A job of a kind that a newer version wrote is that version's to give up.
    const SQL: &str = concat!(
        "SELECT * FROM jobs WHERE state = 'running' AND lease_until < $1 AND ",
        known!(),
        " ORDER BY lease_until LIMIT 100"
    );
    let now = tx.now().await?;
    all!(tx, Job, SQL, now)
}

/// Takes a run-out lease away. The caller holds the desktop's lock. False: it was renewed or ended meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn give_up_lease(tx: &mut Tx, job: &Job) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let superseded = has_successor(tx, &job.desktop_id).await?;
    let changed = exec!(
        tx,
        "UPDATE jobs SET state = $3, attempt = attempt - 1, run_at = $4, finished_at = $5, lease_token = NULL, \
         lease_until = NULL, worker_id = NULL WHERE id = $1 AND lease_token = $2 AND state = 'running' AND lease_until < $4",
        &job.id,
        &job.lease_token,
        if superseded { "cancelled" } else { "available" },
        now,
        superseded.then_some(now),
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let error = format!("the worker {} fell silent", job.worker_id.as_deref().unwrap_or("?"));
    close(tx, &job.id, job.claims, Outcome::Lost, Some(&error), now).await?;
    Ok(true)
}

/// Ends every lease there is, so that [`expired`] finds them: for who knows that their holders are dead.
///
/// # Errors
/// When the database fails.
pub async fn end_all_leases(tx: &mut Tx) -> Result<u64, StoreError> {
    exec!(tx, "UPDATE jobs SET lease_until = 0 WHERE state = 'running'")
}

/// Makes available at once what waits for the engine of this node.
///
/// # Errors
/// When the database fails.
pub async fn engine_is_back(tx: &mut Tx, node: &str) -> Result<u64, StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "UPDATE jobs SET state = 'available', run_at = $2, wait_code = NULL \
         WHERE state = 'retryable' AND wait_code = 'engine_down' AND node_id = $1",
        node,
        now,
    )
}
