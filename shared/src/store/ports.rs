//! The port allocator: `port_leases` is the truth, not the containers.
//!
//! ```text
//!  lock ─▶ lowest port of the range without lease and without rest ─▶ insert ─▶ commit ─▶ only then ask the engine
//!                                                                                   │
//!          engine: "address already in use" ─▶ rest it as foreign, take another ◀───┘
//!          container gone ─▶ release: the lease goes, the port rests
//! ```
//!
//! The lock is an advisory lock of the transaction on PostgreSQL and the write transaction itself on SQLite; the
//! primary key `(node_id, port)` is the second belt. Nothing here asks the engine.

use super::{StoreError, Tx, all, exec, one, opt};
use crate::domain::time::Time;
use std::time::Duration;

/// A host port that is a desktop's until it is released.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PortLease {
    pub node_id: String,
    pub port: i64,
    pub desktop_id: String,
    pub generation: i64,
    /// Where api and worker reach it.
    pub connect_address: String,
    pub leased_at: Time,
}

/// Where ports are taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

/// First half of the two-part advisory lock key: `port` in ASCII. The second half is the node's name.
const PORT_LOCK: i32 = 0x706f_7274;

/// The desktop's lease: the one it has, or the lowest free and rested port. None: no port is free.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    tx: &mut Tx,
    node: &str,
    range: &PortRange,
    desktop: (&str, i64),
    connect_address: &str,
) -> Result<Option<PortLease>, StoreError> {
    lock(tx, node).await?;
    let now = tx.now().await?;
    if of_desktop(tx, desktop.0).await?.is_some() {
        exec!(
            tx,
            "UPDATE port_leases SET generation = $2 WHERE desktop_id = $1 AND generation < $2",
            desktop.0,
            desktop.1,
        )?;
        return of_desktop(tx, desktop.0).await;
    }
    exec!(tx, "DELETE FROM port_rests WHERE node_id = $1 AND until <= $2", node, now)?;
    // The lowest free one is the first of the range, or one above a port that is taken or rests.
    let free = opt!(
        tx,
        (i64,),
        "WITH taken AS (SELECT port FROM port_leases WHERE node_id = $1 UNION ALL SELECT port FROM port_rests WHERE node_id = $1), \
         candidates AS (SELECT $2 AS port UNION ALL SELECT port + 1 FROM taken WHERE port >= $2 AND port < $3) \
         SELECT port FROM candidates WHERE port NOT IN (SELECT port FROM taken) ORDER BY port LIMIT 1",
        node,
        i64::from(range.first),
        i64::from(range.last),
    )?;
    let Some((port,)) = free else { return Ok(None) };
    exec!(
        tx,
        "INSERT INTO port_leases (node_id, port, desktop_id, generation, connect_address, leased_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        node,
        port,
        desktop.0,
        desktop.1,
        connect_address,
        now,
    )?;
    of_desktop(tx, desktop.0).await
}

/// One at a time takes ports of a node. What rests is judged by the time at which its turn came, not by when it began to wait.
async fn lock(tx: &mut Tx, node: &str) -> Result<(), StoreError> {
    const LOCK: &str = "SELECT pg_advisory_xact_lock($1, hashtext($2)), \
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    if let Tx::Postgres(pg, kept) = tx {
        let locked = sqlx::query(LOCK).bind(PORT_LOCK).bind(node).persistent(kept.named()).fetch_one(&mut **pg).await?;
        let now = sqlx::Row::try_get(&locked, 1)?;
        tx.is_now(Time(now));
    }
    Ok(())
}

/// Leases this very port to a desktop whose container has it already. Which other desktop has it, when one does.
///
/// # Errors
/// When the database fails.
pub async fn lease_this(
    tx: &mut Tx,
    node: &str,
    port: u16,
    desktop: (&str, i64),
    connect_address: &str,
) -> Result<Result<(), PortLease>, StoreError> {
    lock(tx, node).await?;
    if let Some(holder) = holder(tx, node, port).await?
        && holder.desktop_id != desktop.0
    {
        return Ok(Err(holder));
    }
    let (now, port) = (tx.now().await?, i64::from(port));
    exec!(tx, "DELETE FROM port_rests WHERE node_id = $1 AND port = $2", node, port)?;
    exec!(
        tx,
        "INSERT INTO port_leases (node_id, port, desktop_id, generation, connect_address, leased_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (desktop_id) \
         DO UPDATE SET node_id = $1, port = $2, generation = $4, connect_address = $5, leased_at = $6",
        node,
        port,
        desktop.0,
        desktop.1,
        connect_address,
        now,
    )?;
    Ok(Ok(()))
}

/// Who has this port.
///
/// # Errors
/// When the database fails.
pub async fn holder(tx: &mut Tx, node: &str, port: u16) -> Result<Option<PortLease>, StoreError> {
    opt!(tx, PortLease, "SELECT * FROM port_leases WHERE node_id = $1 AND port = $2", node, i64::from(port))
}

/// Every lease of a node.
///
/// # Errors
/// When the database fails.
pub async fn on_node(tx: &mut Tx, node: &str) -> Result<Vec<PortLease>, StoreError> {
    all!(tx, PortLease, "SELECT * FROM port_leases WHERE node_id = $1 ORDER BY port", node)
}

/// The ports of a node that are kept away from because somebody else listens there, and until when.
///
/// # Errors
/// When the database fails.
pub async fn foreign_on(tx: &mut Tx, node: &str) -> Result<Vec<(i64, Time)>, StoreError> {
    let now = tx.now().await?;
    let sql = "SELECT port, until FROM port_rests WHERE node_id = $1 AND foreign_holder AND until > $2 ORDER BY port";
    all!(tx, (i64, Time), sql, node, now)
}

/// Lets starts try a port again that somebody else listened on.
///
/// # Errors
/// When the database fails.
pub async fn try_again(tx: &mut Tx, node: &str, port: u16) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM port_rests WHERE node_id = $1 AND port = $2 AND foreign_holder", node, i64::from(port),)?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn of_desktop(tx: &mut Tx, desktop_id: &str) -> Result<Option<PortLease>, StoreError> {
    opt!(tx, PortLease, "SELECT * FROM port_leases WHERE desktop_id = $1", desktop_id)
}

/// Gives a desktop's port back, if it has one, and lets it rest. Only after its container is gone.
///
/// # Errors
/// When the database fails.
pub async fn release(tx: &mut Tx, desktop_id: &str, rest: Duration) -> Result<(), StoreError> {
    give_back(tx, desktop_id, rest, false).await
}

/// Gives a port back that somebody else listens on, and keeps away from it for a while.
///
/// # Errors
/// When the database fails.
pub async fn release_as_foreign(tx: &mut Tx, desktop_id: &str, keep_away: Duration) -> Result<(), StoreError> {
    give_back(tx, desktop_id, keep_away, true).await
}

async fn give_back(tx: &mut Tx, desktop_id: &str, rest: Duration, foreign: bool) -> Result<(), StoreError> {
    let Some(lease) = of_desktop(tx, desktop_id).await? else { return Ok(()) };
    let until = tx.now().await?.plus(rest);
    exec!(tx, "DELETE FROM port_leases WHERE desktop_id = $1", desktop_id)?;
    exec!(
        tx,
        "INSERT INTO port_rests (node_id, port, until, foreign_holder) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (node_id, port) DO UPDATE SET until = $3, foreign_holder = $4",
        &lease.node_id,
        lease.port,
        until,
        foreign,
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT count(*) FROM port_leases")?.0)
}
