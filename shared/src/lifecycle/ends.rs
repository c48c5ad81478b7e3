//! Containers that end by themselves, and rows that lost their work: what the engine's watcher and the reconciler report.

use super::{Applied, Cause, apply};
use crate::domain::backoff;
use crate::domain::desktop::{Reason, ReasonCode, Status};
use crate::domain::job::Kind;
use crate::domain::transition::{Decision, Input, decide};
use crate::events::Signals;
use crate::queue::{self, NewJob};
use crate::store::{Db, StoreError, desktops};
use std::time::Duration;

/// How a running desktop's container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerEnd {
    /// Exit code 0: its user logged out.
    Cleanly,
    Crashed {
        code: i64,
    },
    OutOfMemory,
    /// Engine or host restarted, or somebody removed or killed it.
    Lost,
}

/// How often a desktop is started again by itself after crashes, until its user asks.
const MOST_CRASHES: i64 = 3;
/// Running this long proves that it is no crash loop.
const PROVEN: Duration = Duration::from_secs(600);

/// Reports that a running desktop's container ended. `Superseded`: it is not that container's any more.
///
/// # Errors
/// When the database fails.
pub async fn container_ended(
    db: &Db,
    signals: &Signals,
    desktop_id: &str,
    container_id: &str,
    end: &ContainerEnd,
    job_max_attempts: i64,
) -> Result<Applied, StoreError> {
    let mut tx = db.begin().await?;
    let Some(mut d) = desktops::lock(&mut tx, desktop_id).await? else {
        return tx.undone(Applied::Superseded).await;
    };
    if d.container_id.as_deref() != Some(container_id) {
        return tx.undone(Applied::Superseded).await;
    }
    let now = tx.now().await?;
    if d.started_at.is_some_and(|at| now.since(at) > PROVEN) {
        d.crashes = 0;
    }
    let again = d.crashes < MOST_CRASHES;
    let (input, code, text) = match end {
        ContainerEnd::Cleanly => {
            (Input::EndedCleanly, ReasonCode::EndedInside, "It ended by itself: its user logged out.".to_owned())
        }
        ContainerEnd::Crashed { code } => {
            (Input::Crashed { again }, ReasonCode::Crashed, format!("It crashed (exit code {code})."))
        }
        ContainerEnd::OutOfMemory => {
            (Input::Crashed { again }, ReasonCode::OutOfMemory, "It used more memory than it may have.".to_owned())
        }
        ContainerEnd::Lost => (
            Input::EngineLost,
            ReasonCode::EngineLost,
            "The server that it ran on was restarted, or it was removed there.".to_owned(),
        ),
    };
    let Decision::Become(change) = decide(d.status, input) else { return Ok(Applied::Superseded) };
    let mut run_at = None;
    if let Input::Crashed { again: true } = input {
        d.crashes += 1;
        let wait = backoff::wait(d.crashes, Duration::from_millis(500), Duration::from_secs(60), rand::random());
        run_at = Some(now.plus(wait));
    }
    let cause = Cause {
        actor: None,
        reason: Some(Reason { code, text }),
        max_attempts: job_max_attempts,
        run_at,
        trace_id: None,
    };
    apply(&mut tx, &mut d, change, cause).await?;
    tx.commit().await?;
    signals.changed();
    Ok(Applied::Yes)
}

/// Gives a job back to each desktop that waits for work but has none, and sees to people who are leaving. Never needed, unless
/// something broke.
///
/// # Errors
/// When the database fails.
pub async fn heal(db: &Db, signals: &Signals, job_max_attempts: i64) -> Result<usize, StoreError> {
    let lost = desktops::without_work(&mut db.read().await?).await?;
    let mut healed = 0;
    for d in lost {
        let mut tx = db.begin().await?;
        let Some(mut d) = desktops::lock(&mut tx, &d.id).await? else { continue };
        let unfinished = queue::has_unfinished(&mut tx, &d.id).await?;
        let kind = match d.status {
            Status::Queued | Status::Starting => Kind::Create,
            Status::Stopping => Kind::Stop,
            Status::Deleting => Kind::Cleanup,
            Status::Running | Status::Stopped | Status::Failed => continue,
        };
        if unfinished {
            continue;
        }
        tracing::warn!(desktop = d.id, status = %d.status, "a desktop waited for work that nobody had; asked again");
        d.status = if d.status == Status::Starting { Status::Queued } else { d.status };
        let new = NewJob {
            kind,
            desktop_id: &d.id,
            user_id: &d.owner_id,
            generation: d.generation,
            node_id: d.node_id.as_deref(),
            max_attempts: job_max_attempts,
            run_at: None,
            trace_id: None,
        };
        d.job_id = Some(queue::enqueue(&mut tx, &new).await?);
        super::save(&mut tx, &mut d).await?;
        tx.commit().await?;
        healed += 1;
    }
    if healed > 0 {
        signals.changed();
    }
    super::sweep_leaving(db, signals, job_max_attempts).await?;
    Ok(healed)
}
