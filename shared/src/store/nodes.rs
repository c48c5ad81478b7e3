//! Nodes: one engine each, with its start slots, and whose turn it is to compare the records with that engine.

use super::{StoreError, Tx, all, exec, opt};
use crate::domain::time::Time;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Node {
    pub id: String,
    pub engine_up: bool,
    pub engine_error: Option<String>,
    pub start_slots: i64,
    pub seen_at: Time,
}

/// Says how a node's engine is, and makes sure that its start slots have rows.
///
/// # Errors
/// When the database fails.
pub async fn report(tx: &mut Tx, node: &Node) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO nodes (id, engine_up, engine_error, start_slots, seen_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET engine_up = $2, engine_error = $3, start_slots = $4, seen_at = $5",
        &node.id,
        node.engine_up,
        &node.engine_error,
        node.start_slots,
        node.seen_at,
    )?;
    for slot in 0..node.start_slots {
        exec!(tx, "INSERT INTO start_slots (node_id, slot) VALUES ($1, $2) ON CONFLICT DO NOTHING", &node.id, slot)?;
    }
    Ok(())
}

/// What a node's engine has to give.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Size {
    pub id: String,
    pub cpus: i64,
    pub memory_mib: i64,
}

/// Says what a node's engine has.
///
/// # Errors
/// When the database fails.
pub async fn report_size(tx: &mut Tx, size: &Size) -> Result<(), StoreError> {
    let sql = "UPDATE nodes SET cpus = $2, memory_mib = $3 WHERE id = $1 AND (cpus IS NULL OR cpus <> $2 \
               OR memory_mib IS NULL OR memory_mib <> $3)";
    exec!(tx, sql, &size.id, size.cpus, size.memory_mib)?;
    Ok(())
}

/// What the nodes have that were heard of since then.
///
/// # Errors
/// When the database fails.
pub async fn sizes(tx: &mut Tx, since: Time) -> Result<Vec<Size>, StoreError> {
    let sql = "SELECT id, cpus, memory_mib FROM nodes \
               WHERE cpus IS NOT NULL AND memory_mib IS NOT NULL AND seen_at >= $1 ORDER BY id";
    all!(tx, Size, sql, since)
}

/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Node>, StoreError> {
    all!(tx, Node, "SELECT * FROM nodes ORDER BY id")
}

/// Between two comparisons, at most.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(40);
/// How long a comparison has. A worker that falls silent before that loses its turn.
pub const COMPARE_LIMIT: Duration = Duration::from_secs(30);

/// How a node's comparison of records and engine stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Comparison {
    pub node_id: String,
    pub engine_up: bool,
    pub seen_at: Time,
    pub compare_asked_at: Option<Time>,
    pub compared_at: Option<Time>,
    pub next_compare_at: Option<Time>,
    /// Until when the worker that compares has; none: nobody does.
    pub comparing_until: Option<Time>,
    /// That worker's last sign of life; none also when it has signed off or is known to be dead.
    pub comparer_seen_at: Option<Time>,
    pub matched_desktops: i64,
    pub matched_ports: i64,
}

/// The right to compare a node, until its time is over or its worker falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompareTurn {
    until: Time,
}

impl Comparison {
    /// Whether a worker may begin one. One that is under way is let finish, also when somebody asks meanwhile: it is
    /// followed by another at once. `silent_after`: a worker that was not heard of for this long does nothing any more.
    #[must_use]
    pub fn due(&self, now: Time, silent_after: Duration) -> bool {
        if self.comparing_until.is_some() {
            // What its worker left in the middle is somebody's wish still.
            return !self.under_way(now) || self.comparer_seen_at.is_none_or(|at| now.since(at) >= silent_after);
        }
        let Some(next) = self.next_compare_at else { return true };
        // A time that no pause explains was written before the clock was set back.
        next <= now || self.compare_asked_at.is_some() || next > now.plus(LONGEST_PAUSE)
    }

    fn under_way(&self, now: Time) -> bool {
        self.comparing_until.is_some_and(|until| now < until && until <= now.plus(COMPARE_LIMIT))
    }

    /// When the next one begins; none while one is under way.
    #[must_use]
    pub fn begins_at(&self, now: Time) -> Option<Time> {
        self.next_compare_at.filter(|_| !self.under_way(now))
    }
}

const COMPARISON: &str = "SELECT n.id AS node_id, n.engine_up, n.seen_at, n.compare_asked_at, n.compared_at, n.next_compare_at, \
                          n.comparing_until, w.last_seen_at AS comparer_seen_at, n.matched_desktops, n.matched_ports \
                          FROM nodes n LEFT JOIN workers w ON w.id = n.comparing_worker \
                          WHERE $1 = '' OR n.id = $1 ORDER BY n.id";

/// # Errors
/// When the database fails.
pub async fn comparisons(tx: &mut Tx) -> Result<Vec<Comparison>, StoreError> {
    all!(tx, Comparison, COMPARISON, "")
}

/// None: the node has not been heard of yet.
///
/// # Errors
/// When the database fails.
pub async fn comparison(tx: &mut Tx, node: &str) -> Result<Option<Comparison>, StoreError> {
    opt!(tx, Comparison, COMPARISON, node)
}

/// Asks for a comparison now; the node's workers see it within a second or two. False: there is no such node.
///
/// # Errors
/// When the database fails.
pub async fn ask_compare(tx: &mut Tx, node: &str) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    Ok(exec!(tx, "UPDATE nodes SET compare_asked_at = $2 WHERE id = $1", node, now)? > 0)
}

/// Takes the comparison of a node for a worker, so that nobody else does it meanwhile. None: it is not due, or somebody
/// else has it. `silent_after` as in [`Comparison::due`].
///
/// # Errors
/// When the database fails.
pub async fn take_compare(
    tx: &mut Tx,
    node: &str,
    worker: &str,
    silent_after: Duration,
) -> Result<Option<CompareTurn>, StoreError> {
    if matches!(tx, Tx::Postgres(..)) {
        exec!(tx, "SELECT 1 FROM nodes WHERE id = $1 FOR UPDATE", node)?;
    }
    let now = tx.now().await?;
    if !comparison(tx, node).await?.is_some_and(|c| c.due(now, silent_after)) {
        return Ok(None);
    }
    let until = now.plus(COMPARE_LIMIT);
    exec!(
        tx,
        "UPDATE nodes SET comparing_worker = $2, comparing_until = $3, compare_asked_at = NULL WHERE id = $1",
        node,
        worker,
        until,
    )?;
    Ok(Some(CompareTurn { until }))
}

/// Ends a comparison: the next one comes after `pause`. `matched`: desktops and ports on which both sides agree; none
/// when it could not be done. False: the turn was somebody else's by then, and nothing of this transaction may stand.
///
/// # Errors
/// When the database fails.
pub async fn end_compare(
    tx: &mut Tx,
    node: &str,
    turn: CompareTurn,
    pause: Duration,
    matched: Option<(i64, i64)>,
) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let next = now.plus(pause.min(LONGEST_PAUSE));
    let ended = exec!(
        tx,
        "UPDATE nodes SET comparing_worker = NULL, comparing_until = NULL, next_compare_at = $3 \
         WHERE id = $1 AND comparing_until = $2",
        node,
        turn.until,
        next,
    )? == 1;
    if let (true, Some((desktops, ports))) = (ended, matched) {
        exec!(
            tx,
            "UPDATE nodes SET compared_at = $2, matched_desktops = $3, matched_ports = $4 WHERE id = $1",
            node,
            now,
            desktops,
            ports,
        )?;
    }
    Ok(ended)
}
