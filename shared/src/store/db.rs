//! The two databases behind one face. A [`Tx`] is a transaction on either; the macros `opt!`, `one!`, `all!` and `exec!`
//! run one SQL text on both. SQLite has one writer (`BEGIN IMMEDIATE` on a pool of one, first come first served) and
//! many readers; PostgreSQL has one pool.
//!
//! sqlx's own `Any` driver was weighed: it loses types of computed columns and of nulls, which this does not.

use super::StoreError;
use super::postgres::{self, QuickWays, Ways};
use super::schema::{self, Schema};
use crate::domain::time::Time;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { pool: PgPool, room: Arc<Semaphore>, quick: QuickWays, direct_url: String, pooler: bool },
}

/// A transaction; what was not committed is rolled back when it is dropped.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>, Kept),
}

/// What goes with a transaction on PostgreSQL.
#[derive(Default)]
pub struct Kept {
    /// The time, once it was asked for.
    now: Option<Time>,
    /// Whether statements may have names. Through a pooler they may not, whatever the size of sqlx's cache: names stay behind on
    /// the server's connection, where the next transaction meets them.
    named: bool,
    _room: Option<OwnedSemaphorePermit>,
}

/// How many connections one process may hold.
#[derive(Debug, Clone, Copy)]
pub struct PoolSize {
    pub min: u32,
    pub max: u32,
}

const SQLITE_BUSY: Duration = Duration::from_secs(10);
/// Each has a thread, its pages and its prepared statements: some 0.7 MiB.
const SQLITE_READERS: u32 = 4;
/// How long to wait for a connection that is open before another is opened.
const WAIT_FOR_OPEN: Duration = Duration::from_millis(50);
/// Pages in the write-ahead log at which the writer itself clears it; before that, [`checkpoints`] does.
const CHECKPOINT_BY_WRITER: &str = "20000";
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

impl Db {
    /// Opens `sqlite://FILE` or `postgres://…`. `direct_url` is the way round a pooler, for LISTEN and migrations.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached, [`StoreError::Setup`] when the URLs lead astray.
    pub async fn open(url: &str, direct_url: &str, size: PoolSize) -> Result<Self, StoreError> {
        if let Some(file) = url.strip_prefix("sqlite://") {
            return Self::open_sqlite(Path::new(file)).await;
        }
        let ways = Ways::new(url, direct_url)?;
        ways.examine().await?;
        let pool = ways.pool(size.min.min(size.max), size.max).await?;
        let room = usize::try_from(if size.min == 0 { size.max } else { size.min.min(size.max) }).unwrap_or(1);
        let room = Arc::new(Semaphore::new(room));
        Ok(Self::Postgres { pool, room, quick: ways.quick(), direct_url: direct_url.to_owned(), pooler: ways.pooler })
    }

    async fn open_sqlite(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(SQLITE_BUSY)
            .foreign_keys(true)
            .pragma("wal_autocheckpoint", CHECKPOINT_BY_WRITER);
        let pool = |most: u32, options: SqliteConnectOptions| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(SQLITE_BUSY)
                .before_acquire(|connection, _| Box::pin(std::future::ready(is_clean(connection))))
                .connect_with(options)
        };
        let writer = pool(1, options.clone()).await?;
        let readers = pool(SQLITE_READERS, options).await?;
        tokio::spawn(checkpoints(readers.clone(), writer.close_event()));
        Ok(Self::Sqlite { writer, readers })
    }

    /// A way to the same database with one connection of its own, opened when it is first used: for what must get
    /// through when this process has all others in use, on whatever runtime calls it.
    #[must_use]
    pub fn alone(&self) -> Self {
        match self {
            Self::Sqlite { writer, .. } => {
                let one = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(SQLITE_BUSY)
                    .before_acquire(|connection, _| Box::pin(std::future::ready(is_clean(connection))));
                let one = one.connect_lazy_with(writer.connect_options().as_ref().clone());
                Self::Sqlite { writer: one.clone(), readers: one }
            }
            Self::Postgres { pool, quick, direct_url, .. } => {
                let one = PgPoolOptions::new().max_connections(1).acquire_timeout(postgres::ACQUIRE);
                let pool = one.connect_lazy_with(postgres::straight(direct_url, &pool.connect_options()));
                let room = Arc::new(Semaphore::new(1));
                Self::Postgres { pool, room, quick: quick.clone(), direct_url: direct_url.clone(), pooler: false }
            }
        }
    }

    /// Brings the schema up to date; safe to call from several processes at once, and beside ones of the version before.
    ///
    /// # Errors
    /// [`StoreError::Migrate`] when a migration fails, [`StoreError::Setup`] when the database is too new for this binary.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.schema().await?.check_not_too_new()?;
        match self {
            Self::Sqlite { writer, .. } => schema::migrate_sqlite(writer).await,
            Self::Postgres { direct_url, .. } => schema::migrate_postgres(direct_url).await,
        }
    }

    /// How this binary's schema and the database's stand to each other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        Schema::read(&mut self.read().await?).await
    }

    /// A transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection can be had in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres { pool, room, pooler, .. } => {
                begin_postgres(pool, room, postgres::begin(*pooler), !pooler).await?
            }
        })
    }

    /// A transaction that only reads, and sees one moment throughout.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection can be had in time.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres { pool, room, pooler, .. } => {
                begin_postgres(pool, room, postgres::begin_reading(*pooler), !pooler).await?
            }
        })
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, quick, .. } => {
                quick.ends.clear();
                quick.claims.clear();
                pool.close().await;
            }
        }
    }
}

