//! Nodes: one engine each, with its start slots.

use super::{StoreError, Tx, all, exec};
use crate::domain::time::Time;

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
