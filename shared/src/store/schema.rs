//! Which schema the database has and which this binary needs. Migrations only add while the version before may still run
//! ("expand"); one that takes something away ("contract") comes a version later, and raises `schema_needs.oldest` in the same
//! file: from then on, binaries that know less are too old, and say so instead of working on half of it. docs/upgrade.md.

use super::{StoreError, Tx, all, one, opt};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, SqlitePool};
use std::str::FromStr as _;
use std::time::Duration;

/// A table in use is waited for this long at a time, since whoever comes after us waits behind us.
const LOCK: &str = "3s";
const PAUSE: Duration = Duration::from_secs(1);
/// Ten minutes, about.
const TRIES: u32 = 150;

/// How the two stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// What this binary has and the database has not: `0012 name`.
    pub missing: Vec<String>,
    /// Numbers of what the database has and this binary has not.
    pub newer: Vec<i64>,
    /// The newest that this binary has.
    pub known: i64,
    /// The newest that a binary must have to work on this database.
    pub oldest: i64,
}

fn migrations(tx: &Tx) -> Migrator {
    match tx {
        Tx::Sqlite(_) => sqlx::migrate!("../migrations/sqlite"),
        Tx::Postgres(..) => sqlx::migrate!("../migrations/postgres"),
    }
}

impl Schema {
    pub(super) async fn read(tx: &mut Tx) -> Result<Self, StoreError> {
        let all = migrations(tx);
        let done = if there_is(tx, "_sqlx_migrations").await? {
            all!(tx, (i64,), "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")?
        } else {
            Vec::new()
        };
        let oldest = if there_is(tx, "schema_needs").await? {
            opt!(tx, (i64,), "SELECT oldest FROM schema_needs")?.map_or(0, |(oldest,)| oldest)
        } else {
            0
        };
        let lacks = all.iter().filter(|m| !done.contains(&(m.version,)));
        Ok(Self {
            missing: lacks.map(|m| format!("{:04} {}", m.version, m.description)).collect(),
            newer: done.iter().map(|(version,)| *version).filter(|v| all.iter().all(|m| m.version != *v)).collect(),
            known: all.iter().map(|m| m.version).max().unwrap_or(0),
            oldest,
        })
    }

    /// # Errors
    /// [`StoreError::Setup`] when this binary is too old for the database.
    pub fn check_not_too_new(&self) -> Result<(), StoreError> {
        if self.oldest <= self.known {
            return Ok(());
        }
        Err(StoreError::Setup(format!(
            "the database's schema is too new for this binary: it needs one that knows {:04}, and {} knows {:04}; start the \
             newer Berth that brought it up to date, or restore the backup from before",
            self.oldest,
            crate::VERSION,
            self.known
        )))
    }
}

async fn there_is(tx: &mut Tx, table: &str) -> Result<bool, StoreError> {
    let found = match tx {
        Tx::Sqlite(_) => one!(tx, (bool,), "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = $1)", table),
        Tx::Postgres(..) => one!(tx, (bool,), "SELECT to_regclass($1) IS NOT NULL", table),
    };
    Ok(found?.0)
}

pub(super) async fn migrate_sqlite(writer: &SqlitePool) -> Result<(), StoreError> {
    sqlx::migrate!("../migrations/sqlite").set_ignore_missing(true).run(writer).await.map_err(in_words)
}

/// One process at a time, by an advisory lock that sqlx takes.
pub(super) async fn migrate_postgres(direct_url: &str) -> Result<(), StoreError> {
    let options =
        PgConnectOptions::from_str(direct_url)?.application_name("berth migrate").options([("lock_timeout", LOCK)]);
    let mut tries = 0;
    loop {
        let mut direct = options.connect().await?;
        match sqlx::migrate!("../migrations/postgres").set_ignore_missing(true).run(&mut direct).await {
            Err(error) if is_locked(&error) && tries < TRIES => {
                tries += 1;
                tracing::info!("another process brings the schema up to date, or a table is in use; trying again");
                tokio::time::sleep(PAUSE).await;
            }
            done => return done.map_err(in_words),
        }
    }
}

/// `lock_not_available`: it was not to be had in time.
fn is_locked(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else { return false };
    error.as_database_error().and_then(|told| told.code()).is_some_and(|code| code == "55P03")
}

fn in_words(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMismatch(version) => StoreError::Setup(format!(
            "the database was set up by another build of Berth: its step {version:04} is not the one that this binary has; start \
             the build that made it, or give this one a database of its own"
        )),
        other => StoreError::Migrate(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_must_know_what_the_database_needs_and_may_lack_what_only_adds() {
        let schema = |known, oldest| Schema { missing: Vec::new(), newer: vec![known + 1], known, oldest };
        assert!(schema(12, 0).check_not_too_new().is_ok() && schema(12, 12).check_not_too_new().is_ok());
        let told = schema(12, 14).check_not_too_new().unwrap_err().to_string();
        assert!(told.contains("0014") && told.contains("0012"), "{told}");
    }
}