/// Whether a connection may be used again. When the disk is full, SQLite ends a transaction by itself, and sqlx 0.9 believes for
/// ever that it is still open: on the one connection that writes, nothing could be written again. (The pool has pinged it just
/// before, so whatever was rolled back is rolled back by now.)
fn is_clean(connection: &mut sqlx::SqliteConnection) -> Result<bool, sqlx::Error> {
    use sqlx::Connection as _;
    Ok(!connection.is_in_transaction())
}

/// Begins in a task of its own. A caller may be dropped at any moment (a browser hangs up); between BEGIN and its answer
/// sqlx 0.9 would then give the connection back with the transaction still open, and the next caller would be in it.
///
/// The pool would open a connection more for each of many who come at once, which takes longer than to wait for one that
/// is open: so they wait for those that are always held, though not for long.
async fn begin_postgres(
    pool: &PgPool,
    room: &Arc<Semaphore>,
    how: &'static str,
    named: bool,
) -> Result<Tx, StoreError> {
    let in_time = tokio::time::timeout(WAIT_FOR_OPEN, Arc::clone(room).acquire_owned()).await;
    let room = in_time.ok().and_then(Result::ok);
    let pool = pool.clone();
    match tokio::spawn(async move { pool.begin_with(how).await }).await {
        Ok(begun) => Ok(Tx::Postgres(begun?, Kept { now: None, named, _room: room })),
        Err(ended) => Err(StoreError::Unavailable(sqlx::Error::Io(std::io::Error::other(ended)))),
    }
}

/// Clears the write-ahead log beside the writer, so that no commit waits for the disk to do it, until the writer is closed.
async fn checkpoints(readers: SqlitePool, closed: impl Future<Output = ()>) {
    tokio::pin!(closed);
    loop {
        tokio::select! {
            () = &mut closed => return,
            () = tokio::time::sleep(CHECKPOINT_EVERY) => {}
        }
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&readers).await {
            tracing::debug!(%error, "the write-ahead log was not cleared this time");
        }
    }
}

impl Kept {
    #[must_use]
    pub const fn named(&self) -> bool {
        self.named
    }
}

impl Tx {
    /// # Errors
    /// [`StoreError::Unconfirmed`] when the answer got lost: it may have been done or not.
    pub async fn commit(self) -> Result<(), StoreError> {
        let done = match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx, _) => tx.commit().await,
        };
        done.map_err(|error| match StoreError::from(error) {
            StoreError::Unavailable(error) => StoreError::Unconfirmed(error),
            other => other,
        })
    }

    /// Takes everything back, and returns when it is done: what was locked is free. (Dropped, it is so a little later.)
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx, _) => tx.rollback().await?,
        }
        Ok(())
    }

    /// The same, on the way out with an answer that changes nothing: whoever asks next finds nothing locked by it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn undone<T>(self, answer: T) -> Result<T, StoreError> {
        self.rollback().await?;
        Ok(answer)
    }

    /// The time was asked for anew, after a lock that had to be waited for.
    pub(super) const fn is_now(&mut self, now: Time) {
        if let Self::Postgres(_, kept) = self {
            kept.now = Some(now);
        }
    }

    /// The database's clock. SQLite runs in this process and on this machine's clock; PostgreSQL is asked once a
    /// transaction, so ask after what has to be waited for is locked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn now(&mut self) -> Result<Time, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(Time::of_this_process()),
            Self::Postgres(_, Kept { now: Some(now), .. }) => Ok(*now),
            Self::Postgres(tx, kept) => {
                let (now,): (i64,) = sqlx::query_as("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
                    .persistent(kept.named)
                    .fetch_one(&mut **tx)
                    .await?;
                Ok(*kept.now.insert(Time(now)))
            }
        }
    }
}

/// Runs one SQL text on either database: `run!(tx, query, method)`.
macro_rules! run {
    ($tx:expr, $query:expr, $method:ident) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => $query.$method(&mut **tx).await.map_err($crate::store::StoreError::from),
            $crate::store::Tx::Postgres(tx, kept) => {
                $query.persistent(kept.named()).$method(&mut **tx).await.map_err($crate::store::StoreError::from)
            }
        }
    };
}
/// Reads at most one row.
macro_rules! opt {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::run!($tx, sqlx::query_as::<_, $row>($sql)$(.bind($bind))*, fetch_optional)
    };
}
/// Reads exactly one row.
macro_rules! one {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::run!($tx, sqlx::query_as::<_, $row>($sql)$(.bind($bind))*, fetch_one)
    };
}
/// Reads every row.
macro_rules! all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::run!($tx, sqlx::query_as::<_, $row>($sql)$(.bind($bind))*, fetch_all)
    };
}
/// Writes, and says how many rows changed.
macro_rules! exec {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await
                .map(|done| done.rows_affected()).map_err($crate::store::StoreError::from),
            $crate::store::Tx::Postgres(tx, kept) => sqlx::query($sql)$(.bind($bind))*.persistent(kept.named()).execute(&mut **tx).await
                .map(|done| done.rows_affected()).map_err($crate::store::StoreError::from),
        }
    };
}
pub(crate) use {all, exec, one, opt, run};
