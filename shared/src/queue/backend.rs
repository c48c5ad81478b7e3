//! What apalis sees of the queue: a backend whose task is a job's id and nothing else. apalis asks for the next task only
//! when one of its permits is free, so exactly then one claim is made; nothing is buffered in between. The row is
//! finished by the handler under its lease token; no heartbeat, ack, retry or attempt of apalis matters.
//!
//! It never returns an error, because that would end the worker: it waits and asks the database again.

use super::keeper::Keeper;
use super::{Claimant, Class, next_due, worth_a_claim};
use crate::events::Signals;
use crate::lifecycle;
use crate::store::{Db, StoreError, Tx};
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::layers::Identity;
use apalis_core::task::Task;
use apalis_core::worker::context::WorkerContext;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Claims jobs of one class for one worker process.
pub struct ClaimBackend {
    source: Source,
    next: Option<BoxFuture<'static, String>>,
}

/// Everything that a claim needs.
#[derive(Clone)]
pub struct Source {
    pub db: Db,
    pub signals: Signals,
    pub keeper: Keeper,
    pub claimant: Claimant,
    pub class: Class,
    /// False while the engine is away: then nothing is claimed, and nothing uses up a try.
    pub open: watch::Receiver<bool>,
}

/// What a notice may miss, the poll finds.
const POLL: Duration = Duration::from_millis(1_000);

impl ClaimBackend {
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self { source, next: None }
    }
}

impl Source {
    async fn claim_next(mut self) -> String {
        let mut jobs = self.signals.jobs();
        loop {
            jobs.mark_unchanged();
            if self.open.wait_for(|open| *open).await.is_err() {
                return std::future::pending().await;
            }
            let wait = match self.try_claim().await {
                Ok(Claimed::Job(id)) => return id,
                Ok(Claimed::Nothing { due_in }) => due_in.unwrap_or(POLL).min(poll_with_jitter()),
                Err(error) if error.passing() || error.violates("jobs_one_running", "jobs.desktop_id") => {
                    tracing::debug!(%error, "a claim did not go through");
                    Duration::from_millis(20)
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "claiming failed");
                    POLL
                }
            };
            tokio::select! {
                _ = jobs.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn try_claim(&self) -> Result<Claimed, StoreError> {
        let mut tx = self.db.read().await?;
        let nothing = Claimed::Nothing { due_in: due_in(&mut tx).await? };
        if !worth_a_claim(&mut tx, self.class).await? {
            return Ok(nothing);
        }
        drop(tx);
        let asked = Instant::now();
        let Some(lease) = lifecycle::claim(&self.db, &self.signals, &self.claimant, self.class).await? else {
            return Ok(nothing);
        };
        let id = lease.job_id.clone();
        self.keeper.hold(lease, asked);
        Ok(Claimed::Job(id))
    }
}

async fn due_in(tx: &mut Tx) -> Result<Option<Duration>, StoreError> {
    let now = tx.now().await?;
    Ok(next_due(tx).await?.map(|at| at.since(now) + Duration::from_millis(1)))
}

enum Claimed {
    Job(String),
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
        let next = self.next.get_or_insert_with(|| self.source.clone().claim_next().boxed());
        let id = ready!(next.poll_unpin(cx));
        self.next = None;
        Poll::Ready(Some(Ok(Task::new(id))))
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
