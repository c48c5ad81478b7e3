//! The binary as a whole: its words on bad settings, what it does without an engine, and kill -9 at any moment of a start.

mod commands;
mod kill;
mod server;
mod without_engine;
