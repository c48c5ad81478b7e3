//! The pretended engine: speaks the part of the Docker Engine API (1.41, as Docker 20.10 answers it) that the worker uses, over a
//! Unix socket, without running anything.
//!
//! ```text
//!  socket ─▶ server ─▶ faults ─▶ routes ─▶ engine ─▶ journal (the state on disk, and what a checker reads)
//!                                             │
//!                                             └─▶ program (what a container "does") ─▶ screen (a real port that greets as RFB)
//! ```
//!
//! It exists to be driven hard and to fail on demand: the same client code talks to it and to the real engine, and one conformance suite
//! holds both to the same answers. It models no CPU, memory or disk: a start takes the time it was told to take.
//! It must know nothing of Berth but the two labels by which an image says how it tells that it is ready.

mod answers;
mod clients;
mod engine;
mod faults;
mod options;
mod output;
mod program;
mod routes;
mod screen;
mod server;

pub use options::Options;
pub use server::{Sim, SimError, answers_at};

/// The version that the pretended engine says it has; whoever reads it sees what it is.
pub const VERSION: &str = "20.10.24+pretended";
