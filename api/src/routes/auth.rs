//! Signing in and out, and staying signed in.
use std::net::IpAddr;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use berth_shared::{
    domain::{
        audit::Action,
        time::Time,
        user::{UserView, username_key},
    },
    events::Whose,
    store::{
        audit::Target,
        sessions::Session,
        users::{self, User},
    },
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
        oidc::account,
        sessions::{self, Tokens},
        two_factor,
    },
    extract::RawJson,
    limits,
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    username: String,
    #[schema(format = Password)]
    password: String,
    /// Of an authenticator app, or a recovery code; needed where two-factor sign-in is on.
    #[schema(example = "123456")]
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LoginResponse {
    user: UserView,
    /// When the session runs out; `POST /auth/refresh` makes it last.
    expires_at: Time,
}

#[derive(Serialize, ToSchema)]
struct LogoutResponse {
    /// Where the browser signs out of its OpenID provider as well; null while the provider cannot be asked.
    end_session_url: Option<String>,
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
    trail: Trail,
    body: RawJson,
) -> Result<Response, ApiError> {
    let LoginRequest { username, password, code } = body.parse()?;
    let attempt = match app.throttle.begin(&username, address) {
        Ok(attempt) => attempt,
        Err(retry_after) => {
            // Whoever goes on trying is not to fill the log.
            if app.refusals.check(&limits::Caller::address(address)).is_ok() {
                refused(&app, trail, &username, "Too many tries.").await;
            }
            return Err(ApiError::TooManyFailures { retry_after });
        }
    };
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let begun = match verified(&app, &username, password).await {
        Ok(user) => begun(&app, user, code.as_deref(), device::name(agent), address, trail.clone()).await,
        Err(failed) => Err(failed),
    };
    match &begun {
        Ok(_) => attempt.succeeded(),
        Err(ApiError::BadCredentials) => {
            refused(&app, trail, &username, "The name or the password was wrong.").await;
        }
        Err(ApiError::TwoFactorWrong) => refused(&app, trail, &username, "The code was wrong.").await,
        Err(_) => attempt.forgive(),
    }
    let (user, tokens) = begun?;
    tracing::info!(username = user.username, %address, "signed in");
    Ok(signed_in(&app, &user, &tokens))
}

async fn refused(app: &App, trail: Trail, username: &str, why: &str) {
    trail.by_name(username).was_refused(app, Action::SignInRefused, None, why).await;
}

/// The user, if the password is theirs and they may sign in. Takes as long for who does not exist.
async fn verified(app: &App, username: &str, password: String) -> Result<User, ApiError> {
    let user = match username_key(username) {
        Ok(key) => users::by_key(&mut app.db.read().await?, &key).await?,
        Err(_) => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = app.passwords.verify(password, hash).await?;
    user.filter(|user| right && user.disabled_at.is_none()).ok_or(ApiError::BadCredentials)
}

/// Begins a log-in of a user whose password was right, if their code is as well.
async fn begun(
    app: &App,
    user: User,
    code: Option<&str>,
    device: String,
    address: IpAddr,
    trail: Trail,
) -> Result<(User, Tokens), ApiError> {
    let trail = trail.by(&user);
    let tokens = retrying(|| async {
        let mut tx = app.db.begin().await?;
        two_factor::check(app, &mut tx, &user.id, code).await?;
        let tokens = sessions::begin(app, &mut tx, &user, device.clone(), address).await?;
        trail.did(&mut tx, Action::SignIn, Target::user(&user), &format!("With {device}.")).await?;
        tx.commit().await?;
        Ok(tokens)
    })
    .await?;
    Ok((user, tokens))
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

/// Ends this log-in. Without one, nothing is to be done. One that came from an OpenID provider may be ended there too.
#[utoipa::path(post, path = "/auth/logout", tag = "sign-in", security(()),
    responses((status = 200, body = LogoutResponse), (status = 204)))]
async fn logout(State(app): State<App>, headers: HeaderMap, trail: Trail) -> Result<Response, ApiError> {
    let ended = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let ended = sessions::named_by(&mut tx, app.cookies, &headers).await?;
        if let Some(session) = &ended {
            sessions::end(&mut tx, &session.user_id, &session.id).await?;
            if let Some(user) = users::get(&mut tx, &session.user_id).await? {
                trail.clone().by(&user).did(&mut tx, Action::SignOut, Target::user(&user), "").await?;
            }
        }
        tx.commit().await?;
        Ok(ended)
    })
    .await?;
    app.signals.changed();
    // Before the provider is asked, which may take a while.
    if let Some(session) = &ended {
        app.callers.forget(&Whose::User(session.user_id.clone()));
    }
    let Some(end_session_url) = elsewhere(&app, ended.as_ref()).await else { return Ok(signed_out(&app)) };
    let mut response = Json(LogoutResponse { end_session_url }).into_response();
    forget(&app, &mut response);
    Ok(response)
}

/// Where a log-in from an OpenID provider is ended there; none when it is another one, or the provider has no such place.
async fn elsewhere(app: &App, ended: Option<&Session>) -> Option<Option<String>> {
    let session = ended?;
    let provider = app.oidc.get(session.provider.as_deref()?)?;
    let id_token = account::id_token(app, &session.user_id, session.id_token.as_deref());
    match provider.end_session_url(id_token.as_deref()).await {
        Ok(None) => None,
        Ok(url) => Some(url),
        Err(error) => {
            tracing::warn!(provider = provider.settings.id, %error, "a log-in was ended here only");
            Some(None)
        }
    }
}

/// Ends all of the caller's log-ins, everywhere.
#[utoipa::path(post, path = "/auth/logout-all", tag = "sign-in", security(("session" = [])), responses((status = 204)))]
async fn logout_all(State(app): State<App>, caller: Caller, trail: Trail) -> Result<Response, ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        sessions::end_all(&mut tx, &caller.user.id, None).await?;
        trail.did(&mut tx, Action::SignOut, Target::user(&caller.user), "Everywhere.").await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(signed_out(&app))
}

pub(super) fn signed_in(app: &App, user: &User, tokens: &Tokens) -> Response {
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
