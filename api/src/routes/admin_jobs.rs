//! Jobs, for operators and administrators: found, read, retried, cancelled; one, or all that a filter finds. What may be
//! done about a job: `berth_shared::domain::steer`.
use std::time::Instant;

use axum::{Extension, Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::steer::{Action, Refused},
    lifecycle::{self, Bulk, Steered, Steerer},
    queue::jobs::{self, Filter, FilterFields, Found, JobDetail, JobView},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::with_places;
use crate::{
    auth::caller::{Caller, Operator},
    extract::{Id, Query, RawJson},
    paging::{self, PageQuery},
    problem::{ApiError, FieldError},
    request_id::RequestId,
    state::App,
    trail::Trail,
};

#[derive(Serialize, ToSchema)]
struct JobPage {
    items: Vec<JobView>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// One or more states, with commas.
    state: Option<String>,
    /// One or more kinds, with commas.
    kind: Option<String>,
    /// A username.
    user: Option<String>,
    /// A desktop's id.
    desktop: Option<String>,
    /// A worker's id: jobs that it has or had a try of.
    worker: Option<String>,
    /// Part of a username, display name or desktop's name, or the beginning of a job's or desktop's id.
    q: Option<String>,
    /// Made or ended since then: RFC 3339, or how long ago (`24h`, `7d`).
    since: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Something to be done about all that a filter finds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkRequest {
    filter: FilterFields,
    /// Only count.
    #[serde(default)]
    dry_run: bool,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// Jobs that the filter found.
    matched: u64,
    /// Of these, those that something can be done about.
    eligible: u64,
    /// Zero in a dry run.
    changed: u64,
    /// The first 20 that nothing can be done about.
    refused: Vec<RefusedJob>,
}

/// A job that nothing could be done about, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedJob {
    id: String,
    code: String,
    detail: String,
}

impl From<Bulk> for BulkResult {
    fn from(bulk: Bulk) -> Self {
        let refused = |(id, why): (String, Refused)| {
            let why = ApiError::from(why);
            RefusedJob { id, code: why.code().to_owned(), detail: why.to_string() }
        };
        Self {
            matched: bulk.matched,
            eligible: bulk.eligible,
            changed: bulk.changed,
            refused: bulk.refused.into_iter().map(refused).collect(),
        }
    }
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(retry))
        .routes(routes!(cancel))
        .routes(routes!(retry_all))
        .routes(routes!(cancel_all))
}

/// Jobs, newest first.
#[utoipa::path(get, path = "/admin/jobs", operation_id = "jobs", tag = "admin", params(ListQuery),
    responses((status = 200, body = JobPage)))]
async fn list(State(app): State<App>, _: Operator, Query(query): Query<ListQuery>) -> Result<Json<JobPage>, ApiError> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let limit = page.limit()?;
    let before = page.after()?.map(job_id).transpose()?.unwrap_or_default();
    let filter = read(&FilterFields {
        state: query.state,
        kind: query.kind,
        user: query.user,
        desktop: query.desktop,
        worker: query.worker,
        q: query.q,
        since: query.since,
    })?;
    let mut tx = app.db.read().await?;
    let (rows, next) = jobs::page(&mut tx, &filter, &before, limit).await?;
    drop(tx);
    let mut items: Vec<JobView> = rows.into_iter().map(|row| row.view).collect();
    add_places(&app, &mut items, None).await?;
    Ok(Json(JobPage { items, next_cursor: next.map(|id| paging::encode(&id)) }))
}

/// One job, with its tries and its desktop.
#[utoipa::path(get, path = "/admin/jobs/{id}", operation_id = "job", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = JobDetail)))]
async fn get(State(app): State<App>, _: Operator, Id(id): Id) -> Result<Json<JobDetail>, ApiError> {
    Ok(Json(detail(&app, &id, None).await?))
}

type Accepted = (StatusCode, Json<JobDetail>);

/// Runs what waits now, or asks for the same once more. Answers with the job that now stands for it.
#[utoipa::path(post, path = "/admin/jobs/{id}/retry", operation_id = "retry_job", tag = "admin",
    params(("id" = String, Path)), responses((status = 202, body = JobDetail)))]
async fn retry(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    steer(&app, (&caller, &trail), &id, Action::Retry, &request).await
}

/// Takes the wish behind it back: of a start, its desktop is to be stopped; a stop or deletion, as long as it has not
/// begun, leaves the desktop as it was.
#[utoipa::path(post, path = "/admin/jobs/{id}/cancel", operation_id = "cancel_job", tag = "admin",
    params(("id" = String, Path)), responses((status = 202, body = JobDetail)))]
async fn cancel(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    steer(&app, (&caller, &trail), &id, Action::Cancel, &request).await
}

