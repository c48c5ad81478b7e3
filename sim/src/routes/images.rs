//! Images: every one is here, but for those that are at a pretended registry and were not pulled yet.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::{Engine as _, alphabet, engine::GeneralPurpose, engine::general_purpose::PAD};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::streams::until_cut;
use super::{App, Words};
use crate::answers::{Refusal, bad_request, no_such_image};
use crate::engine::Offer;
use crate::faults::Cut;

/// What clients send, whichever of the two alphabets they write it in.
const ALPHABETS: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::STANDARD, PAD), GeneralPurpose::new(&alphabet::URL_SAFE, PAD)];

pub(super) async fn inspect(State(app): State<Arc<App>>, Path(rest): Path<String>) -> Result<Json<Value>, Refusal> {
    let name = rest.strip_suffix("/json").ok_or_else(|| no_such_image(&rest))?;
    app.engine.inspect_image(name).map(Json)
}

pub(super) async fn remove(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Json<Value>, Refusal> {
    app.engine.remove_image(&name)?;
    Ok(Json(json!([{ "Untagged": name }])))
}

/// A pull: tells how far it is, a JSON object a line. A client that goes away ends it.
pub(super) async fn pull(
    State(app): State<Arc<App>>,
    Query(words): Words,
    headers: HeaderMap,
    cut: Option<Extension<Cut>>,
) -> Result<Response, Refusal> {
    let from = words.get("fromImage").filter(|name| !name.is_empty()).ok_or_else(|| bad_request("no image named"))?;
    let name = match words.get("tag").filter(|tag| !tag.is_empty()) {
        Some(digest) if digest.contains(':') => format!("{from}@{digest}"),
        Some(tag) => format!("{from}:{tag}"),
        None => from.clone(),
    };
    let story = app.engine.pull_story(&name, who(&headers).as_deref())?;
    let (pause, brings, lines) = (story.pause, story.brings, story.lines.into_iter());
    let told = stream::unfold((app, lines, name), move |(app, mut lines, name)| async move {
        let Some(line) = lines.next() else {
            if let Some(version) = brings {
                app.engine.image_arrived(&name, version);
            }
            return None;
        };
        sleep(pause).await;
        Some((Bytes::from(format!("{line}\r\n")), (app, lines, name)))
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(until_cut(told, cut))).into_response())
}

/// Who asks, as `name:password`.
fn who(headers: &HeaderMap) -> Option<String> {
    #[derive(Deserialize)]
    struct Auth {
        username: Option<String>,
        password: Option<String>,
    }
    let text = headers.get("x-registry-auth")?.to_str().ok()?;
    let json = ALPHABETS.iter().find_map(|alphabet| alphabet.decode(text).ok())?;
    let auth: Auth = serde_json::from_slice(&json).ok()?;
    auth.username.zip(auth.password).map(|(name, password)| format!("{name}:{password}"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offered {
    name: String,
    #[serde(default)]
    offer: Option<Offer>,
}

/// From now on this image is at a registry, and here once it was pulled.
pub(super) async fn offer(State(app): State<Arc<App>>, body: Bytes) -> Result<StatusCode, Refusal> {
    let Offered { name, offer } =
        serde_json::from_slice(&body).map_err(|error| bad_request(format!("invalid JSON: {error}")))?;
    app.engine.offer_image(name, offer.unwrap_or_default())?;
    Ok(StatusCode::CREATED)
}
