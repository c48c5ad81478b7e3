//! Ends a claim, under its lease token: the job's state, the try's outcome and the start slot together; on PostgreSQL in one
//! statement, which needs no transaction around it when nothing of the desktop changes with it.

use super::Lease;
use crate::domain::desktop::QueueReasonCode;
use crate::domain::job::{JobState, Outcome};
use crate::domain::time::Time;
use crate::events;
use crate::store::{Db, StoreError, Tx, exec, opt};
use sqlx::postgres::PgExecutor;

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

/// What an end makes of the row.
struct Row<'a> {
    state: JobState,
    outcome: Outcome,
    words: Option<&'a str>,
    error: Option<&'a str>,
    run_at: Option<Time>,
    code: Option<QueueReasonCode>,
    /// Whether the try counts.
    counts: bool,
}

impl End {
    fn row(&self, now: Time) -> Row<'_> {
        let plain =
            |state, outcome| Row { state, outcome, words: None, error: None, run_at: None, code: None, counts: true };
        match self {
            Self::Done => plain(JobState::Completed, Outcome::Done),
            Self::Cancel => plain(JobState::Cancelled, Outcome::Cancelled),
            Self::HandBack => Row { run_at: Some(now), counts: false, ..plain(JobState::Available, Outcome::Snoozed) },
            Self::Discard { words, error } => {
                Row { words: Some(words), error: Some(error), ..plain(JobState::Discarded, Outcome::Failed) }
            }
            Self::Retry { words, error, run_at } => Row {
                words: Some(words),
                error: Some(error),
                run_at: Some(*run_at),
                code: Some(QueueReasonCode::Backoff),
                ..plain(JobState::Retryable, Outcome::Failed)
            },
            Self::Snooze { code, words, error, run_at } => Row {
                words: Some(words),
                error: Some(error),
                run_at: Some(*run_at),
                code: Some(*code),
                counts: false,
                ..plain(JobState::Retryable, Outcome::Snoozed)
            },
        }
    }

    /// Whether the job would wait again.
    const fn waits(&self) -> bool {
        match self {
            Self::Retry { .. } | Self::Snooze { .. } | Self::HandBack => true,
            Self::Done | Self::Discard { .. } | Self::Cancel => false,
        }
    }
}

/// Ends a claim, and says as what it is written. None: the lease is no longer ours, and nothing was written.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut Tx, lease: &Lease, end: &End) -> Result<Option<Outcome>, StoreError> {
    let now = tx.now().await?;
    let superseded = end.waits() && has_successor(tx, &lease.desktop_id).await?;
    let row = if superseded { End::Cancel.row(now) } else { end.row(now) };
    let changed = match tx {
        Tx::Postgres(pg, kept) => {
            let named = kept.named();
            let ended = on_postgres(&mut **pg, named, lease, &row, Some(now), None).await?;
            return Ok(ended.then_some(row.outcome));
        }
        Tx::Sqlite(_) => exec!(
            tx,
            "UPDATE jobs SET state = $3, attempt = attempt - $4, last_error = coalesce($5, last_error), \
             run_at = coalesce($6, run_at), wait_code = $7, finished_at = $8, lease_token = NULL, lease_until = NULL, \
             worker_id = CASE WHEN $8 IS NULL THEN NULL ELSE worker_id END \
             WHERE id = $1 AND lease_token = $2 AND state = 'running'",
            &lease.job_id,
            &lease.token,
            row.state.as_str(),
            i64::from(!row.counts),
            row.words,
            row.run_at,
            row.code.map(QueueReasonCode::as_str),
            row.run_at.is_none().then_some(now),
        )?,
    };
    if changed == 0 {
        return Ok(None);
    }
    close(tx, &lease.job_id, lease.claim, row.outcome, row.error, now).await?;
    Ok(Some(row.outcome))
}

/// Ends a claim as done and tells its user's room of it, where nothing of the desktop changes: one statement on PostgreSQL.
/// False: the lease is no longer ours, and nothing was written.
///
/// # Errors
/// When the database fails.
pub(super) async fn finish_and_tell(
    db: &Db,
    lease: &Lease,
    kind: events::Kind,
    payload: &str,
) -> Result<bool, StoreError> {
    if let Db::Postgres { quick, .. } = db {
        let mut way = quick.ends.way().await?;
        let row = End::Done.row(Time::default());
        let ended = on_postgres(way.db(), true, lease, &row, None, Some((kind, payload))).await;
        return way.back(ended);
    }
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let sql = "SELECT user_id FROM jobs WHERE id = $1 AND lease_token = $2 AND lease_until > $3";
    let Some((user,)) = opt!(&mut tx, (String,), sql, &lease.job_id, &lease.token, now)? else { return Ok(false) };
    finish(&mut tx, lease, &End::Done).await?;
    events::append(&mut tx, &user, kind, payload, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// `now` of None: the time of the statement, and the lease must not have run out by then.
async fn on_postgres(
    db: impl PgExecutor<'_>,
    named: bool,
    lease: &Lease,
    row: &Row<'_>,
    now: Option<Time>,
    event: Option<(events::Kind, &str)>,
) -> Result<bool, sqlx::Error> {
    const SQL: &str = "WITH clock AS MATERIALIZED \
         (SELECT coalesce($3, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now), \
         done AS (UPDATE jobs SET state = $4, attempt = attempt - $5, last_error = coalesce($6, last_error), \
             run_at = coalesce($7, run_at), wait_code = $8, lease_token = NULL, lease_until = NULL, \
             finished_at = CASE WHEN $7::bigint IS NULL THEN clock.now END, \
             worker_id = CASE WHEN $7::bigint IS NULL THEN worker_id END \
             FROM clock WHERE id = $1 AND lease_token = $2 AND state = 'running' \
             AND ($3::bigint IS NOT NULL OR lease_until > clock.now) RETURNING id, user_id, clock.now), \
         tried AS (UPDATE attempts SET ended_at = done.now, outcome = $10, error = $11 FROM done \
             WHERE job_id = $1 AND n = $9), \
         freed AS (UPDATE start_slots SET job_id = NULL FROM done WHERE job_id = $1), \
         told AS (INSERT INTO events (user_id, kind, payload, at) \
             SELECT user_id, $12, $13, now FROM done WHERE $12::text IS NOT NULL) \
         SELECT id FROM done";
    let done: Option<(String,)> = sqlx::query_as(SQL)
        .bind(&lease.job_id)
        .bind(&lease.token)
        .bind(now)
        .bind(row.state.as_str())
        .bind(i64::from(!row.counts))
        .bind(row.words)
        .bind(row.run_at)
        .bind(row.code.map(QueueReasonCode::as_str))
        .bind(lease.claim)
        .bind(row.outcome.as_str())
        .bind(row.error)
        .bind(event.map(|(kind, _)| kind.as_str()))
        .bind(event.map(|(_, payload)| payload))
        .persistent(named)
        .fetch_optional(db)
        .await?;
    Ok(done.is_some())
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