/// Retries all that a filter finds; of one desktop only the newest job.
#[utoipa::path(post, path = "/admin/jobs/retry", operation_id = "retry_jobs", tag = "admin", request_body = BulkRequest,
    responses((status = 200, body = BulkResult)))]
async fn retry_all(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
    Extension(request): Extension<RequestId>,
    body: RawJson,
) -> Result<Json<BulkResult>, ApiError> {
    steer_all(&app, (&caller, &trail), Action::Retry, &request, &body).await
}

/// Cancels all that a filter finds; of one desktop only the newest job.
#[utoipa::path(post, path = "/admin/jobs/cancel", operation_id = "cancel_jobs", tag = "admin",
    request_body = BulkRequest, responses((status = 200, body = BulkResult)))]
async fn cancel_all(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
    Extension(request): Extension<RequestId>,
    body: RawJson,
) -> Result<Json<BulkResult>, ApiError> {
    steer_all(&app, (&caller, &trail), Action::Cancel, &request, &body).await
}

async fn steer(
    app: &App,
    who: (&Caller, &Trail),
    id: &str,
    action: Action,
    request: &RequestId,
) -> Result<Accepted, ApiError> {
    let by = steerer(app, who, request);
    match lifecycle::steer(&app.db, &app.signals, id, action, by).await? {
        Steered::Done { job_id, .. } => {
            Ok((StatusCode::ACCEPTED, Json(detail(app, &job_id, Some(Instant::now())).await?)))
        }
        Steered::Refused(why) => Err(why.into()),
        Steered::NoSuchJob => Err(ApiError::NotFound),
    }
}

async fn steer_all(
    app: &App,
    who: (&Caller, &Trail),
    action: Action,
    request: &RequestId,
    body: &RawJson,
) -> Result<Json<BulkResult>, ApiError> {
    let wanted: BulkRequest = body.parse()?;
    if wanted.filter.is_empty() {
        return Err(ApiError::invalid("filter", "say which jobs; `state` alone is enough"));
    }
    let filter = read(&wanted.filter).map_err(|error| match error {
        ApiError::ValidationFailed(faults) => ApiError::ValidationFailed(
            faults.into_iter().map(|f| FieldError { field: format!("filter.{}", f.field), ..f }).collect(),
        ),
        other => other,
    })?;
    let by = steerer(app, who, request);
    let bulk = lifecycle::steer_all(&app.db, &app.signals, &filter, action, by, wanted.dry_run).await?;
    Ok(Json(bulk.into()))
}

fn steerer<'a>(app: &'a App, who: (&'a Caller, &'a Trail), request: &'a RequestId) -> Steerer<'a> {
    let (caller, trail) = who;
    Steerer {
        username: &caller.user.username,
        user_id: Some(&caller.user.id),
        address: Some(trail.address()),
        job_max_attempts: app.limits.job_max_attempts,
        trace_id: Some(request.as_str()),
    }
}

fn read(fields: &FilterFields) -> Result<Filter, ApiError> {
    fields.parse().map_err(|faults| {
        let faults = faults.into_iter().map(|f| FieldError { field: f.field.to_owned(), message: f.message });
        ApiError::ValidationFailed(faults.collect())
    })
}

/// A cursor is the id of a job.
fn job_id(key: String) -> Result<String, ApiError> {
    let is_id = key.len() == 26 && key.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_id { Ok(key) } else { Err(paging::bad_cursor()) }
}

/// `changed`: when something was just changed, so that an older line will not do.
async fn detail(app: &App, id: &str, changed: Option<Instant>) -> Result<JobDetail, ApiError> {
    let mut tx = app.db.read().await?;
    let mut detail = match jobs::find(&mut tx, id).await? {
        None => return Err(ApiError::NotFound),
        Some(Found::Unknown) => return Err(Refused::UnknownKind.into()),
        Some(Found::Job(row)) => jobs::detail(&mut tx, *row).await?,
    };
    drop(tx);
    add_places(app, std::slice::from_mut(&mut detail.job), changed).await?;
    if let Some(desktop) = &mut detail.desktop {
        with_places(app, std::slice::from_mut(desktop)).await?;
    }
    Ok(detail)
}

async fn add_places(app: &App, jobs: &mut [JobView], changed: Option<Instant>) -> Result<(), ApiError> {
    if !jobs.iter().any(JobView::waits_in_line) {
        return Ok(());
    }
    let line = match changed {
        Some(moment) => app.line.after(moment).await?,
        None => app.line.now().await?,
    };
    for job in jobs.iter_mut().filter(|job| job.waits_in_line()) {
        job.queue = line.info(&job.desktop_id);
    }
    Ok(())
}
