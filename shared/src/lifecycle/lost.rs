//! Jobs that lost what carried them: a silent worker's lease that ran out, a process that is known to be dead, an engine that was
//! away. Each goes on from where it was, and no try is held against it.

use super::Cause;
use super::work::observe;
use crate::domain::desktop::Status;
use crate::domain::job::{Kind, Outcome};
use crate::domain::transition::{Change, Decision, Input, Work, decide};
use crate::events::Signals;
use crate::measure;
use crate::queue;
use crate::store::{Db, StoreError, desktops, workers};
use std::time::Duration;

/// A node's engine answers again: what waited for it may be claimed at once. It keeps its place in line.
///
/// # Errors
/// When the database fails.
pub async fn engine_is_back(db: &Db, signals: &Signals, node: &str) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    let freed = queue::engine_is_back(&mut tx, node).await?;
    tx.commit().await?;
    signals.changed();
    Ok(freed)
}

/// Every lease there is is a dead process's: its job goes on at once. To be called only by who knows that nobody else works
/// on this database. Returns how many.
///
/// # Errors
/// When the database fails.
pub async fn take_over(db: &Db, signals: &Signals) -> Result<usize, StoreError> {
    let mut tx = db.begin().await?;
    queue::end_all_leases(&mut tx).await?;
    workers::delete_all(&mut tx).await?;
    tx.commit().await?;
    let mut all = 0;
    loop {
        match expire_leases(db, signals).await? {
            0 => return Ok(all),
            some => all += some,
        }
    }
}

/// Makes the jobs of silent workers available again. Returns how many.
///
/// # Errors
/// When the database fails.
pub async fn expire_leases(db: &Db, signals: &Signals) -> Result<usize, StoreError> {
    let jobs = queue::expired(&mut db.read().await?).await?;
    let mut given_up = 0;
    for job in jobs {
        let mut tx = db.begin().await?;
        let desktop = desktops::lock(&mut tx, &job.desktop_id).await?;
        if !queue::give_up_lease(&mut tx, &job).await? {
            continue;
        }
        if let (Some(mut d), Kind::Create) = (desktop, job.kind)
            && d.generation == job.generation
            && decide(d.status, Input::BackInLine)
                == (Decision::Become(Change { status: Status::Queued, work: Work::Keep }))
        {
            d.attempt = (d.attempt - 1).max(0);
            let cause = Cause {
                actor: None,
                reason: d.view().reason,
                max_attempts: d.max_attempts,
                run_at: None,
                trace_id: None,
            };
            observe(&mut tx, &mut d, Input::BackInLine, cause).await?;
        }
        let now = tx.now().await?;
        tx.commit().await?;
        given_up += 1;
        measure::attempt_ended(
            job.kind,
            Outcome::Lost,
            job.started_at.map_or(Duration::ZERO, |began| now.since(began)),
        );
        tracing::warn!(
            job = job.id,
            worker = job.worker_id,
            desktop = job.desktop_id,
            "a lease ran out; the job goes on elsewhere"
        );
    }
    if given_up > 0 {
        signals.changed();
    }
    Ok(given_up)
}
