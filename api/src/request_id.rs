//! The outermost layer of the api: gives each call an id, logs it, measures it, and writes the body of every problem.
//!
//! Answers that axum gives by itself (no such route, method not allowed, a refused upgrade) become problems
//! here too, so that no caller ever meets a bare status below `/api`.
use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use berth_shared::{measure, trace};
use tracing::{Instrument, field::Empty};

use crate::problem::{ApiError, CONTENT_TYPE, Problem};

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// In each request's extensions.
#[derive(Debug, Clone)]
pub struct RequestId(Arc<str>);

impl RequestId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a job is marked with that this request asks for.
    pub fn trace(&self) -> String {
        trace::current().unwrap_or_else(|| self.0.to_string())
    }

    /// A proxy's id is taken when it cannot do harm in logs; anything else gets one of ours.
    fn of(headers: &HeaderMap) -> Self {
        let theirs = headers.get(HEADER).and_then(|v| v.to_str().ok()).filter(|v| is_sane(v));
        Self(theirs.map_or_else(|| Arc::from(ulid::Ulid::generate().to_string()), Arc::from))
    }
}

fn is_sane(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

pub async fn layer(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let path = request.uri().path();
    let of_api = path == "/api" || path.starts_with("/api/");
    let is_read = request.method().is_safe();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = known(request.method());
    let span =
        tracing::info_span!("request", request_id = id.as_str(), method, path, otel.name = Empty, otel.kind = Empty);
    if trace::is_on() {
        span.record("otel.name", format!("{method} {}", pattern(route.as_ref(), of_api)));
        span.record("otel.kind", "server");
    }
    let began = Instant::now();

    async move {
        let mut response = written(next.run(request).await, &id, of_api);
        if let Ok(value) = HeaderValue::from_str(id.as_str()) {
            response.headers_mut().insert(HEADER, value);
        }
        let (status, took) = (response.status().as_u16(), began.elapsed());
        measure::answered(method, pattern(route.as_ref(), of_api), status, took);
        let ms = took.as_millis() as u64;
        // Reads that went well are most of the traffic and tell nothing.
        if is_read && status < 400 {
            tracing::debug!(status, ms, "answered");
        } else {
            tracing::info!(status, ms, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Anybody may send any word as a method: one that we do not know is not told apart.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The pattern of the route, never the path: what is asked for that is not there, and the page's files, are one each.
fn pattern(route: Option<&MatchedPath>, of_api: bool) -> &str {
    match route {
        Some(route) => route.as_str(),
        None if of_api => "unknown",
        None => "page",
    }
}

fn written(mut response: Response, id: &RequestId, of_api: bool) -> Response {
    let bare = of_api && response.status().as_u16() >= 400 && response.extensions().get::<Problem>().is_none();
    if bare && let Some(error) = ApiError::from_bare_status(response.status()) {
        response = as_problem(error, response);
    }
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        id.as_str().clone_into(&mut problem.request_id);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(body);
    }
    response
}

/// Keeps what the bare answer said beside its status, such as `Allow`.
fn as_problem(error: ApiError, bare: Response) -> Response {
    let (mut parts, _) = bare.into_parts();
    let problem = error.into_response().into_parts().0;
    parts.headers.extend(problem.headers);
    parts.extensions.extend(problem.extensions);
    Response::from_parts(parts, Body::empty())
}

/// The answer for a handler that panicked, for `CatchPanicLayer`: inside this layer, so that it gets its id.
pub fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = (panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.to_string());
    ApiError::internal(format!("a handler panicked: {text}")).into_response()
}
