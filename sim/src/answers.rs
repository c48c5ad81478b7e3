//! What the engine says when it refuses: Docker 20.10's status codes and its own words, which clients read.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // "Not modified" is how Docker says that a container runs, or is stopped, already: without a body.
        if self.status == StatusCode::NOT_MODIFIED {
            return self.status.into_response();
        }
        (self.status, Json(json!({ "message": self.message }))).into_response()
    }
}

fn refusal(status: StatusCode, message: impl Into<String>) -> Refusal {
    Refusal { status, message: message.into() }
}

pub(crate) fn bad_request(message: impl Into<String>) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, message)
}

pub(crate) fn server_error(message: impl Into<String>) -> Refusal {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, message)
}

pub(crate) fn already_so() -> Refusal {
    refusal(StatusCode::NOT_MODIFIED, "")
}

pub(crate) fn no_such_container(name: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, format!("No such container: {name}"))
}

pub(crate) fn no_such_image(name: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, format!("No such image: {name}"))
}

/// The same, as looking at an image says it.
pub(crate) fn no_such_image_to_inspect(name: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, format!("no such image: {name}: No such image: {name}"))
}

pub(crate) fn no_credentials(name: &str) -> Refusal {
    server_error(format!("Head \"http://{name}\": no basic auth credentials"))
}

pub(crate) fn wrong_credentials() -> Refusal {
    server_error("unauthorized: authentication required")
}

pub(crate) fn name_taken(name: &str, by: &str) -> Refusal {
    refusal(
        StatusCode::CONFLICT,
        format!(
            "Conflict. The container name \"/{name}\" is already in use by container \"{by}\". You have to remove (or rename) \
             that container to be able to reuse that name."
        ),
    )
}

pub(crate) fn is_running(id: &str) -> Refusal {
    refusal(
        StatusCode::CONFLICT,
        format!(
            "You cannot remove a running container {id}. Stop the container before attempting removal or force remove"
        ),
    )
}

pub(crate) fn is_not_running(asked: &str, id: &str) -> Refusal {
    refusal(StatusCode::CONFLICT, format!("Cannot kill container: {asked}: Container {id} is not running"))
}

pub(crate) fn nothing_to_kill(asked: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, format!("Cannot kill container: {asked}: No such container: {asked}"))
}

pub(crate) fn being_removed(id: &str) -> Refusal {
    refusal(StatusCode::CONFLICT, format!("removal of container {id} is already in progress"))
}

pub(crate) fn marked_for_removal() -> Refusal {
    refusal(StatusCode::CONFLICT, "container is marked for removal and cannot be started")
}

/// One of our own containers publishes the port.
pub(crate) fn port_allocated(name: &str, endpoint: &str, address: &str) -> Refusal {
    server_error(format!(
        "driver failed programming external connectivity on endpoint {name} ({endpoint}): Bind for {address} failed: port is \
         already allocated"
    ))
}

/// A stranger listens on the port.
pub(crate) fn port_in_use(name: &str, endpoint: &str, address: &str, why: &str) -> Refusal {
    server_error(format!(
        "driver failed programming external connectivity on endpoint {name} ({endpoint}): Error starting userland proxy: \
         listen tcp4 {address}: bind: {why}"
    ))
}

pub(crate) fn cannot_run(program: &str) -> Refusal {
    bad_request(format!(
        "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \
         \"{program}\": stat {program}: no such file or directory: unknown"
    ))
}

pub(crate) fn no_such_network(name: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, format!("network {name} not found"))
}

pub(crate) fn pool_overlaps() -> Refusal {
    refusal(StatusCode::FORBIDDEN, "Pool overlaps with other one on this address space")
}

pub(crate) fn no_pool_left() -> Refusal {
    refusal(
        StatusCode::NOT_FOUND,
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
    )
}

pub(crate) fn no_address_left() -> Refusal {
    refusal(StatusCode::FORBIDDEN, "no available IPv4 addresses on this network's address pools")
}

pub(crate) fn network_in_use(name: &str, id: &str) -> Refusal {
    refusal(StatusCode::FORBIDDEN, format!("error while removing network: network {name} id {id} has active endpoints"))
}

pub(crate) fn network_is_predefined(name: &str) -> Refusal {
    refusal(StatusCode::FORBIDDEN, format!("{name} is a pre-defined network and cannot be removed"))
}

pub(crate) fn no_such_volume(name: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, format!("get {name}: no such volume"))
}

pub(crate) fn volume_in_use(name: &str, by: &[&str]) -> Refusal {
    refusal(StatusCode::CONFLICT, format!("remove {name}: volume is in use - [{}]", by.join(", ")))
}
