//! Containers: everything but their streams.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{App, Words, filters, flag};
use crate::answers::{Refusal, bad_request};
use crate::engine::Signal;
use crate::program::Mishap;

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Query(words): Words,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let body = serde_json::from_slice(&body).map_err(|error| bad_request(format!("invalid JSON: {error}")))?;
    let id = app.engine.create(words.get("name").map(String::as_str), body)?;
    Ok((StatusCode::CREATED, Json(json!({ "Id": id, "Warnings": [] }))))
}

pub(super) async fn list(State(app): State<Arc<App>>, Query(words): Words) -> Result<Json<Value>, Refusal> {
    app.engine.list(flag(&words, "all"), &filters(&words)?).map(Json)
}

pub(super) async fn inspect(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    app.engine.inspect(&id).map(Json)
}

/// Once, whatever is asked: nothing is measured here.
pub(super) async fn stats(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    app.engine.stats(&id).map(Json)
}

pub(super) async fn start(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mishap: Option<Extension<Mishap>>,
) -> Result<StatusCode, Refusal> {
    app.engine.start(&id, mishap.map(|Extension(mishap)| mishap).unwrap_or_default())?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(words): Words,
) -> Result<StatusCode, Refusal> {
    let grace = words.get("t").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    app.engine.stop(&id, grace).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn kill(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(words): Words,
) -> Result<StatusCode, Refusal> {
    let signal = Signal::read(words.get("signal").map_or("", String::as_str));
    app.engine.kill(&id, signal).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(words): Words,
) -> Result<StatusCode, Refusal> {
    app.engine.remove(&id, flag(&words, "force"), false).await?;
    Ok(StatusCode::NO_CONTENT)
}
