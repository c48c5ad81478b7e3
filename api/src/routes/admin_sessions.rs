//! Somebody else's log-ins, for administrators: which there are, and their end.
use axum::{Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::audit::{Action, TargetKind},
    store::{
        audit::Target,
        users::{self, User},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::me::{SessionList, log_ins};
use crate::{
    auth::{caller::Admin, sessions},
    extract::{Id, TwoIds},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end)).routes(routes!(sign_out))
}

/// A user's log-ins, the last used one first.
#[utoipa::path(get, path = "/admin/users/{id}/sessions", operation_id = "user_sessions", tag = "admin",
    params(("id" = String, Path)), responses((status = 200, body = SessionList)))]
async fn list(State(app): State<App>, Admin(caller): Admin, Id(id): Id) -> Result<Json<SessionList>, ApiError> {
    let mut tx = app.db.read().await?;
    let user = users::get(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(log_ins(&mut tx, &user.id, &caller.session_id).await?))
}

/// Ends one of a user's log-ins.
#[utoipa::path(delete, path = "/admin/users/{id}/sessions/{session}", operation_id = "end_user_session", tag = "admin",
    params(("id" = String, Path), ("session" = String, Path)), responses((status = 204)))]
async fn end(
    State(app): State<App>,
    _: Admin,
    trail: Trail,
    TwoIds(id, session): TwoIds,
) -> Result<StatusCode, ApiError> {
    let user = user(&app, &id).await?;
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        if !sessions::end(&mut tx, &id, &session).await? {
            return Err(ApiError::NotFound);
        }
        let target = Target::new(TargetKind::Session, &session, &user.username);
        trail.did(&mut tx, Action::SessionEnd, target, "By an administrator.").await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of a user's log-ins, everywhere.
#[utoipa::path(post, path = "/admin/users/{id}/sign-out", operation_id = "sign_user_out", tag = "admin",
    params(("id" = String, Path)), responses((status = 204)))]
async fn sign_out(State(app): State<App>, _: Admin, trail: Trail, Id(id): Id) -> Result<StatusCode, ApiError> {
    let user = user(&app, &id).await?;
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        sessions::end_all(&mut tx, &id, None).await?;
        trail.did(&mut tx, Action::UserSignOut, Target::user(&user), "").await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(StatusCode::NO_CONTENT)
}

async fn user(app: &App, id: &str) -> Result<User, ApiError> {
    users::get(&mut app.db.read().await?, id).await?.ok_or(ApiError::NotFound)
}
