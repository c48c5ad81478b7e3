//! What comes back is what was there, and what has to be different after a restore is.

use super::{NEW, REPLACE, contents, odd, restore, written};
use crate::claims::{count, run};
use berth_shared::backup::{BackupError, Found, file::Reader, look_at, tables};
use berth_shared::both_databases;
use berth_shared::domain::desktop::Status;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::queue::{Class, overview};
use berth_shared::store::schema::{self};
use berth_shared::store::{Db, desktops, installation};
use berth_shared::testing::{TestDb, desktop, template, user};
use std::collections::BTreeMap;

/// Without what a restore changes on purpose.
fn unchanged(mut all: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    all.remove("installation");
    all.remove("queue_control");
    all.get_mut("audit").unwrap().retain(|row| !row.contains("database."));
    for row in all.get_mut("users").unwrap() {
        let (before, after) = row.split_once("\"session_version\":").unwrap();
        *row = format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    all
}

async fn round_trip(from: &Db, to: &Db) {
    let first = written(from).await;
    let restored = restore(to, &first, NEW).await.unwrap();
    assert_eq!(restored.header.rows_of("users"), 3);
    let second = written(to).await;
    let (a, b) = (unchanged(contents(&first)), unchanged(contents(&second)));
    for (table, rows) in &a {
        assert_eq!(Some(rows), b.get(table), "{table}");
        assert!(!rows.is_empty(), "{table}");
    }
    assert_eq!(a.len(), b.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_from_sqlite_to_postgres_and_back() {
    let (a, b, c) = (TestDb::sqlite().await, TestDb::postgres().await, TestDb::sqlite().await);
    odd::fill(&a.db).await;
    round_trip(&a.db, &b.db).await;
    round_trip(&b.db, &c.db).await;
}

both_databases! {
    async fn odd_values_come_back_as_they_were(db: TestDb) {
        odd::fill(&db.db).await;
        let other = if matches!(db.db, Db::Sqlite { .. }) { TestDb::sqlite().await } else { TestDb::postgres().await };
        round_trip(&db.db, &other.db).await;
        // Looked at from the side: not through what wrote it.
        let text = format!("{}0", odd::TEXT).replace('\'', "''");
        for sql in [
            format!("SELECT count(*) FROM users WHERE display_name = '{text}' AND last_seen_at = 0 AND role = 'user'"),
            "SELECT count(*) FROM users WHERE last_seen_at = 9223372036854775807 AND display_name = ''".to_owned(),
            "SELECT count(*) FROM users WHERE password_hash IS NULL AND group_id IS NULL AND disabled_at IS NULL".to_owned(),
            "SELECT count(*) FROM history WHERE at < -9223372036854775807 AND actor IS NULL".to_owned(),
            "SELECT count(*) FROM templates WHERE is_default AND env = '' AND memory_mib = 9223372036854775807".to_owned(),
        ] {
            assert_eq!(count(&other.db, &sql).await, 1, "{sql}");
        }
    }

    async fn a_restore_starts_paused_signed_out_and_with_a_new_epoch(db: TestDb) {
        crate::queue::node(&db.db, 4).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "ada", Role::User).await, template(&db.db, "i").await);
        let begun = desktop(&db.db, &signals, &u, &t).await;
        crate::queue::claim(&db.db, Class::Starts).await.expect("a start");
        let mut tx = db.db.begin().await.unwrap();
        let before = installation::ensure(&mut tx, "key").await.unwrap();
        tx.commit().await.unwrap();
        run(&db.db, "INSERT INTO sessions (id, user_id, token_hash, refresh_hash, device, address, created_at, last_used_at, \
            expires_at, refresh_expires_at) SELECT 's', id, 't', 'r', '', '', 0, 0, 9000000000000000, 9000000000000000 FROM users").await;
        run(&db.db, "INSERT INTO drift (id, node_id, kind, subject, actions, explains, since, seen_at, asked, asked_at) \
            VALUES ('d', 'n', 'container_without_desktop', 'c', 'remove', '', 0, 0, 'remove', 0)").await;

        let file = written(&db.db).await;
        let other = if matches!(db.db, Db::Sqlite { .. }) { TestDb::sqlite().await } else { TestDb::postgres().await };
        let restored = restore(&other.db, &file, NEW).await.unwrap();
        assert_eq!(restored.given_back, 1);

        let mut tx = other.db.read().await.unwrap();
        let after = installation::get(&mut tx).await.unwrap().unwrap();
        assert_eq!((&after.id, &after.key_check), (&before.id, &before.key_check));
        assert_ne!(after.epoch, before.epoch, "no page resumes from an event of before");
        let ways = overview::Ways { silent_after: std::time::Duration::from_secs(15), auto_slots: false };
        let live = overview::live(&mut tx, ways).await.unwrap();
        assert_eq!(live.paused.map(|paused| paused.by).as_deref(), Some("restore"));
        assert_eq!((live.by_kind.create.waiting, live.by_kind.create.running, live.workers), (1, 0, 0));
        let row = desktops::get(&mut tx, &begun.id).await.unwrap().unwrap();
        assert_eq!((row.status, row.attempt), (Status::Queued, 0), "its lease was given back, and no try is held against it");
        drop(tx);
        for (sql, expected) in [
            ("SELECT count(*) FROM sessions", 0),
            ("SELECT count(*) FROM drift", 0),
            ("SELECT count(*) FROM events WHERE kind <> 'desktop'", 0),
            ("SELECT count(*) FROM start_slots WHERE job_id IS NOT NULL", 0),
            ("SELECT count(*) FROM attempts WHERE outcome = 'lost'", 1),
            ("SELECT count(*) FROM audit WHERE action = 'database.restore' AND actor = 'test'", 1),
            ("SELECT session_version FROM users", 1),
        ] {
            assert_eq!(count(&other.db, sql).await, expected, "{sql}");
        }
        // Nobody takes it while starts are held.
        crate::queue::node(&other.db, 4).await;
        assert!(crate::queue::claim(&other.db, Class::Starts).await.is_none());
    }

    async fn only_an_empty_database_is_filled_or_one_that_may_be_replaced(db: TestDb) {
        let file = {
            let source = TestDb::sqlite().await;
            odd::fill(&source.db).await;
            written(&source.db).await
        };
        user(&db.db, "mine", Role::Admin).await;
        let refused = restore(&db.db, &file, NEW).await.unwrap_err();
        assert!(matches!(refused, BackupError::NotEmpty { users: 1, desktops: 0 }), "{refused}");
        assert_eq!(count(&db.db, "SELECT count(*) FROM users WHERE username = 'mine'").await, 1);
        restore(&db.db, &file, REPLACE).await.unwrap();
        assert_eq!(count(&db.db, "SELECT count(*) FROM users WHERE username = 'mine'").await, 0);
        assert_eq!(count(&db.db, "SELECT count(*) FROM users").await, 3);
        // The triggers are there again.
        let sql = sqlx::AssertSqlSafe("UPDATE audit SET detail = 'x'");
        let forbidden = match &db.db {
            Db::Sqlite { writer, .. } => sqlx::query(sql).execute(writer).await.map(|_| ()),
            Db::Postgres { pool, .. } => sqlx::query(sql).execute(pool).await.map(|_| ()),
        };
        assert!(forbidden.unwrap_err().to_string().contains("append-only"));
    }

    async fn tables_of_others_are_left_alone(db: TestDb) {
        let file = written_of_a_few().await;
        let mut tx = db.db.begin().await.unwrap();
        berth_shared::backup::remove_everything(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        run(&db.db, "CREATE TABLE wordpress_posts (id BIGINT PRIMARY KEY)").await;
        for how in [NEW, REPLACE] {
            let refused = restore(&db.db, &file, how).await.unwrap_err();
            assert!(matches!(&refused, BackupError::Strangers(names) if names == "wordpress_posts"), "{refused}");
        }
    }

    async fn a_backup_of_an_older_schema_is_brought_up_to_date(db: TestDb) {
        let mut tx = db.db.begin().await.unwrap();
        berth_shared::backup::remove_everything(&mut tx).await.unwrap();
        tx.migrate_to(Some(5)).await.unwrap();
        tx.commit().await.unwrap();
        run(&db.db, "INSERT INTO installation (only_row, id, epoch, key_check, created_at) VALUES (1, 'i', 'e', 'k', 1)").await;
        run(&db.db, "INSERT INTO users (id, username, username_key, display_name, role, created_at) \
            VALUES ('u', 'Ada', 'ada', 'Ada', 'admin', 1)").await;
        let file = written(&db.db).await;
        let header = Reader::open(&file).unwrap().header().clone();
        assert_eq!((header.schema, header.rows_of("users"), header.rows_of("groups")), (5, 1, 0));
        for to in [TestDb::sqlite().await, TestDb::postgres().await] {
            restore(&to.db, &file, NEW).await.unwrap();
            let mut tx = to.db.read().await.unwrap();
            assert_eq!(tx.schema_version().await.unwrap(), Some(schema::newest()));
            drop(tx);
            let sql = "SELECT count(*) FROM users WHERE username = 'Ada' AND session_version = 1 AND group_id IS NULL";
            assert_eq!(count(&to.db, sql).await, 1);
            to.db.migrate().await.unwrap();
        }
    }

    async fn a_database_of_a_newer_berth_is_neither_written_nor_replaced(db: TestDb) {
        let file = written_of_a_few().await;
        run(&db.db, "INSERT INTO installation (only_row, id, epoch, key_check, created_at) VALUES (1, 'i', 'e', 'k', 1)").await;
        run(&db.db, "UPDATE _sqlx_migrations SET version = 9999 WHERE version = (SELECT max(version) FROM _sqlx_migrations)").await;
        let refused = berth_shared::backup::write(&db.db, Vec::new(), None).await.unwrap_err();
        assert!(matches!(refused, BackupError::NewerSchema { found: 9999, .. }), "{refused}");
        let refused = restore(&db.db, &file, REPLACE).await.unwrap_err();
        assert!(matches!(refused, BackupError::NewerSchema { what: "the database", .. }), "{refused}");
    }

    async fn a_restore_that_is_dropped_in_the_middle_leaves_what_was_there(db: TestDb) {
        let source = TestDb::sqlite().await;
        odd::fill(&source.db).await;
        run(&source.db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO history \
            (id, desktop_id, at, kind, status, desired) SELECT 'many-' || i, 'id0', i, 'k', 'stopped', 'stopped' FROM n").await;
        let file = written(&source.db).await;
        user(&db.db, "mine", Role::Admin).await;
        for ms in [1, 20, 100, 250] {
            let stopped = tokio::time::timeout(std::time::Duration::from_millis(ms), restore(&db.db, &file, REPLACE)).await;
            if stopped.is_ok() {
                break; // too quick for us
            }
            let mut tx = db.db.begin().await.unwrap();
            assert!(matches!(look_at(&mut tx).await.unwrap(), Found::Berth { users: 1, desktops: 0, .. }));
            tx.rollback().await.unwrap();
        }
        restore(&db.db, &file, REPLACE).await.unwrap();
        assert_eq!(count(&db.db, "SELECT count(*) FROM history").await, 30_003);
    }

    async fn one_moment_is_read_while_others_write(db: TestDb) {
        let (u, t) = (user(&db.db, "ada", Role::User).await, template(&db.db, "i").await);
        let mut tx = db.db.begin().await.unwrap();
        installation::ensure(&mut tx, "key").await.unwrap();
        tx.commit().await.unwrap();
        let writing = tokio::spawn({
            let db = db.db.clone();
            async move {
                for _ in 0..40 {
                    desktop(&db, &Signals::default(), &u, &t).await;
                }
            }
        });
        // A desktop, its job and its line of history are written together: no backup has one without the others.
        loop {
            let over = writing.is_finished();
            let file = written(&db.db).await;
            let header = Reader::open(&file).unwrap().check().unwrap();
            let rows = ["desktops", "jobs", "history"].map(|table| header.rows_of(table));
            assert!(rows[0] == rows[1] && rows[1] == rows[2], "{rows:?}");
            if over {
                assert_eq!(rows[0], 40);
                break;
            }
        }
        writing.await.unwrap();
    }
}

async fn written_of_a_few() -> super::Scratch {
    let source = TestDb::sqlite().await;
    odd::fill(&source.db).await;
    written(&source.db).await
}

#[test]
fn what_is_in_no_backup_is_known() {
    let left: Vec<&str> =
        tables::TABLES.iter().filter(|t| t.fate != tables::Fate::Kept).map(|table| table.name).collect();
    assert_eq!(
        left,
        [
            "schema_needs",
            "sessions",
            "spent_refresh_tokens",
            "nodes",
            "template_nodes",
            "workers",
            "start_slots",
            "port_rests",
            "streams",
            "process_figures",
            "events",
            "drift",
        ]
    );
}
