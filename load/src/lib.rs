//! `berth load`: users who start, use, stop and delete desktops, as many as one likes, against a Berth that is there or one
//! that is started for it; things that break meanwhile; and a report with a verdict. It knows Berth only from outside, over
//! HTTP, server-sent events and WebSocket, as browsers do, so that what it measures is what users get.
//!
//! [`run`] is the way through one run. `plan` says what it is to be; `scenario` what everybody does, a `person` how;
//! `page` listens, `ledger` writes down, `watch` looks at the processes, `strike` breaks things, `report` says what came of it.
//!
//! `client`, `sse`, `rfb`, `server` and `ports` are also what the benchmarks and the fault suite are made of.

mod capacity;
pub mod client;
mod crowd;
mod engine;
mod goal;
mod ledger;
mod markdown;
mod own;
mod page;
mod person;
mod plan;
pub mod ports;
mod progress;
mod report;
pub mod resources;
pub mod rfb;
mod run;
mod scenario;
pub mod server;
mod site;
pub mod sse;
mod strike;
mod watch;

pub use capacity::{Capacity, Size};
pub use goal::Goal;
pub use own::local_engine;
pub use plan::{Fault, Own, Place, Plan, Scenario, There};
pub use report::Report;
pub use run::{Stop, clean, run};

/// Chooses the cryptography of this process, once: without it nobody can be asked anything.
pub fn prepare() {
    // Somebody has chosen already: as good.
    _ = rustls::crypto::ring::default_provider().install_default();
}
