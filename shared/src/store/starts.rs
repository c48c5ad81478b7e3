//! The starts that count towards a user's windows, one row each, written in the transaction that enqueues the start.

use super::{StoreError, Tx, all, exec};
use crate::domain::{new_id, time::Time};

/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, user_id: &str, now: Time) -> Result<(), StoreError> {
    exec!(tx, "INSERT INTO starts (id, user_id, at) VALUES ($1, $2, $3)", new_id(), user_id, now)?;
    Ok(())
}

/// The times of a user's starts since `after`.
///
/// # Errors
/// When the database fails.
pub async fn since(tx: &mut Tx, user_id: &str, after: Time) -> Result<Vec<Time>, StoreError> {
    let rows = all!(tx, (Time,), "SELECT at FROM starts WHERE user_id = $1 AND at > $2 ORDER BY at", user_id, after)?;
    Ok(rows.into_iter().map(|(at,)| at).collect())
}

/// Forgets those that no window reaches back to.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM starts WHERE at < $1", before)
}
