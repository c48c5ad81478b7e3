//! What workers report. Each function runs under a lease: when the lease is no longer ours, nothing is written. How a lease comes
//! to be: [`super::claim`]; how it is lost: [`super::lost`].

use super::{Cause, apply, remove, save};
use crate::domain::desktop::{Reason, Status, StepName};
use crate::domain::job::Kind;
use crate::domain::job::Outcome;
use crate::domain::transition::{Decision, Input, decide};
use crate::events::{self, Signals};
use crate::measure;
use crate::queue::{self, End, Ends, Lease};
use crate::store::desktops::{self, Desktop};
use crate::store::ports::{self, PortLease, PortRange};
use crate::store::{Db, StoreError, Tx};
use std::time::Duration;

/// Whether a report was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    Yes,
    /// A later wish has replaced this job: stop, and let that one clean up.
    Superseded,
    /// The lease is no longer ours: touch nothing more.
    LeaseLost,
}

pub(super) fn quiet(lease: &Lease, reason: Option<Reason>) -> Cause<'static> {
    Cause { actor: None, reason, max_attempts: lease.max_attempts, run_at: None, trace_id: None }
}

/// Locks the lease's desktop, and says whether this job is still the one that is wanted.
async fn mine(tx: &mut Tx, lease: &Lease) -> Result<Result<Desktop, Applied>, StoreError> {
    let desktop = desktops::lock(tx, &lease.desktop_id).await?;
    let now = tx.now().await?;
    let job = queue::get(tx, &lease.job_id).await?;
    let held = job.is_some_and(|job| {
        job.lease_token.as_deref() == Some(lease.token.as_str()) && job.lease_until.is_some_and(|until| until > now)
    });
    if !held {
        return Ok(Err(Applied::LeaseLost));
    }
    let wanted = match lease.kind {
        Kind::Create => [Status::Starting].as_slice(),
        Kind::Stop => &[
            Status::Queued,
            Status::Starting,
            Status::Stopping,
            Status::Failed,
            Status::Stopped,
            Status::Deleting,
            Status::Running,
        ],
        Kind::Cleanup => &[Status::Deleting],
        Kind::Pull => &[], // nothing of a desktop
        Kind::Noop => Status::ALL,
    };
    Ok(match desktop {
        Some(d) if wanted.contains(&d.status) && (lease.kind != Kind::Create || d.generation == lease.generation) => {
            Ok(d)
        }
        Some(_) | None => Err(Applied::Superseded),
    })
}

/// A fact about a job's progress, written as soon as it is known, so that the next attempt can go on from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepDone {
    /// The container exists and runs, made of this image.
    Created { container_id: String, image_id: Option<String> },
    /// The port has greeted.
    Booted,
    /// The session is painted: the create job is done.
    Ready,
    /// No container is left: the port goes back and rests.
    ContainerGone { port_rest: Duration },
    /// The stop job is done.
    Cleared,
    /// The cleanup job is done.
    Removed,
}

/// Writes a step. `Ready`, `Cleared` and `Removed` end the job too.
///
/// # Errors
/// When the database fails.
pub async fn step(db: &Db, signals: &Signals, lease: &Lease, done: &StepDone) -> Result<Applied, StoreError> {
    let mut tx = db.begin().await?;
    let mut d = match mine(&mut tx, lease).await? {
        Ok(d) => d,
        Err(why) => return tx.undone(why).await,
    };
    let now = tx.now().await?;
    let mut ended = None;
    match done {
        StepDone::Created { container_id, image_id } => {
            d.container_id = Some(container_id.clone());
            d.image_id.clone_from(image_id);
            d.made_at = Some(now);
            save(&mut tx, &mut d).await?;
        }
        StepDone::Booted => {
            d.booted_at = Some(now);
            save(&mut tx, &mut d).await?;
        }
        StepDone::ContainerGone { port_rest } => {
            ports::release(&mut tx, &d.id, *port_rest).await?;
            if d.container_id.take().is_some() {
                save(&mut tx, &mut d).await?;
            }
        }
        StepDone::Ready => {
            if d.booted_at.is_none() {
                d.booted_at = Some(now);
            }
            observe(&mut tx, &mut d, Input::Ready, quiet(lease, None)).await?;
            ended = queue::finish(&mut tx, lease, &End::Done).await?;
        }
        StepDone::Cleared => {
            let reason = d.view().reason;
            let stopped_by = d.stopped_by.clone();
            observe(&mut tx, &mut d, Input::Cleared, Cause { actor: stopped_by.as_deref(), ..quiet(lease, reason) })
                .await?;
            ended = queue::finish(&mut tx, lease, &End::Done).await?;
        }
        StepDone::Removed => {
            match decide(d.status, Input::Removed) {
                Decision::Gone => remove(&mut tx, &d).await?,
                Decision::Same | Decision::Stale | Decision::Refuse(_) | Decision::Become(_) => {}
            }
            ended = queue::finish(&mut tx, lease, &End::Done).await?;
        }
    }
    tx.commit().await?;
    match done {
        StepDone::Created { .. } | StepDone::Booted => signals.told(),
        StepDone::ContainerGone { .. } | StepDone::Ready | StepDone::Cleared | StepDone::Removed => signals.changed(),
    }
    if let (StepDone::Ready, Some(asked)) = (done, d.asked_at) {
        measure::started(now.since(asked));
    }
    tell(lease, ended);
    Ok(Applied::Yes)
}

