//! The lease keeper of one worker process: renews all its leases together, well before they end; tells a job's work when
//! to stop.
//!
//! ```text
//!  claim ──▶ hold() ──▶ offer() ──▶ take() ──▶ Permit: the work looks at it before each step
//!              │                                ▲ Superseded: a later wish waits
//!  a thread of its own: renew ──▶ safe_until    ▲ Lost: not renewed in time, do no further engine call
//! ```
//!
//! It has a thread, a runtime and a database connection of its own, so that a worker whose threads are all busy, or whose
//! pool is exhausted, renews all the same. A worker that was stopped and wakes after its lease sees that by its own
//! monotonic clock, before the database tells.

use super::{Class, Lease};
use crate::events::Signals;
use crate::store::{Db, StoreError, Tx, all};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Whether the work on a job may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    On,
    /// A later wish replaces this job: stop at the next step.
    Superseded,
    /// The lease is or may be somebody else's: stop, and touch nothing.
    Lost,
    /// This process ends: hand the job back.
    Ending,
}

/// How far a lease has come within this process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Claimed,
    /// Told to apalis, which is about to call the work.
    Offered,
    /// Somebody works on it.
    Taken,
}

struct Held {
    lease: Lease,
    stage: Stage,
    go: watch::Sender<Go>,
    /// By this clock the lease has certainly not ended before.
    safe_until: Instant,
}

/// Holds the leases of one process.
#[derive(Clone)]
pub struct Keeper {
    db: Db,
    worker_id: String,
    ttl: Duration,
    held: Arc<Mutex<HashMap<String, Held>>>,
}

impl Keeper {
    #[must_use]
    pub fn new(db: Db, worker_id: String, ttl: Duration) -> Self {
        Self { db, worker_id, ttl, held: Arc::default() }
    }

    /// Takes a lease under its care. `asked` is when the claim was sent.
    pub fn hold(&self, lease: Lease, asked: Instant) {
        let held = Held { go: watch::Sender::new(Go::On), safe_until: asked + self.ttl, stage: Stage::Claimed, lease };
        self.lock().insert(held.lease.job_id.clone(), held);
    }

    /// A job of this class that was claimed and is not worked on yet.
    #[must_use]
    pub fn offer(&self, class: Class) -> Option<String> {
        let mut held = self.lock();
        let waits = |held: &&mut Held| held.stage == Stage::Claimed && Class::of(held.lease.kind) == class;
        // Ids sort by their making: the oldest first.
        let next = held.values_mut().filter(waits).min_by(|a, b| a.lease.job_id.cmp(&b.lease.job_id))?;
        next.stage = Stage::Offered;
        Some(next.lease.job_id.clone())
    }

    /// The lease of a job and the word to go on, for who works on it.
    #[must_use]
    pub fn take(&self, job_id: &str) -> Option<(Lease, Permit)> {
        let mut held = self.lock();
        let found = held.get_mut(job_id)?;
        found.stage = Stage::Taken;
        let token = found.lease.token.clone();
        let permit = Permit { keeper: self.clone(), job_id: job_id.to_owned(), token, go: found.go.subscribe() };
        Some((found.lease.clone(), permit))
    }

    /// Lets go of the leases that nobody took: claimed in the moment when claiming ended. Who asks hands their jobs back.
    #[must_use]
    pub fn untaken(&self) -> Vec<Lease> {
        self.lock().extract_if(|_, held| held.stage != Stage::Taken).map(|(_, held)| held.lease).collect()
    }

    /// How many jobs this process works on.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// How many jobs of this class this process has.
    #[must_use]
    pub fn count_of(&self, class: Class) -> usize {
        self.lock().values().filter(|held| Class::of(held.lease.kind) == class).count()
    }

    /// Tells all work to end and hand back.
    pub fn end_all(&self) {
        for held in self.lock().values() {
            say(&held.go, Go::Ending);
        }
    }

