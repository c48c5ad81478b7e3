//! Desktops: asking for one, the list, one of them, its name. Start, stop and delete: `desktop_wishes`.
use std::time::{Duration, Instant};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use berth_shared::{
    domain::{
        audit::Action,
        desktop::{DesktopView, Status},
        names,
        time::Time,
        user::username_key,
    },
    lifecycle::{self, Asked, NewDesktop},
    measure,
    store::{
        audience::Viewer,
        audit::Target,
        desktops::{self, Desktop},
        idempotency::{self, KeptAnswer},
        templates, users,
    },
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::caller::Caller,
    extract::{Id, Query, RawJson},
    paging::{self, PageQuery},
    problem::ApiError,
    request_id::RequestId,
    retry::retrying,
    state::App,
    trail::Trail,
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_KEPT: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateDesktop {
    /// A template's id or name.
    #[schema(example = "light")]
    template: String,
    /// Null: named after its template.
    #[schema(max_length = 64)]
    name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenameDesktop {
    #[schema(min_length = 1, max_length = 64)]
    name: String,
}

#[derive(Serialize, ToSchema)]
struct DesktopPage {
    items: Vec<DesktopView>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// A username: somebody else's desktops, for administrators.
    owner: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, rename))
}

/// Asks for a desktop. It waits in line, starts, and then runs; its events tell.
#[utoipa::path(post, path = "/desktops", operation_id = "create_desktop", tag = "desktops", request_body = CreateDesktop,
    params(("Idempotency-Key" = Option<String>, Header,
        description = "Kept for 24 h: the same body under the same key gets the same answer, another body 422")),
    responses((status = 202, body = DesktopView, headers(("Location" = String)))))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    request_id: axum::Extension<RequestId>,
    trail: Trail,
    headers: HeaderMap,
    body: RawJson,
) -> Result<Response, ApiError> {
    let key = idempotency_key(&headers)?;
    let mut wanted: CreateDesktop = body.parse()?;
    if let Some(name) = &mut wanted.name {
        *name = names::checked(name).map_err(|message| ApiError::invalid("name", message))?;
    }
    // No template has a name of this kind, and PostgreSQL does not even look for a NUL.
    let unknown = || ApiError::UnknownTemplate(wanted.template.chars().take(names::LONGEST).collect());
    if wanted.template.contains(char::is_control) {
        return Err(unknown());
    }
    let request_hash = hash(&wanted);
    let trace = request_id.trace();

    let asked = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let user = users::lock(&mut tx, &caller.user.id).await?.filter(|user| user.disabled_at.is_none());
        let user = user.ok_or(ApiError::SessionEnded)?;
        let now = tx.now().await?;
        if let Some(key) = key
            && let Some(kept) = idempotency::get(&mut tx, &user.id, key, now.minus(KEY_KEPT)).await?
        {
            let same = kept.request_hash == request_hash;
            return if same { Ok(Created::Before(kept.answer)) } else { Err(ApiError::IdempotencyConflict) };
        }
        let viewer = Viewer::of(&user);
        let template = templates::find(&mut tx, &wanted.template, &viewer).await?.ok_or_else(unknown)?;
        let new = NewDesktop { template: &template, name: wanted.name.clone(), trace_id: Some(&trace) };
        let view = accepted(lifecycle::create(&mut tx, &user, new, &app.limits).await?)?;
        trail.did(&mut tx, Action::DesktopStart, Target::desktop(&view.id, &view.name), "A new one.").await?;
        if let Some(key) = key {
            idempotency::keep(&mut tx, &user.id, key, &answer(&request_hash, &view)?, now).await?;
        }
        tx.commit().await?;
        Ok(Created::Now(view))
    });
    let view = match asked.await? {
        Created::Before(answer) => serde_json::from_str(&answer).map_err(ApiError::internal)?,
        Created::Now(mut view) => {
            app.signals.changed();
            with_places(&app, std::slice::from_mut(&mut *view)).await?;
            if let Some(key) = key {
                keep_with_place(&app, &caller.user.id, key, &answer(&request_hash, &view)?).await;
            }
            *view
        }
    };
    let location = [(header::LOCATION, format!("/api/v1/desktops/{}", view.id))];
    Ok((StatusCode::ACCEPTED, location, Json(view)).into_response())
}

enum Created {
    /// The answer of the first request under this key.
    Before(String),
    Now(Box<DesktopView>),
}

/// The caller's desktops, newest first.
#[utoipa::path(get, path = "/desktops", operation_id = "desktops", tag = "desktops", params(ListQuery),
    responses((status = 200, body = DesktopPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<DesktopPage>, ApiError> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, before) = (page.limit()?, page.after()?.map(|key| position(&key)).transpose()?);
    let mut tx = app.db.read().await?;
    let owner = match &query.owner {
        None => Some(caller.user.id.clone()),
        // Nobody has a name that cannot be one.
        Some(name) => match username_key(name) {
            Ok(key) => users::by_key(&mut tx, &key).await?.map(|user| user.id),
            Err(_) => None,
        },
    };
    if !caller.is_admin() && owner.as_ref() != Some(&caller.user.id) {
        return Err(ApiError::Forbidden);
    }
    let mut rows = match &owner {
        Some(owner) => desktops::page(&mut tx, Some(owner), before, paging::one_more(limit)).await?,
        None => Vec::new(),
    };
    drop(tx);
    let next_cursor = paging::cut(&mut rows, limit, |row| format!("{}.{}", row.created_at.0, row.id));
    let mut items: Vec<DesktopView> = rows.iter().map(Desktop::view).collect();
    with_places(&app, &mut items).await?;
    Ok(Json(DesktopPage { items, next_cursor }))
}

