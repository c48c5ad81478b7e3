//! Who calls: looked up once a call, before anything else, so that calls are limited by user; handlers then ask for a
//! `Caller` or one with a role, and are not run without. A token goes before cookies.
use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Extensions, HeaderMap, request::Parts},
    middleware::Next,
    response::Response,
};
use berth_shared::{
    domain::user::Role,
    events::Whose,
    store::{
        StoreError, sessions,
        users::{self, User},
    },
};

use super::{
    bearer::{self, TokenUse},
    cookies::Cookie,
    tokens::Token,
};
use crate::{ear::Family, problem::ApiError, router::BASE, state::App};

/// A user with a session or a token.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: User,
    /// The log-in's id, or the token's.
    pub session_id: String,
    /// None: they are signed in.
    pub token: Option<TokenUse>,
}

/// A caller who may see operations.
pub struct Operator(pub Caller);

/// A caller who may do anything.
pub struct Admin(pub Caller);

/// What the cookies say, kept in the request's extensions.
#[derive(Clone)]
enum Identity {
    Nobody,
    /// There was a session, or there may be one again after a refresh.
    Ended,
    /// There was a token, and it is good for nothing.
    BadToken,
    Known(Arc<Caller>),
    /// The database could not be asked; told to who needs to know.
    Unknown(Arc<StoreError>),
}

impl Caller {
    pub fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }

    pub fn family(&self) -> Family {
        Family { user_id: self.user.id.clone(), session_id: self.session_id.clone() }
    }
}

/// Finds out who calls.
pub async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let identity = identify(&app, request.headers()).await;
    request.extensions_mut().insert(identity);
    let forgets = if request.method().is_safe() { None } else { changes(request.uri().path(), request.extensions()) };
    let response = next.run(request).await;
    if let Some(whose) = forgets {
        app.callers.forget(&whose);
    }
    response
}

/// Whose log-ins or rights a call may change that changes something. What is called often and changes nobody's, or the caller's
/// alone, is named.
fn changes(path: &str, extensions: &Extensions) -> Option<Whose> {
    const OWN: [&str; 7] = ["/auth/refresh", "/auth/logout", "/auth/logout-all", "/me", "/me/", "/tokens", "/tokens/"];
    if path.contains("/desktops") || path.ends_with("/auth/login") {
        return None;
    }
    let is_own = path.strip_prefix(BASE).is_some_and(|path| {
        OWN.iter().any(|own| if own.ends_with('/') { path.starts_with(own) } else { path == *own })
    });
    match known(extensions) {
        Some(caller) if is_own => Some(Whose::User(caller.user.id.clone())),
        Some(_) | None => Some(Whose::Everybody),
    }
}

/// The caller, if it is known who calls.
pub fn known(extensions: &Extensions) -> Option<&Caller> {
    match extensions.get::<Identity>()? {
        Identity::Known(caller) => Some(caller),
        Identity::Nobody | Identity::Ended | Identity::BadToken | Identity::Unknown(_) => None,
    }
}

async fn identify(app: &App, headers: &HeaderMap) -> Identity {
    let looked = match lookup(app, headers).await {
        // A connection of before may have broken; it only reads.
        Err(error) if error.undone() => lookup(app, headers).await,
        looked => looked,
    };
    match looked {
        Ok(identity) => identity,
        Err(error) => Identity::Unknown(error.into()),
    }
}

async fn lookup(app: &App, headers: &HeaderMap) -> Result<Identity, StoreError> {
    if bearer::is_there(headers) {
        let named = bearer::lookup(app, headers).await?;
        return Ok(named.map_or(Identity::BadToken, |caller| Identity::Known(Arc::new(caller))));
    }
    let tokens = app.cookies.read(headers, Cookie::Session);
    if tokens.is_empty() {
        let refreshable = !app.cookies.read(headers, Cookie::Refresh).is_empty();
        return Ok(if refreshable { Identity::Ended } else { Identity::Nobody });
    }
    for hash in tokens.iter().map(Token::hash) {
        if let Some(caller) = app.callers.get(&hash) {
            return Ok(Identity::Known(caller));
        }
        let asked = app.callers.asked();
        let mut tx = app.db.read().await?;
        let now = tx.now().await?;
        let session = sessions::by_token(&mut tx, &hash).await?.filter(|s| s.expires_at > now);
        let Some(session) = session else { continue };
        let user = users::get(&mut tx, &session.user_id).await?.filter(|user| user.disabled_at.is_none());
        let Some(user) = user.filter(|user| user.session_version == session.session_version) else { continue };
        let caller = Arc::new(Caller { user, session_id: session.id, token: None });
        app.callers.keep(asked, hash, caller.clone(), session.expires_at.since(now));
        return Ok(Identity::Known(caller));
    }
    Ok(Identity::Ended)
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Identity>() {
            Some(Identity::Known(caller)) => Ok((**caller).clone()),
            Some(Identity::Ended) => Err(ApiError::SessionEnded),
            Some(Identity::BadToken) => Err(ApiError::TokenInvalid),
            Some(Identity::Unknown(error)) if error.passing() => Err(ApiError::DatabaseDown(error.to_string().into())),
            Some(Identity::Unknown(error)) => Err(ApiError::internal(error.to_string())),
            Some(Identity::Nobody) | None => Err(ApiError::Unauthenticated),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        match caller.user.role {
            Role::Operator | Role::Admin => Ok(Self(caller)),
            Role::User => Err(ApiError::Forbidden),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if caller.is_admin() { Ok(Self(caller)) } else { Err(ApiError::Forbidden) }
    }
}
