//! Deleting people, for administrators: what becomes of their desktops has to be said. Who is deleted cannot sign in from that
//! moment; their row goes with their last desktop.
use axum::{Json, extract::State, http::StatusCode};
use berth_shared::{
    domain::{audit::Action, user::username_key},
    lifecycle::{self, Actor, Leaving, Left},
    store::{
        Tx,
        audit::Target,
        users::{self, User},
    },
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::user_view::{AdminUser, view};
use crate::{
    auth::{caller::Admin, sessions},
    extract::{Id, RawJson},
    problem::ApiError,
    request_id::RequestId,
    retry::retrying,
    state::App,
    trail::Trail,
};

/// What becomes of somebody's desktops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Fate {
    /// Their homes too.
    Delete,
    /// They become `to`'s.
    Give,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeleteUser {
    desktops: Fate,
    /// A username; with `give`.
    to: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(delete))
}

/// Deletes a user. Without a body only one who has no desktops.
#[utoipa::path(delete, path = "/admin/users/{id}", operation_id = "delete_user", tag = "admin",
    params(("id" = String, Path)), request_body = Option<DeleteUser>, responses((status = 202, body = AdminUser)))]
async fn delete(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Id(id): Id,
    request: axum::Extension<RequestId>,
    body: RawJson,
) -> Result<(StatusCode, Json<AdminUser>), ApiError> {
    users::get(&mut app.db.read().await?, &id).await?.ok_or(ApiError::NotFound)?;
    let asked: Option<DeleteUser> = if body.is_empty() { None } else { Some(body.parse()?) };
    if let Some(DeleteUser { desktops: Fate::Delete, to: Some(_) }) = asked {
        return Err(ApiError::invalid("to", "belongs to `give`"));
    }
    if id == caller.user.id {
        return Err(ApiError::OwnAccount);
    }
    let actor = Actor { user_id: &caller.user.id, username: &caller.user.username };
    let view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let receiver = match &asked {
            Some(DeleteUser { desktops: Fate::Give, to }) => Some(receiver(&mut tx, &id, to.as_deref()).await?),
            Some(DeleteUser { desktops: Fate::Delete, .. }) | None => None,
        };
        let how = match (&asked, &receiver) {
            (_, Some(to)) => Leaving::Give(to),
            (Some(_), None) => Leaving::Delete,
            (None, None) => Leaving::Empty,
        };
        let before = users::get(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        let left = lifecycle::leave(&mut tx, &id, how, actor, &app.limits, Some(request.as_str())).await?;
        let desktops = match left {
            Left::Yes { desktops } => desktops,
            Left::HasDesktops(count) => return Err(ApiError::HasDesktops { count }),
            Left::LastAdmin => return Err(ApiError::LastAdmin),
            Left::NoSuchUser => return Err(ApiError::NotFound),
        };
        sessions::end_all(&mut tx, &id, None).await?;
        trail.did(&mut tx, Action::UserDelete, Target::user(&before), &in_words(desktops, receiver.as_ref())).await?;
        let now = tx.now().await?;
        let after = User { disabled_at: before.disabled_at.or(Some(now)), deleting_at: Some(now), ..before };
        let view = view(&app, &mut tx, after).await?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    Ok((StatusCode::ACCEPTED, Json(view)))
}

/// Who gets the desktops.
async fn receiver(tx: &mut Tx, leaver: &str, to: Option<&str>) -> Result<User, ApiError> {
    let wrong = |why: &str| ApiError::invalid("to", why);
    let name = to.ok_or_else(|| wrong("say whom to give them to"))?;
    let unknown = || wrong("there is no such user");
    let key = username_key(name).map_err(|_| unknown())?;
    let found = users::by_key(tx, &key).await?.ok_or_else(unknown)?;
    if found.id == leaver {
        return Err(wrong("this is the user who is to be deleted"));
    }
    // Until the end of the transaction they stay who they are.
    let user = users::lock(tx, &found.id).await?.ok_or_else(unknown)?;
    if user.disabled_at.is_some() { Err(wrong("this user is disabled")) } else { Ok(user) }
}

fn in_words(desktops: usize, receiver: Option<&User>) -> String {
    let many = match desktops {
        0 => return "Had no desktops.".to_owned(),
        1 => "A desktop".to_owned(),
        many => format!("{many} desktops"),
    };
    match receiver {
        Some(to) => format!("{many} went to {}.", to.username),
        None => format!("{many} deleted."),
    }
}