/// One desktop.
#[utoipa::path(get, path = "/desktops/{id}", operation_id = "desktop", tag = "desktops", params(("id" = String, Path)),
    responses((status = 200, body = DesktopView)))]
async fn get(State(app): State<App>, caller: Caller, Id(id): Id) -> Result<Json<DesktopView>, ApiError> {
    let found = desktops::get(&mut app.db.read().await?, &id).await?;
    let mut view = visible(found, &caller)?.view();
    with_places(&app, std::slice::from_mut(&mut view)).await?;
    Ok(Json(view))
}

/// Gives a desktop another name.
#[utoipa::path(patch, path = "/desktops/{id}", operation_id = "rename_desktop", tag = "desktops",
    params(("id" = String, Path)), request_body = RenameDesktop, responses((status = 200, body = DesktopView)))]
async fn rename(
    State(app): State<App>,
    caller: Caller,
    trail: Trail,
    Id(id): Id,
    body: RawJson,
) -> Result<Json<DesktopView>, ApiError> {
    let mut view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let desktop = visible(desktops::lock(&mut tx, &id).await?, &caller)?;
        let RenameDesktop { name } = body.parse()?;
        let name = names::checked(&name).map_err(|message| ApiError::invalid("name", message))?;
        if desktop.status == Status::Deleting {
            return Err(ApiError::BeingDeleted);
        }
        let (before, version) = (desktop.name.clone(), desktop.version);
        let view = lifecycle::rename(&mut tx, desktop, name).await?;
        if view.version != version {
            let target = Target::desktop(&view.id, &view.name);
            trail.did(&mut tx, Action::DesktopRename, target, &format!("Before: “{before}”.")).await?;
        }
        tx.commit().await?;
        Ok(view)
    })
    .await?;
    app.signals.changed();
    with_places(&app, std::slice::from_mut(&mut view)).await?;
    Ok(Json(view))
}

/// The desktop if this caller may know of it: its owner and administrators.
pub(super) fn visible(found: Option<Desktop>, caller: &Caller) -> Result<Desktop, ApiError> {
    found.filter(|d| d.owner_id == caller.user.id || caller.is_admin()).ok_or(ApiError::NotFound)
}

/// What became of a request, in the api's words; counts refusals.
pub(super) fn accepted(asked: Asked) -> Result<Box<DesktopView>, ApiError> {
    match asked {
        Asked::Accepted(view) => Ok(view),
        Asked::BeingDeleted => Err(ApiError::BeingDeleted),
        Asked::Denied(denied) => {
            measure::start_denied(match denied {
                lifecycle::Denied::Quota { .. } => "quota_exceeded",
                lifecycle::Denied::Rate { .. } => "start_rate_limited",
            });
            Err(denied.into())
        }
    }
}

/// Adds the places of those that wait.
pub(crate) async fn with_places(app: &App, views: &mut [DesktopView]) -> Result<(), ApiError> {
    let waits = |view: &&mut DesktopView| view.status == Status::Queued;
    if !views.iter_mut().any(|view| waits(&view)) {
        return Ok(());
    }
    let asked = Instant::now();
    let mut line = app.line.now().await?;
    if views.iter_mut().filter(waits).any(|view| line.info(&view.id).is_none()) {
        // One of them came after the line was read.
        line = app.line.after(asked).await?;
    }
    views.iter_mut().filter(waits).for_each(|view| view.queue = line.info(&view.id));
    Ok(())
}

/// A second request under a key is to get the first answer whole, with the place it had then.
async fn keep_with_place(app: &App, user_id: &str, key: &str, answer: &KeptAnswer) {
    let keep = async {
        let mut tx = app.db.begin().await?;
        let now = tx.now().await?;
        idempotency::keep(&mut tx, user_id, key, answer, now).await?;
        tx.commit().await
    };
    if let Err(error) = keep.await {
        tracing::debug!(%error, "an answer is kept without its place in line");
    }
}

fn answer(request_hash: &str, view: &DesktopView) -> Result<KeptAnswer, ApiError> {
    Ok(KeptAnswer {
        request_hash: request_hash.to_owned(),
        desktop_id: view.id.clone(),
        answer: serde_json::to_string(view).map_err(ApiError::internal)?,
    })
}

/// Of what was asked for, not of its spelling: spaces and the order of fields do not matter.
fn hash(wanted: &CreateDesktop) -> String {
    let text = serde_json::json!([wanted.template, wanted.name]).to_string();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let text = value.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    text.map(Some).ok_or_else(|| ApiError::invalid("Idempotency-Key", "write 1 to 255 visible ASCII characters"))
}

fn position(key: &str) -> Result<(Time, String), ApiError> {
    let (at, id) = key.split_once('.').ok_or_else(paging::bad_cursor)?;
    Ok((Time(at.parse().map_err(|_| paging::bad_cursor())?), id.to_owned()))
}
