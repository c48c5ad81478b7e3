//! What administrators do about jobs: retry, cancel, one or many. Each job in a transaction of its own, under the locks of
//! its desktop, its owner and itself, so that two administrators at once come one after the other and the second meets what
//! the first has made. What is allowed: [`crate::domain::steer`].

use super::requests::is_held;
use super::{Cause, END_ATTEMPTS, apply, save};
use crate::domain::audit::{self, TargetKind};
use crate::domain::desktop::{Reason, ReasonCode, Status};
use crate::domain::job::Kind;
use crate::domain::steer::{Action, Refused, Step, judge};
use crate::domain::transition::{Change, Decision, Input, Work, decide};
use crate::events::Signals;
use crate::queue::jobs::{self, Filter, Found, JobRow};
use crate::queue::pulls::{self, NewPull};
use crate::queue::{self, NewJob};
use crate::store::audit::{Entry, Target};
use crate::store::desktops::{self, Desktop};
use crate::store::{self, Db, StoreError, Tx, exec, history, opt, users};
use std::collections::HashSet;
use std::time::Duration;

/// Who does it, and with which settings.
#[derive(Debug, Clone, Copy)]
pub struct Steerer<'a> {
    pub username: &'a str,
    pub job_max_attempts: i64,
    pub trace_id: Option<&'a str>,
    /// For the audit log: the user's id, if it is one, and where the call came from.
    pub user_id: Option<&'a str>,
    pub address: Option<&'a str>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steered {
    /// `job_id`: the job that now stands for it, the same one or a new one.
    Done {
        job_id: String,
        changed: bool,
    },
    Refused(Refused),
    NoSuchJob,
}

/// What came of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bulk {
    /// Jobs that the filter found.
    pub matched: u64,
    /// Of these, those that something could be done about.
    pub eligible: u64,
    pub changed: u64,
    /// The first that nothing could be done about, newest first.
    pub refused: Vec<(String, Refused)>,
}

const BATCH: i64 = 100;
const MOST_REFUSED: usize = 20;
const TRIES: u32 = 5;

/// Retries or cancels one job.
///
/// # Errors
/// When the database fails.
pub async fn steer(
    db: &Db,
    signals: &Signals,
    id: &str,
    action: Action,
    by: Steerer<'_>,
) -> Result<Steered, StoreError> {
    let mut tries = 1;
    let steered = loop {
        match once(db, id, action, by).await {
            // Two transactions met, and this one gave way.
            Err(StoreError::Conflict(_)) if tries < TRIES => {
                tokio::time::sleep(Duration::from_millis(u64::from(rand::random_range(1..=5 * tries)))).await;
                tries += 1;
            }
            done => break done?,
        }
    };
    if let Steered::Done { changed: true, job_id } = &steered {
        signals.changed();
        tracing::info!(by = by.username, job = id, now = job_id, action = action.as_str(), "job steered");
    }
    Ok(steered)
}

/// Retries or cancels all that a filter finds; `dry_run` only counts. Of one desktop, only its newest job is dealt with.
///
/// # Errors
/// When the database fails; what was changed before stays changed.
pub async fn steer_all(
    db: &Db,
    signals: &Signals,
    filter: &Filter,
    action: Action,
    by: Steerer<'_>,
    dry_run: bool,
) -> Result<Bulk, StoreError> {
    let mut bulk = Bulk::default();
    let mut dealt_with = HashSet::new();
    let mut before = String::new();
    loop {
        let mut tx = db.read().await?;
        let batch = jobs::ids(&mut tx, filter, &before, BATCH).await?;
        let Some((last, _)) = batch.last() else { return Ok(bulk) };
        before.clone_from(last);
        for (id, desktop_id) in batch {
            let steered = if dealt_with.contains(&desktop_id) {
                Steered::Refused(Refused::JustDealtWith)
            } else if dry_run {
                would(&mut tx, &id, action).await?
            } else {
                steer(db, signals, &id, action, by).await?
            };
            // One that was forgotten since it was found was never there.
            bulk.matched += u64::from(steered != Steered::NoSuchJob);
            match steered {
                Steered::Done { changed: true, .. } => {
                    bulk.eligible += 1;
                    bulk.changed += u64::from(!dry_run);
                    dealt_with.insert(desktop_id);
                }
                Steered::Refused(why) if bulk.refused.len() < MOST_REFUSED => bulk.refused.push((id, why)),
                Steered::Done { changed: false, .. } | Steered::Refused(_) | Steered::NoSuchJob => {}
            }
        }
    }
}

