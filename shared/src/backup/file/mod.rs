//! A backup as a file: gzip around lines of JSON, the same for both databases.
//!
//! ```text
//!  {"berth_backup":1, "schema":13, "installation":…, "tables":[{"name":"users","rows":2,"columns":[{"name":"id","type":"text"},…]},…]}
//!  {"table":"users"}                       one such line before each table's rows, in the order of the first line
//!  ["01JD…","ada",null,1700000000000000]   a row: its values in the order of the columns
//!  …
//!  {"end":{"rows":4711,"sha256":"…"}}      over every byte before this line; nothing follows
//! ```

mod read;
mod write;

pub use read::{Item, Reader};
pub use write::Writer;

use super::{BackupError, Column};
use crate::domain::time::Time;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Of the file. A reader takes this one and those before it.
pub const FORMAT: u32 = 1;

/// The first line: what it is, where it is from and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub berth_backup: u32,
    /// The version of Berth that wrote it.
    pub berth: String,
    pub schema: i64,
    pub installation: String,
    /// See [`crate::secrets::SecretKey::check`].
    pub key_check: String,
    pub made_at: Time,
    /// `sqlite` or `postgres`, as it was read from.
    pub database: String,
    pub tables: Vec<TableHead>,
    /// The key itself, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<KeyText>,
}

/// The installation's secret key. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyText(String);

impl KeyText {
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText(…)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHead {
    pub name: String,
    pub rows: u64,
    pub columns: Vec<Column>,
}

impl Header {
    /// How many rows of a table it holds.
    #[must_use]
    pub fn rows_of(&self, table: &str) -> u64 {
        self.tables.iter().find(|head| head.name == table).map_or(0, |head| head.rows)
    }

    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|head| head.rows).sum()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct TableLine {
    table: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct EndLine {
    end: End,
}

#[derive(Debug, Serialize, Deserialize)]
struct End {
    rows: u64,
    sha256: String,
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn damaged(why: impl Into<String>) -> BackupError {
    BackupError::Damaged(why.into())
}
