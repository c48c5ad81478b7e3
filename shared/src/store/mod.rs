//! The tables, one file each, and the one place that opens the databases. Each function takes a [`Tx`]: who opens the
//! transaction decides what is written together. The only SQL besides this is in `queue/` and `events/`.

pub mod audience;
pub mod audit;
pub mod clock;
mod db;
pub mod desktops;
pub mod drift;
mod error;
pub mod figures;
pub mod groups;
pub mod history;
pub mod idempotency;
pub mod identities;
pub mod installation;
pub mod invites;
pub mod nodes;
mod pool;
pub mod ports;
mod postgres;
mod quick;
pub mod registries;
pub mod schema;
pub mod sessions;
pub mod starts;
pub mod streams;
pub mod templates;
pub mod tokens;
pub mod two_factor;
pub mod users;
pub mod workers;

pub use db::{Db, PoolSize, Tx};
pub(crate) use db::{all, exec, one, opt, run};
pub use error::StoreError;
pub use pool::PoolUse;
pub use postgres::{QuickWays, check_database_url};
pub use schema::Schema;

/// A LIKE pattern, with `\` as its escape, for texts in lower case that contain this one; `%` and `_` mean themselves.
pub(crate) fn containing(part: &str) -> String {
    let escaped = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{}%", escaped.to_lowercase())
}
