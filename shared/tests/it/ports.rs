//! The port allocator: no port twice, none before its rest, none that somebody else holds.

use berth_shared::both_databases;
use berth_shared::store::ports::{self, PortRange};
use std::collections::HashSet;
use std::time::Duration;

const RANGE: PortRange = PortRange { first: 7000, last: 7004 };

both_databases! {
    async fn many_at_once_get_distinct_ports_and_the_rest_none(db: TestDb) {
        let mut asks = tokio::task::JoinSet::new();
        for n in 0..12 {
            let db = db.db.clone();
            asks.spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let lease = ports::lease(&mut tx, "a", &RANGE, (&format!("d{n}"), 1), "127.0.0.1").await.unwrap();
                tx.commit().await.unwrap();
                lease.map(|lease| lease.port)
            });
        }
        let ports: Vec<_> = asks.join_all().await.into_iter().flatten().collect();
        assert_eq!(ports.len(), 5);
        assert_eq!(ports.into_iter().collect::<HashSet<_>>(), (7000..=7004).collect());
    }

    async fn a_port_rests_before_it_is_used_again(db: TestDb) {
        let mut tx = db.db.begin().await.unwrap();
        let first = ports::lease(&mut tx, "a", &RANGE, ("d", 1), "127.0.0.1").await.unwrap().unwrap();
        let again = ports::lease(&mut tx, "a", &RANGE, ("d", 2), "127.0.0.1").await.unwrap().unwrap();
        assert_eq!((first.port, again.port, again.generation), (7000, 7000, 2));
        ports::release(&mut tx, "d", Duration::from_secs(60)).await.unwrap();
        let next = ports::lease(&mut tx, "a", &RANGE, ("e", 1), "127.0.0.1").await.unwrap().unwrap();
        assert_eq!(next.port, 7001);
        ports::release_as_foreign(&mut tx, "e", Duration::ZERO).await.unwrap();
        let other = ports::lease(&mut tx, "a", &RANGE, ("f", 1), "127.0.0.1").await.unwrap().unwrap();
        assert_eq!(other.port, 7001, "its rest is over at once");
        let elsewhere = ports::lease(&mut tx, "b", &RANGE, ("g", 1), "127.0.0.1").await.unwrap().unwrap();
        assert_eq!(elsewhere.port, 7000, "each node has ports of its own");
    }
}
