//! The api: everything that browsers and scripts talk to. It reads and writes rows and enqueues jobs,
//! and never talks to the container engine.
//!
//! `server` runs it, `router` puts the layers together; a file in `routes/` is one resource of the contract;
//! `problem` knows every status code; `proxy` carries a desktop's screen and `sse` its news.

pub mod address;
pub mod auth;
mod connection;
pub mod docs;
mod door;
pub mod ear;
pub mod extract;
pub mod limits;
pub mod origin;
pub mod paging;
pub mod problem;
pub mod proxy;
pub mod refusals;
pub mod request_id;
pub mod retry;
pub mod router;
pub mod routes;
pub mod security_headers;
pub mod server;
pub mod sse;
pub mod state;
pub mod static_files;
pub mod trail;
pub mod viewers;

use axum::Router;

pub use routes::health::Health;
pub use server::run;
pub use state::Parts;

/// What each process, worker or api, answers on its metrics address.
pub fn ops_router(health: Health) -> Router {
    routes::health::router(health)
}
