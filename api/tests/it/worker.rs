//! What a worker would do, as far as the api can tell.
use std::time::Duration;

use berth_shared::{
    lifecycle::{self, StepDone},
    queue::{Claimant, Class, Lease},
    store::{
        nodes::{self, Node},
        ports::PortRange,
        workers::{self, WorkerRow},
    },
    testing::eventually,
};

use crate::app::TestApp;

const NODE: &str = "here";

/// Signs a node with so many start slots on.
pub(crate) async fn sign_on(api: &TestApp, start_slots: i64) -> Claimant {
    let mut tx = api.db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let node = Node { id: NODE.to_owned(), engine_up: true, engine_error: None, start_slots, seen_at: now };
    nodes::report(&mut tx, &node).await.unwrap();
    let worker = WorkerRow {
        id: "worker-1".to_owned(),
        node_id: NODE.to_owned(),
        state: "live".to_owned(),
        concurrency: 8,
        version: "test".to_owned(),
        started_at: now,
        last_seen_at: now,
    };
    workers::beat(&mut tx, &worker).await.unwrap();
    tx.commit().await.unwrap();
    Claimant { worker_id: worker.id, node_id: NODE.to_owned(), lease_ttl: Duration::from_secs(60) }
}

/// A claim steps over what somebody holds, so a request that is just being rolled back can hide a job.
async fn claim(api: &TestApp, by: &Claimant, class: Class) -> Lease {
    eventually("a job that waits", async || lifecycle::claim(&api.db, &api.app.signals, by, class).await.unwrap()).await
}

/// Claims the next start and brings it to running on this port.
pub(crate) async fn run_next(api: &TestApp, by: &Claimant, port: u16) -> Lease {
    let (db, signals) = (&api.db, &api.app.signals);
    let lease = claim(api, by, Class::Starts).await;
    let range = PortRange { first: port, last: port };
    lifecycle::lease_port(db, &lease, NODE, &range, "127.0.0.1").await.unwrap().unwrap().expect("the port is free");
    for done in
        [StepDone::Created { container_id: "c0ffee".to_owned(), image_id: None }, StepDone::Booted, StepDone::Ready]
    {
        lifecycle::step(db, signals, &lease, &done).await.unwrap();
    }
    lease
}

/// Does the next stop or cleanup.
pub(crate) async fn end_next(api: &TestApp, by: &Claimant) {
    let (db, signals) = (&api.db, &api.app.signals);
    let lease = claim(api, by, Class::Ends).await;
    let gone = StepDone::ContainerGone { port_rest: Duration::ZERO };
    let last = match lease.kind {
        berth_shared::domain::job::Kind::Cleanup => StepDone::Removed,
        _ => StepDone::Cleared,
    };
    for done in [gone, last] {
        lifecycle::step(db, signals, &lease, &done).await.unwrap();
    }
}
