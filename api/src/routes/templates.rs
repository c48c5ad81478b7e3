//! What may be started.
use axum::{Json, extract::State};
use berth_shared::{domain::template::TemplateView, store::templates};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::caller::Caller, problem::ApiError, state::App};

#[derive(Serialize, ToSchema)]
struct TemplateList {
    items: Vec<TemplateView>,
    next_cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What may be started, ready ones first.
#[utoipa::path(get, path = "/templates", operation_id = "templates", tag = "templates",
    responses((status = 200, body = TemplateList)))]
async fn list(State(app): State<App>, _: Caller) -> Result<Json<TemplateList>, ApiError> {
    let items = templates::views(&mut app.db.read().await?).await?;
    Ok(Json(TemplateList { items, next_cursor: None }))
}
