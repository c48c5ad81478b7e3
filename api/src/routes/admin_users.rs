//! People, for administrators: who there is, what they use, new ones, changes. The last administrator who can sign in
//! stays one. How they leave: `admin_leaving`; their log-ins: `admin_sessions`; how they are invited: `invites`.
use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use berth_shared::{
    domain::{
        audit::Action,
        names,
        time::Time,
        user::{Role, username_key},
    },
    store::{
        StoreError, Tx,
        audit::Target,
        groups, invites, tokens,
        users::{self, Filter, User},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    user_body::{CreateUser, PatchUser},
    user_view::{AdminUser, view},
};
use crate::{
    auth::{caller::Admin, sessions},
    extract::{Id, Query, RawJson},
    paging::{self, PageQuery},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

#[derive(Serialize, ToSchema)]
struct AdminUserPage {
    items: Vec<AdminUser>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Part of a username or display name.
    q: Option<String>,
    #[param(inline)]
    role: Option<Role>,
    /// A group's id.
    group: Option<String>,
    #[param(inline)]
    state: Option<users::State>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch))
}

/// Everybody, by name.
#[utoipa::path(get, path = "/admin/users", operation_id = "users", tag = "admin", params(ListQuery),
    responses((status = 200, body = AdminUserPage)))]
async fn list(
    State(app): State<App>,
    _: Admin,
    Query(query): Query<ListQuery>,
) -> Result<Json<AdminUserPage>, ApiError> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after()?.unwrap_or_default());
    let none = [&query.q, &query.group].into_iter().flatten().any(|text| text.contains(char::is_control));
    if none {
        // Nobody has such a name.
        return Ok(Json(AdminUserPage { items: Vec::new(), next_cursor: None }));
    }
    let filter = Filter { q: query.q, role: query.role, group: query.group, state: query.state };
    let mut tx = app.db.read().await?;
    let mut users = users::page(&mut tx, &filter, &after, paging::one_more(limit)).await?;
    let next_cursor = paging::cut(&mut users, limit, |user| username_key(&user.username).unwrap_or_default());
    let mut items = Vec::with_capacity(users.len());
    for user in users {
        items.push(view(&app, &mut tx, user).await?);
    }
    Ok(Json(AdminUserPage { items, next_cursor }))
}

/// One user.
#[utoipa::path(get, path = "/admin/users/{id}", operation_id = "user", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = AdminUser)))]
async fn get(State(app): State<App>, _: Admin, Id(id): Id) -> Result<Json<AdminUser>, ApiError> {
    let mut tx = app.db.read().await?;
    let user = users::get(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(view(&app, &mut tx, user).await?))
}

type Created = (StatusCode, [(HeaderName, String); 1], Json<AdminUser>);

/// A new user.
#[utoipa::path(post, path = "/admin/users", operation_id = "create_user", tag = "admin", request_body = CreateUser,
    responses((status = 201, body = AdminUser, headers(("Location" = String)))))]
async fn create(State(app): State<App>, _: Admin, trail: Trail, body: RawJson) -> Result<Created, ApiError> {
    let new: CreateUser = body.parse()?;
    let key = new.check()?;
    let password_hash = match new.password.clone() {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let made = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let now = tx.now().await?;
        check_group(&mut tx, new.group.as_deref()).await?;
        let user = User {
            display_name: display_name(new.display_name.as_deref(), &new.username),
            password_hash: password_hash.clone(),
            disabled_at: new.disabled.then_some(now),
            limits: new.limits.clone().unwrap_or_default().into(),
            group_id: new.group.clone(),
            ..User::new(&new.username, new.role, now)
        };
        match users::insert(&mut tx, &user, &key).await {
            Err(e) if e.violates("users_username_taken", "users.username_key") => {
                return Err(ApiError::UsernameTaken(new.username.clone()));
            }
            done => with_group(done)?,
        }
        trail.did(&mut tx, Action::UserCreate, Target::user(&user), &format!("Role: {}.", user.role)).await?;
        let view = seen(&app, &mut tx, &user.id).await?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    let location = [(header::LOCATION, format!("/api/v1/admin/users/{}", made.id))];
    Ok((StatusCode::CREATED, location, Json(made)))
}

/// Changes a user.
#[utoipa::path(patch, path = "/admin/users/{id}", operation_id = "change_user", tag = "admin",
    params(("id" = String, Path)), request_body = PatchUser, responses((status = 200, body = AdminUser)))]