/// What [`once`] would do.
async fn would(tx: &mut Tx, id: &str, action: Action) -> Result<Steered, StoreError> {
    Ok(match jobs::find(tx, id).await? {
        None => Steered::NoSuchJob,
        Some(Found::Unknown) => Steered::Refused(Refused::UnknownKind),
        Some(Found::Job(row)) => match judge(&row.facts, action) {
            Ok(step) => Steered::Done { job_id: row.view.id, changed: step != Step::Nothing },
            Err(why) => Steered::Refused(why),
        },
    })
}

async fn once(db: &Db, id: &str, action: Action, by: Steerer<'_>) -> Result<Steered, StoreError> {
    let mut tx = db.begin().await?;
    let sql = "SELECT desktop_id FROM jobs WHERE id = $1";
    let Some((desktop_id,)) = opt!(&mut tx, (String,), sql, id)? else { return Ok(Steered::NoSuchJob) };
    let desktop = desktops::lock(&mut tx, &desktop_id).await?;
    if let Some(d) = &desktop {
        users::lock(&mut tx, &d.owner_id).await?;
    }
    if matches!(tx, Tx::Postgres(..)) {
        exec!(&mut tx, "SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE", id)?;
    }
    let row = match jobs::find(&mut tx, id).await? {
        None => return tx.undone(Steered::NoSuchJob).await,
        Some(Found::Unknown) => return tx.undone(Steered::Refused(Refused::UnknownKind)).await,
        Some(Found::Job(row)) => *row,
    };
    let step = match judge(&row.facts, action) {
        Ok(step) => step,
        Err(why) => return tx.undone(Steered::Refused(why)).await,
    };
    let stands = carry_out(&mut tx, &row, desktop, step, by).await?;
    if step != Step::Nothing {
        by.note(&mut tx, &row, action).await?;
    }
    tx.commit().await?;
    Ok(Steered::Done { job_id: stands.unwrap_or(row.view.id), changed: step != Step::Nothing })
}

/// Does it, and returns the new job that stands for the old one, if there is one.
async fn carry_out(
    tx: &mut Tx,
    row: &JobRow,
    desktop: Option<Desktop>,
    step: Step,
    by: Steerer<'_>,
) -> Result<Option<String>, StoreError> {
    match (step, desktop) {
        (Step::Nothing, _) => Ok(None),
        (Step::RunNow, _) => run_now(tx, &row.view.id).await.map(|()| None),
        (Step::Ask, Some(d)) => ask(tx, d, row.view.kind, by).await,
        (Step::Again, Some(d)) => again(tx, d, by).await.map(Some),
        (Step::StopIt, Some(mut d)) => {
            let held = is_held(tx, &d).await?;
            if let Decision::Become(change) = decide(d.status, Input::Stop { held }) {
                apply(tx, &mut d, change, by.cause(Some(stopped_by_admin()))).await?;
            }
            named(tx, &row.view.id, by.username).await.map(|()| None)
        }
        (Step::TakeBack(change), Some(d)) => {
            drop_row(tx, &row.view.id, by.username).await?;
            take_back(tx, d, change, by).await
        }
        (Step::Drop, _) => {
            drop_row(tx, &row.view.id, by.username).await?;
            if let Some((node, image)) = pulled(row) {
                // Who waits for it looks again, and learns that it is not coming.
                pulls::wake(tx, node, image).await?;
            }
            Ok(None)
        }
        (Step::PullAgain, _) => match pulled(row) {
            Some((node, image)) => {
                let (user_id, max_attempts, trace_id) = (row.user_id.as_str(), by.job_max_attempts, by.trace_id);
                let new = NewPull { node, image, user_id, again: true, max_attempts, trace_id };
                pulls::ask(tx, &new).await.map(Some)
            }
            None => Ok(None),
        },
        (Step::EndPull, _) => named(tx, &row.view.id, by.username).await.map(|()| None),
        // Judged by the same row a moment ago, under its lock.
        (Step::Ask | Step::Again | Step::StopIt | Step::TakeBack(_), None) => Ok(None),
    }
}

/// Node and image of a pull.
fn pulled(row: &JobRow) -> Option<(&str, &str)> {
    row.view.node.as_deref().zip(row.view.image.as_deref())
}

impl<'a> Steerer<'a> {
    async fn note(self, tx: &mut Tx, row: &JobRow, action: Action) -> Result<(), StoreError> {
        let detail = match pulled(row) {
            Some((node, image)) => format!("Of {image} on {node}."),
            None => format!("Of desktop {}.", row.view.desktop_id),
        };
        let entry = Entry {
            actor_id: self.user_id,
            actor: self.username,
            action: match action {
                Action::Retry => audit::Action::JobRetry,
                Action::Cancel => audit::Action::JobCancel,
            },
            target: Some(Target::new(TargetKind::Job, &row.view.id, row.view.kind.as_str())),
            address: self.address,
            result: audit::Outcome::Ok,
            detail: &detail,
            request_id: self.trace_id,
        };
        store::audit::write(tx, &entry).await
    }

