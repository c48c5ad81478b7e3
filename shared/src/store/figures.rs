//! Figures: what is counted over all tables at once, and what each process says of itself, a row for each minute.
//!
//! A process writes its row of the minute again and again while the minute lasts, so the newest rows say how it is now and the
//! others how it went. Nothing hangs on these rows: whoever cannot write one tries again.

use super::{StoreError, Tx, all, drift, exec, nodes, one, opt, ports};
use crate::domain::desktop::Status;
use crate::domain::job::{JobState, Kind};
use crate::domain::time::Time;
use crate::events;
use std::collections::HashMap;
use std::time::Duration;

/// The whole installation in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Every status, also those that no desktop has.
    pub desktops: Vec<(Status, i64)>,
    /// Every kind of the contract in every state. What could run counts as available, also where no worker lives to write that down.
    pub jobs: Vec<((Kind, JobState), i64)>,
    /// Of the start that waits longest; zero: none waits.
    pub oldest_wait: Duration,
    /// Of the event that waits longest for a transaction to end; zero: none waits.
    pub oldest_event: Duration,
    pub paused: bool,
    /// Those that live.
    pub workers: i64,
    pub port_leases: i64,
    pub drift: i64,
    pub nodes: Vec<NodeFigures>,
}

/// One engine in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFigures {
    pub id: String,
    pub engine_up: bool,
    pub slots: i64,
    pub slots_busy: i64,
    /// Leased, or at rest after that.
    pub ports: i64,
}

/// An engine that nobody has told of for this long is not shown.
const FORGET_NODES: Duration = Duration::from_secs(3_600);
/// So many times the patience with a worker is the patience with an engine's word: another worker may have it.
const ENGINE_PATIENCE: u32 = 4;

/// Counts everything. `silent_after`: a worker that was not heard of for this long does not live.
///
/// # Errors
/// When the database fails.
pub async fn whole(tx: &mut Tx, silent_after: Duration) -> Result<Whole, StoreError> {
    let now = tx.now().await?;
    let sql = "SELECT min(created_at) FROM jobs WHERE priority = 1 \
        AND (state IN ('available', 'scheduled', 'retryable') OR state = 'running' AND lease_until < $1)";
    let oldest = one!(&mut *tx, (Option<Time>,), sql, now)?.0;
    let sql = "SELECT count(*) FROM workers WHERE state = 'live' AND last_seen_at >= $1";
    let workers = one!(&mut *tx, (i64,), sql, now.minus(silent_after))?.0;
    let paused = opt!(&mut *tx, (Time,), "SELECT paused_at FROM queue_control WHERE paused_at IS NOT NULL")?;
    Ok(Whole {
        desktops: desktops(tx).await?,
        jobs: jobs(tx, now).await?,
        oldest_wait: oldest.map_or(Duration::ZERO, |at| now.since(at)),
        oldest_event: events::held_since(tx).await?.map_or(Duration::ZERO, |at| now.since(at)),
        paused: paused.is_some(),
        workers,
        port_leases: ports::count(tx).await?,
        drift: drift::open_count(tx).await?,
        nodes: of_nodes(tx, silent_after).await?,
    })
}

/// Desktops by status.
///
/// # Errors
/// When the database fails.
pub async fn desktops(tx: &mut Tx) -> Result<Vec<(Status, i64)>, StoreError> {
    let rows = all!(tx, (String, i64), "SELECT status, count(*) FROM desktops GROUP BY status")?;
    let found: HashMap<String, i64> = rows.into_iter().collect();
    Ok(Status::ALL.iter().map(|status| (*status, found.get(status.as_str()).copied().unwrap_or(0))).collect())
}

