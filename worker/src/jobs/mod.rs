//! The work on a claimed job, from its lease to the one write that ends it.
//!
//! Each kind has a file; what they share is here: a [`Shift`] is one claim of one job being worked on, a [`Trouble`] is whatever kept
//! it from being done. `settle` turns a trouble into the job's end. A job takes ids only, loads what it needs, can run twice, and looks
//! at its permit before each engine call.

mod cleanup;
mod create;
mod pull;
mod settle;
mod stop;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use berth_shared::domain::desktop::Reason;
use berth_shared::domain::job::Kind as JobKind;
use berth_shared::domain::template::Home;
use berth_shared::domain::time::Time;
use berth_shared::lifecycle::{self, Applied, StepDone};
use berth_shared::queue::Lease;
use berth_shared::queue::keeper::{Go, Permit};
use berth_shared::store::{StoreError, desktops};
use berth_shared::trace;
use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep};
use tracing::{Instrument as _, field::Empty};

use crate::context::Context;
use crate::runtime::{EngineError, Kind};

/// How long a desktop has to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// One claim of one job, being worked on.
pub(crate) struct Shift<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) lease: &'a Lease,
    pub(crate) permit: &'a Permit,
    pub(crate) began: Instant,
}

/// How long work that is told to end has for the call that it is in the middle of.
const FINISH_THE_CALL: Duration = Duration::from_millis(1_500);

/// What keeps a job from being done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It may not go on: superseded, lost, or this process ends.
    #[error("the work had to stop ({0:?})")]
    Stopped(Go),
    #[error("no host port is free")]
    NoFreePort,
    /// Its image is being pulled; it has gone back into line already.
    #[error("its image is being pulled")]
    ImagePulling,
    /// Trying again would not help, whatever the engine says.
    #[error("{}", .0.text)]
    Hopeless(Reason),
    #[error("the work broke off: {0}")]
    Panicked(String),
}

/// Works on a job that this process has just claimed.
pub(crate) async fn work(ctx: Arc<Context>, job_id: String) {
    let Some((lease, permit)) = ctx.keeper.take(&job_id) else {
        return tracing::error!(job = job_id, "a job was claimed whose lease nobody keeps");
    };
    let span = tracing::info_span!(
        "job",
        otel.name = Empty,
        otel.kind = "consumer",
        job = lease.job_id,
        kind = %lease.kind,
        desktop = lease.desktop_id,
        attempt = lease.attempt,
        worker = ctx.worker_id,
    );
    if trace::is_on() {
        span.record("otel.name", lease.kind.as_str());
        trace::follow(&span, lease.trace_id.as_deref());
    }
    carried_out(&ctx, &lease, &permit).instrument(span).await;
}

async fn carried_out(ctx: &Context, lease: &Lease, permit: &Permit) {
    let began = Instant::now();
    let shift = Shift { ctx, lease, permit, began };
    let job_id = &lease.job_id;
    let work = async {
        match lease.kind {
            JobKind::Create => create::run(&shift).await,
            JobKind::Stop => stop::run(&shift).await,
            JobKind::Cleanup => cleanup::run(&shift).await,
            JobKind::Pull => pull::run(&shift).await,
            JobKind::Noop => shift.nothing().await,
        }
    };
    // Dropped in the middle of a call or a write, the work can be taken up again: that is what a killed worker leaves too.
    let result = tokio::select! {
        result = AssertUnwindSafe(work).catch_unwind() => result.unwrap_or_else(|panic| Err(panicked(&*panic))),
        why = must_drop(permit) => Err(Trouble::Stopped(why)),
    };
    let took_ms = began.elapsed().as_millis();
    match result {
        Ok(()) if lease.kind == JobKind::Noop => tracing::debug!(job = job_id, took_ms, "job done"),
        Ok(()) => {
            ctx.circuit.worked();
            tracing::info!(job = job_id, kind = %lease.kind, desktop = lease.desktop_id, took_ms, "job done");
        }
        Err(trouble) => {
            tracing::info!(job = job_id, kind = %lease.kind, desktop = lease.desktop_id, attempt = lease.attempt, took_ms, %trouble, "job not done");
            settle::settle(&shift, trouble).await;
        }
    }
}

