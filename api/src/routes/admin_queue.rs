//! The queue in figures, and the word that holds starts or lets them go on, for operators and administrators.
use std::time::Instant;

use axum::{Json, extract::State};
use berth_shared::{
    domain::audit::{Action, TargetKind},
    queue::overview::{self, AdminQueue, AdminQueueLive},
    store::audit::Target,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::caller::Operator, problem::ApiError, retry::retrying, state::App, trail::Trail};

/// What the admin room's `queue` events carry is in no answer of its own.
#[derive(OpenApi)]
#[openapi(components(schemas(AdminQueueLive)))]
struct Schemas;

const QUEUE: Target<'_> = Target::new(TargetKind::Queue, "queue", "queue");

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Schemas::openapi())
        .routes(routes!(figures))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// What waits, runs and ended, who works, and the last half hour. At most a second old.
#[utoipa::path(get, path = "/admin/queue", operation_id = "admin_queue", tag = "admin",
    responses((status = 200, body = AdminQueue)))]
async fn figures(State(app): State<App>, _: Operator) -> Result<Json<AdminQueue>, ApiError> {
    Ok(Json(app.overview.whole().await?))
}

/// Holds starts from the next one on. What runs goes on, stops and clean-ups too. Twice is the same as once.
#[utoipa::path(post, path = "/admin/queue/pause", operation_id = "pause_queue", tag = "admin",
    responses((status = 200, body = AdminQueue)))]
async fn pause(State(app): State<App>, Operator(caller): Operator, trail: Trail) -> Result<Json<AdminQueue>, ApiError> {
    let by = &caller.user.username;
    let changed = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let changed = overview::pause(&mut tx, by).await?;
        if changed {
            trail.did(&mut tx, Action::QueuePause, QUEUE, "").await?;
        }
        tx.commit().await?;
        Ok(changed)
    })
    .await?;
    told(&app, changed, by, "queue paused").await
}

/// Lets starts go on.
#[utoipa::path(post, path = "/admin/queue/resume", operation_id = "resume_queue", tag = "admin",
    responses((status = 200, body = AdminQueue)))]
async fn resume(
    State(app): State<App>,
    Operator(caller): Operator,
    trail: Trail,
) -> Result<Json<AdminQueue>, ApiError> {
    let changed = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let changed = overview::resume(&mut tx).await?;
        if changed {
            trail.did(&mut tx, Action::QueueResume, QUEUE, "").await?;
        }
        tx.commit().await?;
        Ok(changed)
    })
    .await?;
    told(&app, changed, &caller.user.username, "queue resumed").await
}

async fn told(app: &App, changed: bool, by: &str, what: &str) -> Result<Json<AdminQueue>, ApiError> {
    // Read before the word goes out, so that whoever it wakes finds the new figures.
    let figures = app.overview.whole_after(Instant::now()).await;
    if changed {
        app.signals.changed();
        tracing::info!(by, "{what}");
    }
    Ok(Json(figures?))
}
