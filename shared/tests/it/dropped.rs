//! Callers are dropped at any moment: a browser hangs up, a stream ends. No connection may go back with anything open.

use berth_shared::{both_databases, domain::user::Role, store::users, testing};

both_databases! {
    async fn a_dropped_begin_leaves_nothing_open(db: TestDb) {
        let user = testing::user(&db.db, "ada", Role::User).await;
        for turns in 0..400 {
            let reading = async { users::get(&mut db.db.read().await?, &user.id).await };
            let hang_up = async {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! { _ = reading => {}, () = hang_up => {} }
            // In a transaction that reads only, this fails.
            let mut tx = db.db.begin().await.unwrap();
            let now = tx.now().await.unwrap();
            users::seen(&mut tx, &user.id, now).await.unwrap();
            tx.commit().await.unwrap();
            let seen = users::get(&mut db.db.read().await.unwrap(), &user.id).await.unwrap().unwrap().last_seen_at;
            assert_eq!(seen, Some(now), "and a reader sees the present");
        }
    }
}
