//! What apalis sees of the queue: a backend whose task is a job's id and nothing else. apalis asks for the next task only
//! when one of its permits is free, so exactly then a claim is made, for as many jobs as permits are free: nothing is
//! claimed ahead of its work. The row is finished by the handler under its lease token; no heartbeat, ack, retry or attempt of apalis matters.
//!
//! It never returns an error, because that would end the worker: it waits and asks the database again.

use super::keeper::Keeper;
use super::{Claimant, Class};
use crate::events::Signals;
use crate::lifecycle;
use crate::store::{Db, StoreError};
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::layers::Identity;
use apalis_core::task::Task;
use apalis_core::worker::context::WorkerContext;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Claims jobs of one class for one worker process.
pub struct ClaimBackend {
    source: Source,
    next: Option<BoxFuture<'static, ()>>,
}

/// Everything that a claim needs.
#[derive(Clone)]
pub struct Source {
    pub db: Db,
    pub signals: Signals,
    pub keeper: Keeper,
    pub claimant: Claimant,
    pub class: Class,
    /// How many jobs of this class this process works on at once.
    pub permits: usize,
    /// False while the engine is away: then nothing is claimed, and nothing uses up a try.
    pub open: watch::Receiver<bool>,
    /// Claims under way. They are tasks of their own, so that one which is committed is known of, also when nobody waits
    /// for it any more; who ends the worker waits for these and hands back what they brought.
    pub claims: TaskTracker,
}

/// What a notice may miss, the poll finds.
const POLL: Duration = Duration::from_millis(1_000);
/// After a claim that found nothing: what comes within this time is looked at together.
const QUIET: Duration = Duration::from_millis(5);

impl ClaimBackend {
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self { source, next: None }
    }
}

impl Source {
    /// Claims until it has something.
    async fn claim_next(mut self) {
        let mut jobs = self.signals.jobs();
        loop {
            jobs.mark_unchanged();
            if self.open.wait_for(|open| *open).await.is_err() {
                return std::future::pending().await;
            }
            let begun = Instant::now();
            let one = self.clone();
            let claimed = self.claims.spawn(async move { one.try_claim().await }).await;
            let wait = match claimed {
                Ok(Ok(Claimed::Something)) => return,
                Ok(Ok(Claimed::Nothing { due_in })) => due_in.unwrap_or(POLL).min(poll_with_jitter()),
                Ok(Err(error)) if error.passing() || error.violates("jobs_one_running", "jobs.desktop_id") => {
                    tracing::debug!(%error, "a claim did not go through");
                    Duration::from_millis(20)
                }
                Ok(Err(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "claiming failed");
                    POLL
                }
                Err(error) => {
                    tracing::error!(%error, "claiming broke off");
                    POLL
                }
            };
            tokio::select! {
                _ = jobs.changed() => tokio::time::sleep(QUIET.saturating_sub(begun.elapsed())).await,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// One claim, for as many jobs as there are permits free; apalis asks, so one at least is.
    async fn try_claim(self) -> Result<Claimed, StoreError> {
        let free = self.permits.saturating_sub(self.keeper.count_of(self.class)).max(1);
        let asked = Instant::now();
        let claims = lifecycle::claim_some(&self.db, &self.signals, &self.claimant, self.class, free).await?;
        if claims.leases.is_empty() {
            return Ok(Claimed::Nothing { due_in: claims.due_in });
        }
        for lease in claims.leases {
            self.keeper.hold(lease, asked);
        }
        Ok(Claimed::Something)
    }
}

enum Claimed {
    Something,
    Nothing { due_in: Option<Duration> },
}

fn poll_with_jitter() -> Duration {
    POLL.mul_f64(0.8 + 0.4 * rand::random::<f64>())
}

impl Backend for ClaimBackend {
    type Task = Task<String>;
    type Error = std::convert::Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>, _: &WorkerContext) -> Poll<Option<Result<Self::Task, Self::Error>>> {
        loop {
            if let Some(id) = self.source.keeper.offer(self.source.class) {
                return Poll::Ready(Some(Ok(Task::new(id))));
            }
            let next = self.next.get_or_insert_with(|| self.source.clone().claim_next().boxed());
            ready!(next.poll_unpin(cx));
            self.next = None;
        }
    }

    fn poll_close(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Self::Error>> {
        self.next = None;
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for ClaimBackend {
    type Args = String;
    type Id = String;
    type Kind = apalis_core::backend::finalize::Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &Self::Config {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Self::Layer {
        Identity::new()
    }
}