    /// Renews on a thread of its own until told to end, or until the runtime that it was called on is gone. What it returns
    /// ends with the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(self, signals: Signals, end: CancellationToken) -> std::io::Result<tokio::task::JoinHandle<()>> {
        let (mut over, ended) = tokio::sync::oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("leases".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = self.run(signals, end) => {}
                    () = over.closed() => {}
                }
            });
        })?;
        Ok(tokio::spawn(async move { _ = ended.await }))
    }

    /// Renews every third of a lease, and looks for later wishes when jobs change.
    async fn run(self, signals: Signals, end: CancellationToken) {
        let db = self.db.alone();
        let mut jobs = signals.jobs();
        let mut tick = tokio::time::interval(self.ttl / 3);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut looked = Instant::now();
        loop {
            let renew = tokio::select! {
                () = end.cancelled() => return,
                _ = tick.tick() => true,
                () = news(&mut jobs, looked) => false,
                () = tokio::time::sleep(self.until_next_end()) => { self.stop_overdue(); continue }
            };
            looked = Instant::now();
            if self.count() == 0 {
                continue;
            }
            let round = async {
                if renew {
                    self.renew(&db, looked).await?;
                }
                if self.count_of(Class::Starts) > 0 { self.look(&db).await } else { Ok(()) }
            };
            // A renewal that hangs must not keep us from noticing that leases end.
            match tokio::time::timeout(self.ttl / 4, round).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "leases were not renewed"),
                Err(_) => tracing::warn!("the database took too long to renew leases"),
            }
            self.stop_overdue();
        }
    }

    async fn renew(&self, db: &Db, asked: Instant) -> Result<(), StoreError> {
        let renewed = renewed(db, &self.worker_id, self.ttl).await?;
        for held in self.lock().values_mut() {
            if renewed.iter().any(|(token,)| *token == held.lease.token) {
                held.safe_until = asked + self.ttl;
            } else if held.safe_until < asked {
                say(&held.go, Go::Lost);
            }
        }
        Ok(())
    }

    /// Tells creates that a later wish waits. A stop or cleanup is never superseded: it ends what it began.
    async fn look(&self, db: &Db) -> Result<(), StoreError> {
        let mut tx = db.read().await?;
        let superseded = all!(
            &mut tx,
            (String,),
            "SELECT r.id FROM jobs r JOIN jobs w ON w.desktop_id = r.desktop_id \
             WHERE r.worker_id = $1 AND r.state = 'running' AND r.priority = 1 \
             AND w.state IN ('available', 'scheduled', 'retryable')",
            &self.worker_id,
        )?;
        for (job_id,) in superseded {
            if let Some(held) = self.lock().get(&job_id) {
                say(&held.go, Go::Superseded);
            }
        }
        Ok(())
    }

    /// A margin before the end, so that a call that began just before is over when the lease is.
    fn margin(&self) -> Duration {
        self.ttl / 10
    }

    fn until_next_end(&self) -> Duration {
        let next = self.lock().values().filter(|h| *h.go.borrow() != Go::Lost).map(|h| h.safe_until).min();
        next.map_or(self.ttl, |at| at.saturating_duration_since(Instant::now() + self.margin()))
            .max(Duration::from_millis(1))
    }

    fn stop_overdue(&self) {
        let now = Instant::now() + self.margin();
        for held in self.lock().values().filter(|held| held.safe_until <= now) {
            say(&held.go, Go::Lost);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Held>> {
        self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Jobs changed; many changes in a moment are one.
async fn news(jobs: &mut watch::Receiver<u64>, looked: Instant) {
    const QUIET: Duration = Duration::from_millis(25);
    if jobs.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(QUIET.saturating_sub(looked.elapsed())).await;
    jobs.mark_unchanged();
}

/// Gives every lease of a worker that has not run out its whole length again; their tokens.
async fn renewed(db: &Db, worker_id: &str, ttl: Duration) -> Result<Vec<(String,)>, StoreError> {
    const POSTGRES: &str = "WITH clock AS MATERIALIZED \
         (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now) \
         UPDATE jobs SET lease_until = clock.now + $2, lease_renewed_at = clock.now FROM clock \
         WHERE worker_id = $1 AND state = 'running' AND lease_until > clock.now RETURNING lease_token";
    const SQLITE: &str = "UPDATE jobs SET lease_until = $3 + $2, lease_renewed_at = $3 \
         WHERE worker_id = $1 AND state = 'running' AND lease_until > $3 RETURNING lease_token";
    let micros = crate::domain::time::micros(ttl);
    if let Db::Postgres { pool, .. } = db {
        return Ok(sqlx::query_as(POSTGRES).bind(worker_id).bind(micros).fetch_all(pool).await?);
    }
    let mut tx: Tx = db.begin().await?;
    let now = tx.now().await?;
    let renewed = all!(&mut tx, (String,), SQLITE, worker_id, micros, now)?;
    tx.commit().await?;
    Ok(renewed)
}

/// The first reason to stop stays, but for `Lost`, which outranks every other.
fn say(go: &watch::Sender<Go>, word: Go) {
    go.send_if_modified(|now| {
        let changes = *now == Go::On || (word == Go::Lost && *now != Go::Lost);
        if changes {
            *now = word;
        }
        changes
    });
}

/// Held by who works on a job; dropped when the work is over.
pub struct Permit {
    keeper: Keeper,
    job_id: String,
    /// The lease it is for: this process may have lost the job in its sleep, and have claimed it again since.
    token: String,
    go: watch::Receiver<Go>,
}

impl Permit {
    /// Whether to go on, at this moment.
    #[must_use]
    pub fn go(&self) -> Go {
        let by_clock = self.time_left().is_zero();
        if by_clock { Go::Lost } else { *self.go.borrow() }
    }

    /// Waits until the work must stop, and says why.
    pub async fn stopped(&self) -> Go {
        let mut go = self.go.clone();
        let changed = go.wait_for(|go| *go != Go::On).await;
        changed.map_or(Go::Lost, |go| *go)
    }

    /// Waits until the lease is lost.
    pub async fn lost(&self) {
        // A keeper that is gone renews nothing.
        _ = self.go.clone().wait_for(|go| *go == Go::Lost).await;
    }

    /// How much of the lease is certainly left: no engine call may take longer.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        let held = self.keeper.lock();
        held.get(&self.job_id).filter(|held| held.lease.token == self.token).map_or(Duration::ZERO, |held| {
            held.safe_until.saturating_duration_since(Instant::now() + self.keeper.margin())
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self.keeper.lock();
        if held.get(&self.job_id).is_some_and(|held| held.lease.token == self.token) {
            held.remove(&self.job_id);
        }
    }
}
