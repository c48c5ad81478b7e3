//! Worker processes and their last sign of life, for operators and administrators.
use axum::{Json, extract::State};
use berth_shared::store::workers::{self, WorkerView};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::caller::Operator, problem::ApiError, state::App};

#[derive(Serialize, ToSchema)]
struct WorkerList {
    items: Vec<WorkerView>,
    /// Always null: they are all here.
    next_cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Those that live first; a silent one stays for 10 minutes.
#[utoipa::path(get, path = "/admin/workers", operation_id = "workers", tag = "admin",
    responses((status = 200, body = WorkerList)))]
async fn list(State(app): State<App>, _: Operator) -> Result<Json<WorkerList>, ApiError> {
    let items = workers::views(&mut app.db.read().await?, app.overview.ways().silent_after).await?;
    Ok(Json(WorkerList { items, next_cursor: None }))
}
