//! Templates, for administrators: the whole recipe, who may use it, in which order they stand, and where their images are.
use std::time::Duration;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use berth_shared::{
    domain::{
        audit::{Action, TargetKind},
        desktop::ConnectKind,
        new_id,
        template::{Audience, Env, Home},
        time::Time,
    },
    lifecycle::admin_templates::{self, AdminTemplate},
    queue::pulls::{self, NewPull},
    store::{
        StoreError, Tx, audience,
        audit::Target,
        nodes,
        templates::{self, Template},
    },
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::template_body::{CreateTemplate, PatchTemplate, TemplateOrder, what_changed};
use crate::{
    auth::caller::Admin,
    extract::{Id, RawJson},
    problem::ApiError,
    request_id::RequestId,
    retry::retrying,
    state::App,
    trail::Trail,
};

/// A node that was not heard of for this long says nothing about what fits.
const FORGET_NODES: Duration = Duration::from_secs(600);

#[derive(Serialize, ToSchema)]
struct AdminTemplateList {
    items: Vec<AdminTemplate>,
    /// Always null: they are all here.
    next_cursor: Option<String>,
}

/// Pulls that were asked for.
#[derive(Serialize, ToSchema)]
struct PullsAsked {
    items: Vec<PullAsked>,
}

#[derive(Serialize, ToSchema)]
struct PullAsked {
    node: String,
    job_id: String,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(order))
        .routes(routes!(get, patch, delete))
        .routes(routes!(pull))
}

/// Every template, disabled ones too, in their order.
#[utoipa::path(get, path = "/admin/templates", operation_id = "admin_templates", tag = "admin",
    responses((status = 200, body = AdminTemplateList)))]
async fn list(State(app): State<App>, _: Admin) -> Result<Json<AdminTemplateList>, ApiError> {
    let items = admin_templates::views(&mut app.db.read().await?).await?;
    Ok(Json(AdminTemplateList { items, next_cursor: None }))
}

/// One template.
#[utoipa::path(get, path = "/admin/templates/{id}", operation_id = "admin_template", tag = "admin",
    params(("id" = String, Path)), responses((status = 200, body = AdminTemplate)))]
async fn get(State(app): State<App>, _: Admin, Id(id): Id) -> Result<Json<AdminTemplate>, ApiError> {
    let mut tx = app.db.read().await?;
    let template = templates::get(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
    view(&mut tx, template).await.map(Json)
}

type Created = (StatusCode, [(HeaderName, String); 1], Json<AdminTemplate>);

/// A new template, after all others.
#[utoipa::path(post, path = "/admin/templates", operation_id = "create_template", tag = "admin",
    request_body = CreateTemplate,
    responses((status = 201, body = AdminTemplate, headers(("Location" = String)))))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    body: RawJson,
) -> Result<Created, ApiError> {
    let change = body.parse::<CreateTemplate>()?.as_change();
    let made = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let now = tx.now().await?;
        change.check(&known_sizes(&mut tx, now).await?)?;
        let blank = Template { position: templates::last_position(&mut tx).await?, ..blank(now) };
        let template = change.clone().on(blank, now);
        named(templates::insert(&mut tx, &template).await, &template)?;
        trail.did(&mut tx, Action::TemplateCreate, target(&template), "").await?;
        let view = settle(&mut tx, template, &change).await?;
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    tracing::info!(by = caller.user.username, template = made.name, "template made");
    let location = [(header::LOCATION, format!("/api/v1/admin/templates/{}", made.id))];
    Ok((StatusCode::CREATED, location, Json(made)))
}

/// Changes a template. Desktops that run go on as they are; their next start is by the new recipe.
#[utoipa::path(patch, path = "/admin/templates/{id}", operation_id = "change_template", tag = "admin",
    params(("id" = String, Path)), request_body = PatchTemplate, responses((status = 200, body = AdminTemplate)))]
async fn patch(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Id(id): Id,
    body: RawJson,
) -> Result<Json<AdminTemplate>, ApiError> {
    let view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let before = templates::lock(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        let change: PatchTemplate = body.parse()?;
        let now = tx.now().await?;
        change.check(&known_sizes(&mut tx, now).await?)?;
        let template = change.clone().on(before.clone(), now);
        named(templates::update(&mut tx, &template).await, &template)?;
        if template.image != before.image {
            // Who waits for the image of before needs another one now.
            pulls::wake_template(&mut tx, &id).await?;
        }
        let groups = audience::groups_of(&mut tx, &id).await?;
        let view = settle(&mut tx, template.clone(), &change).await?;
        if let Some(detail) = what_changed(&before, &template, groups != view.groups) {
            trail.did(&mut tx, Action::TemplateChange, target(&template), &detail).await?;
        }
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    tracing::info!(by = caller.user.username, template = view.name, "template changed");
    Ok(Json(view))
}

/// Removes a template. One that desktops were started from can only be disabled.
#[utoipa::path(delete, path = "/admin/templates/{id}", operation_id = "delete_template", tag = "admin",
    params(("id" = String, Path)), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    let name = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let template = templates::lock(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        let desktops = templates::desktops_of(&mut tx, &id).await?;
        if desktops > 0 {
            return Err(ApiError::TemplateInUse { desktops });
        }
        match templates::delete(&mut tx, &id).await {
            // Somebody started one in this moment.
            Err(StoreError::Constraint(..)) => return Err(ApiError::TemplateInUse { desktops: 1 }),
            done => done?,
        }
        trail.did(&mut tx, Action::TemplateDelete, target(&template), "").await?;
        tx.commit().await?;
        Ok(template.name)
    })
    .await?;
    app.signals.changed();
    tracing::info!(by = caller.user.username, template = name, "template removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Puts all templates in this order.
#[utoipa::path(put, path = "/admin/templates/order", operation_id = "order_templates", tag = "admin",
    request_body = TemplateOrder, responses((status = 200, body = AdminTemplateList)))]
