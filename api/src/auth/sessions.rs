//! Log-ins. Each is a family of tokens: a session token for minutes and a refresh token for days, which changes with
//! each use. A refresh token that comes a second time was stolen, by whoever came first or second: the family ends.
//! Within a moment it is just a second tab, or an answer that got lost, and is given the same successors again.
use std::{net::IpAddr, time::Duration};

use axum::http::HeaderMap;
use berth_shared::{
    domain::{new_id, time::Time},
    events::{self, Kind},
    store::{
        Tx,
        sessions::{self, Session},
        users::{self, User},
    },
};

use super::{
    cookies::{Cookie, Cookies},
    successor,
    tokens::Token,
};
use crate::{problem::ApiError, state::App};

/// How long the refresh token before the present one is still good for the same answer.
const SECOND_TAB: Duration = Duration::from_secs(10);

/// A log-in's tokens as they go out to the browser.
pub struct Tokens {
    pub session: Token,
    pub refresh: Token,
    /// When the session token runs out and the refresh token is needed.
    pub expires_at: Time,
}

/// The OpenID provider that a log-in comes from.
pub struct Origin {
    pub provider: String,
    /// What names the log-in there, sealed.
    pub id_token: Option<String>,
}

impl Tokens {
    /// The two `Set-Cookie` lines.
    pub fn cookies(&self, app: &App) -> [(axum::http::HeaderName, axum::http::HeaderValue); 2] {
        let set = axum::http::header::SET_COOKIE;
        [
            (set.clone(), app.cookies.set(Cookie::Session, &self.session, app.session_ttl)),
            (set, app.cookies.set(Cookie::Refresh, &self.refresh, app.refresh_ttl)),
        ]
    }
}

/// Begins a log-in with a password. It counts only if nothing has ended the user's log-ins since `user` was read.
pub async fn begin(app: &App, tx: &mut Tx, user: &User, device: String, address: IpAddr) -> Result<Tokens, ApiError> {
    begin_from(app, tx, user, device, address, None).await
}

/// Begins a log-in, from an OpenID provider when there is an origin.
pub async fn begin_from(
    app: &App,
    tx: &mut Tx,
    user: &User,
    device: String,
    address: IpAddr,
    origin: Option<Origin>,
) -> Result<Tokens, ApiError> {
    let now = tx.now().await?;
    let tokens =
        Tokens { session: Token::generate(), refresh: Token::generate(), expires_at: now.plus(app.session_ttl) };
    let (provider, id_token) = origin.map_or((None, None), |origin| (Some(origin.provider), origin.id_token));
    let session = Session {
        id: new_id(),
        user_id: user.id.clone(),
        token_hash: tokens.session.hash(),
        refresh_hash: tokens.refresh.hash(),
        previous_refresh_hash: None,
        rotated_at: None,
        device,
        address: address.to_string(),
        created_at: now,
        last_used_at: now,
        expires_at: tokens.expires_at,
        refresh_expires_at: now.plus(app.refresh_ttl),
        session_version: user.session_version,
        provider,
        id_token,
    };
    sessions::insert(tx, &session).await?;
    users::seen(tx, &user.id, now).await?;
    Ok(tokens)
}

/// Turns a refresh token into its successors. None: it is good no more; when it came again later, its family has ended.
pub async fn refresh(
    app: &App,
    tx: &mut Tx,
    token: &Token,
    address: IpAddr,
) -> Result<Option<(User, Tokens)>, ApiError> {
    let hash = token.hash();
    // The user's row before the log-in's: whoever ends all of a user's log-ins takes them in this order.
    let Some(user_id) = sessions::user_of_refresh(tx, &hash).await? else { return Ok(None) };
    let user = users::lock(tx, &user_id).await?.filter(|user| user.disabled_at.is_none());
    let session = sessions::lock_by_refresh(tx, &hash).await?;
    let now = tx.now().await?;
    let (Some(user), Some(mut session)) = (user, session) else { return Ok(None) };
    if session.refresh_expires_at <= now || session.session_version != user.session_version {
        return Ok(None);
    }
    let (next_session, next_refresh) = successor::of(&app.key, &session.id, token);
    if session.refresh_hash != hash {
        let in_time = session.rotated_at.is_some_and(|at| now.since(at) <= SECOND_TAB);
        if in_time && session.refresh_hash == next_refresh.hash() {
            let tokens = Tokens { session: next_session, refresh: next_refresh, expires_at: session.expires_at };
            return Ok(Some((user, tokens)));
        }
        tracing::warn!(username = user.username, "a refresh token came twice; its log-in has ended");
        end(tx, &session.user_id, &session.id).await?;
        return Ok(None);
    }
    let tokens = Tokens { session: next_session, refresh: next_refresh, expires_at: now.plus(app.session_ttl) };
    session.token_hash = tokens.session.hash();
    session.previous_refresh_hash = Some(session.refresh_hash);
    session.refresh_hash = tokens.refresh.hash();
    session.rotated_at = Some(now);
    session.last_used_at = now;
    session.expires_at = tokens.expires_at;
    session.refresh_expires_at = now.plus(app.refresh_ttl);
    session.address = address.to_string();
    sessions::rotate(tx, &session).await?;
    users::seen(tx, &user.id, now).await?;
    Ok(Some((user, tokens)))
}

/// The log-in that a browser's cookies name, by either of them.
pub async fn named_by(tx: &mut Tx, cookies: Cookies, headers: &HeaderMap) -> Result<Option<Session>, ApiError> {
    for token in cookies.read(headers, Cookie::Session) {
        if let Some(session) = sessions::by_token(tx, &token.hash()).await? {
            return Ok(Some(session));
        }
    }
    for token in cookies.read(headers, Cookie::Refresh) {
        if let Some(session) = sessions::lock_by_refresh(tx, &token.hash()).await? {
            return Ok(Some(session));
        }
    }
    Ok(None)
}

/// Ends one log-in and tells its streams; false when there is no such.
pub async fn end(tx: &mut Tx, user_id: &str, session_id: &str) -> Result<bool, ApiError> {
    let ended = sessions::end(tx, user_id, session_id).await?;
    if ended {
        tell(tx, user_id, Some(&[session_id])).await?;
    }
    Ok(ended)
}

/// Ends all of a user's log-ins, or all but one, and tells their streams.
pub async fn end_all(tx: &mut Tx, user_id: &str, except: Option<&str>) -> Result<(), ApiError> {
    let Some(except) = except else {
        sessions::end_all(tx, user_id, None).await?;
        return tell(tx, user_id, None).await;
    };
    let all = sessions::of_user(tx, user_id).await?;
    let others: Vec<&str> = all.iter().map(|s| s.id.as_str()).filter(|id| *id != except).collect();
    sessions::end_all(tx, user_id, Some(except)).await?;
    if others.is_empty() { Ok(()) } else { tell(tx, user_id, Some(&others)).await }
}

async fn tell(tx: &mut Tx, user_id: &str, sessions: Option<&[&str]>) -> Result<(), ApiError> {
    let payload = serde_json::json!({ "sessions": sessions }).to_string();
    let now = tx.now().await?;
    Ok(events::append(tx, user_id, Kind::SignedOut, &payload, now).await?)
}
