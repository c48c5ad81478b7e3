//! Networks.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{App, Words, filters};
use crate::answers::{Refusal, bad_request};
use crate::engine::NetworkRequest;

pub(super) async fn list(State(app): State<Arc<App>>, Query(words): Words) -> Result<Json<Value>, Refusal> {
    Ok(Json(app.engine.networks(&filters(&words)?)))
}

pub(super) async fn create(State(app): State<Arc<App>>, body: Bytes) -> Result<(StatusCode, Json<Value>), Refusal> {
    let asked: NetworkRequest =
        serde_json::from_slice(&body).map_err(|error| bad_request(format!("invalid JSON: {error}")))?;
    let id = app.engine.create_network(asked)?;
    Ok((StatusCode::CREATED, Json(json!({ "Id": id, "Warning": "" }))))
}

pub(super) async fn inspect(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    app.engine.inspect_network(&id).map(Json)
}

pub(super) async fn remove(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    app.engine.remove_network(&id)?;
    Ok(StatusCode::NO_CONTENT)
}
