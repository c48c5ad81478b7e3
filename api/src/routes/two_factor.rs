//! The caller's second factor: on, off, and what an app needs to know for it; administrators turn off that of who has lost
//! both device and codes.
use axum::{Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::audit::Action,
    store::{audit::Target, two_factor as rows, users},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::me::confirmed;
use crate::{
    address::ClientAddress,
    auth::{
        caller::{Admin, Caller},
        two_factor,
    },
    extract::{Id, RawJson},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

#[derive(Serialize, ToSchema)]
struct TwoFactorState {
    on: bool,
    /// Recovery codes that were not used yet.
    recovery_left: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TwoFactorPassword {
    #[schema(format = Password)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TwoFactorCode {
    #[schema(example = "123456")]
    code: String,
}

/// What an authenticator app is to be told.
#[derive(Serialize, ToSchema)]
struct TwoFactorEnrolment {
    /// In base32.
    secret: String,
    /// The same to be shown as a QR code.
    #[schema(example = "otpauth://totp/Berth:ada?secret=…&issuer=Berth")]
    uri: String,
}

#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    /// Each signs in once instead of a code; shown this once.
    recovery_codes: Vec<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(state, begin, turn_off)).routes(routes!(confirm)).routes(routes!(turn_off_for))
}

/// Whether the caller's password alone is not enough.
#[utoipa::path(get, path = "/me/two-factor", operation_id = "two_factor", tag = "me",
    security(("session" = [])), responses((status = 200, body = TwoFactorState)))]
async fn state(State(app): State<App>, caller: Caller) -> Result<Json<TwoFactorState>, ApiError> {
    let mut tx = app.db.read().await?;
    let on = rows::is_on(&mut tx, &caller.user.id).await?;
    let recovery_left = rows::recovery_left(&mut tx, &caller.user.id).await?;
    Ok(Json(TwoFactorState { on, recovery_left }))
}

/// Begins: a secret for an authenticator app. It is on once a code of it was sent to `confirm`.
#[utoipa::path(post, path = "/me/two-factor", operation_id = "begin_two_factor", tag = "me",
    security(("session" = [])), request_body = TwoFactorPassword, responses((status = 200, body = TwoFactorEnrolment)))]
async fn begin(
    State(app): State<App>,
    caller: Caller,
    ClientAddress(address): ClientAddress,
    trail: Trail,
    body: RawJson,
) -> Result<Json<TwoFactorEnrolment>, ApiError> {
    let TwoFactorPassword { password } = body.parse()?;
    confirmed(&app, &caller, address, password, &trail, Action::TwoFactorOn).await?;
    let begun = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let begun = two_factor::begin(&app, &mut tx, &caller.user.id, &caller.user.username).await?;
        tx.commit().await?;
        begun.ok_or(ApiError::TwoFactorOn)
    })
    .await?;
    Ok(Json(TwoFactorEnrolment { secret: begun.secret, uri: begun.uri }))
}

/// Turns it on, with a first code of the app.
#[utoipa::path(post, path = "/me/two-factor/confirm", operation_id = "confirm_two_factor", tag = "me",
    security(("session" = [])), request_body = TwoFactorCode, responses((status = 200, body = RecoveryCodes)))]
async fn confirm(
    State(app): State<App>,
    caller: Caller,
    ClientAddress(address): ClientAddress,
    trail: Trail,
    body: RawJson,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let TwoFactorCode { code } = body.parse()?;
    let user = &caller.user;
    let attempt =
        app.throttle.begin(&user.username, address).map_err(|retry_after| ApiError::TooManyFailures { retry_after })?;
    let confirmed = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let codes = two_factor::confirm(&app, &mut tx, &user.id, &code).await?;
        trail.did(&mut tx, Action::TwoFactorOn, Target::user(user), "").await?;
        tx.commit().await?;
        Ok(codes)
    })
    .await;
    match &confirmed {
        Ok(_) => attempt.succeeded(),
        Err(ApiError::TwoFactorWrong) => {}
        Err(_) => attempt.forgive(),
    }
    let recovery_codes = confirmed?;
    tracing::info!(username = user.username, %address, "two-factor sign-in is on");
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Turns it off; also what was begun and not confirmed.
#[utoipa::path(delete, path = "/me/two-factor", operation_id = "turn_off_two_factor", tag = "me",
    security(("session" = [])), request_body = TwoFactorPassword, responses((status = 204)))]
async fn turn_off(
    State(app): State<App>,
    caller: Caller,
    ClientAddress(address): ClientAddress,
    trail: Trail,
    body: RawJson,
) -> Result<StatusCode, ApiError> {
    let TwoFactorPassword { password } = body.parse()?;
    confirmed(&app, &caller, address, password, &trail, Action::TwoFactorOff).await?;
    remove(&app, &caller, &trail, &caller.user.id).await
}

/// Turns off a user's, who has lost both device and recovery codes.
#[utoipa::path(delete, path = "/admin/users/{id}/two-factor", operation_id = "turn_off_two_factor_for", tag = "admin",
    params(("id" = String, Path)), responses((status = 204)))]
async fn turn_off_for(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    remove(&app, &caller, &trail, &id).await
}

async fn remove(app: &App, by: &Caller, trail: &Trail, user_id: &str) -> Result<StatusCode, ApiError> {
    let (user, removed) = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let user = users::get(&mut tx, user_id).await?.ok_or(ApiError::NotFound)?;
        let removed = rows::remove(&mut tx, user_id).await?;
        if removed {
            trail.did(&mut tx, Action::TwoFactorOff, Target::user(&user), "").await?;
        }
        tx.commit().await?;
        Ok((user, removed))
    })
    .await?;
    if removed {
        tracing::info!(by = by.user.username, username = user.username, "two-factor sign-in is off");
    }
    Ok(StatusCode::NO_CONTENT)
}
