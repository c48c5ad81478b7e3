//! The schema's version, and how a transaction is brought to one: what a restore does together with its rows. Whoever changes the
//! schema of a database holds its [`SchemaLock`], the one that every start of Berth waits for.

use super::{Db, StoreError, Tx, opt};
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use std::str::FromStr as _;
use std::time::Duration;

/// How long somebody else's change of the schema is waited for.
const WAIT: Duration = Duration::from_secs(30);

/// Keeps every other process from changing the schema, on PostgreSQL, until it is dropped. A SQLite file has one process.
#[derive(Debug)]
pub struct SchemaLock(Option<PgConnection>);

fn migrator(sqlite: bool) -> Migrator {
    let mut all =
        if sqlite { sqlx::migrate!("../migrations/sqlite") } else { sqlx::migrate!("../migrations/postgres") };
    all.set_locking(false);
    all
}

/// The newest version that this binary knows.
#[must_use]
pub fn newest() -> i64 {
    migrator(true).iter().map(|migration| migration.version).max().unwrap_or_default()
}

impl Db {
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached; [`StoreError::Busy`] when somebody else has it for long.
    pub async fn lock_schema(&self) -> Result<SchemaLock, StoreError> {
        let Self::Postgres { direct_url, .. } = self else { return Ok(SchemaLock(None)) };
        let options = PgConnectOptions::from_str(direct_url)?.application_name("berth schema");
        let mut connection = PgConnection::connect_with(&options).await?;
        let locked = tokio::time::timeout(WAIT, connection.lock()).await;
        locked.map_err(|_| StoreError::Busy)?.map_err(StoreError::Migrate)?;
        Ok(SchemaLock(Some(connection)))
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
        let there = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'",
            Self::Postgres(..) => {
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'"
            }
        };
        if opt!(&mut *self, (String,), there)?.is_none() {
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
            Self::Sqlite(tx) => migrator(true).run_to(version, &mut **tx).await,
            Self::Postgres(tx, _) => migrator(false).run_to(version, &mut **tx).await,
        }
        .map_err(StoreError::Migrate)
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
