//! A database's clock that was set back. Leases, pauses and rests are told in that clock, so each would last as much longer as it went
//! back: an hour in which a dead worker's job is taken up by nobody. Every heartbeat leaves the time in `nodes.seen_at`; who finds such a
//! time in the future moves everything that waits for the clock by as much, and the marks with it, so that it is done once.
//!
//! A clock that was set forward needs nothing: leases end early, and their jobs go on elsewhere or are claimed anew.

use crate::domain::time::{Time, micros};
use crate::store::{StoreError, Tx, exec, opt};
use std::time::Duration;

/// Less is no step of the clock: transactions that overlap do not see the same time.
const SLACK: Duration = Duration::from_secs(1);

/// Looks whether the clock was set back and, if so, puts right what waits for it. To be called in a transaction that has not asked for
/// the time yet. Returns by how much it went back, at least.
///
/// # Errors
/// When the database fails.
pub async fn follow_clock(tx: &mut Tx) -> Result<Option<Duration>, StoreError> {
    // Mark and clock are compared in one statement: a process that sleeps in between must not take its sleep for a step.
    let marked = match tx {
        Tx::Sqlite(_) => opt!(
            tx,
            (Time,),
            "SELECT seen_at FROM nodes WHERE seen_at > $1 ORDER BY seen_at DESC LIMIT 1",
            Time::of_this_process().plus(SLACK),
        ),
        Tx::Postgres(..) => opt!(
            tx,
            (Time,),
            "SELECT seen_at FROM nodes WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $1 \
             ORDER BY seen_at DESC LIMIT 1 FOR UPDATE",
            micros(SLACK),
        ),
    }?;
    let Some((marked,)) = marked else { return Ok(None) };
    let now = tx.now().await?;
    let back = marked.since(now);
    if back.is_zero() {
        return Ok(None);
    }
    let by = micros(back);
    // A lease that was given or renewed since then has the right time already.
    exec!(
        tx,
        "UPDATE jobs SET lease_until = lease_until - $1, lease_renewed_at = $2 WHERE state = 'running' AND lease_renewed_at > $2",
        by,
        now,
    )?;
    exec!(
        tx,
        "UPDATE jobs SET run_at = run_at - $1 WHERE state IN ('scheduled', 'retryable') AND run_at > $2",
        by,
        now
    )?;
    exec!(tx, "UPDATE port_rests SET until = until - $1 WHERE until > $2", by, now)?;
    exec!(tx, "UPDATE starts SET at = at - $1 WHERE at > $2", by, now)?;
    exec!(tx, "UPDATE workers SET last_seen_at = $1 WHERE last_seen_at > $1", now)?;
    exec!(tx, "UPDATE nodes SET seen_at = $1 WHERE seen_at > $1", now)?;
    Ok(Some(back))
}
