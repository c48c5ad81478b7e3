//! What the api and the worker both know: the pure domain, settings, tables, the queue, events.
//!
//! It must not know axum, bollard or any other way in or out but the database. `domain` imports nothing of ours;
//! `store`, `queue` and `events` import `domain`; `lifecycle` puts them together in one transaction each; `backup` reads and fills
//! all tables at once.

pub mod backup;
pub mod config;
pub mod domain;
pub mod events;
pub mod lifecycle;
pub mod measure;
mod peer;
pub mod queue;
pub mod seal;
pub mod secrets;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trace;

/// The version of this build, as `/about` and each worker's row say it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
