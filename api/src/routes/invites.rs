//! Invitations: an administrator makes a link for somebody, shown once; whoever opens it sets the user's password and is signed
//! in. It works once and for a week; a new one takes the place of the one before. It stands for the password alone: who has a
//! second factor needs its code as well.
use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use berth_shared::{
    domain::{audit::Action, time::Time},
    store::{
        Tx,
        audit::Target,
        invites,
        users::{self, User},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::auth::{LoginResponse, signed_in};
use crate::{
    address::ClientAddress,
    auth::{caller::Admin, device, password, sessions, tokens::Token, two_factor},
    extract::{Id, RawJson},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

const LASTS: Duration = Duration::from_secs(7 * 24 * 3600);

/// A link that was just made.
#[derive(Serialize, ToSchema)]
struct InviteLink {
    /// For one person, once; shown only now.
    #[schema(example = "https://berth.example/invite#…")]
    url: String,
    expires_at: Time,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteToken {
    /// What is behind the `#` of the link.
    token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptInvite {
    /// What is behind the `#` of the link.
    token: String,
    #[schema(format = Password, min_length = 10, max_length = 256)]
    password: String,
    /// Of an authenticator app, or a recovery code; needed where two-factor sign-in is on.
    #[schema(example = "123456")]
    code: Option<String>,
}

/// Who is invited, and until when.
#[derive(Serialize, ToSchema)]
struct Invitation {
    username: String,
    display_name: String,
    expires_at: Time,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(invite)).routes(routes!(look)).routes(routes!(accept))
}

/// Makes a link by which a user sets their password. The one before it works no more.
#[utoipa::path(post, path = "/admin/users/{id}/invite", operation_id = "invite_user", tag = "admin",
    params(("id" = String, Path)), responses((status = 201, body = InviteLink)))]
async fn invite(
    State(app): State<App>,
    _: Admin,
    trail: Trail,
    Id(id): Id,
) -> Result<(StatusCode, Json<InviteLink>), ApiError> {
    let token = Token::generate();
    let expires_at = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let user = users::lock(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        if user.deleting_at.is_some() {
            return Err(ApiError::UserBeingDeleted);
        }
        if user.disabled_at.is_some() {
            return Err(ApiError::UserDisabled);
        }
        let now = tx.now().await?;
        let expires_at = now.plus(LASTS);
        invites::put(&mut tx, &id, &token.hash(), now, expires_at).await?;
        trail.did(&mut tx, Action::UserInvite, Target::user(&user), "").await?;
        tx.commit().await?;
        Ok(expires_at)
    })
    .await?;
    let url = format!("{}/invite#{}", app.public_url, token.reveal());
    Ok((StatusCode::CREATED, Json(InviteLink { url, expires_at })))
}

/// Whom a link invites.
#[utoipa::path(post, path = "/auth/invite", operation_id = "invitation", tag = "sign-in", security(()),
    request_body = InviteToken, responses((status = 200, body = Invitation)))]
async fn look(State(app): State<App>, body: RawJson) -> Result<Json<Invitation>, ApiError> {
    let InviteToken { token } = body.parse()?;
    let token = Token::parse(&token).ok_or(ApiError::InviteInvalid)?;
    let mut tx = app.db.read().await?;
    let (user, expires_at) = invited(&mut tx, &token).await?;
    Ok(Json(Invitation { username: user.username, display_name: user.display_name, expires_at }))
}

/// Sets the password of who is invited and signs them in. Their other log-ins end.
#[utoipa::path(post, path = "/auth/invite/accept", operation_id = "accept_invitation", tag = "sign-in", security(()),
    request_body = AcceptInvite, responses((status = 200, body = LoginResponse)))]
async fn accept(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    trail: Trail,
    body: RawJson,
) -> Result<Response, ApiError> {
    let AcceptInvite { token, password, code } = body.parse()?;
    let token = Token::parse(&token).ok_or(ApiError::InviteInvalid)?;
    let (user, _) = invited(&mut app.db.read().await?, &token).await?;
    if let Some(fault) = password::fault("password", &password, &user.username) {
        return Err(ApiError::ValidationFailed(vec![fault]));
    }
    let attempt =
        app.throttle.begin(&user.username, address).map_err(|retry_after| ApiError::TooManyFailures { retry_after })?;
    let hash = app.passwords.hash(password).await?;
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let accepted = retrying(|| async {
        let mut tx = app.db.begin().await?;
        users::lock(&mut tx, &user.id).await?.ok_or(ApiError::InviteInvalid)?;
        // Under the lock: of two at once, one finds it taken.
        let (mut user, _) = invited(&mut tx, &token).await?;
        two_factor::check(&app, &mut tx, &user.id, code.as_deref()).await?;
        invites::withdraw(&mut tx, &user.id).await?;
        user.password_hash = Some(hash.clone());
        users::update(&mut tx, &user).await?;
        sessions::end_all(&mut tx, &user.id, None).await?;
        // With the version that counts from now on.
        let user = users::get(&mut tx, &user.id).await?.ok_or(ApiError::InviteInvalid)?;
        let trail = trail.clone().by(&user);
        trail.did(&mut tx, Action::PasswordChange, Target::user(&user), "By invitation.").await?;
        let tokens = sessions::begin(&app, &mut tx, &user, device::name(agent), address).await?;
        trail.did(&mut tx, Action::SignIn, Target::user(&user), "By invitation.").await?;
        tx.commit().await?;
        Ok((user, tokens))
    })
    .await;
    match &accepted {
        Ok(_) => attempt.succeeded(),
        Err(ApiError::TwoFactorWrong) => {
            trail.by(&user).was_refused(&app, Action::SignInRefused, None, "By invitation; the code was wrong.").await;
        }
        Err(_) => attempt.forgive(),
    }
    let (user, tokens) = accepted?;
    app.signals.changed();
    Ok(signed_in(&app, &user, &tokens))
}

/// The user whom a token invites, and until when. Wrong, run out and used are one answer.
async fn invited(tx: &mut Tx, token: &Token) -> Result<(User, Time), ApiError> {
    let invite = invites::by_token(tx, &token.hash()).await?.ok_or(ApiError::InviteInvalid)?;
    let user = users::get(tx, &invite.user_id).await?.filter(|user| user.disabled_at.is_none());
    Ok((user.ok_or(ApiError::InviteInvalid)?, invite.expires_at))
}
