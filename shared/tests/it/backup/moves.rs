//! From one database into another: the same on both sides, the old one marked, and nothing half done.

use super::{NEW, odd};
use crate::claims::{count, run};
use berth_shared::backup::{self, BackupError, Moved};
use berth_shared::both_databases;
use berth_shared::store::{Db, installation};
use berth_shared::testing::TestDb;

async fn transfer(from: &Db, to: &Db) -> Result<Moved, BackupError> {
    let (a, b) = (from.lock_schema().await.unwrap(), to.lock_schema().await.unwrap());
    let moved = backup::transfer((from, &a), (to, &b), "postgres://db/berth", NEW).await;
    a.release().await;
    b.release().await;
    moved
}

async fn moved_to(db: &Db) -> Option<String> {
    installation::moved_to(&mut db.read().await.unwrap()).await.unwrap().map(|moved| moved.moved_to)
}

both_databases! {
    async fn everything_is_moved_to_the_other_kind(db: TestDb) {
        odd::fill(&db.db).await;
        run(&db.db, "UPDATE queue_control SET paused_at = 1, paused_by = 'ada'").await;
        let to = if matches!(db.db, Db::Sqlite { .. }) { TestDb::postgres().await } else { TestDb::sqlite().await };
        let moved = transfer(&db.db, &to.db).await.unwrap();
        let rows = |name: &str| moved.tables.iter().find(|(table, _)| table == name).map(|(_, rows)| *rows);
        // Log-ins and decisions go along: nothing has happened in between.
        assert_eq!((rows("users"), rows("sessions"), rows("drift"), rows("events")), (Some(3), Some(3), Some(3), None));
        assert_eq!(moved_to(&db.db).await.as_deref(), Some("postgres://db/berth"));
        assert_eq!(moved_to(&to.db).await, None);
        for (sql, expected) in [
            ("SELECT count(*) FROM queue_control WHERE paused_by = 'ada'", 1),
            ("SELECT count(*) FROM users WHERE session_version = 1", 3),
            ("SELECT count(*) FROM spent_refresh_tokens", 3),
            ("SELECT count(*) FROM events", 0),
            ("SELECT count(*) FROM audit WHERE action = 'database.move'", 1),
        ] {
            assert_eq!(count(&to.db, sql).await, expected, "{sql}");
        }
        assert_eq!(count(&db.db, "SELECT count(*) FROM events").await, 1, "the old one is as it was");
        // Not into one that has people already.
        let error = transfer(&db.db, &to.db).await.unwrap_err();
        assert!(matches!(error, BackupError::NotEmpty { users: 3, .. }), "{error}");
        let mut tx = db.db.begin().await.unwrap();
        assert!(installation::unmark_moved(&mut tx).await.unwrap());
        assert!(!installation::unmark_moved(&mut tx).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(moved_to(&db.db).await, None);
    }

    async fn what_cannot_be_moved_leaves_both_as_they_were(db: TestDb) {
        odd::fill(&db.db).await;
        let to = TestDb::sqlite().await;
        let mut tx = to.db.begin().await.unwrap();
        backup::remove_everything(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        run(&to.db, "CREATE TABLE else_where (id BIGINT PRIMARY KEY)").await;
        assert!(matches!(transfer(&db.db, &to.db).await, Err(BackupError::Strangers(_))));
        assert_eq!(moved_to(&db.db).await, None);
        assert_eq!(count(&db.db, "SELECT count(*) FROM users").await, 3);
    }
}
