//! Start, stop, delete: possible from every state, and twice is the same as once. Answered as soon as the wish is
//! written; a worker does the rest.
use axum::{Extension, Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::{audit::Action, desktop::DesktopView},
    lifecycle::{self, Actor, Wish},
    store::{audit::Target, desktops},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::desktops::{accepted, visible, with_places};
use crate::{
    auth::caller::Caller, extract::Id, problem::ApiError, request_id::RequestId, retry::retrying, state::App,
    trail::Trail,
};

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
    trail: Trail,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    ask(&app, &caller, &trail, &id, Wish::Start, &request).await
}

/// Stops a desktop. Its home stays.
#[utoipa::path(post, path = "/desktops/{id}/stop", operation_id = "stop_desktop", tag = "desktops",
    params(("id" = String, Path)), responses((status = 202, body = DesktopView)))]
async fn stop(
    State(app): State<App>,
    caller: Caller,
    trail: Trail,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    ask(&app, &caller, &trail, &id, Wish::Stop, &request).await
}

/// Deletes a desktop, its home too.
#[utoipa::path(delete, path = "/desktops/{id}", operation_id = "delete_desktop", tag = "desktops",
    params(("id" = String, Path)), responses((status = 202, body = DesktopView)))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    trail: Trail,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<Accepted, ApiError> {
    ask(&app, &caller, &trail, &id, Wish::Delete, &request).await
}

async fn ask(
    app: &App,
    caller: &Caller,
    trail: &Trail,
    id: &str,
    wish: Wish,
    request: &RequestId,
) -> Result<Accepted, ApiError> {
    let action = match wish {
        Wish::Start => Action::DesktopStart,
        Wish::Stop => Action::DesktopStop,
        Wish::Delete => Action::DesktopDelete,
    };
    let mut view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let desktop = visible(desktops::lock(&mut tx, id).await?, caller)?;
        let actor = Actor { user_id: &caller.user.id, username: &caller.user.username };
        let version = desktop.version;
        let asked = lifecycle::ask(&mut tx, desktop, wish, actor, &app.limits, Some(&request.trace())).await?;
        let view = accepted(asked)?;
        // Twice is the same as once, here too.
        if view.version != version {
            let detail = if view.owner == caller.user.username { String::new() } else { format!("Of {}.", view.owner) };
            trail.did(&mut tx, action, Target::desktop(&view.id, &view.name), &detail).await?;
        }
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    with_places(app, std::slice::from_mut(&mut *view)).await?;
    Ok((StatusCode::ACCEPTED, Json(*view)))
}
