//! The list of tables and the schema say the same.

use super::odd;
use crate::claims::count;
use berth_shared::backup::tables::{Fate, TABLES};
use berth_shared::backup::{Found, look_at, of_table, remove_everything};
use berth_shared::both_databases;
use berth_shared::store::{Db, schema};
use std::collections::BTreeSet;

async fn strings(db: &Db, sqlite: &str, postgres: &str) -> BTreeSet<String> {
    let all: Vec<String> = match db {
        Db::Sqlite { readers, .. } => {
            sqlx::query_scalar(sqlx::AssertSqlSafe(sqlite.to_owned())).fetch_all(readers).await.unwrap()
        }
        Db::Postgres { pool, .. } => {
            sqlx::query_scalar(sqlx::AssertSqlSafe(postgres.to_owned())).fetch_all(pool).await.unwrap()
        }
    };
    all.into_iter().collect()
}

both_databases! {
    async fn every_table_is_decided_on(db: TestDb) {
        let there = strings(
            &db.db,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' \
             AND table_name <> '_sqlx_migrations'",
        )
        .await;
        let listed: BTreeSet<String> = TABLES.iter().map(|table| table.name.to_owned()).collect();
        assert_eq!(there, listed, "say in shared/src/backup/tables.rs what becomes of each table in a backup");
        assert_eq!(listed.len(), TABLES.len(), "twice in the list");
    }

    async fn what_is_taken_along_has_columns_that_backups_know_and_no_numbers_of_the_databases_own(db: TestDb) {
        let counted = strings(
            &db.db,
            "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'",
            "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' \
             AND (is_identity = 'YES' OR column_default LIKE 'nextval%' OR is_generated = 'ALWAYS')",
        )
        .await;
        for table in TABLES.iter().filter(|table| table.fate != Fate::Left) {
            let columns = of_table(&mut db.db.read().await.unwrap(), table.name).await.unwrap();
            assert!(!columns.is_empty(), "{}", table.name);
            assert!(!counted.contains(table.name), "{}: its sequence would have to be set after a restore", table.name);
        }
    }

    async fn nothing_is_left_when_everything_is_removed(db: TestDb) {
        odd::fill(&db.db).await;
        let mut tx = db.db.begin().await.unwrap();
        assert!(matches!(look_at(&mut tx).await.unwrap(), Found::Berth { users: 3, desktops: 3, .. }));
        remove_everything(&mut tx).await.unwrap();
        assert_eq!(look_at(&mut tx).await.unwrap(), Found::Nothing);
        tx.commit().await.unwrap();
        let left = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'";
        let functions = "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'";
        let things = "SELECT count(*) FROM sqlite_master WHERE name <> 'sqlite_sequence'";
        let sqls: &[&str] = if matches!(db.db, Db::Sqlite { .. }) { &[things] } else { &[left, functions] };
        for sql in sqls {
            assert_eq!(count(&db.db, sql).await, 0, "{sql}: name it in shared/src/backup/tables.rs");
        }
        // And it can be begun anew.
        db.db.migrate().await.unwrap();
        let mut tx = db.db.read().await.unwrap();
        assert_eq!(tx.schema_version().await.unwrap(), Some(schema::newest()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_columns() {
    use berth_shared::testing::TestDb;
    let (a, b) = (TestDb::sqlite().await, TestDb::postgres().await);
    for table in TABLES.iter().filter(|table| table.name != "events") {
        let mut of = Vec::new();
        for db in [&a.db, &b.db] {
            let mut columns = of_table(&mut db.read().await.unwrap(), table.name).await.unwrap();
            columns.sort_by(|a, b| a.name.cmp(&b.name));
            of.push(columns);
        }
        assert_eq!(of[0], of[1], "{}", table.name);
    }
}
