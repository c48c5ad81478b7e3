//! Start, stop, delete: possible from every state, and twice is the same as once. Answered as soon as the wish is
//! written; a worker does the rest.
use axum::{Extension, Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::desktop::DesktopView,
    lifecycle::{self, Actor, Wish},
    store::desktops,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::desktops::{accepted, visible, with_places};
use crate::{auth::caller::Caller, extract::Id, problem::ApiError, request_id::RequestId, retry::retrying, state::App};

type Accepted = (StatusCode, Json<DesktopView>);

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(stop)).routes(routes!(delete))
}

/// Starts a desktop again. Counts as a start unless it runs or is about to.
#[utoipa::path(post, path = "/desktops/{id}/start", operation_id = "start_desktop", tag = "desktops",
    params(("id" = String, Path)), responses((status = 202, body = DesktopView)))]
async fn start(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    ask(&app, &caller, &id, Wish::Start, &request).await
}

/// Stops a desktop. Its home stays.
#[utoipa::path(post, path = "/desktops/{id}/stop", operation_id = "stop_desktop", tag = "desktops",
    params(("id" = String, Path)), responses((status = 202, body = DesktopView)))]
async fn stop(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    ask(&app, &caller, &id, Wish::Stop, &request).await
}

/// Deletes a desktop, its home too.
#[utoipa::path(delete, path = "/desktops/{id}", operation_id = "delete_desktop", tag = "desktops",
    params(("id" = String, Path)), responses((status = 202, body = DesktopView)))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    ask(&app, &caller, &id, Wish::Delete, &request).await
}

async fn ask(app: &App, caller: &Caller, id: &str, wish: Wish, request: &RequestId) -> Result<Accepted, ApiError> {
    let mut view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let desktop = visible(desktops::lock(&mut tx, id).await?, caller)?;
        let actor = Actor { user_id: &caller.user.id, username: &caller.user.username };
        let asked = lifecycle::ask(&mut tx, desktop, wish, actor, &app.limits, Some(request.as_str())).await?;
        let view = accepted(app, asked)?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    with_places(app, std::slice::from_mut(&mut *view)).await?;
    Ok((StatusCode::ACCEPTED, Json(*view)))
}
