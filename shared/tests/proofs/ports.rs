//! The port allocator under eight workers and a stranger: nobody gets a port that another has, or one that has not rested.
//! On PostgreSQL, where transactions really meet, with sockets that are really bound.

use crate::setup::{claim, node};
use berth_shared::domain::time::Time;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Applied, StepDone};
use berth_shared::queue::{Class, Lease};
use berth_shared::store::Db;
use berth_shared::store::ports::PortRange;
use berth_shared::testing::{TestDb, desktop, template, user};
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const WORKERS: usize = 8;
/// Of each worker, at once.
const STARTS: usize = 6;
const ALLOCATIONS: usize = 5_000;
const PORTS: u16 = 50;
const REST: Duration = Duration::from_millis(30);
const KEEP_AWAY: Duration = Duration::from_millis(40);

/// What everybody has seen.
#[derive(Default)]
struct Seen {
    /// Who has which port now.
    held: Mutex<HashMap<i64, String>>,
    /// Until when a port that was given back rests at least.
    rests: Mutex<HashMap<i64, Time>>,
    allocated: AtomicUsize,
    foreign: AtomicUsize,
    full: AtomicUsize,
    over: AtomicBool,
}

/// Ports that nobody here listens on at this moment.
fn free_range() -> PortRange {
    let is_free = |first: &u16| (*first..first + PORTS).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    let first = (40_000..60_000).step_by(usize::from(PORTS)).find(is_free).expect("fifty ports in a row");
    PortRange { first, last: first + PORTS - 1 }
}

async fn now(db: &Db) -> Time {
    db.read().await.unwrap().now().await.unwrap()
}

/// Takes and gives back ports for its starts, as a worker does.
async fn work(db: Db, leases: Vec<Lease>, range: PortRange, seen: Arc<Seen>) {
    let signals = Signals::default();
    let mut sockets: HashMap<usize, (i64, TcpListener)> = HashMap::new();
    let mut turn = 0;
    while seen.allocated.load(Ordering::Relaxed) < ALLOCATIONS {
        turn = (turn + 1) % leases.len();
        let lease = &leases[turn];
        if let Some((port, socket)) = sockets.remove(&turn) {
            drop(socket); // the container is gone
            seen.held.lock().unwrap().remove(&port);
            let rests = now(&db).await.plus(REST);
            seen.rests.lock().unwrap().insert(port, rests);
            let gone = StepDone::ContainerGone { port_rest: REST };
            assert_eq!(lifecycle::step(&db, &signals, lease, &gone).await.unwrap(), Applied::Yes);
            continue;
        }
        let Some(got) = lifecycle::lease_port(&db, lease, "a", &range, "127.0.0.1").await.unwrap().unwrap() else {
            seen.full.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            continue;
        };
        let rested = seen.rests.lock().unwrap().get(&got.port).copied();
        assert!(rested.is_none_or(|until| got.leased_at >= until), "port {} was to rest longer", got.port);
        let before = seen.held.lock().unwrap().insert(got.port, lease.desktop_id.clone());
        assert_eq!(before, None, "port {} was given to {} as well", got.port, lease.desktop_id);
        seen.allocated.fetch_add(1, Ordering::Relaxed);
        match TcpListener::bind(("127.0.0.1", u16::try_from(got.port).unwrap())) {
            Ok(socket) => _ = sockets.insert(turn, (got.port, socket)),
            Err(_) => {
                seen.foreign.fetch_add(1, Ordering::Relaxed);
                seen.held.lock().unwrap().remove(&got.port);
                let rests = now(&db).await.plus(KEEP_AWAY);
                seen.rests.lock().unwrap().insert(got.port, rests);
                assert_eq!(lifecycle::port_is_foreign(&db, lease, KEEP_AWAY).await.unwrap(), Applied::Yes);
            }
        }
    }
}

/// Somebody else, who takes ports of the range for a moment without asking.
async fn stranger(range: PortRange, seen: Arc<Seen>) {
    let mut port = range.first;
    while !seen.over.load(Ordering::Relaxed) {
        let sockets: Vec<_> =
            (0..3).filter_map(|n| TcpListener::bind(("127.0.0.1", range.first + (port + n) % PORTS)).ok()).collect();
        tokio::time::sleep(Duration::from_millis(15)).await;
        drop(sockets);
        port = port.wrapping_add(7);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the figures are for who reads the test's output")]
async fn eight_workers_fifty_ports_and_a_stranger() {
    let db = TestDb::postgres().await.db.clone();
    let starts = WORKERS * STARTS;
    node(&db, i64::try_from(starts).unwrap()).await;
    let (u, t) = (user(&db, "u", Role::User).await, template(&db, "i").await);
    let mut leases = Vec::new();
    for _ in 0..starts {
        desktop(&db, &Signals::default(), &u, &t).await;
        leases.push(claim(&db, Class::Starts).await.unwrap());
    }
    let (range, seen, begun) = (free_range(), Arc::new(Seen::default()), Instant::now());
    let other = tokio::spawn(stranger(range.clone(), seen.clone()));
    let mut workers = tokio::task::JoinSet::new();
    for leases in leases.chunks(STARTS) {
        workers.spawn(work(db.clone(), leases.to_vec(), range.clone(), seen.clone()));
    }
    while let Some(worker) = workers.join_next().await {
        worker.expect("no port twice, none before its rest");
    }
    seen.over.store(true, Ordering::Relaxed);
    other.await.unwrap();
    let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    let (foreign, full) = (count(&seen.foreign), count(&seen.full));
    println!(
        "{} ports allocated in {:?}: 0 collisions, none before its rest; {foreign} were a stranger's, {full} times none was free",
        count(&seen.allocated),
        begun.elapsed(),
    );
    assert!(foreign > 0, "no stranger came in anybody's way");
}
