//! Old things go, and only those.

use super::claims::{count, run};
use berth_shared::both_databases;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{BATCH, Keep, forget};
use berth_shared::store::installation;
use berth_shared::testing::{desktop, template, user};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

both_databases! {
    async fn what_is_old_goes_in_batches_and_the_rest_stays(db: TestDb) {
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &Signals::default(), &u, &t).await;
        let mut tx = db.db.begin().await.unwrap();
        installation::ensure(&mut tx, "key").await.unwrap();
        let now = tx.now().await.unwrap();
        tx.commit().await.unwrap();
        let many = 2 * BATCH + 345;
        let numbers = format!("WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {many})");
        // Number i ended i seconds ago.
        run(&db.db, &format!(
            "INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, claims, \
             run_at, created_at, finished_at) {numbers} SELECT 'old-' || i, 'desktop.stop', 'gone', 'u', 1, 'completed', 0, 0, 1, \
             1, 1, 0, 0, {} - i * 1000000 FROM n", now.0)).await;
        run(&db.db, "INSERT INTO attempts (job_id, n, worker_id, started_at) SELECT id, 1, 'w', 0 FROM jobs WHERE finished_at > 0").await;
        run(&db.db, &format!("INSERT INTO events (user_id, kind, payload, at) {numbers} SELECT 'u', 'notice', '1', {} - i * 1000000 FROM n", now.0)).await;
        run(&db.db, &format!(
            "INSERT INTO history (id, desktop_id, at, kind, status, desired) {numbers} \
             SELECT 'old-' || i, 'gone', {} - i * 1000000, 'happened', 'stopped', 'stopped' FROM n", now.0)).await;

        run(&db.db, &format!(
            "INSERT INTO audit (id, at, actor, action, result, detail) {numbers} \
             SELECT 'old-' || i, {} - i * 1000000, 'u', 'sign_in', 'ok', '' FROM n", now.0)).await;

        let keep = Keep { jobs: 100 * HOUR, events: 100 * HOUR, audit: 100 * HOUR };
        assert_eq!(forget(&db.db, &keep).await.unwrap(), 0);
        let kept = 200;
        // Half a second later than the next to go, so that no pace of this test matters.
        let age = Duration::from_secs(kept) + Duration::from_millis(500);
        let tables = async || {
            let mut all = Vec::new();
            for table in ["jobs", "attempts", "events", "history", "audit"] {
                all.push(count(&db.db, &format!("SELECT count(*) FROM {table}")).await);
            }
            all
        };
        let before = tables().await;
        let slack = Duration::from_secs(60);
        let gone = forget(&db.db, &Keep { jobs: age + slack, events: age + slack, audit: age + slack }).await.unwrap();
        let after = tables().await;
        let went: Vec<i64> = before.iter().zip(&after).map(|(before, after)| before - after).collect();
        let expected = many - i64::try_from(kept).unwrap() - 60;
        // The test itself takes its time, so a few more may be old by now.
        assert!(went.iter().all(|went| (expected..expected + 30).contains(went)), "{went:?}, expected {expected}");
        assert_eq!(went[0], went[1], "a job's tries go with it");
        assert_eq!(i64::try_from(gone).unwrap(), went[0] + went[2] + went[3] + went[4]);
        assert_eq!(count(&db.db, "SELECT count(*) FROM jobs WHERE state = 'available'").await, 1, "what waits is never old");
        assert_eq!(count(&db.db, &format!("SELECT count(*) FROM history WHERE desktop_id = '{}'", d.id)).await, 1);
        assert_eq!(count(&db.db, "SELECT count(*) FROM installation WHERE events_pruned_id > 0").await, 1, "how far is noted");
    }
}
