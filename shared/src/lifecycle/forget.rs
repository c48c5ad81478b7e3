//! Old things go: finished jobs with their tries, events, what was written of desktops, and the audit log, each by its age.
//!
//! In batches, each a transaction of its own, so that nobody waits long for the one writer of SQLite; on PostgreSQL by one
//! process at a time. Whoever is cut off in the middle has forgotten whole batches, and the next goes on.

use crate::domain::time::Time;
use crate::store::{Db, StoreError, Tx, audit, history, one};
use crate::{events, queue};
use std::time::Duration;

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    pub jobs: Duration,
    pub events: Duration,
    /// The audit log, and what happened to desktops, those that are gone too.
    pub audit: Duration,
}

/// Rows of one batch, at most; with a job go its tries.
pub const BATCH: i64 = 1_000;

/// `berthold`, as the key of an advisory lock: who prunes.
const PRUNER: i64 = 0x6265_7274_686f_6c64;

#[derive(Clone, Copy)]
enum What {
    Events,
    Jobs,
    History,
    Audit,
}

/// Forgets all that is old enough. How many rows went; none while another process is at it.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &Db, keep: &Keep) -> Result<u64, StoreError> {
    let mut gone = 0;
    for what in [What::Events, What::Jobs, What::History, What::Audit] {
        loop {
            let mut tx = db.begin().await?;
            if !alone(&mut tx).await? {
                return Ok(gone);
            }
            let now = tx.now().await?;
            let some = some(&mut tx, what, now, keep).await?;
            tx.commit().await?;
            gone += some;
            if some == 0 {
                break;
            }
        }
    }
    Ok(gone)
}

async fn some(tx: &mut Tx, what: What, now: Time, keep: &Keep) -> Result<u64, StoreError> {
    match what {
        What::Events => events::prune(tx, now.minus(keep.events), BATCH).await,
        // A job has one or two tries; the batch is theirs together.
        What::Jobs => queue::prune(tx, now.minus(keep.jobs), BATCH / 3).await,
        What::History => history::prune(tx, now.minus(keep.audit), BATCH).await,
        What::Audit => audit::prune(tx, now.minus(keep.audit), BATCH).await,
    }
}

/// Until this transaction ends nobody else prunes.
async fn alone(tx: &mut Tx) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(_) => Ok(true),
        Tx::Postgres(..) => Ok(one!(tx, (bool,), "SELECT pg_try_advisory_xact_lock($1)", PRUNER)?.0),
    }
}
