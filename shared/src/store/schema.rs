//! Which schema the database has and which this binary needs, and how it gets there. Migrations only add while the version before
//! may still run ("expand"); one that takes something away ("contract") comes a version later, and raises `schema_needs.oldest` in
//! the same file: from then on, binaries that know less are too old, and say so instead of working on half of it. docs/upgrade.md.
//!
//! Whoever changes the schema of a database, in a migration or in a restore, holds its [`SchemaLock`].

use super::{Db, StoreError, Tx, all, one, opt};
use sqlx::migrate::{Migrate as _, MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, SqlitePool};
use std::str::FromStr as _;
use std::time::Duration;

/// A table in use is waited for this long at a time, since whoever comes after us waits behind us.
const LOCK: &str = "3s";
const PAUSE: Duration = Duration::from_secs(1);
/// Ten minutes, about.
const TRIES: u32 = 150;
/// Half a minute: somebody waits for the answer of a command.
const TRIES_OF_A_COMMAND: u32 = 8;

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

/// Keeps every other process from changing the schema, on PostgreSQL, until it is dropped. A SQLite file has one process.
#[derive(Debug)]
pub struct SchemaLock(Option<PgConnection>);

fn migrations(on_sqlite: bool) -> Migrator {
    let mut all =
        if on_sqlite { sqlx::migrate!("../migrations/sqlite") } else { sqlx::migrate!("../migrations/postgres") };
    // What a newer binary added is no hindrance; and who gets here holds the lock.
    all.set_ignore_missing(true).set_locking(false);
    all
}

/// The newest version that this binary knows.
#[must_use]
pub fn newest() -> i64 {
    migrations(true).iter().map(|migration| migration.version).max().unwrap_or_default()
}

impl Schema {
    pub(super) async fn read(tx: &mut Tx) -> Result<Self, StoreError> {
        let all = migrations(matches!(tx, Tx::Sqlite(_)));
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
            known: newest(),
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
    migrations(true).run(writer).await.map_err(in_words)
}

pub(super) async fn migrate_postgres(direct_url: &str) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let mut direct = locked(direct_url, "berth migrate", TRIES).await?;
        match migrations(false).run(&mut direct).await {
            Err(error) if is_locked(&error) && tries < TRIES => {
                tries += 1;
                tracing::info!("a table is in use; trying again");
                _ = direct.close().await;
                tokio::time::sleep(PAUSE).await;
            }
            done => return done.map_err(in_words),
        }
    }
}

/// A connection that holds the lock, under a name that tells it from those of a Berth at work. The lock is sqlx's own, which
/// binaries of before take too.
async fn locked(direct_url: &str, name: &str, tries: u32) -> Result<PgConnection, StoreError> {
    let options = PgConnectOptions::from_str(direct_url)?.application_name(name).options([("lock_timeout", LOCK)]);
    let mut connection = options.connect().await?;
    for tried in 0.. {
        match connection.lock().await {
            Err(error) if is_locked(&error) && tried < tries => {
                tracing::info!("another process changes the schema; trying again");
            }
            Err(error) if is_locked(&error) => break,
            done => return done.map(|()| connection).map_err(in_words),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(StoreError::Busy)
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

impl Db {
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached; [`StoreError::Busy`] when somebody else has it for long.
    pub async fn lock_schema(&self) -> Result<SchemaLock, StoreError> {
        let Self::Postgres { direct_url, .. } = self else { return Ok(SchemaLock(None)) };
        Ok(SchemaLock(Some(locked(direct_url, "berth schema", TRIES_OF_A_COMMAND).await?)))
    }
}

impl SchemaLock {
    /// Gives it back. (Dropped, it is given back a little later.)
    pub async fn release(self) {
        if let Some(connection) = self.0 {
            _ = connection.close().await;
        }
    }
}

impl Tx {
    /// None: nothing was ever done to its schema.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schema_version(&mut self) -> Result<Option<i64>, StoreError> {
        if !there_is(self, "_sqlx_migrations").await? {
            return Ok(None);
        }
        Ok(opt!(self, (Option<i64>,), "SELECT max(version) FROM _sqlx_migrations WHERE success")?.and_then(|row| row.0))
    }

    /// Brings the schema to this version, or to the newest, within the transaction.
    ///
    /// # Errors
    /// [`StoreError::Migrate`] when a migration fails.
    pub async fn migrate_to(&mut self, version: Option<i64>) -> Result<(), StoreError> {
        let version = version.unwrap_or_else(newest);
        match self {
            Self::Sqlite(tx) => migrations(true).run_to(version, &mut **tx).await,
            Self::Postgres(tx, _) => migrations(false).run_to(version, &mut **tx).await,
        }
        .map_err(in_words)
    }

    /// Lets this transaction take its time, whatever limits the server or the pool set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn without_limits(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(tx, _) = self {
            for limit in ["statement_timeout", "idle_in_transaction_session_timeout"] {
                sqlx::query("SELECT set_config($1, '0', true)").bind(limit).execute(&mut **tx).await?;
            }
        }
        Ok(())
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
