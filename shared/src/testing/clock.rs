//! Time that passes when a test says so, on either database: every row is made older by as much, but those of the audit log,
//! which cannot be changed.

use crate::domain::time::micros;
use crate::store::{Db, Tx};
use std::time::{Duration, Instant};

/// A database's time. It runs on by itself as well, so that a test at its own pace is exact all the same.
pub struct Clock {
    db: Db,
    /// One UPDATE for each table that has times.
    older: Vec<String>,
    begun: Instant,
    passed: i64,
}

const SQLITE_COLUMNS: &str = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\' AND c.type LIKE '%INT%' ORDER BY 1, 2";
const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns \
    WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%' AND data_type = 'bigint' ORDER BY 1, 2";

/// Whether a column holds a point in time: they end in words for it, everywhere in the schema.
fn is_time(column: &str) -> bool {
    ["at", "until", "since", "minute"]
        .iter()
        .any(|word| column.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with('_')))
}

impl Clock {
    /// # Panics
    /// When the schema cannot be read.
    pub async fn new(db: &Db) -> Self {
        let columns: Vec<(String, String)> = match db {
            Db::Sqlite { readers, .. } => sqlx::query_as(SQLITE_COLUMNS).fetch_all(readers).await,
            Db::Postgres { pool, .. } => sqlx::query_as(POSTGRES_COLUMNS).fetch_all(pool).await,
        }
        .expect("the schema");
        let times: Vec<_> = columns.into_iter().filter(|(table, column)| table != "audit" && is_time(column)).collect();
        let older = times
            .chunk_by(|(a, _), (b, _)| a == b)
            .map(|of_one| {
                let set: Vec<_> = of_one.iter().map(|(_, column)| format!("{column} = {column} - $1")).collect();
                format!("UPDATE {} SET {}", of_one[0].0, set.join(", "))
            })
            .collect();
        Self { db: db.clone(), older, begun: Instant::now(), passed: 0 }
    }

    /// Lets time pass.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn pass(&mut self, by: Duration) {
        self.shift(micros(by)).await;
    }

    /// Makes it exactly this long after the clock was made, whatever time the test itself has taken.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn set(&mut self, at: Duration) {
        let now = micros(self.begun.elapsed()) + self.passed;
        self.shift(micros(at) - now).await;
    }

    async fn shift(&mut self, by: i64) {
        let mut tx = self.db.begin().await.expect("a transaction");
        for table in &self.older {
            let sql = sqlx::AssertSqlSafe(table.clone());
            match &mut tx {
                Tx::Sqlite(tx) => _ = sqlx::query(sql).bind(by).execute(&mut **tx).await.expect("older rows"),
                Tx::Postgres(tx, _) => _ = sqlx::query(sql).bind(by).execute(&mut **tx).await.expect("older rows"),
            }
        }
        tx.commit().await.expect("a commit");
        self.passed += by;
    }
}
