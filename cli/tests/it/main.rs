//! The binary as a whole: its words on bad settings, what it does without an engine, and kill -9 at any moment of a start.

mod admin;
mod commands;
mod drift;
mod frozen;
mod kill;
mod load;
mod server;
mod sim;
mod without_engine;
