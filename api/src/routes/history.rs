//! A desktop's history, for its owner to read.
use axum::{Json, extract::State};
use berth_shared::store::{
    desktops,
    history::{self, HistoryView},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::desktops::visible;
use crate::{
    auth::caller::Caller,
    extract::{Id, Query},
    paging::{self, PageQuery},
    problem::ApiError,
    state::App,
};

#[derive(Serialize, ToSchema)]
struct HistoryPage {
    items: Vec<HistoryView>,
    next_cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(page))
}

/// What happened to a desktop, newest first.
#[utoipa::path(get, path = "/desktops/{id}/events", operation_id = "desktop_history", tag = "desktops",
    params(("id" = String, Path), PageQuery), responses((status = 200, body = HistoryPage)))]
async fn page(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    query: Result<Query<PageQuery>, ApiError>,
) -> Result<Json<HistoryPage>, ApiError> {
    let mut tx = app.db.read().await?;
    visible(desktops::get(&mut tx, &id).await?, &caller)?;
    let Query(query) = query?;
    let (limit, after) = (query.limit()?, query.after()?.unwrap_or_default());
    let mut items = history::page(&mut tx, &id, &after, paging::one_more(limit)).await?;
    let next_cursor = paging::cut(&mut items, limit, |item| item.id.clone());
    Ok(Json(HistoryPage { items, next_cursor }))
}
