//! What may be started.
use axum::{Json, extract::State};
use berth_shared::{
    domain::{job::JobState, template::TemplateView},
    queue::pulls,
    store::{audience::Viewer, templates},
};
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

/// What the caller may start, ready ones first.
#[utoipa::path(get, path = "/templates", operation_id = "templates", tag = "templates",
    responses((status = 200, body = TemplateList)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<TemplateList>, ApiError> {
    let mut tx = app.db.read().await?;
    let viewer = Viewer::of(&caller.user);
    // A pull that was given up is tried again by the next start; until then nothing says that it would work.
    let pulled = pulls::newest(&mut tx).await?;
    let given_up = |image: &str| pulled.iter().any(|p| p.image == image && p.state == JobState::Discarded);
    let comes = |image: &str| app.pulls.allow(image) && !given_up(image);
    let items = templates::views(&mut tx, &viewer, comes).await?;
    Ok(Json(TemplateList { items, next_cursor: None }))
}
