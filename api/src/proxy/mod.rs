//! The way into a vnc desktop: carries RFB between a browser's WebSocket and the Xvnc of its container.
//!
//! `rfb` knows the protocol and does no I/O; `upstream` logs in to Xvnc; `downstream` greets the browser; `bridge`
//! carries bytes both ways until either end, or `Ending`, says so.

mod bridge;
mod downstream;
mod ending;
mod meter;
pub mod rfb;
mod upstream;

pub use bridge::{Timing, configure, serve};
pub use ending::Ending;
pub use meter::Meter;
pub use upstream::{Upstream, UpstreamError, log_in};
