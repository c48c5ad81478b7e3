//! Ends a claim, under its lease token: the job's state, the try's outcome and the start slot in one transaction.

use super::Lease;
use crate::domain::desktop::QueueReasonCode;
use crate::domain::job::{JobState, Outcome};
use crate::domain::time::Time;
use crate::store::{StoreError, Tx, exec};

/// How a claim of a job ends. `words` are for the desktop's owner; `error` is what was seen, kept with the try for administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Done,
    /// A passing error: again at `run_at`.
    Retry {
        words: String,
        error: String,
        run_at: Time,
    },
    /// Nobody's fault: again at `run_at`, and the try does not count.
    Snooze {
        code: QueueReasonCode,
        words: String,
        error: String,
        run_at: Time,
    },
    /// Handed back before anything was done, or when the process ends: again at once, and the try does not count.
    HandBack,
    /// Given up for good.
    Discard {
        words: String,
        error: String,
    },
    /// A later wish has replaced it.
    Cancel,
}

/// Ends a claim. False: the lease is no longer ours, and nothing was written.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut Tx, lease: &Lease, end: &End) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let superseded = matches!(end, End::Retry { .. } | End::Snooze { .. } | End::HandBack)
        && has_successor(tx, &lease.desktop_id).await?;
    let cancel = End::Cancel;
    let end = if superseded { &cancel } else { end };
    let (state, outcome, why, run_at, code, counts) = match end {
        End::Done => (JobState::Completed, Outcome::Done, None, None, None, true),
        End::Retry { words, error, run_at } => (
            JobState::Retryable,
            Outcome::Failed,
            Some((words, error)),
            Some(*run_at),
            Some(QueueReasonCode::Backoff),
            true,
        ),
        End::Snooze { code, words, error, run_at } => {
            (JobState::Retryable, Outcome::Snoozed, Some((words, error)), Some(*run_at), Some(*code), false)
        }
        End::HandBack => (JobState::Available, Outcome::Snoozed, None, Some(now), None, false),
        End::Discard { words, error } => (JobState::Discarded, Outcome::Failed, Some((words, error)), None, None, true),
        End::Cancel => (JobState::Cancelled, Outcome::Cancelled, None, None, None, true),
    };
    let changed = exec!(
        tx,
        "UPDATE jobs SET state = $3, attempt = attempt - $4, last_error = coalesce($5, last_error), \
         run_at = coalesce($6, run_at), wait_code = $7, finished_at = $8, lease_token = NULL, lease_until = NULL, worker_id = \
         CASE WHEN $8 IS NULL THEN NULL ELSE worker_id END WHERE id = $1 AND lease_token = $2 AND state = 'running'",
        &lease.job_id,
        &lease.token,
        state.as_str(),
        i64::from(!counts),
        why.map(|(words, _)| words),
        run_at,
        code.map(|c| c.as_str()),
        run_at.is_none().then_some(now),
    )?;
    if changed == 0 {
        return Ok(false);
    }
    close(tx, &lease.job_id, lease.claim, outcome, why.map(|(_, error)| error.as_str()), now).await?;
    Ok(true)
}

/// Writes the try's end and gives the start slot back.
pub(super) async fn close(
    tx: &mut Tx,
    job_id: &str,
    claim: i64,
    outcome: Outcome,
    error: Option<&str>,
    now: Time,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE attempts SET ended_at = $3, outcome = $4, error = $5 WHERE job_id = $1 AND n = $2",
        job_id,
        claim,
        now,
        outcome.as_str(),
        error,
    )?;
    exec!(tx, "UPDATE start_slots SET job_id = NULL WHERE job_id = $1", job_id)?;
    Ok(())
}

/// Whether a later wish waits: then a job that would wait again beside it ends instead.
pub(super) async fn has_successor(tx: &mut Tx, desktop_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM jobs WHERE desktop_id = $1 AND state IN ('available', 'scheduled', 'retryable')";
    Ok(crate::store::opt!(tx, (String,), sql, desktop_id)?.is_some())
}
