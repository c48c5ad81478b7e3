//! The tables, one file each, and the one place that opens the databases. Each function takes a [`Tx`]: who opens the
//! transaction decides what is written together. The only SQL besides this is in `queue/` and `events/`.

pub mod audience;
mod db;
pub mod desktops;
pub mod drift;
mod error;
pub mod history;
pub mod idempotency;
pub mod installation;
pub mod nodes;
pub mod ports;
mod quick;
pub mod registries;
pub mod sessions;
pub mod starts;
pub mod templates;
pub mod users;
pub mod workers;

pub use db::{Db, PoolSize, Tx};
pub(crate) use db::{all, exec, one, opt, run};
pub use error::StoreError;
