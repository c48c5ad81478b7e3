//! Worker processes and their last sign of life.

use super::{StoreError, Tx, all, exec};
use crate::domain::time::Time;
use crate::domain::words;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

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

/// Forgets them all: whoever they were, they are dead.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM workers")?;
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

words!(
    /// How a worker is.
    WorkerState {
        Live = "live",
        /// It has not been heard of for the length of a lease: its jobs go on elsewhere.
        Silent = "silent",
        /// It ends what it has, and takes nothing new.
        Draining = "draining",
    }
);

/// A worker as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Worker)]
pub struct WorkerView {
    pub id: String,
    pub node: String,
    pub state: WorkerState,
    pub started_at: Time,
    pub last_seen_at: Time,
    /// Jobs that it may run at once.
    pub concurrency: i64,
    pub running: i64,
    /// Tries that were taken from it because it fell silent.
    pub given_back: i64,
    pub version: String,
}

/// A silent worker stays listed this long.
pub const KEPT: Duration = Duration::from_secs(600);

#[derive(sqlx::FromRow)]
struct Seen {
    #[sqlx(flatten)]
    row: WorkerRow,
    running: i64,
    given_back: i64,
}

/// The workers, those that live first. `silent_after`: one that was not heard of for this long is silent.
///
/// # Errors
/// When the database fails.
pub async fn views(tx: &mut Tx, silent_after: Duration) -> Result<Vec<WorkerView>, StoreError> {
    let now = tx.now().await?;
    let silent = now.minus(silent_after);
    let rows = all!(
        tx,
        Seen,
        "SELECT w.*, (SELECT count(*) FROM jobs j WHERE j.state = 'running' AND j.worker_id = w.id) AS running, \
         (SELECT count(*) FROM attempts a WHERE a.worker_id = w.id AND a.outcome = 'lost') AS given_back \
         FROM workers w WHERE w.last_seen_at >= $1 ORDER BY w.last_seen_at < $2, w.id",
        now.minus(KEPT),
        silent,
    )?;
    Ok(rows
        .into_iter()
        .map(|Seen { row, running, given_back }| WorkerView {
            state: match row.state.as_str() {
                _ if row.last_seen_at < silent => WorkerState::Silent,
                "draining" => WorkerState::Draining,
                _ => WorkerState::Live,
            },
            id: row.id,
            node: row.node_id,
            started_at: row.started_at,
            last_seen_at: row.last_seen_at,
            concurrency: row.concurrency,
            running,
            given_back,
            version: row.version,
        })
        .collect())
}
