//! People, for administrators: who there is, what they use, new ones, changes. The last administrator who can sign in
//! stays one.
use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use berth_shared::{
    domain::{
        limits::StartWindow,
        names, new_id,
        time::Time,
        user::{Role, username_key},
    },
    lifecycle,
    store::{
        Tx,
        users::{self, User},
    },
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    limits::DesktopLimit,
    user_body::{CreateUser, OwnLimits, PatchUser, set_limits},
};
use crate::{
    auth::{caller::Admin, sessions},
    extract::{Id, Query, RawJson},
    paging::{self, PageQuery},
    problem::ApiError,
    retry::retrying,
    state::App,
};

/// A user as administrators see one.
#[derive(Serialize, ToSchema)]
struct AdminUser {
    id: String,
    username: String,
    display_name: String,
    role: Role,
    disabled: bool,
    created_at: Time,
    last_seen_at: Option<Time>,
    desktops: DesktopLimit,
    starts: Vec<StartWindow>,
    /// Null: the installation's defaults.
    limits: Option<OwnLimits>,
}

#[derive(Serialize, ToSchema)]
struct AdminUserPage {
    items: Vec<AdminUser>,
    next_cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch))
}

/// Everybody, by name.
#[utoipa::path(get, path = "/admin/users", operation_id = "users", tag = "admin", params(PageQuery),
    responses((status = 200, body = AdminUserPage)))]
async fn list(
    State(app): State<App>,
    _: Admin,
    Query(query): Query<PageQuery>,
) -> Result<Json<AdminUserPage>, ApiError> {
    let (limit, after) = (query.limit()?, query.after()?.unwrap_or_default());
    let mut tx = app.db.read().await?;
    let mut users = users::page(&mut tx, &after, paging::one_more(limit)).await?;
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
async fn create(State(app): State<App>, Admin(caller): Admin, body: RawJson) -> Result<Created, ApiError> {
    let new: CreateUser = body.parse()?;
    let key = new.check()?;
    let password_hash = match new.password.clone() {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let made = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let now = tx.now().await?;
        let mut user = User {
            id: new_id(),
            username: new.username.clone(),
            display_name: display_name(new.display_name.as_deref(), &new.username),
            role: new.role,
            password_hash: password_hash.clone(),
            disabled_at: new.disabled.then_some(now),
            session_version: 0,
            max_desktops: None,
            start_limits: None,
            created_at: now,
            last_seen_at: None,
        };
        set_limits(&mut user, new.limits.clone());
        match users::insert(&mut tx, &user, &key).await {
            Err(e) if e.violates("users_username_taken", "users.username_key") => {
                return Err(ApiError::UsernameTaken(new.username.clone()));
            }
            done => done?,
        }
        let view = view(&app, &mut tx, user).await?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    tracing::info!(by = caller.user.username, username = made.username, "user made");
    let location = [(header::LOCATION, format!("/api/v1/admin/users/{}", made.id))];
    Ok((StatusCode::CREATED, location, Json(made)))
}

/// Changes a user.
#[utoipa::path(patch, path = "/admin/users/{id}", operation_id = "change_user", tag = "admin",
    params(("id" = String, Path)), request_body = PatchUser, responses((status = 200, body = AdminUser)))]
async fn patch(
    State(app): State<App>,
    Admin(caller): Admin,
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
        let now = tx.now().await?;
        let after = changed(before.clone(), &change, password_hash.clone(), now);
        if is_active_admin(&before) && !is_active_admin(&after) && other_admins == 0 {
            return Err(ApiError::LastAdmin);
        }
        users::update(&mut tx, &after).await?;
        if loses_rights(&before, &after) {
            // An administrator who sets a password of their own stays signed in here.
            let keep = (id == caller.user.id && after.disabled_at.is_none()).then_some(caller.session_id.as_str());
            sessions::end_all(&mut tx, &id, keep).await?;
        }
        let view = view(&app, &mut tx, after).await?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    tracing::info!(by = caller.user.username, username = view.username, "user changed");
    Ok(Json(view))
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
        set_limits(&mut user, limits.clone());
    }
    user
}

/// Whoever is signed in with a password or role of before must not go on with it.
fn loses_rights(before: &User, after: &User) -> bool {
    after.disabled_at.is_some() || after.role.rank() < before.role.rank() || after.password_hash != before.password_hash
}

fn is_active_admin(user: &User) -> bool {
    user.role == Role::Admin && user.disabled_at.is_none()
}

fn display_name(given: Option<&str>, username: &str) -> String {
    given.and_then(|name| names::checked(name).ok()).unwrap_or_else(|| username.to_owned())
}

async fn view(app: &App, tx: &mut Tx, user: User) -> Result<AdminUser, ApiError> {
    let ((limit, used), starts) = lifecycle::limits_of(tx, &user, &app.limits).await?;
    let own = OwnLimits { max_desktops: user.max_desktops, start_limits: user.start_limits };
    Ok(AdminUser {
        id: user.id,
        username: user.username,
        display_name: user.display_name,
        role: user.role,
        disabled: user.disabled_at.is_some(),
        created_at: user.created_at,
        last_seen_at: user.last_seen_at,
        desktops: DesktopLimit { limit, used },
        starts,
        limits: (own != OwnLimits::default()).then_some(own),
    })
}
