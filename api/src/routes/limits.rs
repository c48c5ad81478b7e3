//! What the caller may have and start, what is used of it, and what a start asked for now would wait: to be seen before
//! the click.
use axum::{Json, extract::State};
use berth_shared::{
    domain::{
        desktop::{QueueReason, Slots},
        limits::StartWindow,
    },
    lifecycle::{self, UserLimits},
    store::streams,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::caller::Caller, problem::ApiError, state::App};

/// Desktops that are not deleted.
#[derive(Serialize, ToSchema)]
pub(super) struct DesktopLimit {
    pub(super) limit: i64,
    pub(super) used: i64,
}

/// Viewers' connections at once.
#[derive(Serialize, ToSchema)]
pub(super) struct StreamLimit {
    pub(super) limit: i64,
    pub(super) used: i64,
}

/// The line as a newcomer finds it.
#[derive(Serialize, ToSchema)]
struct LineInfo {
    /// Starts that wait.
    waiting: i64,
    /// Seconds until a start asked for now should be running; null where nothing was measured or nothing moves.
    eta_seconds: Option<f64>,
    slots: Slots,
    /// Why no start of anybody moves; null while they do.
    held: Option<QueueReason>,
}

#[derive(Serialize, ToSchema)]
struct Limits {
    desktops: DesktopLimit,
    starts: Vec<StartWindow>,
    streams: StreamLimit,
    queue: LineInfo,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(limits))
}

/// The caller's quota and start windows, and the line.
#[utoipa::path(get, path = "/limits", tag = "desktops", responses((status = 200, body = Limits)))]
async fn limits(State(app): State<App>, caller: Caller) -> Result<Json<Limits>, ApiError> {
    let mut tx = app.db.read().await?;
    let ((limit, used), starts) = lifecycle::limits_of(&mut tx, &caller.user, &app.limits).await?;
    let most = UserLimits::of(&caller.user, &app.limits).max_streams.0;
    let streams = StreamLimit { limit: most, used: streams::count_of(&mut tx, &caller.user.id).await? };
    drop(tx);
    let line = app.line.now().await?;
    let queue = LineInfo {
        waiting: line.waiting(),
        eta_seconds: line.wait_for_one_more(&caller.user.id),
        slots: line.slots,
        held: line.held().cloned(),
    };
    Ok(Json(Limits { desktops: DesktopLimit { limit, used }, starts, streams, queue }))
}
