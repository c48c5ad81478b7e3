//! Viewers' connections that are open now, over all apis. Each api says every few seconds that it still carries its own; what
//! was not heard of for a while belonged to one that died, and does not count.

use super::{StoreError, Tx, exec, one};
use crate::domain::time::Time;
use std::time::Duration;

/// How often an api says that it carries its connections.
pub const EVERY: Duration = Duration::from_secs(15);
/// After this long without a word a connection does not count.
pub const SILENT: Duration = Duration::from_secs(50);

/// How many a user has open. Exact while the caller holds the user's row lock.
///
/// # Errors
/// When the database fails.
pub async fn count_of(tx: &mut Tx, user_id: &str) -> Result<i64, StoreError> {
    let now = tx.now().await?;
    let sql = "SELECT count(*) FROM streams WHERE user_id = $1 AND seen_at > $2";
    Ok(one!(tx, (i64,), sql, user_id, now.minus(SILENT))?.0)
}

/// # Errors
/// When the database fails.
pub async fn open(tx: &mut Tx, id: &str, user_id: &str, desktop_id: &str, process: &str) -> Result<(), StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "INSERT INTO streams (id, user_id, desktop_id, process, opened_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5)",
        id,
        user_id,
        desktop_id,
        process,
        now,
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn close(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM streams WHERE id = $1", id)?;
    Ok(())
}

/// A process still carries its connections.
///
/// # Errors
/// When the database fails.
pub async fn carried(tx: &mut Tx, process: &str) -> Result<u64, StoreError> {
    let now = tx.now().await?;
    exec!(tx, "UPDATE streams SET seen_at = $2 WHERE process = $1", process, now)
}

/// A process carries none any more.
///
/// # Errors
/// When the database fails.
pub async fn ended(tx: &mut Tx, process: &str) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM streams WHERE process = $1", process)
}

/// Forgets those of processes that died.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM streams WHERE seen_at < $1", now.minus(SILENT * 2))
}
