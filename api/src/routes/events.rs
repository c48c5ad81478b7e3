//! The caller's news as server-sent events. What is in the stream: `sse`.
use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::{
        IntoResponse, Response,
        sse::{KeepAlive, Sse},
    },
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{auth::caller::Caller, extract::Query, problem::ApiError, sse, state::App};

/// Proxies cut what is silent for a while; the contract says 15 s at most.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const LAST_EVENT_ID: &str = "last-event-id";

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RoomName {
    Admin,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// The last id that was heard; `Last-Event-ID` goes before it.
    after: Option<String>,
    /// Everybody's events, for operators and administrators.
    #[param(inline)]
    room: Option<RoomName>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// The stream: `snapshot`, then `desktop`, `notice` and `queue`, each with JSON.
#[utoipa::path(get, path = "/events", tag = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn events(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    use berth_shared::domain::user::Role;
    let everybody = query.room.is_some();
    if everybody && caller.user.role == Role::User {
        return Err(ApiError::Forbidden);
    }
    let last = headers.get(LAST_EVENT_ID).and_then(|v| v.to_str().ok()).filter(|id| !id.is_empty());
    let after = last.or(query.after.as_deref());
    let feed = sse::Feed::open(&app, &caller, everybody, after).await?;
    let stream = Sse::new(feed.into_stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // nginx would gather events before it sends them on.
    let headers = [(header::CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, stream).into_response())
}