    const fn cause(self, reason: Option<Reason>) -> Cause<'a> {
        Cause {
            actor: Some(self.username),
            reason,
            max_attempts: self.job_max_attempts,
            run_at: None,
            trace_id: self.trace_id,
        }
    }
}

fn stopped_by_admin() -> Reason {
    Reason { code: ReasonCode::ByAdmin, text: "Stopped by an administrator.".to_owned() }
}

async fn run_now(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "UPDATE jobs SET state = 'available', run_at = $2, wait_code = NULL WHERE id = $1 AND state IN ('scheduled', 'retryable')",
        id,
        now,
    )?;
    Ok(())
}

/// The wish of a job that is over, once more. A start is not counted against its owner's windows: they did not ask.
async fn ask(tx: &mut Tx, mut d: Desktop, kind: Kind, by: Steerer<'_>) -> Result<Option<String>, StoreError> {
    let (input, reason) = match kind {
        Kind::Create | Kind::Noop => (Input::Start, None),
        Kind::Stop => (Input::Stop { held: is_held(tx, &d).await? }, Some(stopped_by_admin())),
        Kind::Cleanup => (Input::Delete, None),
        Kind::Pull => return Ok(None), // judged to be none of these
    };
    let Decision::Become(change) = decide(d.status, input) else { return Ok(None) };
    if change.work == Work::Create {
        d.crashes = 0;
    }
    apply(tx, &mut d, change, by.cause(reason)).await?;
    Ok(match change.work {
        Work::Create | Work::Stop | Work::Cleanup => d.job_id,
        Work::Keep | Work::Drop => None,
    })
}

/// What a desktop waits for, given to somebody again.
async fn again(tx: &mut Tx, mut d: Desktop, by: Steerer<'_>) -> Result<String, StoreError> {
    let kind = match d.status {
        Status::Queued | Status::Starting => Kind::Create,
        Status::Deleting => Kind::Cleanup,
        Status::Stopping | Status::Running | Status::Stopped | Status::Failed => Kind::Stop,
    };
    if kind == Kind::Create {
        d.status = Status::Queued;
    }
    let id = enqueue(tx, &d, kind, by).await?;
    d.job_id = Some(id.clone());
    let now = tx.now().await?;
    history::insert(tx, &d.id, Some(by.username), d.status, None, now).await?;
    save(tx, &mut d).await?;
    Ok(id)
}

async fn enqueue(tx: &mut Tx, d: &Desktop, kind: Kind, by: Steerer<'_>) -> Result<String, StoreError> {
    let new = NewJob {
        kind,
        desktop_id: &d.id,
        user_id: &d.owner_id,
        generation: d.generation,
        node_id: d.node_id.as_deref(),
        max_attempts: if kind == Kind::Create { by.job_max_attempts } else { END_ATTEMPTS },
        run_at: None,
        trace_id: by.trace_id,
    };
    queue::enqueue(tx, &new).await
}

/// The desktop is again what it was, for the reason that it had then. Its job is cancelled already.
async fn take_back(tx: &mut Tx, mut d: Desktop, change: Change, by: Steerer<'_>) -> Result<Option<String>, StoreError> {
    // The newest line is what is taken back, the one below it what was.
    let was = history::page(tx, &d.id, "", 2).await?.into_iter().nth(1).and_then(|line| line.reason);
    d.status = change.status;
    d.set_reason(was.clone());
    match d.status {
        Status::Stopping | Status::Stopped => {} // by whom it was before
        Status::Queued | Status::Starting | Status::Running | Status::Failed | Status::Deleting => d.stopped_by = None,
    }
    let new = if change.work == Work::Stop { Some(enqueue(tx, &d, Kind::Stop, by).await?) } else { None };
    d.job_id = new.clone();
    let now = tx.now().await?;
    history::insert_taken_back(tx, &d.id, by.username, d.status, was.as_ref(), now).await?;
    save(tx, &mut d).await?;
    Ok(new)
}

/// Says who ended a job that ends, or has just ended, by their word.
async fn named(tx: &mut Tx, id: &str, by: &str) -> Result<(), StoreError> {
    exec!(tx, "UPDATE jobs SET ended_by = $2 WHERE id = $1 AND ended_by IS NULL", id, by)?;
    Ok(())
}

async fn drop_row(tx: &mut Tx, id: &str, by: &str) -> Result<(), StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "UPDATE jobs SET state = 'cancelled', finished_at = $2, wait_code = NULL, ended_by = $3 \
         WHERE id = $1 AND state IN ('available', 'scheduled', 'retryable')",
        id,
        now,
        by,
    )?;
    Ok(())
}
