//! Stands before every call of the Docker API and lets the faults strike.
//!
//! A call that changes something is carried out to its end even when its client has gone: that is how an engine behaves that was slow or
//! stopped, and what makes a late call dangerous.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Kind, Strike};
use crate::answers::{self, Refusal};
use crate::program::{Doom, Ending, Mishap};
use crate::routes::App;

const LARGEST_BODY: usize = 1 << 20;

/// The connection that a call came on; cancelled, it is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Connection(pub(crate) CancellationToken);

/// This long after it began, a stream ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut(pub(crate) Duration);

/// What is known of a call.
struct Call {
    name: &'static str,
    /// Its address, and of its container the id, name, image and labels.
    words: String,
    /// Of a call that asks for one.
    image: Option<String>,
}

pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (call, request) = match read(&app, request).await {
        Ok(read) => read,
        Err(refusal) => return refusal.into_response(),
    };
    let strikes = app.faults.strikes(call.name, &call.words);
    let changes = !request.method().is_safe() && call.name != "attach";
    let work = carry_out(app, call, strikes, request, next);
    if changes {
        // The task goes on when this future is dropped with its connection.
        return tokio::spawn(work)
            .await
            .unwrap_or_else(|_| answers::server_error("the call broke off").into_response());
    }
    work.await
}

async fn carry_out(app: Arc<App>, call: Call, strikes: Vec<Strike>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Connection>().cloned();
    let mut mishap = Mishap::default();
    let (after, before): (Vec<_>, Vec<_>) = strikes.into_iter().partition(|strike| strike.after);
    for strike in before {
        match strike.kind {
            Kind::Dies => {
                let ending = Ending { exit_code: strike.exit_code, oom: strike.oom };
                mishap.doom = Some(Doom { after: strike.time(), ending });
            }
            Kind::PortTaken => mishap.port_taken = true,
            Kind::Cut => drop(request.extensions_mut().insert(Cut(strike.time()))),
            Kind::Slow | Kind::Hang | Kind::Error500 | Kind::Refuse | Kind::ImageMissing => {
                if let Some(answer) = befall(&app, &call, strike, connection.as_ref()).await {
                    return answer;
                }
            }
        }
    }
    request.extensions_mut().insert(mishap);
    let mut answer = next.run(request).await;
    for strike in after {
        if let Some(instead) = befall(&app, &call, strike, connection.as_ref()).await {
            answer = instead;
        }
    }
    answer
}

/// Waits, or gives the answer that comes in place of the true one.
async fn befall(app: &App, call: &Call, strike: Strike, connection: Option<&Connection>) -> Option<Response> {
    match strike.kind {
        Kind::Slow => {
            sleep(strike.time()).await;
            None
        }
        Kind::Hang => {
            let limit = async {
                match strike.ms {
                    Some(_) => sleep(strike.time()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = app.faults.until_cleared() => {}
                () = limit => {}
            }
            None
        }
        Kind::Error500 => {
            Some(answers::server_error("something went wrong, because a fault was asked for").into_response())
        }
        Kind::Refuse => {
            if let Some(Connection(connection)) = connection {
                connection.cancel();
            }
            std::future::pending().await
        }
        Kind::ImageMissing => {
            let image = call.image.as_deref().unwrap_or_default();
            let refusal = if call.name == "create" {
                answers::no_such_image(image)
            } else {
                answers::no_such_image_to_inspect(image)
            };
            Some(refusal.into_response())
        }
        // They strike in the start or the stream itself.
        Kind::PortTaken | Kind::Dies | Kind::Cut => None,
    }
}

async fn read(app: &App, request: Request) -> Result<(Call, Request), Refusal> {
    let path = request.uri().path();
    let name = name(request.method(), path);
    let mut words = format!("{} ", request.uri());
    if name == "create" {
        let (parts, body) = request.into_parts();
        let too_large = |_| answers::bad_request("the request is too large");
        let body = to_bytes(body, LARGEST_BODY).await.map_err(too_large)?;
        words.push_str(&String::from_utf8_lossy(&body));
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let image = asked.get("Image").and_then(Value::as_str).map(str::to_owned);
        return Ok((Call { name, words, image }, Request::from_parts(parts, Body::from(body))));
    }
    if let Some(asked) = path.strip_prefix("/containers/").and_then(|rest| rest.split('/').next()) {
        words.push_str(&app.engine.words_of(asked));
    }
    let image = path.strip_prefix("/images/").and_then(|rest| rest.strip_suffix("/json")).map(str::to_owned);
    Ok((Call { name, words, image }, request))
}

/// The call's name, as faults call it.
fn name(method: &Method, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        (_, ["_ping"]) => "ping",
        (_, ["version"]) => "version",
        (_, ["info"]) => "info",
        (_, ["events"]) => "events",
        ("POST", ["containers", "create"]) => "create",
        ("GET", ["containers", "json"]) => "list",
        ("GET", ["containers", _, "json"]) => "inspect",
        ("GET", ["containers", _, "logs"]) => "logs",
        ("GET", ["containers", _, "stats"]) => "stats",
        ("POST", ["containers", _, "attach"]) => "attach",
        ("POST", ["containers", _, "start"]) => "start",
        ("POST", ["containers", _, "stop"]) => "stop",
        ("POST", ["containers", _, "kill"]) => "kill",
        ("DELETE", ["containers", _]) => "remove",
        ("POST", ["images", "create"]) => "image_pull",
        ("DELETE", ["images", ..]) => "image_remove",
        ("GET", ["images", ..]) => "image_inspect",
        ("POST", ["networks", "create"]) => "network_create",
        ("GET", ["networks"]) => "network_list",
        ("GET", ["networks", _]) => "network_inspect",
        ("DELETE", ["networks", _]) => "network_remove",
        ("GET", ["volumes"]) => "volume_list",
        ("GET", ["volumes", _]) => "volume_inspect",
        ("DELETE", ["volumes", _]) => "volume_remove",
        _ => "unknown",
    }
}
