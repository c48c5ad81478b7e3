//! Volumes. They are made with the containers that want them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::Value;

use super::{App, Words, filters};
use crate::answers::Refusal;

pub(super) async fn list(State(app): State<Arc<App>>, Query(words): Words) -> Result<Json<Value>, Refusal> {
    Ok(Json(app.engine.volumes(&filters(&words)?)))
}

pub(super) async fn inspect(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Json<Value>, Refusal> {
    app.engine.inspect_volume(&name).map(Json)
}

pub(super) async fn remove(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<StatusCode, Refusal> {
    app.engine.remove_volume(&name)?;
    Ok(StatusCode::NO_CONTENT)
}
