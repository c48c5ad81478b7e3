//! What a real engine does not have: faults, ends out of nowhere, and the journal for whoever checks afterwards.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{App, Words};
use crate::answers::{Refusal, bad_request, server_error};
use crate::faults::{Armed, Fault};
use crate::program::{Ending, Program};

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| bad_request(format!("invalid JSON: {error}")))
}

pub(super) async fn about(State(app): State<Arc<App>>) -> Json<Value> {
    let options = &app.engine.options;
    Json(json!({
        "pid": std::process::id(), "state": options.state, "start_ms": options.start.as_secs_f64() * 1e3,
        "fail": options.fail, "cpus": options.cpus, "seed": options.seed,
        "linger_seconds": options.linger.map(|linger| linger.as_secs_f64()),
    }))
}

pub(super) async fn faults(State(app): State<Arc<App>>) -> Json<Vec<Armed>> {
    Json(app.faults.all())
}

pub(super) async fn arm(State(app): State<Arc<App>>, body: Bytes) -> Result<(StatusCode, Json<Armed>), Refusal> {
    let armed = app.faults.arm(read::<Fault>(&body)?).map_err(bad_request)?;
    Ok((StatusCode::CREATED, Json(armed)))
}

pub(super) async fn disarm_all(State(app): State<Arc<App>>) -> StatusCode {
    app.faults.clear(None);
    StatusCode::NO_CONTENT
}

pub(super) async fn disarm(State(app): State<Arc<App>>, Path(id): Path<u64>) -> StatusCode {
    if app.faults.clear(Some(id)) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Death {
    exit_code: Option<i64>,
    oom: bool,
}

pub(super) async fn die(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let Death { exit_code, oom } = if body.is_empty() { Death::default() } else { read(&body)? };
    let exit_code = exit_code.unwrap_or(if oom { 137 } else { 1 });
    app.engine.die(&id, Ending { exit_code, oom }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gone, and nobody is told.
pub(super) async fn vanish(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    app.engine.remove(&id, true, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn cut_events(State(app): State<Arc<App>>) -> StatusCode {
    app.engine.cut_events();
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    name: String,
    program: Program,
}

pub(super) async fn make_image(State(app): State<Arc<App>>, body: Bytes) -> Result<StatusCode, Refusal> {
    let Image { name, program } = read(&body)?;
    app.engine.make_image(name, program)?;
    Ok(StatusCode::CREATED)
}

/// The journal, a JSON object a line; `?after=N`: only what came after the line with that `n`.
pub(super) async fn log(State(app): State<Arc<App>>, Query(words): Words) -> Result<Response, Refusal> {
    let after = match words.get("after") {
        Some(text) => text.parse().map_err(|_| bad_request("after: write the number `n` of a line"))?,
        None => 0,
    };
    let lines = app.engine.journal(after).map_err(|error| server_error(format!("read journal: {error}")))?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}
