//! The api from outside: over sockets, through its whole stack of layers, on both databases.

mod admin_jobs;
mod admin_queue;
mod admin_registries;
mod admin_templates;
mod admin_users;
mod app;
mod browser;
mod callers;
mod desktops;
mod docs;
mod drift;
mod events;
mod layers;
mod log_in;
mod proxy;
mod vnc;
mod worker;