async fn order(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    body: RawJson,
) -> Result<Json<AdminTemplateList>, ApiError> {
    let TemplateOrder { ids } = body.parse()?;
    let items = retrying(|| async {
        let mut tx = app.db.begin().await?;
        templates::lock(&mut tx, "").await?;
        let mut known: Vec<String> = templates::all(&mut tx).await?.into_iter().map(|t| t.id).collect();
        let mut given = ids.clone();
        known.sort_unstable();
        given.sort_unstable();
        if known != given {
            return Err(ApiError::invalid("ids", "name every template once; the list may have changed meanwhile"));
        }
        for (position, id) in (0..).zip(&ids) {
            templates::set_position(&mut tx, id, position).await?;
        }
        trail.did(&mut tx, Action::TemplateOrder, None, "").await?;
        let items = admin_templates::views(&mut tx).await?;
        tx.commit().await?;
        Ok(items)
    })
    .await?;
    app.signals.changed();
    tracing::info!(by = caller.user.username, "templates ordered");
    Ok(Json(AdminTemplateList { items, next_cursor: None }))
}

/// Fetches the template's image to every node that is there, also where it is already: there may be a newer one.
#[utoipa::path(post, path = "/admin/templates/{id}/pull", operation_id = "pull_template", tag = "admin",
    params(("id" = String, Path)), responses((status = 202, body = PullsAsked)))]
async fn pull(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Id(id): Id,
    Extension(request): Extension<RequestId>,
) -> Result<(StatusCode, Json<PullsAsked>), ApiError> {
    let items = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let template = templates::get(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
        if !app.pulls.allow(&template.image) {
            return Err(ApiError::PullNotAllowed { image: template.image });
        }
        let since = tx.now().await?.minus(FORGET_NODES);
        let nodes = nodes::list(&mut tx).await?.into_iter().filter(|node| node.seen_at >= since);
        let mut items = Vec::new();
        for node in nodes {
            let new = NewPull {
                node: &node.id,
                image: &template.image,
                user_id: &caller.user.id,
                again: true,
                max_attempts: app.limits.job_max_attempts,
                trace_id: Some(request.as_str()),
            };
            let job_id = pulls::ask(&mut tx, &new).await?;
            items.push(PullAsked { node: node.id, job_id });
        }
        if items.is_empty() {
            return Err(ApiError::NoNode);
        }
        trail.did(&mut tx, Action::TemplatePull, target(&template), "").await?;
        tx.commit().await?;
        Ok(items)
    })
    .await?;
    app.signals.changed();
    tracing::info!(by = caller.user.username, template = id, nodes = items.len(), "image asked for");
    Ok((StatusCode::ACCEPTED, Json(PullsAsked { items })))
}

fn target(template: &Template) -> Target<'_> {
    Target::new(TargetKind::Template, &template.id, &template.name)
}

async fn known_sizes(tx: &mut Tx, now: Time) -> Result<Vec<nodes::Size>, ApiError> {
    Ok(nodes::sizes(tx, now.minus(FORGET_NODES)).await?)
}

fn blank(now: Time) -> Template {
    Template {
        id: new_id(),
        name: String::new(),
        description: String::new(),
        icon: String::new(),
        kind: ConnectKind::Vnc,
        image: String::new(),
        container_port: 0,
        memory_mib: 0,
        cpu_millis: 0,
        pids: 0,
        shm_mib: 0,
        position: 0,
        is_default: false,
        disabled_at: None,
        created_at: now,
        env: Env::default(),
        home: Home::Kept,
        audience: Audience::Everyone,
    }
}

/// A name that another one has.
fn named(written: Result<(), StoreError>, template: &Template) -> Result<(), ApiError> {
    match written {
        Err(e) if e.violates("templates_name_taken", "templates.name_key") => {
            Err(ApiError::NameTaken(template.name.clone()))
        }
        done => Ok(done?),
    }
}

/// What hangs on a template besides its row: its groups, and that there is one default.
async fn settle(tx: &mut Tx, template: Template, change: &PatchTemplate) -> Result<AdminTemplate, ApiError> {
    if let Some(groups) = &change.groups {
        let unknown = audience::unknown_groups(tx, groups).await?;
        if let Some(id) = unknown.first() {
            let id: String = id.chars().take(64).filter(|c| !c.is_control()).collect();
            return Err(ApiError::invalid("groups", format!("there is no group “{id}”")));
        }
        match audience::set_groups(tx, &template.id, groups).await {
            // Somebody deleted one in this moment.
            Err(StoreError::Constraint(..)) => {
                return Err(ApiError::invalid("groups", "one of these groups was just deleted; choose again"));
            }
            done => done?,
        }
    }
    if template.is_default {
        templates::only_default(tx, &template.id).await?;
    }
    view(tx, template).await
}

async fn view(tx: &mut Tx, template: Template) -> Result<AdminTemplate, ApiError> {
    admin_templates::view(tx, template).await?.ok_or(ApiError::NotFound)
}
