//! Signing in and out, and staying signed in.
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use berth_shared::{
    domain::{
        time::Time,
        user::{UserView, username_key},
    },
    store::users::{self, User},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    address::ClientAddress,
    auth::{
        caller::Caller,
        cookies::Cookie,
        device,
        sessions::{self, Tokens},
    },
    extract::RawJson,
    problem::ApiError,
    retry::retrying,
    state::App,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    username: String,
    #[schema(format = Password)]
    password: String,
}

#[derive(Serialize, ToSchema)]
struct LoginResponse {
    user: UserView,
    /// When the session runs out; `POST /auth/refresh` makes it last.
    expires_at: Time,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(logout_all))
}

/// Signs in with name and password; sets the session's cookies.
#[utoipa::path(post, path = "/auth/login", tag = "sign-in", security(()), request_body = LoginRequest,
    responses((status = 200, body = LoginResponse)))]
async fn login(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: RawJson,
) -> Result<Response, ApiError> {
    let LoginRequest { username, password } = body.parse()?;
    let attempt =
        app.throttle.begin(&username, address).map_err(|retry_after| ApiError::TooManyFailures { retry_after })?;
    let user = match verified(&app, &username, password).await {
        Ok(Some(user)) => user,
        Ok(None) => return Err(ApiError::BadCredentials),
        Err(failed) => {
            attempt.forgive();
            return Err(failed);
        }
    };
    attempt.succeeded();
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let tokens = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let tokens = sessions::begin(&app, &mut tx, &user, device::name(agent), address).await?;
        tx.commit().await?;
        Ok(tokens)
    })
    .await?;
    tracing::info!(username = user.username, %address, "signed in");
    Ok(signed_in(&app, &user, &tokens))
}

/// The user, if the password is theirs and they may sign in. Takes as long for who does not exist.
async fn verified(app: &App, username: &str, password: String) -> Result<Option<User>, ApiError> {
    let user = match username_key(username) {
        Ok(key) => users::by_key(&mut app.db.read().await?, &key).await?,
        Err(_) => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = app.passwords.verify(password, hash).await?;
    Ok(user.filter(|user| right && user.disabled_at.is_none()))
}

/// Makes a session last: new cookies for the refresh cookie, which is good once.
#[utoipa::path(post, path = "/auth/refresh", tag = "sign-in", security(()),
    responses((status = 200, body = LoginResponse)))]
async fn refresh(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let tokens = app.cookies.read(&headers, Cookie::Refresh);
    for token in &tokens {
        let renewed = retrying(|| async {
            let mut tx = app.db.begin().await?;
            let renewed = sessions::refresh(&app, &mut tx, token, address).await?;
            // Also where there is none: a token that came twice has ended its family.
            tx.commit().await?;
            Ok(renewed)
        })
        .await?;
        match renewed {
            Some((user, tokens)) => return Ok(signed_in(&app, &user, &tokens)),
            None => app.signals.changed(),
        }
    }
    let mut response =
        if tokens.is_empty() { ApiError::Unauthenticated } else { ApiError::SessionEnded }.into_response();
    forget(&app, &mut response);
    Ok(response)
}

/// Ends this log-in. Without one, nothing is to be done.
#[utoipa::path(post, path = "/auth/logout", tag = "sign-in", security(()), responses((status = 204)))]
async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        if let Some(session) = sessions::named_by(&mut tx, app.cookies, &headers).await? {
            sessions::end(&mut tx, &session.user_id, &session.id).await?;
        }
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(signed_out(&app))
}

/// Ends all of the caller's log-ins, everywhere.
#[utoipa::path(post, path = "/auth/logout-all", tag = "sign-in", responses((status = 204)))]
async fn logout_all(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        sessions::end_all(&mut tx, &caller.user.id, None).await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(signed_out(&app))
}

fn signed_in(app: &App, user: &User, tokens: &Tokens) -> Response {
    let body = LoginResponse { user: user.view(), expires_at: tokens.expires_at };
    (AppendHeaders(tokens.cookies(app)), Json(body)).into_response()
}

pub(super) fn signed_out(app: &App) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    forget(app, &mut response);
    response
}

fn forget(app: &App, response: &mut Response) {
    for cookie in [Cookie::Session, Cookie::Refresh] {
        response.headers_mut().append(header::SET_COOKIE, app.cookies.clear(cookie));
    }
}
