//! Groups of people, for administrators: their limits, and the templates that only they may use. Who is in which group is said
//! of the user: `admin_users`.
use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use berth_shared::{
    domain::{
        audit::{Action, TargetKind},
        new_id,
    },
    store::{
        StoreError, Tx,
        audit::Target,
        groups::{self, Group},
        templates,
    },
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    group_body::{CreateGroup, PatchGroup, set_limits},
    user_body::OwnLimits,
};
use crate::{
    auth::caller::Admin,
    extract::{Id, RawJson},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

/// A group of people.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
struct GroupView {
    id: String,
    name: String,
    description: String,
    /// Null: the installation's defaults.
    limits: Option<OwnLimits>,
    /// How many people are in it.
    members: i64,
    /// Ids of templates that its members may use besides those for everyone.
    templates: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct GroupList {
    items: Vec<GroupView>,
    /// Always null: they are all here.
    next_cursor: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch, delete))
}

/// Every group, by name.
#[utoipa::path(get, path = "/admin/groups", operation_id = "groups", tag = "admin",
    responses((status = 200, body = GroupList)))]
async fn list(State(app): State<App>, _: Admin) -> Result<Json<GroupList>, ApiError> {
    let mut tx = app.db.read().await?;
    let mut items = Vec::new();
    for group in groups::list(&mut tx).await? {
        items.push(view(&mut tx, group).await?);
    }
    Ok(Json(GroupList { items, next_cursor: None }))
}

/// One group.
#[utoipa::path(get, path = "/admin/groups/{id}", operation_id = "group", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = GroupView)))]
async fn get(State(app): State<App>, _: Admin, Id(id): Id) -> Result<Json<GroupView>, ApiError> {
    Ok(Json(seen(&mut app.db.read().await?, &id).await?))
}

type Created = (StatusCode, [(HeaderName, String); 1], Json<GroupView>);

/// A new group.
#[utoipa::path(post, path = "/admin/groups", operation_id = "create_group", tag = "admin", request_body = CreateGroup,
    responses((status = 201, body = GroupView, headers(("Location" = String)))))]
async fn create(State(app): State<App>, _: Admin, trail: Trail, body: RawJson) -> Result<Created, ApiError> {
    let new: CreateGroup = body.parse()?;
    let name = new.check()?;
    let made = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let mut group = Group {
            id: new_id(),
            name: name.clone(),
            description: new.description.as_deref().unwrap_or_default().trim().to_owned(),
            max_desktops: None,
            start_limits: None,
            max_streams: None,
            created_at: tx.now().await?,
            members: 0,
        };
        set_limits(&mut group, new.limits.clone());
        groups::insert(&mut tx, &group).await.map_err(|e| taken(e, &name))?;
        set_templates(&mut tx, &group.id, &new.templates).await?;
        trail.did(&mut tx, Action::GroupCreate, target(&group), "").await?;
        let view = view(&mut tx, group).await?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    let location = [(header::LOCATION, format!("/api/v1/admin/groups/{}", made.id))];
    Ok((StatusCode::CREATED, location, Json(made)))
}

/// Changes a group; at once, for everybody in it.
#[utoipa::path(patch, path = "/admin/groups/{id}", operation_id = "change_group", tag = "admin",
    params(("id" = String, Path)), request_body = PatchGroup, responses((status = 200, body = GroupView)))]
async fn patch(
    State(app): State<App>,
    _: Admin,
    trail: Trail,
    Id(id): Id,
    body: RawJson,
) -> Result<Json<GroupView>, ApiError> {
    let view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let before = groups::lock(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        let change: PatchGroup = body.parse()?;
        let mut after = before.clone();
        change.apply(&mut after)?;
        groups::update(&mut tx, &after).await.map_err(|e| taken(e, &after.name))?;
        let templates_before = groups::templates_of(&mut tx, &id).await?;
        if let Some(templates) = &change.templates {
            set_templates(&mut tx, &id, templates).await?;
        }
        let view = view(&mut tx, after.clone()).await?;
        if let Some(detail) = what_changed(&before, &after, templates_before != view.templates) {
            trail.did(&mut tx, Action::GroupChange, target(&after), &detail).await?;
        }
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    Ok(Json(view))
}

/// Deletes a group. Its members are in none then.
#[utoipa::path(delete, path = "/admin/groups/{id}", operation_id = "delete_group", tag = "admin",
    params(("id" = String, Path)), responses((status = 204)))]
async fn delete(State(app): State<App>, _: Admin, trail: Trail, Id(id): Id) -> Result<StatusCode, ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        let group = groups::lock(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        groups::delete(&mut tx, &id).await?;
        let detail = format!("Members: {}.", group.members);
        trail.did(&mut tx, Action::GroupDelete, target(&group), &detail).await?;
        Ok(tx.commit().await?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn target(group: &Group) -> Target<'_> {
    Target::new(TargetKind::Group, &group.id, &group.name)
}

fn taken(error: StoreError, name: &str) -> ApiError {
    if error.violates("groups_name_taken", "groups.name_key") {
        ApiError::NameTaken(name.to_owned())
    } else {
        error.into()
    }
}

async fn set_templates(tx: &mut Tx, id: &str, wanted: &[String]) -> Result<(), ApiError> {
    for template in wanted {
        let known = !template.contains(char::is_control) && templates::get(tx, template).await?.is_some();
        if !known {
            let name: String = template.chars().take(64).collect();
            return Err(ApiError::invalid("templates", format!("there is no template “{name}”")));
        }
    }
    match groups::set_templates(tx, id, wanted).await {
        // Somebody deleted one in this moment.
        Err(StoreError::Constraint(..)) => {
            Err(ApiError::invalid("templates", "one of these templates was just deleted; choose again"))
        }
        done => Ok(done?),
    }
}

fn what_changed(before: &Group, after: &Group, templates: bool) -> Option<String> {
    let limits = |g: &Group| (g.max_desktops, g.start_limits.clone(), g.max_streams);
    let changed = [
        ("name", before.name != after.name),
        ("description", before.description != after.description),
        ("limits", limits(before) != limits(after)),
        ("templates", templates),
    ];
    let changed: Vec<&str> = changed.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect();
    (!changed.is_empty()).then(|| format!("Changed: {}.", changed.join(", ")))
}

async fn seen(tx: &mut Tx, id: &str) -> Result<GroupView, ApiError> {
    let group = groups::get(tx, id).await?.ok_or(ApiError::NotFound)?;
    view(tx, group).await
}

async fn view(tx: &mut Tx, group: Group) -> Result<GroupView, ApiError> {
    let templates = groups::templates_of(tx, &group.id).await?;
    let limits = OwnLimits {
        max_desktops: group.max_desktops,
        start_limits: group.start_limits,
        max_streams: group.max_streams,
    };
    Ok(GroupView {
        id: group.id,
        name: group.name,
        description: group.description,
        limits: limits.unless_empty(),
        members: group.members,
        templates,
    })
}
