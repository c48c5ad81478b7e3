//! How the installation is, in figures: what Prometheus would show, for who has none. For operators and administrators.
use axum::{Json, extract::State};
use berth_shared::measure::operations::{self, Operations};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::caller::Operator, problem::ApiError, state::App};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(figures))
}

/// Desktops, processes, engines, the slowest calls and the last half hour, over all processes. Some seconds old.
#[utoipa::path(get, path = "/admin/operations", operation_id = "operations", tag = "admin",
    responses((status = 200, body = Operations)))]
async fn figures(State(app): State<App>, _: Operator) -> Result<Json<Operations>, ApiError> {
    let silent_after = app.overview.ways().silent_after;
    Ok(Json(operations::read(&mut app.db.read().await?, silent_after).await?))
}
