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

/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Node>, StoreError> {
    all!(tx, Node, "SELECT * FROM nodes ORDER BY id")
}

/// Between two comparisons, at most.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(40);
/// How long a comparison has. One that was taken is told from one that waits by how far ahead `next_compare_at` is, so no
/// further column is needed: it may be taken again once no more than [`LONGEST_PAUSE`] is left.
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
    pub matched_desktops: i64,
    pub matched_ports: i64,
}

/// The right to compare a node, until somebody else takes it: the time that was written down when it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompareTurn(Time);

impl Comparison {
    /// Whether a worker may begin one. One that is under way is let finish, also when somebody asks meanwhile: it is
    /// followed by another at once. (A time that no pause explains was written before the clock was set back.)
    #[must_use]
    pub fn due(&self, now: Time) -> bool {
        let Some(next) = self.next_compare_at else { return true };
        next <= now
            || (self.compare_asked_at.is_some() && next <= now.plus(LONGEST_PAUSE))
            || next > now.plus(LONGEST_PAUSE + COMPARE_LIMIT)
    }

    /// When the next one begins; none while one is under way.
    #[must_use]
    pub fn begins_at(&self, now: Time) -> Option<Time> {
        self.next_compare_at.filter(|next| *next <= now.plus(LONGEST_PAUSE))
    }
}

const COMPARISON: &str = "SELECT id AS node_id, engine_up, seen_at, compare_asked_at, compared_at, next_compare_at, \
                          matched_desktops, matched_ports FROM nodes WHERE $1 = '' OR id = $1 ORDER BY id";

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

/// Takes the comparison of a node, so that nobody else does it meanwhile. None: it is not due, or somebody else has it.
///
/// # Errors
/// When the database fails.
pub async fn take_compare(tx: &mut Tx, node: &str) -> Result<Option<CompareTurn>, StoreError> {
    if let Tx::Postgres(pg, _) = tx {
        sqlx::query("SELECT 1 FROM nodes WHERE id = $1 FOR UPDATE").bind(node).execute(&mut **pg).await?;
    }
    let now = tx.now().await?;
    if !comparison(tx, node).await?.is_some_and(|c| c.due(now)) {
        return Ok(None);
    }
    let turn = now.plus(LONGEST_PAUSE + COMPARE_LIMIT);
    exec!(tx, "UPDATE nodes SET next_compare_at = $2, compare_asked_at = NULL WHERE id = $1", node, turn)?;
    Ok(Some(CompareTurn(turn)))
}

/// Ends a comparison: the next one comes after `pause`. `matched`: desktops and ports on which both sides agree; none
/// when it could not be done. False: the turn had run out, and nothing of this transaction may stand.
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
    let changed = match matched {
        Some((desktops, ports)) => exec!(
            tx,
            "UPDATE nodes SET compared_at = $3, next_compare_at = $4, matched_desktops = $5, matched_ports = $6 \
             WHERE id = $1 AND next_compare_at = $2",
            node,
            turn.0,
            now,
            next,
            desktops,
            ports,
        )?,
        None => exec!(
            tx,
            "UPDATE nodes SET next_compare_at = $3 WHERE id = $1 AND next_compare_at = $2",
            node,
            turn.0,
            next,
        )?,
    };
    Ok(changed == 1)
}
