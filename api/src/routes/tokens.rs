//! The caller's tokens for programs. What each may do: `auth::bearer`. None of this can be done with a token.
use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::{
        audit::{Action, TargetKind},
        names, new_id,
        time::Time,
        token::{self, Scope},
        user::Role,
    },
    events::{self, Kind},
    store::{
        audit::Target,
        tokens::{self, ApiToken},
        users,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::{bearer, caller::Caller, tokens::Token},
    extract::{Faults, Id, RawJson},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

/// Most tokens of one user.
const MOST: i64 = 20;
const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateToken {
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// Null: it does not run out.
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: Option<u16>,
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiToken)]
struct TokenView {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    created_at: Time,
    /// Null: it does not run out.
    expires_at: Option<Time>,
    /// To the minute; null: never used.
    last_used_at: Option<Time>,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
struct NewApiToken {
    #[serde(flatten)]
    token_view: TokenView,
    /// The token itself; shown only now.
    #[schema(example = "berth_…")]
    token: String,
}

#[derive(Serialize, ToSchema)]
struct TokenList {
    items: Vec<TokenView>,
    /// Always null: they are all here.
    next_cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

/// The caller's tokens, the newest first.
#[utoipa::path(get, path = "/tokens", operation_id = "tokens", tag = "me", security(("session" = [])), responses((status = 200, body = TokenList)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<TokenList>, ApiError> {
    let all = tokens::of_user(&mut app.db.read().await?, &caller.user.id).await?;
    Ok(Json(TokenList { items: all.into_iter().map(view).collect(), next_cursor: None }))
}

/// A new token.
#[utoipa::path(post, path = "/tokens", operation_id = "create_token", tag = "me", security(("session" = [])), request_body = CreateToken,
    responses((status = 201, body = NewApiToken)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    trail: Trail,
    body: RawJson,
) -> Result<(StatusCode, Json<NewApiToken>), ApiError> {
    let new: CreateToken = body.parse()?;
    let name = check(&new, caller.user.role)?;
    let secret = Token::generate();
    let made = retrying(|| async {
        let mut tx = app.db.begin().await?;
        users::lock(&mut tx, &caller.user.id).await?.ok_or(ApiError::SessionEnded)?;
        if tokens::count_of(&mut tx, &caller.user.id).await? >= MOST {
            return Err(ApiError::TooManyTokens { limit: MOST });
        }
        let now = tx.now().await?;
        let made = ApiToken {
            id: new_id(),
            user_id: caller.user.id.clone(),
            name: name.clone(),
            token_hash: secret.hash(),
            scopes: token::to_text(&new.scopes),
            created_at: now,
            expires_at: new.expires_in_days.map(|days| now.plus(DAY * u32::from(days))),
            last_used_at: None,
        };
        tokens::insert(&mut tx, &made).await?;
        trail.did(&mut tx, Action::TokenCreate, target(&made), &format!("Scopes: {}.", made.scopes)).await?;
        tx.commit().await?;
        Ok(made)
    })
    .await?;
    Ok((StatusCode::CREATED, Json(NewApiToken { token_view: view(made), token: bearer::reveal(&secret) })))
}

/// Takes a token back; what was opened with it ends.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "delete_token", tag = "me", security(("session" = [])), params(("id" = String, Path)),
    responses((status = 204)))]
async fn delete(State(app): State<App>, caller: Caller, trail: Trail, Id(id): Id) -> Result<StatusCode, ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        let found = tokens::get(&mut tx, &caller.user.id, &id).await?.ok_or(ApiError::NotFound)?;
        tokens::delete(&mut tx, &id).await?;
        let ended = serde_json::json!({ "sessions": [id] }).to_string();
        let now = tx.now().await?;
        events::append(&mut tx, &caller.user.id, Kind::SignedOut, &ended, now).await?;
        trail.did(&mut tx, Action::TokenDelete, target(&found), "").await?;
        Ok(tx.commit().await?)
    })
    .await?;
    app.signals.changed();
    Ok(StatusCode::NO_CONTENT)
}

/// The name, trimmed, if everything fits.
fn check(new: &CreateToken, role: Role) -> Result<String, ApiError> {
    let mut faults = Faults::default();
    let name = faults.add("name", names::checked(&new.name));
    faults.check(!new.scopes.is_empty(), "scopes", "name at least one of read, desktops, admin");
    let may_all = role != Role::User || !new.scopes.contains(&Scope::Admin);
    faults.check(may_all, "scopes", "only operators and administrators have what `admin` allows");
    let fits = new.expires_in_days.is_none_or(|days| (1..=365).contains(&days));
    faults.check(fits, "expires_in_days", "write a number from 1 to 365, or null");
    faults.done()?;
    Ok(name.unwrap_or_default())
}

fn target(token: &ApiToken) -> Target<'_> {
    Target::new(TargetKind::Token, &token.id, &token.name)
}

fn view(token: ApiToken) -> TokenView {
    TokenView {
        scopes: token::parse(&token.scopes),
        id: token.id,
        name: token.name,
        created_at: token.created_at,
        expires_at: token.expires_at,
        last_used_at: token.last_used_at,
    }
}
