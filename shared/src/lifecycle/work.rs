//! What workers report. Each function runs under a lease: when the lease is no longer ours, nothing is written.

use super::{Cause, apply, remove, save};
use crate::domain::desktop::{Reason, Status, StepName};
use crate::domain::job::Kind;
use crate::domain::time::Time;
use crate::domain::transition::{Change, Decision, Input, Work, decide};
use crate::events::{self, Signals};
use crate::queue::{self, Claimant, Class, End, Ends, Found, Lease};
use crate::store::desktops::{self, Desktop};
use crate::store::ports::{self, PortLease, PortRange};
use crate::store::{Db, StoreError, Tx, workers};
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

/// What a claim brought: leases of jobs to work on now, and when the next of those that wait may run.
#[derive(Debug, Default)]
pub struct Claims {
    pub leases: Vec<Lease>,
    pub due_in: Option<Duration>,
}

/// Claims the first job in line.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &Db, signals: &Signals, by: &Claimant, class: Class) -> Result<Option<Lease>, StoreError> {
    Ok(claim_some(db, signals, by, class, 1).await?.leases.pop())
}

/// Claims the first jobs in line, up to `most`. A create that nobody wants any more ends here and the next is looked at.
///
/// # Errors
/// When the database fails.
pub async fn claim_some(
    db: &Db,
    signals: &Signals,
    by: &Claimant,
    class: Class,
    most: usize,
) -> Result<Claims, StoreError> {
    if let Some(nothing) = queue::look(db, class).await? {
        return Ok(Claims { leases: Vec::new(), due_in: due_in(&nothing) });
    }
    loop {
        let (leases, found) = match class {
            Class::Starts => claim_starts(db, signals, by, most).await?,
            Class::Ends => {
                let mut found = queue::claim_ends(db, by, most).await?;
                (found.taken.drain(..).map(|(_, lease)| lease).collect(), found)
            }
        };
        if found.is_due() && promote(db, found.now).await? && leases.is_empty() {
            continue;
        }
        return Ok(Claims { leases, due_in: due_in(&found) });
    }
}

/// Makes available what has waited out its time. False: there was nothing, or somebody else is at it.
async fn promote(db: &Db, now: Time) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let promoted = queue::promote(&mut tx, now).await?;
    tx.commit().await?;
    Ok(promoted > 0)
}

fn due_in(found: &Found) -> Option<Duration> {
    found.due.map(|due| due.since(found.now) + Duration::from_millis(1))
}

/// The claim of creates and what becomes of their desktops, in one transaction.
async fn claim_starts(
    db: &Db,
    signals: &Signals,
    by: &Claimant,
    most: usize,
) -> Result<(Vec<Lease>, Found), StoreError> {
    loop {
        let mut tx = db.begin().await?;
        let mut found = queue::claim(&mut tx, by, Class::Starts, most).await?;
        if found.is_due() && !found.taken.is_empty() {
            // What comes back has kept its rank: it is put in line before anybody is taken out of it.
            tx.rollback().await?;
            if promote(db, found.now).await? {
                continue;
            }
            tx = db.begin().await?;
            found = queue::claim(&mut tx, by, Class::Starts, most).await?;
        }
        let (mut leases, mut dropped) = (Vec::new(), 0);
        for (job, lease) in found.taken.drain(..) {
            let wanted = match desktops::get(&mut tx, &job.desktop_id).await? {
                Some(mut d) => begin_start(&mut tx, &mut d, &lease, by).await?,
                None => false,
            };
            if wanted {
                leases.push(lease);
            } else {
                dropped += 1;
                queue::finish(&mut tx, &lease, &End::Cancel).await?;
            }
        }
        tx.commit().await?;
        if !leases.is_empty() {
            signals.changed();
        }
        if !leases.is_empty() || dropped == 0 {
            return Ok((leases, found));
        }
    }
}

async fn begin_start(tx: &mut Tx, d: &mut Desktop, lease: &Lease, by: &Claimant) -> Result<bool, StoreError> {
    if d.generation != lease.generation {
        return Ok(false);
    }
    let Decision::Become(change) = decide(d.status, Input::Claimed) else { return Ok(false) };
    d.node_id = Some(by.node_id.clone());
    d.attempt = lease.attempt;
    d.max_attempts = lease.max_attempts;
    d.job_id = Some(lease.job_id.clone());
    let reason = d.view().reason;
    apply(tx, d, change, quiet(lease, reason)).await?;
    Ok(true)
}

fn quiet(lease: &Lease, reason: Option<Reason>) -> Cause<'static> {
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
    /// The container exists and runs.
    Created { container_id: String },
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
        Err(why) => return Ok(why),
    };
    let now = tx.now().await?;
    match done {
        StepDone::Created { container_id } => {
            d.container_id = Some(container_id.clone());
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
            queue::finish(&mut tx, lease, &End::Done).await?;
        }
        StepDone::Cleared => {
            let reason = d.view().reason;
            let stopped_by = d.stopped_by.clone();
            observe(&mut tx, &mut d, Input::Cleared, Cause { actor: stopped_by.as_deref(), ..quiet(lease, reason) })
                .await?;
            queue::finish(&mut tx, lease, &End::Done).await?;
        }
        StepDone::Removed => {
            match decide(d.status, Input::Removed) {
                Decision::Gone => remove(&mut tx, &d).await?,
                Decision::Same | Decision::Stale | Decision::Refuse(_) | Decision::Become(_) => {}
            }
            queue::finish(&mut tx, lease, &End::Done).await?;
        }
    }
    tx.commit().await?;
    signals.changed();
    Ok(Applied::Yes)
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
        return Ok(Err(why));
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
        return Ok(why);
    }
    ports::release_as_foreign(&mut tx, &lease.desktop_id, keep_away).await?;
    tx.commit().await?;
    Ok(Applied::Yes)
}

async fn observe(tx: &mut Tx, d: &mut Desktop, input: Input, cause: Cause<'_>) -> Result<(), StoreError> {
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
    if !queue::finish(&mut tx, lease, end).await? {
        return Ok(Applied::LeaseLost);
    }
    let Some(mut d) = desktop else {
        tx.commit().await?;
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
    Ok(Applied::Yes)
}

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
        Err(why) => return Ok(why),
    };
    let words = reason.text.clone();
    d.last_error = Some(words.clone());
    observe(&mut tx, &mut d, Input::GaveUp, quiet(lease, Some(reason))).await?;
    queue::finish(&mut tx, lease, &End::Discard { words, error }).await?;
    tx.commit().await?;
    signals.changed();
    Ok(Applied::Yes)
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
        tx.commit().await?;
        given_up += 1;
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
