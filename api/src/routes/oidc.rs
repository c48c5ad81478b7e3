//! The way to an OpenID provider and back. Browsers come here by following links, so whatever goes wrong ends on the sign-in
//! page, which says it in words.
use std::net::IpAddr;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use berth_shared::{
    domain::{audit::Action, time::Time},
    events::Whose,
    store::identities,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    address::ClientAddress,
    auth::{
        cookies::Cookie,
        device,
        oidc::{
            OidcError, Provider, account,
            pending::{self, Pending},
        },
        sessions::Tokens,
    },
    extract::{Id, Query},
    problem::{ApiError, chain},
    retry::retrying,
    state::App,
    trail::Trail,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Start {
    /// The path to go on to; anything else than a path here is the start page.
    return_to: Option<String>,
}

/// What a provider sends back (OpenID Connect Core 3.1.2.5 and 3.1.2.6, RFC 9207); more is not looked at.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start)).routes(routes!(callback))
}

/// Begins to sign in with a provider: sends the browser there.
#[utoipa::path(get, path = "/auth/oidc/{id}/start", operation_id = "begin_oidc", tag = "sign-in", security(()),
    params(("id" = String, Path), Start), responses((status = 303, headers(("Location" = String)))))]
async fn start(State(app): State<App>, Id(id): Id, Query(query): Query<Start>) -> Result<Response, ApiError> {
    let provider = app.oidc.get(&id).ok_or(ApiError::NotFound)?;
    Ok(match provider.authorize(pending::path_here(query.return_to.as_deref())).await {
        Ok(begun) => {
            let cookie = app.cookies.set_text(Cookie::Oidc, &begun.pending.seal(&app.key), pending::LASTS);
            (AppendHeaders([(header::SET_COOKIE, cookie)]), to(&begun.url)).into_response()
        }
        Err(error) => to_sign_in(&id, &error),
    })
}

/// Takes a provider's answer: signs in and sends the browser on, or to `/sign-in?error=`.
#[utoipa::path(get, path = "/auth/oidc/{id}/callback", operation_id = "finish_oidc", tag = "sign-in", security(()),
    params(("id" = String, Path), Answer), responses((status = 303, headers(("Location" = String)))))]
async fn callback(
    State(app): State<App>,
    Id(id): Id,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    trail: Trail,
    Query(answer): Query<Answer>,
) -> Result<Response, ApiError> {
    let provider = app.oidc.get(&id).ok_or(ApiError::NotFound)?;
    let mut response = match signed_in(&app, provider, &headers, address, &trail, answer).await {
        Ok((tokens, return_to)) => (AppendHeaders(tokens.cookies(&app)), to(&return_to)).into_response(),
        Err(error) => {
            write_down(&app, trail, &id, &error).await;
            to_sign_in(&id, &error)
        }
    };
    response.headers_mut().append(header::SET_COOKIE, app.cookies.clear(Cookie::Oidc));
    // The user's role may be another one now.
    app.callers.forget(&Whose::Everybody);
    app.signals.changed();
    Ok(response)
}

/// The tokens, and where to go on.
async fn signed_in(
    app: &App,
    provider: &Provider,
    headers: &HeaderMap,
    address: IpAddr,
    trail: &Trail,
    answer: Answer,
) -> Result<(Tokens, String), OidcError> {
    let id = &provider.settings.id;
    let state = answer.state.unwrap_or_default();
    let now = Time::of_this_process();
    let sealed = app.cookies.read_text(headers, Cookie::Oidc);
    let pending = sealed.iter().find_map(|sealed| Pending::answered(&app.key, sealed, id, &state, now));
    let pending = pending.ok_or(OidcError::Expired)?;
    if !is_first(app, &state).await? {
        return Err(OidcError::Expired);
    }
    if answer.iss.is_some_and(|iss| iss != provider.settings.issuer) {
        return Err(OidcError::failed("the answer is another issuer's"));
    }
    if let Some(error) = answer.error {
        return Err(told(error));
    }
    let code = answer.code.ok_or_else(|| OidcError::failed("there is neither a code nor an error"))?;
    let (person, id_token) = provider.person(&pending, code).await?;
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let from = (device::name(agent), address);
    let (user, tokens) =
        account::sign_in(app, &provider.settings, (&person, &id_token), (&from.0, from.1), trail).await?;
    tracing::info!(username = user.username, %address, provider = id, "signed in");
    Ok((tokens, pending.return_to))
}

/// Whether this answer has not come before.
async fn is_first(app: &App, state: &str) -> Result<bool, ApiError> {
    let hash = URL_SAFE_NO_PAD.encode(app.key.derive("oidc state", &[state]));
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        let now = tx.now().await?;
        let first = identities::spend_state(&mut tx, &hash, now).await?;
        tx.commit().await?;
        Ok(first)
    })
    .await
}

/// The error that a provider sent instead of a code.
fn told(error: String) -> OidcError {
    let error: String = error.chars().filter(char::is_ascii_graphic).take(64).collect();
    match error.as_str() {
        "access_denied"
        | "account_selection_required"
        | "consent_required"
        | "interaction_required"
        | "login_required" => OidcError::Refused(error),
        "server_error" | "temporarily_unavailable" => OidcError::Down(error.into()),
        _ => OidcError::failed(error),
    }
}

/// Writes down whom a provider vouched for and who may not sign in here all the same.
async fn write_down(app: &App, trail: Trail, provider: &str, error: &OidcError) {
    if let OidcError::NotAllowed(username) | OidcError::UsernameTaken(username) = error {
        let detail = format!("Through {provider}: {error}");
        trail.by_name(username).was_refused(app, Action::SignInRefused, None, &detail).await;
    }
}

fn to_sign_in(provider: &str, error: &OidcError) -> Response {
    match error {
        OidcError::Failed(_) | OidcError::Down(_) | OidcError::Here(_) => {
            tracing::warn!(provider, error = %chain(error), "nobody was signed in");
        }
        OidcError::Expired | OidcError::Refused(_) | OidcError::NotAllowed(_) | OidcError::UsernameTaken(_) => {
            tracing::info!(provider, %error, "nobody was signed in");
        }
    }
    to(&format!("/sign-in?error={}", error.code()))
}

fn to(location: &str) -> Response {
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(error) => ApiError::internal(error).into_response(),
    }
}