/// Waits until the work must not take another step: the lease is lost, or the process ends and has waited long enough.
/// Work that was superseded stops by itself, at a step where it can clean up.
async fn must_drop(permit: &Permit) -> Go {
    loop {
        match permit.stopped().await {
            Go::Lost => return Go::Lost,
            Go::Ending => {
                sleep(FINISH_THE_CALL).await;
                return Go::Ending;
            }
            Go::On | Go::Superseded => permit.lost().await,
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Trouble {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    Trouble::Panicked(said.unwrap_or_else(|| "a panic without words".to_owned()))
}

impl Shift<'_> {
    /// Until when an engine call may take: no longer than the lease certainly lasts.
    fn until(&self) -> Instant {
        Instant::now() + self.permit.time_left()
    }

    /// To be asked before each step.
    fn may_go_on(&self) -> Result<(), Trouble> {
        match self.permit.go() {
            Go::On => Ok(()),
            why @ (Go::Superseded | Go::Lost | Go::Ending) => Err(Trouble::Stopped(why)),
        }
    }

    /// Reads or writes the database; while it is away, again and again, as long as the lease lasts.
    async fn persist<T, F>(&self, ask: impl FnMut() -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let waits = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(20))
            .with_max_delay(Duration::from_secs(1))
            .with_jitter()
            .without_max_times();
        Ok(ask.retry(waits).when(|error| error.passing() && self.permit.go() != Go::Lost).await?)
    }

    async fn now(&self) -> Result<Time, Trouble> {
        self.persist(async || self.ctx.db.read().await?.now().await).await
    }

    /// Writes a step down.
    async fn step(&self, done: StepDone) -> Result<(), Trouble> {
        let (db, signals) = (&self.ctx.db, &self.ctx.signals);
        as_wanted(self.persist(|| lifecycle::step(db, signals, self.lease, &done)).await?)
    }

    /// Writes down that nothing was done, which is all that was asked.
    async fn nothing(&self) -> Result<(), Trouble> {
        let (ends, signals) = (&self.ctx.ends, &self.ctx.signals);
        as_wanted(self.persist(|| lifecycle::nothing_done(ends, signals, self.lease)).await?)
    }

    /// Takes away what this desktop has in the engine, up to this generation, and gives its port back. Its home stays.
    async fn clear(&self, grace: Duration) -> Result<(), Trouble> {
        self.remove_containers(self.lease.generation, grace).await?;
        self.step(StepDone::ContainerGone { port_rest: self.ctx.settings.port_rest }).await
    }

    /// Removes the desktop's home, if its template said when it was made that it is not to be kept.
    async fn throw_away_home(&self) -> Result<(), Trouble> {
        let id = &self.lease.desktop_id;
        let desktop = self.persist(async || desktops::get(&mut self.ctx.db.read().await?, id).await).await?;
        if desktop.is_some_and(|d| d.home == Home::ThrownAway) {
            self.remove_home().await?;
        }
        Ok(())
    }

    async fn remove_home(&self) -> Result<(), Trouble> {
        match self.ctx.engine.remove_home(&self.lease.desktop_id, self.until()).await {
            // Not ours to remove, and no reason to keep the desktop in its owner's list for ever.
            Err(error) if error.kind == Kind::NotOurs => {
                tracing::warn!(desktop = self.lease.desktop_id, %error, "a volume with a home's name was left alone");
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Removes this desktop's containers of this generation and all before it.
    async fn remove_containers(&self, newest: i64, grace: Duration) -> Result<(), Trouble> {
        let (engine, desktop) = (&self.ctx.engine, &self.lease.desktop_id);
        for container in engine.list_of(desktop, self.until()).await? {
            if container.generation <= newest {
                // With a short lease the grace is shorter too: the call must be over before the lease is.
                let grace = grace.min(self.permit.time_left() / 3);
                engine.stop_and_remove(&container.id, desktop, grace, self.until()).await?;
            }
        }
        Ok(())
    }
}

/// Whether a report was written, or why not.
fn as_wanted(applied: Applied) -> Result<(), Trouble> {
    match applied {
        Applied::Yes => Ok(()),
        Applied::Superseded => Err(Trouble::Stopped(Go::Superseded)),
        Applied::LeaseLost => Err(Trouble::Stopped(Go::Lost)),
    }
}
