//! The engine itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::App;
use crate::VERSION;

pub(crate) const API_VERSION: &str = "1.41";
/// The minor part of it.
pub(crate) const API_MINOR: u32 = 41;

pub(super) async fn ping() -> impl IntoResponse {
    ([("cache-control", "no-cache, no-store, must-revalidate"), ("pragma", "no-cache")], "OK")
}

pub(super) async fn version() -> Json<Value> {
    Json(json!({
        "Platform": { "Name": "Berth's pretended engine" }, "Version": VERSION, "ApiVersion": API_VERSION,
        "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64",
    }))
}

pub(super) async fn info(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.engine.info())
}
