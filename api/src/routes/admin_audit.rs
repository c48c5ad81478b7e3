//! The audit log, for administrators: a page of it, or all of it as a stream of lines.
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use berth_shared::{
    domain::{
        audit::{Action, Outcome},
        time::Time,
    },
    store::audit::{self, AuditView, Filter, Moment, Place},
};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::caller::Admin,
    extract::{Faults, Query},
    paging::{self, PageQuery},
    problem::ApiError,
    state::App,
};

/// Lines that are read at once for an export.
const BATCH: i64 = 500;
const LONGEST_Q: usize = 100;

#[derive(Serialize, ToSchema)]
struct AuditPage {
    items: Vec<AuditView>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// A username.
    actor: Option<String>,
    /// One or more actions, with commas; `user.` stands for all that begin so.
    action: Option<String>,
    /// The id or the name of what it was done to.
    target: Option<String>,
    #[param(inline)]
    result: Option<Outcome>,
    /// Part of an actor, a target's name, a detail, an address or a request id.
    q: Option<String>,
    /// RFC 3339, or how long ago (`24h`, `7d`).
    since: Option<String>,
    /// RFC 3339, or how long ago.
    until: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The same without paging.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// A username.
    actor: Option<String>,
    /// One or more actions, with commas; `user.` stands for all that begin so.
    action: Option<String>,
    /// The id or the name of what it was done to.
    target: Option<String>,
    #[param(inline)]
    result: Option<Outcome>,
    /// Part of an actor, a target's name, a detail, an address or a request id.
    q: Option<String>,
    /// RFC 3339, or how long ago (`24h`, `7d`).
    since: Option<String>,
    /// RFC 3339, or how long ago.
    until: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(export))
}

/// Who did what, and who was refused; newest first.
#[utoipa::path(get, path = "/admin/audit", operation_id = "audit", tag = "admin", params(AuditQuery),
    responses((status = 200, body = AuditPage)))]
async fn list(State(app): State<App>, _: Admin, Query(query): Query<AuditQuery>) -> Result<Json<AuditPage>, ApiError> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, before) = (page.limit()?, page.after()?.map(|key| place(&key)).transpose()?);
    let filter = read(&ExportQuery {
        actor: query.actor,
        action: query.action,
        target: query.target,
        result: query.result,
        q: query.q,
        since: query.since,
        until: query.until,
    })?;
    let mut tx = app.db.read().await?;
    let mut items = audit::page(&mut tx, &filter, before, paging::one_more(limit)).await?;
    let next_cursor = paging::cut(&mut items, limit, |item| format!("{}.{}", item.at.0, item.id));
    Ok(Json(AuditPage { items, next_cursor }))
}

/// All of it, oldest first, one JSON object a line, as it is when it is asked for.
#[utoipa::path(get, path = "/admin/audit/export", operation_id = "export_audit", tag = "admin", params(ExportQuery),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
async fn export(State(app): State<App>, _: Admin, Query(query): Query<ExportQuery>) -> Result<Response, ApiError> {
    let mut filter = read(&query)?;
    let mut tx = app.db.read().await?;
    // What comes while it is sent would make it endless.
    filter.until = filter.until.or(Some(Moment::At(Time(tx.now().await?.0 + 1))));
    let first = audit::after(&mut tx, &filter, None, BATCH).await?;
    drop(tx);
    let lines = stream::try_unfold(Some(first), move |batch| {
        let (app, filter) = (app.clone(), filter.clone());
        async move {
            let Some(batch) = batch.filter(|batch| !batch.is_empty()) else { return Ok(None) };
            let mut text = Vec::new();
            for item in &batch {
                serde_json::to_writer(&mut text, item).map_err(ApiError::internal)?;
                text.push(b'\n');
            }
            let last = batch.last().map(|item| (item.at, item.id.clone()));
            let whole = i64::try_from(batch.len()).unwrap_or(i64::MAX) == BATCH;
            let next =
                if whole { Some(audit::after(&mut app.db.read().await?, &filter, last, BATCH).await?) } else { None };
            Ok::<_, ApiError>(Some((Bytes::from(text), next)))
        }
    });
    // Broken off where the database fails, so that nobody takes a part for the whole.
    let body = Body::from_stream(lines.map_err(|error| error.to_string()));
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"berth-audit.ndjson\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body).into_response())
}

fn read(query: &ExportQuery) -> Result<Filter, ApiError> {
    let mut faults = Faults::default();
    let actions: Vec<String> = given(query.action.as_ref())
        .map(|words| words.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect())
        .unwrap_or_default();
    for action in &actions {
        let known = Action::ALL.iter().any(|known| {
            if action.ends_with('.') { known.as_str().starts_with(action.as_str()) } else { known.as_str() == action }
        });
        faults.check(known, "action", "write actions as `sign_in` or `user.`, with commas");
    }
    let short = query.q.as_ref().is_none_or(|q| q.chars().count() <= LONGEST_Q);
    faults.check(short, "q", "write at most 100 characters");
    let moments = [("since", &query.since), ("until", &query.until)].map(|(field, text)| {
        let text = given(text.as_ref())?;
        faults.add(
            field,
            Moment::parse(text).ok_or("write a time as 2026-01-31T12:00:00Z, or how long ago as 30m, 24h or 7d"),
        )
    });
    for (field, text) in [("actor", &query.actor), ("target", &query.target), ("q", &query.q)] {
        let plain = text.as_ref().is_none_or(|text| !text.contains(char::is_control));
        faults.check(plain, field, "must not have control characters");
    }
    faults.done()?;
    let [since, until] = moments;
    let own = |text: &Option<String>| given(text.as_ref()).map(str::to_owned);
    Ok(Filter {
        actor: own(&query.actor),
        actions,
        target: own(&query.target),
        result: query.result,
        q: own(&query.q),
        since,
        until,
    })
}

fn given(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn place(key: &str) -> Result<Place, ApiError> {
    let (at, id) = key.split_once('.').ok_or_else(paging::bad_cursor)?;
    Ok((Time(at.parse().map_err(|_| paging::bad_cursor())?), id.to_owned()))
}
