//! What is put right in a database that was filled, most of it in the transaction that filled it.

use super::BackupError;
use crate::domain::audit::{Action, Outcome};
use crate::domain::new_id;
use crate::events::Signals;
use crate::lifecycle;
use crate::queue::{self, overview};
use crate::store::audit::{self, Entry};
use crate::store::{Db, Tx, exec};

/// Whom the pages name for the pause.
pub(super) const RESTORE: &str = "restore";

/// Of both: whoever held leases works on this database no more, and no page may resume from an event of another one.
async fn begins_anew(tx: &mut Tx) -> Result<(), BackupError> {
    let epoch = new_id()[10..].to_lowercase();
    exec!(
        &mut *tx,
        "UPDATE installation SET epoch = $1, events_pruned_xid = 0, events_pruned_id = 0, moved_to = NULL, moved_at = NULL",
        epoch,
    )?;
    queue::end_all_leases(tx).await?;
    Ok(())
}

/// Starts are held until somebody has looked; log-ins of before count no more, not even those that a process remembers.
pub(super) async fn restored(tx: &mut Tx, by: &str, detail: &str) -> Result<(), BackupError> {
    begins_anew(tx).await?;
    exec!(&mut *tx, "UPDATE users SET session_version = session_version + 1")?;
    exec!(&mut *tx, "INSERT INTO queue_control (only_row) VALUES (1) ON CONFLICT DO NOTHING")?;
    overview::pause(tx, RESTORE).await?;
    note(tx, by, Action::DatabaseRestore, detail).await
}

pub(super) async fn moved(tx: &mut Tx, by: &str, detail: &str) -> Result<(), BackupError> {
    begins_anew(tx).await?;
    note(tx, by, Action::DatabaseMove, detail).await
}

/// Their leases have ended with that: what was under way waits again. Returns how many. Everything is stored by then, and were this
/// not to work, any worker does it.
pub(super) async fn give_back(db: &Db) -> usize {
    match lifecycle::take_over(db, &Signals::default()).await {
        Ok(jobs) => jobs,
        Err(error) => {
            tracing::warn!(%error, "the jobs of before are given back by the first worker");
            0
        }
    }
}

async fn note(tx: &mut Tx, actor: &str, action: Action, detail: &str) -> Result<(), BackupError> {
    let entry = Entry {
        actor_id: None,
        actor,
        action,
        target: None,
        address: None,
        result: Outcome::Ok,
        detail,
        request_id: None,
    };
    Ok(audit::write(tx, &entry).await?)
}
