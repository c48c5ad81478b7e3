//! For tests only: a database of its own for each test, on both kinds; factories; servers; a bounded wait.
//!
//! `make test` starts a private PostgreSQL and says where in `BERTH_TEST_POSTGRES_URL`.

mod clock;
mod factories;
mod servers;

pub use clock::Clock;
pub use factories::{desktop, group_with, limits, template, user};
pub use servers::{Bouncer, RedisServer};

use crate::store::{Db, PoolSize, StoreError, Tx};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A database that nobody else uses. The file, or what is left of it, goes when it is dropped.
pub struct TestDb {
    pub db: Db,
    /// To open it once more, as another process would.
    pub url: String,
    folder: Option<PathBuf>,
}

impl TestDb {
    /// # Panics
    /// When the folder cannot be made.
    pub async fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("berth-test-{}", crate::domain::new_id()));
        std::fs::create_dir_all(&folder).expect("a folder for the test's database");
        let url = format!("sqlite://{}", folder.join("berth.db").display());
        Self::open(url, Some(folder)).await
    }

    /// # Panics
    /// When there is no PostgreSQL to test on.
    pub async fn postgres() -> Self {
        use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
        let server = std::env::var("BERTH_TEST_POSTGRES_URL")
            .expect("BERTH_TEST_POSTGRES_URL names no PostgreSQL to test on; `make test` starts one");
        let name = format!("test_{}", crate::domain::new_id().to_lowercase());
        let mut admin = PgConnection::connect(&server).await.expect("the test PostgreSQL answers");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.expect("a database");
        let (before, _) = server.rsplit_once('/').expect("a URL with a database");
        Self::open(format!("{before}/{name}"), None).await
    }

    async fn open(url: String, folder: Option<PathBuf>) -> Self {
        let db = Self::connect(&url).await.expect("the test database opens");
        db.migrate().await.expect("the schema");
        Self { db, url, folder }
    }

    /// # Errors
    /// When it cannot be reached.
    pub async fn connect(url: &str) -> Result<Db, StoreError> {
        Db::open(url, url, PoolSize { min: 0, max: 20 }).await
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Runs each test on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: TestDb) $body:block)+) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $(#[$meta])*
            async fn test($db: $crate::testing::TestDb) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() { test($crate::testing::TestDb::sqlite().await).await; }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() { test($crate::testing::TestDb::postgres().await).await; }
        }
    )+ };
}

/// Until so many transactions wait for what another one has locked. On SQLite nobody is known to: there is one writer.
///
/// # Panics
/// When the database fails, or they do not come in time.
pub async fn wait_for_locks(db: &Db, many: i64) {
    const SQL: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND wait_event_type = 'Lock'";
    eventually("they wait for a lock", async || {
        let Tx::Postgres(mut pg, _) = db.read().await.expect("a connection") else { return Some(()) };
        let waiting: i64 = sqlx::query_scalar(SQL).fetch_one(&mut *pg).await.expect("who waits");
        (waiting >= many).then_some(())
    })
    .await;
}

/// Asks again until it is so, for at most ten seconds.
///
/// # Panics
/// When it does not come true in time; `what` says what was waited for.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "waited ten seconds in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
