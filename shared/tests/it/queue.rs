//! Claims, leases, slots and order.

use berth_shared::both_databases;
use berth_shared::domain::desktop::{QueueReasonCode, Status};
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Applied, StepDone};
use berth_shared::queue::line::Line;
use berth_shared::queue::{Claimant, Class, End, Lease};
use berth_shared::store::nodes::{self, Node};
use berth_shared::store::workers::{self, WorkerRow};
use berth_shared::store::{Db, desktops};
use berth_shared::testing::{desktop, template, user};
use std::time::Duration;

pub(crate) fn claimant(worker: &str, ttl: Duration) -> Claimant {
    Claimant { worker_id: worker.into(), node_id: "a".into(), lease_ttl: ttl }
}

pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A node `a` with slots, and a live worker there.
pub(crate) async fn node(db: &Db, slots: i64) {
    let mut tx = db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let row = Node { id: "a".into(), engine_up: true, engine_error: None, start_slots: slots, seen_at: now };
    nodes::report(&mut tx, &row).await.unwrap();
    let worker = WorkerRow {
        id: "w".into(),
        node_id: "a".into(),
        state: "live".into(),
        concurrency: 8,
        version: "0".into(),
        started_at: now,
        last_seen_at: now,
    };
    workers::beat(&mut tx, &worker).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn claim(db: &Db, class: Class) -> Option<Lease> {
    lifecycle::claim(db, &Signals::default(), &claimant("w", LONG), class).await.unwrap()
}

pub(crate) async fn ready(db: &Db, lease: &Lease) -> Applied {
    let signals = Signals::default();
    let created = StepDone::Created { container_id: "c".into(), image_id: None };
    assert_eq!(lifecycle::step(db, &signals, lease, &created).await.unwrap(), Applied::Yes);
    lifecycle::step(db, &signals, lease, &StepDone::Ready).await.unwrap()
}

both_databases! {
    async fn slots_bound_the_starts_of_a_node_also_at_once(db: TestDb) {
        node(&db.db, 3).await;
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        for _ in 0..10 {
            desktop(&db.db, &Signals::default(), &u, &t).await;
        }
        let mut claims = tokio::task::JoinSet::new();
        for n in 0..8 {
            let db = db.db.clone();
            claims.spawn(async move {
                let by = claimant(&format!("w{n}"), LONG);
                lifecycle::claim(&db, &Signals::default(), &by, Class::Starts).await.ok().flatten()
            });
        }
        let first: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
        assert!(!first.is_empty() && first.len() <= 3);
        let mut held = first;
        while let Some(lease) = claim(&db.db, Class::Starts).await {
            held.push(lease);
        }
        assert_eq!(held.len(), 3);
        assert_eq!(ready(&db.db, &held[0]).await, Applied::Yes);
        assert!(claim(&db.db, Class::Starts).await.is_some(), "a slot came back");
        assert!(claim(&db.db, Class::Starts).await.is_none());
    }

    async fn ranks_are_fair_between_users(db: TestDb) {
        node(&db.db, 50).await;
        let (many, few) = (user(&db.db, "many", Role::User).await, user(&db.db, "few", Role::User).await);
        let t = template(&db.db, "i").await;
        for _ in 0..20 {
            desktop(&db.db, &Signals::default(), &many, &t).await;
        }
        let mut begun = Vec::new();
        for _ in 0..3 {
            begun.push(claim(&db.db, Class::Starts).await.unwrap());
        }
        let late = [desktop(&db.db, &Signals::default(), &few, &t).await, desktop(&db.db, &Signals::default(), &few, &t).await];
        let line = Line::load(&mut db.db.read().await.unwrap(), LONG).await.unwrap();
        assert_eq!(line.info(&late[0].id).unwrap().position, Some(2));
        assert_eq!(line.info(&late[1].id).unwrap().position, Some(4));
        let mut order = Vec::new();
        for _ in 0..4 {
            order.push(claim(&db.db, Class::Starts).await.unwrap().desktop_id);
        }
        assert!(order.contains(&late[0].id) && order.contains(&late[1].id), "two others at most go before");
    }

    async fn a_lost_lease_makes_the_job_available_and_its_old_holder_powerless(db: TestDb) {
        node(&db.db, 2).await;
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &Signals::default(), &u, &t).await;
        let signals = Signals::default();
        let short = claimant("w", Duration::from_millis(1));
        let old = lifecycle::claim(&db.db, &signals, &short, Class::Starts).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(lifecycle::step(&db.db, &signals, &old, &StepDone::Ready).await.unwrap(), Applied::LeaseLost);
        assert_eq!(lifecycle::expire_leases(&db.db, &signals).await.unwrap(), 1);
        assert_eq!(lifecycle::expire_leases(&db.db, &signals).await.unwrap(), 0);
        let new = claim(&db.db, Class::Starts).await.unwrap();
        assert_eq!((new.job_id.clone(), new.attempt, new.claim), (old.job_id.clone(), 1, 2), "not the job's fault");
        assert_eq!(lifecycle::hand_on(&db.db, &signals, &old, &End::HandBack).await.unwrap(), Applied::LeaseLost);
        assert_eq!(ready(&db.db, &new).await, Applied::Yes);
        let row = desktops::get(&mut db.db.read().await.unwrap(), &d.id).await.unwrap().unwrap();
        assert_eq!(row.status, Status::Running);
    }

    async fn what_waits_out_a_pause_says_so_and_comes_back(db: TestDb) {
        node(&db.db, 1).await;
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &Signals::default(), &u, &t).await;
        let lease = claim(&db.db, Class::Starts).await.unwrap();
        let run_at = db.db.begin().await.unwrap().now().await.unwrap().plus(Duration::from_millis(300));
        let end = End::Retry { words: "The port was taken.".into(), error: "bind: EADDRINUSE".into(), run_at };
        assert_eq!(lifecycle::hand_on(&db.db, &Signals::default(), &lease, &end).await.unwrap(), Applied::Yes);
        let line = Line::load(&mut db.db.read().await.unwrap(), LONG).await.unwrap();
        let info = line.info(&d.id).unwrap();
        let reason = info.reason.unwrap();
        assert_eq!((info.position, reason.code, reason.retry_at), (None, QueueReasonCode::Backoff, Some(run_at)));
        assert_eq!(reason.text, "The port was taken.", "the owner reads words, not what the engine said");
        assert!(claim(&db.db, Class::Starts).await.is_none());
        tokio::time::sleep(Duration::from_millis(320)).await;
        assert_eq!(claim(&db.db, Class::Starts).await.unwrap().attempt, 2);
    }

    async fn with_no_worker_the_line_says_so(db: TestDb) {
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &Signals::default(), &u, &t).await;
        let line = Line::load(&mut db.db.read().await.unwrap(), LONG).await.unwrap();
        let info = line.info(&d.id).unwrap();
        assert_eq!((info.position, info.eta_seconds), (Some(1), None));
        assert_eq!(info.reason.unwrap().code, QueueReasonCode::NoWorker);
    }
}
