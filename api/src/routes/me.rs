//! The caller: who they are, their password, their log-ins.
use std::net::IpAddr;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use berth_shared::{
    domain::{
        audit::{Action, TargetKind},
        time::Time,
        user::UserView,
    },
    store::{self, Tx, audit::Target, invites, users},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::auth::signed_out;
use crate::{
    address::ClientAddress,
    auth::{caller::Caller, password, sessions},
    extract::{Id, RawJson},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    #[schema(format = Password)]
    current_password: String,
    /// 10 to 256 characters, not the user's name, and none that is guessed first.
    #[schema(format = Password, min_length = 10, max_length = 256)]
    new_password: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    id: String,
    /// The one that asks.
    current: bool,
    #[schema(example = "Firefox on Linux")]
    device: String,
    /// Where it was last refreshed from.
    address: String,
    created_at: Time,
    last_used_at: Time,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SessionList {
    items: Vec<Session>,
    next_cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(change_password))
        .routes(routes!(my_sessions))
        .routes(routes!(end_session))
}

/// Who calls.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = UserView)))]
async fn me(caller: Caller) -> Json<UserView> {
    Json(caller.user.view())
}

/// Changes the password; every other log-in of the caller ends.
#[utoipa::path(put, path = "/me/password", tag = "me", security(("session" = [])), request_body = ChangePassword, responses((status = 204)))]
async fn change_password(
    State(app): State<App>,
    caller: Caller,
    ClientAddress(address): ClientAddress,
    trail: Trail,
    body: RawJson,
) -> Result<StatusCode, ApiError> {
    let ChangePassword { current_password, new_password } = body.parse()?;
    confirmed(&app, &caller, address, current_password, &trail, Action::PasswordChange).await?;
    if let Some(fault) = password::fault("new_password", &new_password, &caller.user.username) {
        return Err(ApiError::ValidationFailed(vec![fault]));
    }
    let hash = app.passwords.hash(new_password).await?;
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        let mut user = users::lock(&mut tx, &caller.user.id).await?.ok_or(ApiError::SessionEnded)?;
        if user.password_hash != caller.user.password_hash {
            // Somebody has set another one since it was compared.
            return Err(ApiError::BadCredentials);
        }
        user.password_hash = Some(hash.clone());
        users::update(&mut tx, &user).await?;
        // A link that would set yet another one is not to lie about.
        invites::withdraw(&mut tx, &user.id).await?;
        sessions::end_all(&mut tx, &user.id, Some(&caller.session_id)).await?;
        trail.did(&mut tx, Action::PasswordChange, Target::user(&user), "").await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// That whoever calls knows the caller's password: a session alone may have been left open. Throttled as log-ins are.
/// What it was to be for is written down when they do not.
pub(super) async fn confirmed(
    app: &App,
    caller: &Caller,
    address: IpAddr,
    password: String,
    trail: &Trail,
    action: Action,
) -> Result<(), ApiError> {
    let user = &caller.user;
    let attempt =
        app.throttle.begin(&user.username, address).map_err(|retry_after| ApiError::TooManyFailures { retry_after })?;
    match app.passwords.verify(password, user.password_hash.clone()).await {
        Ok(true) => attempt.succeeded(),
        Ok(false) => {
            trail.was_refused(app, action, Target::user(user), "The present password was wrong.").await;
            return Err(ApiError::BadCredentials);
        }
        Err(failed) => {
            attempt.forgive();
            return Err(failed);
        }
    }
    Ok(())
}

/// The caller's log-ins, the last used one first.
#[utoipa::path(get, path = "/me/sessions", tag = "me", security(("session" = [])), responses((status = 200, body = SessionList)))]
async fn my_sessions(State(app): State<App>, caller: Caller) -> Result<Json<SessionList>, ApiError> {
    Ok(Json(log_ins(&mut app.db.read().await?, &caller.user.id, &caller.session_id).await?))
}

/// A user's log-ins that have not run out; `current` is the id of the one that asks.
pub(super) async fn log_ins(tx: &mut Tx, user_id: &str, current: &str) -> Result<SessionList, ApiError> {
    let now = tx.now().await?;
    let sessions = store::sessions::of_user(tx, user_id).await?;
    let items = sessions.into_iter().filter(|s| s.refresh_expires_at > now).map(|s| Session {
        current: s.id == current,
        id: s.id,
        device: s.device,
        address: s.address,
        created_at: s.created_at,
        last_used_at: s.last_used_at,
    });
    Ok(SessionList { items: items.collect(), next_cursor: None })
}

/// Ends one of the caller's log-ins.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "me", security(("session" = [])), params(("id" = String, Path)), responses((status = 204)))]
async fn end_session(State(app): State<App>, caller: Caller, trail: Trail, Id(id): Id) -> Result<Response, ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        if !sessions::end(&mut tx, &caller.user.id, &id).await? {
            return Err(ApiError::NotFound);
        }
        let target = Target::new(TargetKind::Session, &id, &caller.user.username);
        trail.did(&mut tx, Action::SessionEnd, target, "").await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(if id == caller.session_id { signed_out(&app) } else { StatusCode::NO_CONTENT.into_response() })
}
