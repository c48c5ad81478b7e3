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
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Kind, Strike};
use crate::answers::{self, Refusal};
use crate::program::{Doom, Ending};
use crate::routes::App;

const LARGEST_BODY: usize = 1 << 20;

/// The connection that a call came on; cancelled, it is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Connection(pub(crate) CancellationToken);

/// This long after it began, a stream ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut(pub(crate) Duration);

pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let call = name(request.method(), &path);
    let (request, words) = match read(&app, call, &path, request).await {
        Ok(read) => read,
        Err(refusal) => return refusal.into_response(),
    };
    let strikes = app.faults.strikes(call, &words);
    let connection = request.extensions().get::<Connection>().cloned();
    let changes = !request.method().is_safe() && call != "attach";
    let work = carry_out(app, strikes, connection, request, next);
    if changes {
        // The task goes on when this future is dropped with its connection.
        return tokio::spawn(work)
            .await
            .unwrap_or_else(|_| answers::server_error("the call broke off").into_response());
    }
    work.await
}

async fn carry_out(
    app: Arc<App>,
    strikes: Vec<Strike>,
    connection: Option<Connection>,
    mut request: Request,
    next: Next,
) -> Response {
    for strike in strikes.iter().filter(|strike| !strike.after) {
        match strike.kind {
            Kind::Dies => {
                let ending = Ending { exit_code: strike.exit_code, oom: strike.oom };
                request.extensions_mut().insert(Doom { after: strike.time(), ending });
            }
            Kind::Cut => {
                request.extensions_mut().insert(Cut(strike.time()));
            }
            _ => {
                if let Some(answer) = befall(&app, strike, connection.as_ref(), &request_words(&request)).await {
                    return answer;
                }
            }
        }
    }
    let words = request_words(&request);
    let mut answer = next.run(request).await;
    for strike in strikes.iter().filter(|strike| strike.after) {
        if let Some(instead) = befall(&app, strike, connection.as_ref(), &words).await {
            answer = instead;
        }
    }
    answer
}

/// Waits, or gives the answer that comes in place of the true one.
async fn befall(app: &App, strike: &Strike, connection: Option<&Connection>, what: &Words) -> Option<Response> {
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
        Kind::PortTaken => {
            let name = what.container.as_deref().unwrap_or_default();
            Some(answers::port_allocated(name, name, "0.0.0.0:0").into_response())
        }
        Kind::ImageMissing => Some(match &what.image {
            Some(name) => answers::no_such_image_to_inspect(name).into_response(),
            None => answers::no_such_image("of this container").into_response(),
        }),
        // They strike later, in the container or the stream.
        Kind::Dies | Kind::Cut => None,
    }
}

/// What a refusal names.
#[derive(Debug, Default)]
struct Words {
    container: Option<String>,
    image: Option<String>,
}

fn request_words(request: &Request) -> Words {
    let path = request.uri().path();
    let container = path.strip_prefix("/containers/").and_then(|rest| rest.split('/').next());
    let image = path.strip_prefix("/images/").and_then(|rest| rest.strip_suffix("/json"));
    Words { container: container.map(str::to_owned), image: image.map(str::to_owned) }
}

/// All that is known of a call: its address, and of its container the id, name, image and labels.
async fn read(app: &App, call: &str, path: &str, request: Request) -> Result<(Request, String), Refusal> {
    let mut words = request.uri().to_string();
    let asked = path.strip_prefix("/containers/").and_then(|rest| rest.split('/').next());
    if call != "create" {
        words.push(' ');
        words.push_str(&asked.map(|asked| app.engine.words_of(asked)).unwrap_or_default());
        return Ok((request, words));
    }
    let (parts, body) = request.into_parts();
    let too_large = |_| answers::bad_request("the request is too large");
    let body = to_bytes(body, LARGEST_BODY).await.map_err(too_large)?;
    words.push(' ');
    words.push_str(&String::from_utf8_lossy(&body));
    Ok((Request::from_parts(parts, Body::from(body)), words))
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
        ("POST", ["containers", _, "attach"]) => "attach",
        ("POST", ["containers", _, "start"]) => "start",
        ("POST", ["containers", _, "stop"]) => "stop",
        ("POST", ["containers", _, "kill"]) => "kill",
        ("DELETE", ["containers", _]) => "remove",
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
