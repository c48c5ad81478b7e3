//! Puts a job in line, in the caller's transaction. The caller holds the locks of the desktop and the user.

use crate::domain::job::Kind;
use crate::domain::{new_id, time::Time};
use crate::store::{StoreError, Tx, exec, one};

/// The rank being served: one below the lowest that waits or, when none waits, the highest that runs.
macro_rules! served {
    () => {
        "coalesce((SELECT rank - 1 FROM jobs WHERE priority = 1 AND state = 'available' ORDER BY rank LIMIT 1), \
         (SELECT max(rank) FROM jobs WHERE priority = 1 AND state = 'running'), 0)"
    };
}
/// The last rank of user `$1`.
macro_rules! last_of_user {
    () => {
        "coalesce((SELECT max(rank) FROM jobs WHERE user_id = $1 AND priority = 1 \
         AND state IN ('available', 'scheduled', 'retryable', 'running')), 0)"
    };
}
pub(crate) use {last_of_user, served};

/// What is to be done, for whom, and from when.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    pub kind: Kind,
    pub desktop_id: &'a str,
    pub user_id: &'a str,
    pub generation: i64,
    /// Where the desktop's home or container is, if anywhere.
    pub node_id: Option<&'a str>,
    pub max_attempts: i64,
    /// None: at once.
    pub run_at: Option<Time>,
    pub trace_id: Option<&'a str>,
}

/// Replaces what waits for this desktop by a new job, and returns its id.
///
/// # Errors
/// When the database fails.
pub async fn enqueue(tx: &mut Tx, new: &NewJob<'_>) -> Result<String, StoreError> {
    cancel_waiting(tx, new.desktop_id).await?;
    enqueue_first(tx, new).await
}

/// The same for a desktop that is just being made: nothing waits for it yet.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_first(tx: &mut Tx, new: &NewJob<'_>) -> Result<String, StoreError> {
    let now = tx.now().await?;
    let id = new_id();
    let rank = match new.kind {
        Kind::Create => {
            const SQL: &str = concat!("SELECT ", served!(), ", ", last_of_user!());
            let (served, last) = one!(tx, (i64, i64), SQL, new.user_id)?;
            rank_after(served, last)
        }
        Kind::Stop | Kind::Cleanup | Kind::Pull | Kind::Noop => 0,
    };
    put(tx, new, &id, rank, now).await?;
    Ok(id)
}

/// Writes the row of a job whose id and rank are known.
pub(crate) async fn put(tx: &mut Tx, new: &NewJob<'_>, id: &str, rank: i64, now: Time) -> Result<(), StoreError> {
    let run_at = new.run_at.unwrap_or(now);
    exec!(
        tx,
        "INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, \
         claims, run_at, node_id, trace_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, 0, $10, $11, $12, $13)",
        id,
        new.kind.as_str(),
        new.desktop_id,
        new.user_id,
        new.generation,
        if run_at > now { "scheduled" } else { "available" },
        new.kind.priority(),
        rank,
        new.max_attempts,
        run_at,
        new.node_id,
        new.trace_id,
        now,
    )?;
    Ok(())
}

/// Cancels the job that waits for this desktop, if one does.
///
/// # Errors
/// When the database fails.
pub async fn cancel_waiting(tx: &mut Tx, desktop_id: &str) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let changed = exec!(
        tx,
        "UPDATE jobs SET state = 'cancelled', finished_at = $2, wait_code = NULL \
         WHERE desktop_id = $1 AND state IN ('available', 'scheduled', 'retryable')",
        desktop_id,
        now,
    )?;
    Ok(changed > 0)
}

/// What is under way for a desktop is under way for its new owner.
///
/// # Errors
/// When the database fails.
pub async fn give(tx: &mut Tx, desktop_id: &str, user_id: &str) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE jobs SET user_id = $2 WHERE desktop_id = $1 AND state IN ('available', 'scheduled', 'retryable', 'running')",
        desktop_id,
        user_id,
    )?;
    Ok(())
}

/// Fair queueing: `max(rank being served, the user's last rank) + 1`. Ranks of users with nothing under way are forgotten by
/// themselves.
pub(crate) fn rank_after(served: i64, last: i64) -> i64 {
    served.max(last) + 1
}