async fn patch(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Id(id): Id,
    body: RawJson,
) -> Result<Json<AdminUser>, ApiError> {
    let found = users::get(&mut app.db.read().await?, &id).await?.ok_or(ApiError::NotFound)?;
    let change: PatchUser = body.parse()?;
    change.check(&found.username)?;
    let password_hash = match change.password.clone() {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        // Before the user's own row: everybody takes these locks in this order.
        let other_admins = users::other_admins(&mut tx, &id).await?;
        let before = users::lock(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        if before.deleting_at.is_some() {
            return Err(ApiError::UserBeingDeleted);
        }
        let now = tx.now().await?;
        check_group(&mut tx, change.group.as_ref().and_then(Option::as_deref)).await?;
        let after = changed(before.clone(), &change, password_hash.clone(), now);
        if before.is_active_admin() && !after.is_active_admin() && other_admins == 0 {
            return Err(ApiError::LastAdmin);
        }
        with_group(users::update(&mut tx, &after).await)?;
        if after.password_hash != before.password_hash {
            // A link that would set yet another one is not to lie about.
            invites::withdraw(&mut tx, &id).await?;
        }
        if loses_rights(&before, &after) {
            // An administrator who sets a password of their own stays signed in here.
            let keep = (id == caller.user.id && after.disabled_at.is_none()).then_some(caller.session_id.as_str());
            sessions::end_all(&mut tx, &id, keep).await?;
        }
        if after.disabled_at.is_some() {
            tokens::delete_all(&mut tx, &id).await?;
        }
        for (action, detail) in what_changed(&before, &after) {
            trail.did(&mut tx, action, Target::user(&after), &detail).await?;
        }
        let view = seen(&app, &mut tx, &id).await?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    Ok(Json(view))
}

/// As the row says it now: its group may be another one.
async fn seen(app: &App, tx: &mut Tx, id: &str) -> Result<AdminUser, ApiError> {
    let user = users::get(tx, id).await?.ok_or(ApiError::NotFound)?;
    view(app, tx, user).await
}

async fn check_group(tx: &mut Tx, id: Option<&str>) -> Result<(), ApiError> {
    match id {
        Some(id) if id.contains(char::is_control) => Err(unknown_group()),
        Some(id) => groups::get(tx, id).await?.map(|_| ()).ok_or_else(unknown_group),
        None => Ok(()),
    }
}

/// A group that was deleted after it was looked at.
fn with_group(written: Result<(), StoreError>) -> Result<(), ApiError> {
    match written {
        Err(e) if e.violates("users_group_id_fkey", "FOREIGN KEY") => Err(unknown_group()),
        done => Ok(done?),
    }
}

fn unknown_group() -> ApiError {
    ApiError::invalid("group", "there is no such group")
}

fn changed(mut user: User, change: &PatchUser, password_hash: Option<String>, now: Time) -> User {
    user.password_hash = password_hash.or(user.password_hash);
    user.role = change.role.unwrap_or(user.role);
    if let Some(name) = &change.display_name {
        user.display_name = display_name(name.as_deref(), &user.username);
    }
    match change.disabled {
        Some(true) => user.disabled_at = user.disabled_at.or(Some(now)),
        Some(false) => user.disabled_at = None,
        None => {}
    }
    if let Some(limits) = &change.limits {
        user.limits = limits.clone().unwrap_or_default().into();
    }
    if let Some(group) = &change.group {
        user.group_id.clone_from(group);
    }
    user
}

/// A line of the audit log for each thing that is another now.
fn what_changed(before: &User, after: &User) -> Vec<(Action, String)> {
    let mut lines = Vec::new();
    if before.role != after.role {
        lines.push((Action::RoleChange, format!("From {} to {}.", before.role, after.role)));
    }
    match (before.disabled_at, after.disabled_at) {
        (None, Some(_)) => lines.push((Action::UserDisable, String::new())),
        (Some(_), None) => lines.push((Action::UserEnable, String::new())),
        (None, None) | (Some(_), Some(_)) => {}
    }
    if before.password_hash != after.password_hash {
        lines.push((Action::PasswordChange, "Set by an administrator.".to_owned()));
    }
    let rest = [
        ("display name", before.display_name != after.display_name),
        ("limits", before.limits != after.limits),
        ("group", before.group_id != after.group_id),
    ];
    let rest: Vec<&str> = rest.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect();
    if !rest.is_empty() {
        lines.push((Action::UserChange, format!("Changed: {}.", rest.join(", "))));
    }
    lines
}

/// Whoever is signed in with a password or role of before must not go on with it.
fn loses_rights(before: &User, after: &User) -> bool {
    after.disabled_at.is_some() || after.role.rank() < before.role.rank() || after.password_hash != before.password_hash
}

fn display_name(given: Option<&str>, username: &str) -> String {
    given.and_then(|name| names::checked(name).ok()).unwrap_or_else(|| username.to_owned())
}
