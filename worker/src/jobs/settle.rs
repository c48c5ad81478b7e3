//! How a job ends that was not done: put back in line, snoozed, handed back, cancelled, or given up, by what the trouble was.
//!
//! A start that is given up, or whose container is of no use to the next attempt, cleans up first. A stop or a cleanup is never given up.
//! A pull is, and then so are the starts that wait for it.

use std::time::Duration;

use berth_shared::domain::backoff;
use berth_shared::domain::desktop::{QueueReasonCode, Reason, ReasonCode};
use berth_shared::domain::job::Kind as JobKind;
use berth_shared::lifecycle;
use berth_shared::queue::End;
use berth_shared::queue::keeper::Go;
use berth_shared::store::StoreError;
use tokio::time::Instant;

use super::{Shift, Trouble, as_wanted, pull};
use crate::runtime::{EngineError, Kind, Remedy};

/// An engine that is away, and a full port range, are looked at again this soon. (The gate of the claims keeps jobs from being claimed while
/// the engine is known to be away.)
const SNOOZE: Duration = Duration::from_secs(1);
const ONE_PING: Duration = Duration::from_secs(2);

/// What is to be done about a trouble.
enum Verdict {
    LetGo,
    HandBack,
    Cancel,
    Snooze { code: QueueReasonCode, words: String, error: String },
    Retry { error: String, reason: Reason, clear: bool },
    GiveUp { error: String, reason: Reason },
}

/// Ends the job, whatever it takes; what cannot be written ends with the lease.
pub(super) async fn settle(shift: &Shift<'_>, trouble: Trouble) {
    ask_again(shift, &trouble).await;
    let mut verdict = judge(shift, trouble);
    // Cleaning up may itself meet trouble: then that decides, once.
    if let Err(another) = carry_out(shift, verdict).await {
        verdict = match judge(shift, another) {
            Verdict::GiveUp { error, reason } | Verdict::Retry { error, reason, .. } => {
                Verdict::Retry { error, reason, clear: false }
            }
            other => other,
        };
        if let Err(trouble) = carry_out(shift, verdict).await {
            tracing::warn!(job = shift.lease.job_id, %trouble, "the job's end could not be written; its lease will run out");
        }
    }
}

/// A call without an answer says nothing of the job, if the engine answers nobody: one more question tells, before a try is
/// held against the job. Two without an answer in a row are what shuts the circuit elsewhere too.
async fn ask_again(shift: &Shift<'_>, trouble: &Trouble) {
    let Trouble::Engine(error) = trouble else { return };
    let circuit = &shift.ctx.circuit;
    if error.kind != Kind::TimedOut || !circuit.is_open() || shift.permit.go() == Go::Lost {
        return;
    }
    let answer = shift.ctx.engine.ping(Instant::now() + ONE_PING).await;
    if answer.is_err_and(|error| matches!(error.kind, Kind::TimedOut | Kind::EngineDown)) {
        circuit.shut();
    }
}

fn judge(shift: &Shift<'_>, trouble: Trouble) -> Verdict {
    let error = trouble.to_string();
    let ours = |text: &str| Reason { code: ReasonCode::GaveUp, text: text.to_owned() };
    match trouble {
        Trouble::Stopped(Go::Lost) => Verdict::LetGo,
        Trouble::Stopped(Go::Superseded) => Verdict::Cancel,
        Trouble::Stopped(Go::Ending | Go::On) => Verdict::HandBack,
        Trouble::NoFreePort => {
            let words = "The server has no room for another desktop right now.".to_owned();
            Verdict::Snooze { code: QueueReasonCode::NoFreePort, words, error }
        }
        Trouble::ImagePulling => Verdict::LetGo,
        Trouble::Hopeless(reason) => Verdict::GiveUp { error, reason },
        Trouble::Panicked(_) => Verdict::Retry { error, reason: ours("Berth itself failed."), clear: false },
        Trouble::Store(StoreError::Unavailable(_) | StoreError::Unconfirmed(_)) => Verdict::LetGo,
        Trouble::Store(_) => Verdict::Retry { error, reason: ours("Berth's database failed."), clear: false },
        Trouble::Engine(error) => judge_engine(shift, &error),
    }
}

