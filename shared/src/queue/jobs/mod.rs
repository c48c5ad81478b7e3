//! The jobs as administrators list, search and read them. Only reads: what may be done about one is
//! [`crate::domain::steer`], and done in `lifecycle::steer`. Filters: [`filter`]; the SQL of lists: [`page`].
//!
//! Rows of a kind or state that this binary does not know, and those for measuring, are in no list.

mod filter;
mod page;
mod row;

use crate::domain::desktop::{DesktopView, QueueInfo, StepName};
use crate::domain::job::{JobState, Kind, Outcome};
use crate::domain::steer::Action;
use crate::domain::time::Time;
use crate::store::history::{self, HistoryView};
use crate::store::{StoreError, Tx, all, desktops, ports};
use serde::Serialize;
use utoipa::ToSchema;

pub use filter::{Fault, Filter, FilterFields};
pub use page::{ids, page};
pub use row::{Found, JobRow, find};

/// A job as administrators see it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    pub id: String,
    pub kind: Kind,
    /// Of an `image.pull` an id that stands for node and image.
    pub desktop_id: String,
    /// Null: it is gone, or there is none.
    pub desktop_name: Option<String>,
    /// Username of the desktop's owner; of who asked for an image.
    pub user: String,
    pub user_display_name: String,
    pub state: JobState,
    /// Tries that count.
    pub attempt: i64,
    pub max_attempts: i64,
    /// Lower goes first: 0 stop and clean-up, 1 start; 2 pulls of images, which have a line of their own.
    pub priority: i64,
    pub run_at: Time,
    pub created_at: Time,
    /// When its last try began.
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
    /// Who has it, or had it when it ended.
    pub worker: Option<String>,
    pub node: Option<String>,
    pub lease_until: Option<Time>,
    /// In words.
    pub last_error: Option<String>,
    pub trace_id: Option<String>,
    /// What an `image.pull` fetches; null for all others.
    pub image: Option<String>,
    /// How far that is, in words.
    pub progress: Option<String>,
    /// The step that the start has reached, while it runs.
    pub step: Option<StepName>,
    /// Its place, while a start waits.
    pub queue: Option<QueueInfo>,
    /// Username of who cancelled it, when a person did.
    pub ended_by: Option<String>,
    /// What would change something now.
    pub actions: Vec<Action>,
}

impl JobView {
    /// Whether it is a start that waits, and so has a place in line.
    #[must_use]
    pub const fn waits_in_line(&self) -> bool {
        match (self.kind, self.state) {
            (Kind::Create, JobState::Available | JobState::Scheduled | JobState::Retryable) => true,
            (Kind::Create, JobState::Running | JobState::Completed | JobState::Cancelled | JobState::Discarded)
            | (Kind::Stop | Kind::Cleanup | Kind::Pull | Kind::Noop, _) => false,
        }
    }
}

/// One try of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobAttempt {
    /// From 1, also those that do not count.
    pub n: i64,
    pub worker: String,
    pub started_at: Time,
    pub ended_at: Option<Time>,
    /// Null while it goes on.
    pub outcome: Option<Outcome>,
    /// What was seen, as it was seen.
    pub error: Option<String>,
}

type AttemptRow = (i64, String, Time, Option<Time>, Option<String>, Option<String>);

/// Everything about one job.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobDetail {
    #[serde(flatten)]
    pub job: JobView,
    /// Newest first.
    pub attempts: Vec<JobAttempt>,
    /// The container that its desktop has now.
    pub container: Option<String>,
    pub port: Option<i64>,
    pub lease_renewed_at: Option<Time>,
    /// Its desktop's, newest first, at most 50.
    pub history: Vec<HistoryView>,
    /// Null: it is gone.
    pub desktop: Option<DesktopView>,
}

const HISTORY: i64 = 50;
const ATTEMPTS: i64 = 200;

/// Everything about a job, but for places in line.
///
/// # Errors
/// When the database fails.
pub async fn detail(tx: &mut Tx, row: JobRow) -> Result<JobDetail, StoreError> {
    let attempts = all!(
        &mut *tx,
        AttemptRow,
        "SELECT n, worker_id, started_at, ended_at, outcome, error FROM attempts WHERE job_id = $1 ORDER BY n DESC LIMIT $2",
        &row.view.id,
        ATTEMPTS,
    )?;
    let attempts = attempts.into_iter().map(|(n, worker, started_at, ended_at, outcome, error)| {
        let outcome = outcome.and_then(|word| Outcome::try_from(word).ok());
        JobAttempt { n, worker, started_at, ended_at, outcome, error }
    });
    let desktop_id = &row.view.desktop_id;
    let desktop = desktops::get(&mut *tx, desktop_id).await?;
    let port = ports::of_desktop(&mut *tx, desktop_id).await?.map(|lease| lease.port);
    let history = history::page(&mut *tx, desktop_id, "", HISTORY).await?;
    Ok(JobDetail {
        attempts: attempts.collect(),
        container: desktop.as_ref().and_then(|d| d.container_id.clone()),
        port,
        lease_renewed_at: row.lease_renewed_at,
        history,
        desktop: desktop.map(|d| d.view()),
        job: row.view,
    })
}
