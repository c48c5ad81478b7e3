//! A node with slots and a worker, a claim, a start that runs: what most proofs begin with.

use berth_shared::domain::time::Time;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Applied, StepDone};
use berth_shared::queue::{Claimant, Class, Lease};
use berth_shared::store::Db;
use berth_shared::store::nodes::{self, Node};
use berth_shared::store::workers::{self, WorkerRow};
use std::time::Duration;

/// Longer than any test.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// A node with start slots, its engine up or not.
pub(crate) async fn node_is(db: &Db, id: &str, slots: i64, engine_up: bool) {
    let mut tx = db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let row = Node { id: id.into(), engine_up, engine_error: None, start_slots: slots, seen_at: now };
    nodes::report(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

/// A worker that was last heard of at a moment (None: now), and may have this many jobs at once.
pub(crate) async fn worker_on(db: &Db, node: &str, concurrency: i64, seen: Option<Time>) {
    let mut tx = db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let worker = WorkerRow {
        id: format!("w-{node}"),
        node_id: node.into(),
        state: "live".into(),
        concurrency,
        version: "0".into(),
        started_at: now,
        last_seen_at: seen.unwrap_or(now),
    };
    workers::beat(&mut tx, &worker).await.unwrap();
    tx.commit().await.unwrap();
}

/// A node `a` with slots and a live worker with permits for all of them.
pub(crate) async fn node(db: &Db, slots: i64) {
    node_is(db, "a", slots, true).await;
    worker_on(db, "a", slots * 2, None).await;
}

pub(crate) async fn claim_on(db: &Db, node: &str, class: Class) -> Option<Lease> {
    let by = Claimant { worker_id: format!("w-{node}"), node_id: node.into(), lease_ttl: LONG };
    lifecycle::claim(db, &Signals::default(), &by, class).await.unwrap()
}

pub(crate) async fn claim(db: &Db, class: Class) -> Option<Lease> {
    claim_on(db, "a", class).await
}

/// The claimed start made its container and its session is painted.
pub(crate) async fn ready(db: &Db, lease: &Lease) {
    let signals = Signals::default();
    for done in [StepDone::Created { container_id: format!("c-{}", lease.job_id), image_id: None }, StepDone::Ready] {
        assert_eq!(lifecycle::step(db, &signals, lease, &done).await.unwrap(), Applied::Yes);
    }
}