/// Counts a try whose end is written.
pub(super) fn tell(lease: &Lease, ended: Option<Outcome>) {
    if let Some(outcome) = ended {
        measure::attempt_ended(lease.kind, outcome, lease.since.elapsed());
    }
}

/// A benchmark's job is done: its row, its try and one event.
///
/// # Errors
/// When the database fails.
pub async fn nothing_done(ends: &Ends, signals: &Signals, lease: &Lease) -> Result<Applied, StoreError> {
    let payload = serde_json::json!({ "code": "noop", "text": lease.job_id }).to_string();
    if !ends.done(lease, events::Kind::Notice, &payload).await? {
        return Ok(Applied::LeaseLost);
    }
    signals.changed();
    tell(lease, Some(Outcome::Done));
    Ok(Applied::Yes)
}

/// The host port of a start: the one the desktop has, or a free one (None: none is free). Under the lease, so that a worker which
/// slept through its own does not take a port for a desktop that was stopped meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn lease_port(
    db: &Db,
    lease: &Lease,
    node: &str,
    range: &PortRange,
    connect_address: &str,
) -> Result<Result<Option<PortLease>, Applied>, StoreError> {
    let mut tx = db.begin().await?;
    if let Err(why) = mine(&mut tx, lease).await? {
        return tx.undone(Err(why)).await;
    }
    let port = ports::lease(&mut tx, node, range, (&lease.desktop_id, lease.generation), connect_address).await?;
    tx.commit().await?;
    Ok(Ok(port))
}

/// Gives the desktop's port up, because somebody else listens on it, and keeps away from it for a while.
///
/// # Errors
/// When the database fails.
pub async fn port_is_foreign(db: &Db, lease: &Lease, keep_away: Duration) -> Result<Applied, StoreError> {
    let mut tx = db.begin().await?;
    if let Err(why) = mine(&mut tx, lease).await? {
        return tx.undone(why).await;
    }
    ports::release_as_foreign(&mut tx, &lease.desktop_id, keep_away).await?;
    tx.commit().await?;
    Ok(Applied::Yes)
}

pub(super) async fn observe(tx: &mut Tx, d: &mut Desktop, input: Input, cause: Cause<'_>) -> Result<(), StoreError> {
    match decide(d.status, input) {
        Decision::Become(change) => _ = apply(tx, d, change, cause).await?,
        Decision::Same | Decision::Stale | Decision::Refuse(_) | Decision::Gone => {}
    }
    Ok(())
}

/// A stop or cleanup that failed this often shows its error on the desktop.
const SHOWN_AFTER: i64 = 3;

/// Puts a job back in line (retry, snooze, hand back) or ends it as cancelled.
///
/// # Errors
/// When the database fails.
pub async fn hand_on(db: &Db, signals: &Signals, lease: &Lease, end: &End) -> Result<Applied, StoreError> {
    let mut tx = db.begin().await?;
    let desktop = desktops::lock(&mut tx, &lease.desktop_id).await?;
    let Some(outcome) = queue::finish(&mut tx, lease, end).await? else {
        return tx.undone(Applied::LeaseLost).await;
    };
    let Some(mut d) = desktop else {
        tx.commit().await?;
        tell(lease, Some(outcome));
        return Ok(Applied::Yes);
    };
    if lease.kind == Kind::Create && d.generation == lease.generation {
        if let End::Retry { words, .. } = end {
            d.last_error = Some(words.clone());
        }
        if let End::Snooze { .. } | End::HandBack = end {
            d.attempt = lease.attempt - 1;
        }
        let reason = d.view().reason;
        observe(&mut tx, &mut d, Input::BackInLine, quiet(lease, reason)).await?;
    } else if let (Kind::Stop | Kind::Cleanup, End::Retry { words, .. }) = (lease.kind, end)
        && lease.attempt >= SHOWN_AFTER
        && d.last_error.as_ref() != Some(words)
    {
        // A stop is never given up, so who waits for it reads why it takes so long.
        d.last_error = Some(words.clone());
        save(&mut tx, &mut d).await?;
    }
    tx.commit().await?;
    signals.changed();
    tell(lease, Some(outcome));
    Ok(Applied::Yes)
}

/// Ends a create for good: the desktop has failed, for this reason. The caller has cleaned up before.
///
/// # Errors
/// When the database fails.
pub async fn give_up(
    db: &Db,
    signals: &Signals,
    lease: &Lease,
    reason: Reason,
    error: String,
) -> Result<Applied, StoreError> {
    let mut tx = db.begin().await?;
    let mut d = match mine(&mut tx, lease).await? {
        Ok(d) => d,
        Err(why) => return tx.undone(why).await,
    };
    let words = reason.text.clone();
    d.last_error = Some(words.clone());
    observe(&mut tx, &mut d, Input::GaveUp, quiet(lease, Some(reason))).await?;
    let ended = queue::finish(&mut tx, lease, &End::Discard { words, error }).await?;
    tx.commit().await?;
    signals.changed();
    tell(lease, ended);
    Ok(Applied::Yes)
}

impl StepDone {
    /// The step of the page's line that this reaches, if it is one.
    #[must_use]
    pub const fn name(&self) -> Option<StepName> {
        match self {
            Self::Created { .. } => Some(StepName::Created),
            Self::Booted => Some(StepName::Booted),
            Self::Ready => Some(StepName::Ready),
            Self::ContainerGone { .. } | Self::Cleared | Self::Removed => None,
        }
    }
}
