//! The audit log's table: lines are added, and never changed.

use super::claims::count;
use berth_shared::both_databases;
use berth_shared::domain::audit::{Action, Outcome, TargetKind};
use berth_shared::store::Tx;
use berth_shared::store::audit::{self, Entry, Filter, Target};

both_databases! {
    async fn a_line_is_added_and_cannot_be_changed(db: TestDb) {
        let mut tx = db.db.begin().await.unwrap();
        let long = "x".repeat(1_000);
        let entry = Entry {
            actor_id: None,
            actor: "a\u{0}b\nc",
            action: Action::SignInRefused,
            target: Some(Target::new(TargetKind::Call, &long, &long)),
            address: Some("203.0.113.1"),
            result: Outcome::Refused,
            detail: &long,
            request_id: None,
        };
        audit::write(&mut tx, &entry).await.unwrap();
        tx.commit().await.unwrap();
        let lines = audit::page(&mut db.db.read().await.unwrap(), &Filter::default(), None, 9).await.unwrap();
        assert_eq!((lines.len(), lines[0].actor.as_str(), lines[0].detail.len()), (1, "a b c", 300));
        const CHANGE: &str = "UPDATE audit SET actor = 'nobody'";
        let mut tx = db.db.begin().await.unwrap();
        let refused = match &mut tx {
            Tx::Sqlite(tx) => sqlx::query(CHANGE).execute(&mut **tx).await.map(drop),
            Tx::Postgres(tx, _) => sqlx::query(CHANGE).execute(&mut **tx).await.map(drop),
        };
        assert!(refused.unwrap_err().to_string().contains("append-only"));
        tx.rollback().await.unwrap();
        assert_eq!(count(&db.db, "SELECT count(*) FROM audit WHERE actor = 'nobody'").await, 0);
    }
}
