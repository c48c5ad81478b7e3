//! The api from outside: over sockets, through its whole stack of layers, on both databases.

mod admin_jobs;
mod admin_queue;
mod admin_registries;
mod admin_templates;
mod admin_users;
mod app;
mod audit;
mod bounds;
mod browser;
mod callers;
mod desktops;
mod docs;
mod drift;
mod events;
mod groups;
mod invites;
mod layers;
mod leaving;
mod limits;
mod log_in;
mod oidc;
mod proxy;
mod tokens;
mod two_factor;
mod vnc;
mod worker;
