//! Berth used from outside, as a browser or a script would: over HTTP, server-sent events and WebSocket, so that what is
//! shown and measured is what a user gets. `tables` alone looks at the database, for what the API has no word for.
//!
//! Two programs are made of it: `demo` (one desktop from click to gone) and `bench` (docs/benchmarks.md).

pub mod engine;
pub mod picture;
pub mod tables;

pub use berth_load::{client, ports, resources, rfb, server, sse};
