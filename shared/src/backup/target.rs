//! The database that is to be filled: what it holds, who uses it, and how it is emptied.

use super::tables::{FUNCTIONS, MIGRATIONS, TABLES};
use super::{BackupError, rows};
use crate::domain::time::micros;
use crate::store::{Db, Tx, all, exec, one, schema};
use sqlx::AssertSqlSafe;
use std::time::Duration;

/// What a database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// Tables of other programs only, by name.
    Strangers(Vec<String>),
    Berth {
        schema: i64,
        users: i64,
        desktops: i64,
    },
}

impl Found {
    /// Whether nobody would miss what is there.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Nothing | Self::Berth { users: 0, desktops: 0, .. })
    }
}

/// # Errors
/// When the database fails.
pub async fn look_at(tx: &mut Tx) -> Result<Found, BackupError> {
    let sql = match tx {
        Tx::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Tx::Postgres(..) => {
            "SELECT table_name::text FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1"
        }
    };
    let tables: Vec<String> = all!(&mut *tx, (String,), sql)?.into_iter().map(|row| row.0).collect();
    let there = |name: &str| tables.iter().any(|table| table == name);
    let schema = tx.schema_version().await?;
    if !there("installation") {
        let strangers: Vec<String> = tables.into_iter().filter(|table| table != MIGRATIONS).collect();
        return Ok(if strangers.is_empty() { Found::Nothing } else { Found::Strangers(strangers) });
    }
    Ok(Found::Berth {
        schema: schema.unwrap_or_default(),
        users: if there("users") { rows::count(tx, "users").await? } else { 0 },
        desktops: if there("desktops") { rows::count(tx, "desktops").await? } else { 0 },
    })
}

/// Who uses this PostgreSQL database now, in words: other connections of Berth, or workers that were heard of within this time. The
/// caller has opened one connection only. None: nobody. (A SQLite file is guarded by the lock of its folder.)
///
/// # Errors
/// When the database fails.
pub async fn others(db: &Db, silent_after: Duration) -> Result<Option<String>, BackupError> {
    if matches!(db, Db::Sqlite { .. }) {
        return Ok(None);
    }
    let mut tx = db.read().await?;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'berth' \
               AND pid <> pg_backend_pid()";
    let connections = one!(&mut tx, (i64,), sql)?.0;
    if connections > 0 {
        return Ok(Some(format!("{connections} connections of a running Berth are open to it")));
    }
    if !matches!(look_at(&mut tx).await?, Found::Berth { .. }) {
        return Ok(None);
    }
    let since = tx.now().await?.0 - micros(silent_after);
    let live = all!(&mut tx, (String,), "SELECT id FROM workers WHERE last_seen_at > $1 ORDER BY id", since)?;
    Ok(live.first().map(|(id,)| {
        format!(
            "its worker {id} was heard of less than {} s ago (if it was killed, wait so long)",
            silent_after.as_secs()
        )
    }))
}

/// Makes sure that it may be filled, and empties it of schema and rows.
pub(super) async fn empty(tx: &mut Tx, replace: bool) -> Result<(), BackupError> {
    let found = look_at(tx).await?;
    let is_empty = found.is_empty();
    match found {
        Found::Strangers(tables) => return Err(BackupError::Strangers(tables.join(", "))),
        Found::Berth { schema: found, .. } if found > schema::newest() => {
            return Err(BackupError::NewerSchema { what: "the database", found, known: schema::newest() });
        }
        Found::Berth { users, desktops, .. } if !replace && !is_empty => {
            return Err(BackupError::NotEmpty { users, desktops });
        }
        Found::Nothing | Found::Berth { .. } => {}
    }
    remove_everything(tx).await
}

/// Removes everything of Berth's, rows and schema.
///
/// # Errors
/// When the database fails.
pub async fn remove_everything(tx: &mut Tx) -> Result<(), BackupError> {
    for table in TABLES.iter().rev().map(|table| table.name).chain([MIGRATIONS]) {
        exec!(&mut *tx, AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}")))?;
    }
    if let Tx::Postgres(tx, _) = tx {
        for function in FUNCTIONS {
            sqlx::query(AssertSqlSafe(format!("DROP FUNCTION IF EXISTS {function}"))).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// Takes out what the migrations themselves wrote, where rows are to come.
pub(super) async fn clear(tx: &mut Tx, tables: &[super::file::TableHead]) -> Result<(), BackupError> {
    for table in tables.iter().rev() {
        exec!(&mut *tx, AssertSqlSafe(format!("DELETE FROM {}", table.name)))?;
    }
    Ok(())
}
