//! The binary as a whole: its words on bad settings, what it does without an engine, and kill -9 at any moment of a start.

mod admin;
mod backup;
mod commands;
mod drift;
mod frozen;
mod kill;
mod load;
mod monitoring;
mod rolls;
mod server;
mod sim;
mod starts;
mod without_engine;