async fn jobs(tx: &mut Tx, now: Time) -> Result<Vec<((Kind, JobState), i64)>, StoreError> {
    let sql = "SELECT kind, CASE WHEN state IN ('scheduled', 'retryable') AND run_at <= $1 THEN 'available' \
        WHEN state = 'running' AND lease_until < $1 THEN 'available' ELSE state END, count(*) FROM jobs GROUP BY 1, 2";
    let rows = all!(tx, (String, String, i64), sql, now)?;
    let found: HashMap<(String, String), i64> = rows.into_iter().map(|(kind, state, n)| ((kind, state), n)).collect();
    let kinds = Kind::ALL.iter().filter(|kind| **kind != Kind::Noop);
    let every = kinds.flat_map(|kind| JobState::ALL.iter().map(|state| (*kind, *state)));
    let of = |(kind, state): (Kind, JobState)| found.get(&(kind.to_string(), state.to_string())).copied();
    Ok(every.map(|key| (key, of(key).unwrap_or(0))).collect())
}

async fn of_nodes(tx: &mut Tx, silent_after: Duration) -> Result<Vec<NodeFigures>, StoreError> {
    const SQL: &str = "SELECT (SELECT count(*) FROM start_slots WHERE node_id = $1 AND job_id IS NOT NULL), \
        (SELECT count(*) FROM port_leases WHERE node_id = $1) + \
        (SELECT count(*) FROM port_rests WHERE node_id = $1 AND until > $2)";
    let now = tx.now().await?;
    let mut found = Vec::new();
    for node in nodes::list(tx).await?.into_iter().filter(|node| node.seen_at >= now.minus(FORGET_NODES)) {
        let (slots_busy, ports) = one!(&mut *tx, (i64, i64), SQL, &node.id, now)?;
        let heard_of = node.seen_at >= now.minus(silent_after.saturating_mul(ENGINE_PATIENCE));
        found.push(NodeFigures {
            id: node.id,
            engine_up: node.engine_up && heard_of,
            slots: node.start_slots,
            slots_busy,
            ports,
        });
    }
    Ok(found)
}

/// The desktops that run on a node, each with its container.
///
/// # Errors
/// When the database fails.
pub async fn containers_on(tx: &mut Tx, node: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT id, container_id FROM desktops WHERE status = 'running' AND node_id = $1 AND container_id IS NOT NULL ORDER BY id";
    all!(tx, (String, String), sql, node)
}

/// What one process said of itself in one minute.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ProcessRow {
    pub process_id: String,
    /// Minutes since 1970.
    pub minute: i64,
    /// `serve`, `api` or `worker`.
    pub part: String,
    pub node_id: String,
    /// When it was last written.
    pub at: Time,
    /// JSON: [`crate::measure::kept::Figures`].
    pub figures: String,
}

const MINUTE: i64 = 60_000_000;
/// Longer than any page looks back.
const KEPT_MINUTES: i64 = 32;

/// Writes a process's row of the minute that the database's clock shows, and forgets what nobody looks at any more.
///
/// # Errors
/// When the database fails.
pub async fn report(tx: &mut Tx, process: &str, part: &str, node: &str, figures: &str) -> Result<(), StoreError> {
    let now = tx.now().await?;
    let minute = now.0.div_euclid(MINUTE);
    exec!(
        &mut *tx,
        "INSERT INTO process_figures (process_id, minute, part, node_id, at, figures) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (process_id, minute) DO UPDATE SET at = $5, figures = $6",
        process,
        minute,
        part,
        node,
        now,
        figures,
    )?;
    exec!(tx, "DELETE FROM process_figures WHERE minute < $1", minute - KEPT_MINUTES)?;
    Ok(())
}

/// The rows of the last so many minutes, the one under way among them; oldest first.
///
/// # Errors
/// When the database fails.
pub async fn recent(tx: &mut Tx, minutes: i64) -> Result<Vec<ProcessRow>, StoreError> {
    let from = tx.now().await?.0.div_euclid(MINUTE) - minutes + 1;
    all!(tx, ProcessRow, "SELECT * FROM process_figures WHERE minute >= $1 ORDER BY minute, process_id", from)
}

/// When a minute began.
#[must_use]
pub const fn begun(minute: i64) -> Time {
    Time(minute * MINUTE)
}
