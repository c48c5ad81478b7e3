//! Worker processes and their last sign of life.

use super::{StoreError, Tx, all, exec};
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WorkerRow {
    pub id: String,
    pub node_id: String,
    pub state: String,
    pub concurrency: i64,
    pub version: String,
    pub started_at: Time,
    pub last_seen_at: Time,
}

/// Signs a worker on, or notes that it lives.
///
/// # Errors
/// When the database fails.
pub async fn beat(tx: &mut Tx, w: &WorkerRow) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO workers (id, node_id, state, concurrency, version, started_at, last_seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET state = $3, last_seen_at = $7",
        &w.id,
        &w.node_id,
        &w.state,
        w.concurrency,
        &w.version,
        w.started_at,
        w.last_seen_at,
    )?;
    Ok(())
}

/// Signs a worker off.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM workers WHERE id = $1", id)?;
    Ok(())
}

/// Those heard of since `since`.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, since: Time) -> Result<Vec<WorkerRow>, StoreError> {
    all!(tx, WorkerRow, "SELECT * FROM workers WHERE last_seen_at >= $1 ORDER BY id", since)
}

/// Forgets those that have been silent since before `before`.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM workers WHERE last_seen_at < $1", before)
}