fn judge_engine(shift: &Shift<'_>, error: &EngineError) -> Verdict {
    shift.ctx.circuit.met(error.kind);
    let text = error.to_string();
    let reason = Reason { code: error.kind.reason(), text: error.words().to_owned() };
    match error.kind.remedy() {
        // Our own time was up, not the engine's: the lease ends, and so does this work.
        _ if error.kind == Kind::TimedOut && shift.permit.go() == Go::Lost => Verdict::LetGo,
        // What was met while the engine was away says nothing of this job.
        Remedy::Retry if error.kind.may_be_its_absence() && shift.ctx.circuit.was_shut_since(shift.began) => {
            let words = Kind::EngineDown.words().to_owned();
            Verdict::Snooze { code: QueueReasonCode::EngineDown, words, error: text }
        }
        Remedy::Snooze => Verdict::Snooze { code: QueueReasonCode::EngineDown, words: reason.text, error: text },
        Remedy::Retry | Remedy::AnotherPort => {
            Verdict::Retry { error: text, reason, clear: error.kind.spoils_container() }
        }
        Remedy::Discard => Verdict::GiveUp { error: text, reason },
    }
}

async fn carry_out(shift: &Shift<'_>, verdict: Verdict) -> Result<(), Trouble> {
    let (is_create, is_pull) = (shift.lease.kind == JobKind::Create, shift.lease.kind == JobKind::Pull);
    let last_try = (is_create || is_pull) && shift.lease.attempt >= shift.lease.max_attempts;
    match verdict {
        Verdict::LetGo => Ok(()),
        Verdict::HandBack => hand_on(shift, End::HandBack).await,
        Verdict::Cancel => {
            if is_create {
                // Best effort: the wish that came after it removes whatever is left here.
                let _ = shift.remove_containers(shift.lease.generation, Duration::ZERO).await;
            }
            hand_on(shift, End::Cancel).await
        }
        Verdict::Snooze { code, words, error } => {
            let run_at = shift.now().await?.plus(SNOOZE);
            hand_on(shift, End::Snooze { code, words, error, run_at }).await
        }
        Verdict::GiveUp { error, reason } if is_pull => pull::give_up(shift, reason.text, error).await,
        Verdict::Retry { error, reason, .. } if is_pull && last_try => pull::give_up(shift, reason.text, error).await,
        Verdict::GiveUp { error, reason } if is_create => give_up(shift, reason, error).await,
        Verdict::Retry { error, reason, .. } if last_try => give_up(shift, reason, error).await,
        Verdict::Retry { error, reason, clear } => {
            if clear && is_create {
                shift.clear(Duration::ZERO).await?;
            }
            retry(shift, reason.text, error).await
        }
        Verdict::GiveUp { error, reason } => retry(shift, reason.text, error).await,
    }
}

async fn retry(shift: &Shift<'_>, words: String, error: String) -> Result<(), Trouble> {
    let (shortest, longest) = shift.ctx.settings.job_backoff;
    let wait = backoff::wait(shift.lease.attempt, shortest, longest, rand::random());
    let run_at = shift.now().await?.plus(wait);
    hand_on(shift, End::Retry { words, error, run_at }).await
}

async fn hand_on(shift: &Shift<'_>, end: End) -> Result<(), Trouble> {
    let (db, signals) = (&shift.ctx.db, &shift.ctx.signals);
    let applied = shift.persist(|| lifecycle::hand_on(db, signals, shift.lease, &end)).await?;
    tracing::debug!(job = shift.lease.job_id, ?applied, "job handed on");
    Ok(())
}

async fn give_up(shift: &Shift<'_>, reason: Reason, error: String) -> Result<(), Trouble> {
    shift.clear(Duration::ZERO).await?;
    shift.throw_away_home().await?;
    let (db, signals) = (&shift.ctx.db, &shift.ctx.signals);
    let give_up = || lifecycle::give_up(db, signals, shift.lease, reason.clone(), error.clone());
    as_wanted(shift.persist(give_up).await?)
}
