//! Calls with a token instead of cookies: `Authorization: Bearer berth_…`. Looked up like a session; what each scope allows is
//! said here too, by method and path, before any handler runs.
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use berth_shared::{
    domain::token::{self, Scope},
    store::{StoreError, tokens, users},
};

use super::{
    caller::{self, Caller},
    tokens::Token,
};
use crate::{problem::ApiError, state::App};

/// What a token begins with, so that it is known where it turns up.
const MARK: &str = "berth_";

/// The token that somebody calls with.
#[derive(Debug, Clone)]
pub struct TokenUse {
    pub name: String,
    pub scopes: Vec<Scope>,
}

/// What the caller is shown, once.
pub fn reveal(token: &Token) -> String {
    format!("{MARK}{}", token.reveal())
}

/// What came after `Bearer`; None: this call is made with cookies, or by nobody.
fn given(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether a call is made with a token, good or not. No browser adds one by itself, so another site cannot make it.
pub fn is_there(headers: &HeaderMap) -> bool {
    given(headers).is_some()
}

/// Whom the call's token names; None: it is good for nothing.
pub(super) async fn lookup(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, StoreError> {
    let token = given(headers).and_then(|text| Token::parse(text.strip_prefix(MARK)?));
    let Some(token) = token else { return Ok(None) };
    let mut tx = app.db.read().await?;
    let now = tx.now().await?;
    let Some(found) = tokens::by_token(&mut tx, &token.hash(), now).await? else { return Ok(None) };
    let user = users::get(&mut tx, &found.user_id).await?.filter(|user| user.disabled_at.is_none());
    drop(tx);
    let Some(user) = user else { return Ok(None) };
    if found.last_used_at.is_none_or(|at| now.since(at) >= tokens::NOTE_USE) {
        let mut tx = app.db.begin().await?;
        tokens::used(&mut tx, &found.id, now).await?;
        tx.commit().await?;
    }
    let token = TokenUse { name: found.name, scopes: token::parse(&found.scopes) };
    Ok(Some(Caller { user, session_id: found.id, token: Some(token) }))
}

/// Refuses what a token is not for.
pub async fn layer(request: Request, next: Next) -> Response {
    if let Some(token) = caller::known(request.extensions()).and_then(|caller| caller.token.as_ref()) {
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let path = path.strip_prefix("/api/v1").unwrap_or(path);
        if let Err(refused) = allowed(request.method(), path, &token.scopes) {
            return refused.into_response();
        }
    }
    next.run(request).await
}

/// What is about signing in, which a token must not be able to prolong, and what only a page has to tell.
const NEVER: &[&str] = &["/auth/", "/me/password", "/me/sessions", "/me/two-factor", "/tokens", "/page-errors"];

fn allowed(method: &Method, path: &str, scopes: &[Scope]) -> Result<(), ApiError> {
    if NEVER.iter().any(|never| path.starts_with(never)) {
        return Err(ApiError::TokenNotAllowed);
    }
    let of_desktops = path == "/desktops" || path.starts_with("/desktops/");
    // Whoever looks into a desktop also types in it.
    let needed = match (method.is_safe() && !path.ends_with("/vnc"), of_desktops) {
        (true, _) => Scope::Read,
        (false, true) => Scope::Desktops,
        (false, false) => Scope::Admin,
    };
    let rank = |scope: &Scope| Scope::ALL.iter().position(|known| known == scope);
    if scopes.iter().any(|scope| rank(scope) >= rank(&needed)) { Ok(()) } else { Err(ApiError::TokenScope(needed)) }
}

#[cfg(test)]
mod tests {
    use Scope::{Admin, Desktops, Read};

    use super::*;

    #[test]
    fn more_scope_does_more_and_none_does_everything() {
        let may =
            |method: Method, path: &str| [Read, Desktops, Admin].map(|scope| allowed(&method, path, &[scope]).is_ok());
        assert_eq!(may(Method::GET, "/desktops"), [true, true, true]);
        assert_eq!(may(Method::GET, "/admin/users"), [true, true, true]);
        assert_eq!(may(Method::GET, "/desktops/{id}/vnc"), [false, true, true]);
        assert_eq!(may(Method::POST, "/desktops"), [false, true, true]);
        assert_eq!(may(Method::DELETE, "/desktops/{id}"), [false, true, true]);
        assert_eq!(may(Method::POST, "/admin/users"), [false, false, true]);
        for never in ["/tokens", "/tokens/{id}", "/me/sessions", "/auth/logout-all", "/me/two-factor/confirm"] {
            assert_eq!(may(Method::GET, never), [false, false, false], "{never}");
        }
        assert!(allowed(&Method::GET, "/me", &[]).is_err());
    }

    #[test]
    fn only_bearer_is_ours() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            headers
        };
        assert_eq!(given(&with("Bearer berth_x")), Some("berth_x"));
        assert_eq!(given(&with("bearer  berth_x ")), Some("berth_x"));
        assert_eq!(given(&with("Bearer")), Some(""));
        assert_eq!(given(&with("Basic eDp5")), None);
        assert!(!is_there(&HeaderMap::new()));
    }
}
