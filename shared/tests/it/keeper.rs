//! The lease keeper: what a busy worker cannot starve, and what a sleeper sees when it wakes.

use super::claims::{count, run};
use super::queue::{claimant, node};
use berth_shared::both_databases;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle;
use berth_shared::queue::keeper::{Go, Keeper};
use berth_shared::queue::{self, Class};
use berth_shared::store::Db;
use berth_shared::testing::{TestDb, desktop, template, user};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const TTL: Duration = Duration::from_millis(900);

async fn a_lease(db: &Db) -> queue::Lease {
    node(db, 1).await;
    let (u, t) = (user(db, "u", Role::User).await, template(db, "i").await);
    desktop(db, &Signals::default(), &u, &t).await;
    lifecycle::claim(db, &Signals::default(), &claimant("w", TTL), Class::Starts).await.unwrap().unwrap()
}

both_databases! {
    async fn a_worker_with_every_thread_and_connection_busy_renews_all_the_same(db: TestDb) {
        let (worker, over) = (
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
            Arc::new(AtomicBool::new(false)),
        );
        let own = TestDb::connect(&db.url).await.unwrap();
        let (lease, asked) = (a_lease(&db.db).await, Instant::now());
        let keeper = Keeper::new(own.clone(), "w".into(), TTL);
        keeper.hold(lease.clone(), asked);
        let (_, permit) = keeper.take(&lease.job_id).unwrap();
        let end = CancellationToken::new();
        let inside = worker.enter();
        let _renewing = keeper.spawn(Signals::default(), end.clone()).unwrap();
        drop(inside);
        // Every connection that is not the database's only writer, and every thread.
        let mut taken = Vec::new();
        let most = own.pool_use().max - u64::from(matches!(own, Db::Sqlite { .. }));
        for _ in 0..most {
            taken.push(own.read().await.unwrap());
        }
        let (busy, until) = (over.clone(), asked + 4 * TTL);
        worker.spawn(async move {
            while Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
            busy.store(true, Ordering::SeqCst);
        });
        while Instant::now() < asked + 3 * TTL {
            assert_eq!(permit.go(), Go::On);
            assert!(queue::expired(&mut db.db.read().await.unwrap()).await.unwrap().is_empty(), "it ran out");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!over.load(Ordering::SeqCst), "its thread was busy all the while");
        end.cancel();
        drop(taken);
        worker.shutdown_background();
    }

    async fn who_slept_through_its_lease_knows_by_its_own_clock(db: TestDb) {
        let lease = a_lease(&db.db).await;
        let keeper = Keeper::new(db.db.clone(), "w".into(), TTL);
        // The database still says that it lives: what counts is when the claim was sent.
        keeper.hold(lease.clone(), Instant::now().checked_sub(TTL).unwrap());
        let (_, permit) = keeper.take(&lease.job_id).unwrap();
        assert_eq!((permit.go(), permit.time_left()), (Go::Lost, Duration::ZERO));
        // And where it has run out there too, whoever waits is told.
        run(&db.db, "UPDATE jobs SET lease_until = 1 WHERE state = 'running'").await;
        let end = CancellationToken::new();
        keeper.spawn(Signals::default(), end.clone()).unwrap();
        tokio::time::timeout(10 * TTL, permit.lost()).await.expect("it is told");
        end.cancel();
    }

    async fn a_keeper_dies_with_its_worker(db: TestDb) {
        let lease = a_lease(&db.db).await;
        let worker = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let keeper = Keeper::new(TestDb::connect(&db.url).await.unwrap(), "w".into(), TTL);
        keeper.hold(lease, Instant::now());
        let inside = worker.enter();
        drop(keeper.spawn(Signals::default(), CancellationToken::new()).unwrap());
        drop(inside);
        worker.shutdown_background();
        let given_up = berth_shared::testing::eventually("its lease runs out", async || {
            (lifecycle::expire_leases(&db.db, &Signals::default()).await.unwrap() == 1).then_some(())
        });
        given_up.await;
        assert_eq!(count(&db.db, "SELECT count(*) FROM attempts WHERE outcome = 'lost'").await, 1);
    }
}
