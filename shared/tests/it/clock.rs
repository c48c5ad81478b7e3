//! The database's clock set back by an hour: nobody waits that hour.

use berth_shared::both_databases;
use berth_shared::domain::job::JobState;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle;
use berth_shared::queue::{self, Class, End, follow_clock, get};
use berth_shared::store::{Db, nodes};
use berth_shared::testing::{desktop, template, user};
use std::time::Duration;

use crate::queue::{claim, node};

const HOUR: Duration = Duration::from_secs(3_600);

/// What the rows would be had they been written an hour from now, which is what a clock set back makes of them.
async fn set_back(db: &Db) {
    for sql in [
        "UPDATE nodes SET seen_at = seen_at + 3600000000",
        "UPDATE jobs SET run_at = run_at + 3600000000, lease_until = lease_until + 3600000000, lease_renewed_at = lease_renewed_at + 3600000000",
    ] {
        match db {
            Db::Sqlite { writer, .. } => _ = sqlx::query(sql).execute(writer).await.unwrap(),
            Db::Postgres { pool, .. } => _ = sqlx::query(sql).execute(pool).await.unwrap(),
        }
    }
}

async fn follow(db: &Db) -> Option<Duration> {
    let mut tx = db.begin().await.unwrap();
    let back = follow_clock(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    back
}

both_databases! {
    async fn leases_and_pauses_end_when_they_would_have_ended(db: TestDb) {
        let signals = Signals::default();
        node(&db.db, 3).await;
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let (held, waits) = (desktop(&db.db, &signals, &u, &t).await, desktop(&db.db, &signals, &u, &t).await);
        claim(&db.db, Class::Starts).await.expect("claimed, and its holder dies");
        let lease = claim(&db.db, Class::Starts).await.expect("claimed");
        let now = db.db.read().await.unwrap().now().await.unwrap();
        let again = End::Retry { words: "w".into(), error: "e".into(), run_at: now.plus(Duration::from_secs(5)) };
        lifecycle::hand_on(&db.db, &signals, &lease, &again).await.unwrap();
        assert_eq!(follow(&db.db).await, None, "the clock has only gone on");

        set_back(&db.db).await;
        let back = follow(&db.db).await.expect("seen");
        assert!(back > HOUR - Duration::from_secs(60) && back <= HOUR, "{back:?}");
        assert_eq!(follow(&db.db).await, None, "once");
        let mut tx = db.db.read().await.unwrap();
        let now = tx.now().await.unwrap();
        for (desktop, state, at_most) in [(held, JobState::Running, 180), (waits, JobState::Retryable, 120)] {
            let job = get(&mut tx, desktop.job_id.as_deref().expect("a job")).await.unwrap().expect("there");
            assert_eq!(job.state, state);
            let ends = job.lease_until.unwrap_or(job.run_at);
            assert!(ends.since(now) <= Duration::from_secs(at_most), "{:?}", ends.since(now));
        }
        assert!(nodes::list(&mut tx).await.unwrap().iter().all(|node| node.seen_at <= now));
        drop(tx);
        assert_eq!(queue::expired(&mut db.db.read().await.unwrap()).await.unwrap(), [], "its lease still has a while");
    }
}
