//! The Docker API's addresses that are known here, and `/sim/…` beside them. Handlers only read the request and word the answer.

mod containers;
mod images;
mod networks;
mod sim;
mod streams;
mod system;
mod volumes;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use serde_json::Value;

use crate::VERSION;
use crate::answers::{Refusal, bad_request, server_error};
use crate::engine::Engine;
use crate::faults::{Faults, guard};

pub(crate) use system::{API_MINOR, API_VERSION};

/// What every handler knows.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) engine: Arc<Engine>,
    pub(crate) faults: Faults,
}

type Words = Query<HashMap<String, String>>;

pub(crate) fn router(app: Arc<App>) -> Router {
    let docker = Router::new()
        .route("/_ping", get(system::ping).head(system::ping))
        .route("/version", get(system::version))
        .route("/info", get(system::info))
        .route("/events", get(streams::events))
        .route("/containers/create", post(containers::create))
        .route("/containers/json", get(containers::list))
        .route("/containers/{id}", delete(containers::remove))
        .route("/containers/{id}/json", get(containers::inspect))
        .route("/containers/{id}/stats", get(containers::stats))
        .route("/containers/{id}/start", post(containers::start))
        .route("/containers/{id}/stop", post(containers::stop))
        .route("/containers/{id}/kill", post(containers::kill))
        .route("/containers/{id}/logs", get(streams::logs))
        .route("/containers/{id}/attach", post(streams::attach))
        .route("/images/create", post(images::pull))
        .route("/images/{*name}", get(images::inspect).delete(images::remove))
        .route("/networks", get(networks::list))
        .route("/networks/create", post(networks::create))
        .route("/networks/{id}", get(networks::inspect).delete(networks::remove))
        .route("/volumes", get(volumes::list))
        .route("/volumes/{name}", get(volumes::inspect).delete(volumes::remove))
        .layer(from_fn_with_state(Arc::clone(&app), guard));
    let sim = Router::new()
        .route("/sim", get(sim::about))
        .route("/sim/faults", get(sim::faults).post(sim::arm).delete(sim::disarm_all))
        .route("/sim/faults/{id}", delete(sim::disarm))
        .route("/sim/containers/{id}/die", post(sim::die))
        .route("/sim/containers/{id}/vanish", post(sim::vanish))
        .route("/sim/events/cut", post(sim::cut_events))
        .route("/sim/images", post(sim::make_image))
        .route("/sim/registry", post(images::offer))
        .route("/sim/log", get(sim::log));
    docker.merge(sim).fallback(nowhere).layer(map_response(as_docker)).with_state(app)
}

async fn nowhere() -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, message: "page not found".to_owned() }
}

/// The headers that Docker adds to each answer.
async fn as_docker<B>(mut answer: Response<B>) -> impl IntoResponse
where
    Response<B>: IntoResponse,
{
    let server = format!("Docker/{VERSION} (linux)");
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("api-version"), HeaderValue::from_static(system::API_VERSION));
    headers.insert(HeaderName::from_static("ostype"), HeaderValue::from_static("linux"));
    headers.insert(HeaderName::from_static("docker-experimental"), HeaderValue::from_static("false"));
    if let Ok(server) = HeaderValue::from_str(&server) {
        headers.insert(HeaderName::from_static("server"), server);
    }
    answer
}

/// A yes or no, as Docker reads them.
fn flag(words: &HashMap<String, String>, name: &str) -> bool {
    words.get(name).is_some_and(|text| !["", "0", "no", "false", "none"].contains(&text.to_lowercase().trim()))
}

/// `filters={"label":["a=b"]}`, or in its older form `{"label":{"a=b":true}}`.
fn filters(words: &HashMap<String, String>) -> Result<HashMap<String, Vec<String>>, Refusal> {
    let Some(text) = words.get("filters").filter(|text| !text.is_empty()) else { return Ok(HashMap::new()) };
    let invalid = || bad_request("invalid filter");
    let all: HashMap<String, Value> = serde_json::from_str(text).map_err(|error| server_error(error.to_string()))?;
    let values = |value: Value| match value {
        Value::Array(values) => {
            values.into_iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(invalid)).collect()
        }
        Value::Object(values) => Ok(values.into_iter().map(|(value, _)| value).collect::<Vec<_>>()),
        _ => Err(invalid()),
    };
    all.into_iter().map(|(key, value)| Ok((key, values(value)?))).collect()
}
