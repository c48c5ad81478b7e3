//! Events: in order, without gaps or repeats, also for who was away.

use berth_shared::both_databases;
use berth_shared::domain::time::Time;
use berth_shared::domain::user::Role;
use berth_shared::events::{self, Heard, Hub, Kind, Position, Room, Signals};
use berth_shared::queue::line::LineCache;
use berth_shared::store::{Db, figures};
use berth_shared::testing::user;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

async fn append(db: &Db, user: &str, payload: &str) {
    let mut tx = db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    events::append(&mut tx, user, Kind::Notice, payload, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn head(db: &Db) -> Position {
    events::head(&mut db.read().await.unwrap()).await.unwrap()
}

fn hub(db: &Db, signals: &Signals) -> (Hub, CancellationToken) {
    let hub = Hub::new(db.clone(), "epoch".into());
    let end = CancellationToken::new();
    let line = LineCache::new(db.clone(), Duration::from_secs(60));
    tokio::spawn(hub.clone().run(signals.clone(), line, end.clone()));
    (hub, end)
}

async fn next(listener: &mut berth_shared::events::Listener) -> (Position, String) {
    loop {
        let heard = tokio::time::timeout(Duration::from_secs(10), listener.next()).await.expect("an event in time");
        if let Heard::Event(event) = heard.expect("the stream goes on") {
            return (event.position, event.payload.clone());
        }
    }
}

both_databases! {
    async fn many_writers_one_reader_no_gap_no_repeat(db: TestDb) {
        let signals = Signals::default();
        let u = user(&db.db, "u", Role::User).await;
        let other = user(&db.db, "other", Role::User).await;
        let (hub, end) = hub(&db.db, &signals);
        let mut listener = hub.listen(Room::User(u.id.clone()), head(&db.db).await);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let (db, signals, u, other) = (db.db.clone(), signals.clone(), u.id.clone(), other.id.clone());
            writers.spawn(async move {
                for n in 0..25 {
                    append(&db, &u, &format!("{writer}/{n}")).await;
                    append(&db, &other, "not for u").await;
                    signals.changed();
                }
            });
        }
        let mut heard = Vec::new();
        for _ in 0..200 {
            heard.push(next(&mut listener).await);
        }
        writers.join_all().await;
        assert!(heard.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order");
        for writer in 0..8 {
            let own: Vec<_> = heard.iter().filter(|(_, p)| p.starts_with(&format!("{writer}/"))).map(|(_, p)| p.clone()).collect();
            assert_eq!(own, (0..25).map(|n| format!("{writer}/{n}")).collect::<Vec<_>>());
        }

        // Who comes back by an id in the middle gets the rest, once.
        let mut again = hub.listen(Room::User(u.id.clone()), heard[120].0);
        for expected in &heard[121..] {
            assert_eq!(&next(&mut again).await, expected);
        }
        end.cancel();
    }

    async fn what_a_transaction_holds_back_is_said(db: TestDb) {
        // Transactions of other tests on the same server hold back for milliseconds, too.
        const NOTHING: Duration = Duration::from_millis(200);
        let u = user(&db.db, "u", Role::User).await;
        let waits = async || {
            let whole = figures::whole(&mut db.db.read().await.unwrap(), Duration::from_secs(15)).await;
            whole.unwrap().oldest_event
        };
        append(&db.db, &u.id, "told").await;
        assert!(waits().await < NOTHING);
        // On SQLite one writer waits for the other.
        if let Db::Postgres { .. } = &db.db {
            let mut open = db.db.begin().await.unwrap();
            let now = open.now().await.unwrap();
            events::append(&mut open, &u.id, Kind::Notice, "not yet there", now).await.unwrap();
            assert!(waits().await < NOTHING, "nobody waits");
            for _ in 0..2 {
                append(&db.db, &u.id, "held back").await;
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            let waited = waits().await;
            assert!((Duration::from_millis(600)..Duration::from_secs(10)).contains(&waited), "{waited:?}");
            drop(open);
            let over = async || waits().await.is_zero().then_some(());
            berth_shared::testing::eventually("nothing is held back", over).await;
        }
    }

    async fn who_listens_before_the_table_can_be_followed_misses_nothing(db: TestDb) {
        let u = user(&db.db, "u", Role::User).await;
        let hub = Hub::new(db.db.clone(), "epoch".into());
        let mut listener = hub.listen(Room::User(u.id.clone()), head(&db.db).await);
        // It has read all there is, and waits for what comes.
        assert!(tokio::time::timeout(Duration::from_millis(300), next(&mut listener)).await.is_err());
        append(&db.db, &u.id, "between").await;
        let (signals, end) = (Signals::default(), CancellationToken::new());
        let line = LineCache::new(db.db.clone(), Duration::from_secs(60));
        tokio::spawn(hub.run(signals.clone(), line, end.clone()));
        assert_eq!(next(&mut listener).await.1, "between");
        append(&db.db, &u.id, "later").await;
        signals.changed();
        assert_eq!(next(&mut listener).await.1, "later");
        end.cancel();
    }

    async fn an_event_of_a_transaction_still_open_is_not_stepped_over(db: TestDb) {
        if matches!(db.db, Db::Sqlite { .. }) {
            return; // one writer: there is no other transaction to be open
        }
        let signals = Signals::default();
        let u = user(&db.db, "u", Role::User).await;
        let (hub, end) = hub(&db.db, &signals);
        let mut listener = hub.listen(Room::User(u.id.clone()), head(&db.db).await);
        let mut slow = db.db.begin().await.unwrap();
        events::append(&mut slow, &u.id, Kind::Notice, "slow", Time(0)).await.unwrap();
        append(&db.db, &u.id, "quick").await;
        signals.changed();
        assert!(tokio::time::timeout(Duration::from_millis(300), next(&mut listener)).await.is_err());
        slow.commit().await.unwrap();
        signals.changed();
        assert_eq!(next(&mut listener).await.1, "slow");
        assert_eq!(next(&mut listener).await.1, "quick");
        end.cancel();
    }

    async fn only_what_is_kept_can_be_resumed(db: TestDb) {
        let u = user(&db.db, "u", Role::User).await;
        let mut tx = db.db.begin().await.unwrap();
        berth_shared::store::installation::ensure(&mut tx, "key").await.unwrap();
        tx.commit().await.unwrap();
        let hub = Hub::new(db.db.clone(), "epoch".into());
        let before = head(&db.db).await;
        assert!(hub.can_resume(before).await.unwrap());
        append(&db.db, &u.id, "one").await;
        assert!(hub.can_resume(before).await.unwrap());
        let future = Position { xid: i64::MAX, id: i64::MAX };
        assert!(!hub.can_resume(future).await.unwrap());
        let mut tx = db.db.begin().await.unwrap();
        assert_eq!(events::prune(&mut tx, Time(i64::MAX), 10).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert!(!hub.can_resume(before).await.unwrap());
        // Another test's open transaction holds the horizon of the whole cluster back for a moment.
        berth_shared::testing::eventually("the present can be resumed", async || {
            hub.can_resume(head(&db.db).await).await.unwrap().then_some(())
        })
        .await;
    }
}
