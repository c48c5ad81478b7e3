//! One job with what is known around it: its owner, its desktop, and the facts that say what may be done about it.

use super::JobView;
use crate::domain::desktop::{Status, StepName};
use crate::domain::job::{JobState, Kind};
use crate::domain::steer::{Facts, offered};
use crate::domain::time::Time;
use crate::store::{StoreError, Tx, opt};

/// A row that this binary knows.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    pub view: JobView,
    pub facts: Facts,
    pub user_id: String,
    pub generation: i64,
    pub lease_renewed_at: Option<Time>,
}

/// What there is under an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Job(Box<JobRow>),
    /// A row of a kind or state that this binary does not know.
    Unknown,
}

/// What every read of jobs selects: of `jobs j`.
macro_rules! columns {
    () => {
        "j.id, j.kind, j.desktop_id, j.user_id, j.generation, j.state, j.attempt, j.max_attempts, j.claims, j.priority, \
         j.run_at, j.created_at, j.started_at, j.finished_at, j.worker_id, j.node_id, j.lease_until, j.lease_renewed_at, \
         j.last_error, j.trace_id, j.ended_by, j.image, j.progress, coalesce(u.username, j.user_id) AS username, \
         coalesce(u.display_name, u.username, j.user_id) AS display_name, d.name AS desktop_name, \
         d.status AS desktop_status, d.job_id AS desktop_job, d.reason_code AS desktop_reason, \
         d.asked_at, d.claimed_at, d.made_at, d.booted_at, d.ready_at, \
         (SELECT o.kind || ' ' || o.id FROM jobs o WHERE o.desktop_id = j.desktop_id AND o.id <> j.id \
          AND o.state = 'running') AS other_running, \
         (SELECT o.kind || ' ' || o.id FROM jobs o WHERE o.desktop_id = j.desktop_id AND o.id <> j.id \
          AND o.state IN ('available', 'scheduled', 'retryable')) AS other_waiting, \
         CASE WHEN j.claims = 0 AND j.priority = 0 AND j.state IN ('available', 'scheduled', 'retryable') THEN \
          (SELECT h.status FROM history h WHERE h.desktop_id = j.desktop_id ORDER BY h.id DESC LIMIT 1 OFFSET 1) \
          END AS before"
    };
}
pub(super) use columns;

/// The joins that [`columns`] needs.
macro_rules! joins {
    () => {
        " LEFT JOIN users u ON u.id = j.user_id LEFT JOIN desktops d ON d.id = j.desktop_id "
    };
}
pub(super) use joins;

/// The row as it is stored: words may be of a newer version.
#[derive(sqlx::FromRow)]
pub(super) struct Raw {
    pub(super) id: String,
    kind: String,
    desktop_id: String,
    user_id: String,
    generation: i64,
    state: String,
    attempt: i64,
    max_attempts: i64,
    claims: i64,
    priority: i64,
    run_at: Time,
    created_at: Time,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    worker_id: Option<String>,
    node_id: Option<String>,
    lease_until: Option<Time>,
    lease_renewed_at: Option<Time>,
    last_error: Option<String>,
    trace_id: Option<String>,
    ended_by: Option<String>,
    image: Option<String>,
    progress: Option<String>,
    username: String,
    display_name: String,
    desktop_name: Option<String>,
    desktop_status: Option<String>,
    desktop_job: Option<String>,
    desktop_reason: Option<String>,
    asked_at: Option<Time>,
    claimed_at: Option<Time>,
    made_at: Option<Time>,
    booted_at: Option<Time>,
    ready_at: Option<Time>,
    other_running: Option<String>,
    other_waiting: Option<String>,
    before: Option<String>,
}

impl Raw {
    /// None: of a kind or state that this binary does not know.
    pub(super) fn read(self) -> Option<JobRow> {
        let kind = Kind::try_from(self.kind).ok().filter(|kind| *kind != Kind::Noop)?;
        let state = JobState::try_from(self.state).ok()?;
        let step = (kind == Kind::Create
            && state == JobState::Running
            && self.desktop_job.as_deref() == Some(self.id.as_str()))
        .then(|| {
            [
                (StepName::Asked, self.asked_at),
                (StepName::Claimed, self.claimed_at),
                (StepName::Created, self.made_at),
                (StepName::Booted, self.booted_at),
                (StepName::Ready, self.ready_at),
            ]
            .into_iter()
            .take_while(|(_, at)| at.is_some())
            .map(|(name, _)| name)
            .last()
        })
        .flatten();
        let facts = Facts {
            kind,
            state,
            begun: self.claims > 0,
            worker: self.worker_id.clone(),
            finished_at: self.finished_at,
            ended_by: self.ended_by.clone(),
            desktop: self.desktop_status.and_then(|word| Status::try_from(word).ok()),
            other: self.other_waiting.or(self.other_running).and_then(|text| {
                let (kind, id) = text.split_once(' ')?;
                Some((id.to_owned(), Kind::try_from(kind.to_owned()).ok()?))
            }),
            before: self.before.and_then(|word| Status::try_from(word).ok()),
            ended_inside: self.desktop_reason.as_deref() == Some("ended_inside"),
        };
        let view = JobView {
            id: self.id,
            kind,
            desktop_id: self.desktop_id,
            desktop_name: self.desktop_name,
            user: self.username,
            user_display_name: self.display_name,
            state,
            attempt: self.attempt,
            max_attempts: self.max_attempts,
            priority: self.priority,
            run_at: self.run_at,
            created_at: self.created_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
            worker: self.worker_id,
            node: self.node_id,
            lease_until: self.lease_until,
            last_error: self.last_error,
            trace_id: self.trace_id.map(|stored| crate::trace::shown(&stored).to_owned()),
            image: self.image,
            progress: self.progress.filter(|_| state == JobState::Running),
            step,
            queue: None,
            ended_by: self.ended_by,
            actions: offered(&facts),
        };
        Some(JobRow {
            view,
            facts,
            user_id: self.user_id,
            generation: self.generation,
            lease_renewed_at: self.lease_renewed_at,
        })
    }
}

/// One job by its id. None: there is no such job, or it is one for measuring.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<Found>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM jobs j", joins!(), "WHERE j.id = $1");
    let Some(raw) = opt!(tx, Raw, SQL, id)? else { return Ok(None) };
    if raw.kind == Kind::Noop.as_str() {
        return Ok(None);
    }
    Ok(Some(raw.read().map_or(Found::Unknown, |row| Found::Job(Box::new(row)))))
}
