//! Backup, restore and move: the whole of a database, read at one moment, as lines of a file or straight into another database.
//!
//! ```text
//!  rows of either database ──▶ [`file`] (gzip, JSON lines) ──▶ [`restore`] ─▶ an empty database of either kind, starts held
//!                         └───────────────────────────────▶ [`transfer`] ─▶ an empty database of either kind, the old one marked
//! ```
//!
//! Rows are streamed: no table is ever whole in memory. What is filled is filled in one transaction, its schema included, so a
//! process that is killed in the middle leaves it as it was. [`tables`] says what becomes of each table; a test holds it and the
//! schema together.

mod columns;
mod digest;
mod error;
pub mod file;
mod fill;
mod rows;
mod settle;
pub mod tables;
mod target;
mod value;

mod restore;
mod transfer;
mod write;

pub use columns::{Column, Type, of_table};
pub use error::BackupError;
pub use restore::{How, Restored, restore};
pub use target::{Found, look_at, others, remove_everything};
pub use transfer::{Moved, transfer};
pub use value::Value;
pub use write::{Written, schema_of, write};
