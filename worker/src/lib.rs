//! The worker: claims jobs, drives the container engine, and tells the database what happened. It never answers a browser.
//!
//! [`run`] is all of it: the claiming workers (`registry`), the work on each kind of job (`jobs`), what goes on beside (`tasks`:
//! heartbeat, leases, the engine's events, comparing rows with containers), and the engine itself ([`runtime`]).

mod circuit;
mod context;
pub mod doctor;
pub mod firewall;
mod isolation;
mod jobs;
pub mod preview;
mod registry;
pub mod runtime;
pub mod sim;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use berth_shared::config::Settings;
use berth_shared::domain::new_id;
use berth_shared::events::Signals;
use berth_shared::lifecycle;
use berth_shared::queue::keeper::Keeper;
use berth_shared::queue::{End, Ends};
use berth_shared::secrets::SecretKey;
use berth_shared::store::{Db, StoreError, installation, workers};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use circuit::Circuit;
use context::Context;
use runtime::{Engine, Installation};

/// How long jobs have, once told to end at once, to hand themselves back.
const HAND_BACK: Duration = Duration::from_secs(3);

/// Why a worker cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// With another key it would give desktops passwords that the api cannot know.
    #[error("the secret key is not the one that this installation was set up with")]
    OtherKey,
    #[error("the system gives no thread for the lease keeper")]
    Thread(#[from] std::io::Error),
    #[error(transparent)]
    Sim(#[from] sim::SimError),
}

/// Works until `end`, then stops claiming, waits for what is under way up to the shutdown limit, hands the rest back and returns.
/// Whoever calls it also runs [`Signals::run`], and has brought the schema up to date.
///
/// # Errors
/// Only before it begins: [`WorkerError`]. Later an engine or a database that is away is waited for.
pub async fn run(
    db: Db,
    signals: Signals,
    settings: Arc<Settings>,
    key: SecretKey,
    end: CancellationToken,
) -> Result<(), WorkerError> {
    sim::ensure(&settings).await?;
    let ctx = Arc::new(begin(db, signals, settings, key).await?);
    tracing::info!(worker = ctx.worker_id, node = ctx.settings.node, "the worker begins");
    // The tasks outlive the jobs: leases are renewed until the last of them has ended.
    let end_tasks = CancellationToken::new();
    let tasks = tasks::spawn(&ctx, &end, &end_tasks)?;
    let claiming = tokio::spawn(registry::run(Arc::clone(&ctx)));
    end.cancelled().await;
    tracing::info!(jobs = ctx.keeper.count(), "the worker ends: no more jobs are claimed");
    claiming.abort();
    let _ = claiming.await;
    ctx.claims.close();
    let _ = tokio::time::timeout(HAND_BACK, ctx.claims.wait()).await;
    hand_back_untaken(&ctx).await;
    until_idle(&ctx, ctx.settings.shutdown_limit).await;
    if ctx.keeper.count() > 0 {
        tracing::info!(jobs = ctx.keeper.count(), "what still runs is handed back");
        ctx.keeper.end_all();
        until_idle(&ctx, HAND_BACK).await;
    }
    end_tasks.cancel();
    for task in tasks {
        let _ = tokio::time::timeout(Duration::from_secs(2), task).await;
    }
    if let Err(error) = sign_off(&ctx).await {
        tracing::warn!(%error, "the worker could not sign off; it will be listed as silent for a while");
    }
    Ok(())
}

async fn begin(db: Db, signals: Signals, settings: Arc<Settings>, key: SecretKey) -> Result<Context, WorkerError> {
    let mut tx = db.begin().await?;
    let installation = installation::ensure(&mut tx, &key.check()).await?;
    tx.commit().await?;
    if installation.key_check != key.check() {
        return Err(WorkerError::OtherKey);
    }
    // Never the same twice, so that a restarted worker does not meet its former self.
    let worker_id = format!("{}-{}-{}", settings.node, std::process::id(), new_id().to_lowercase());
    Ok(Context {
        engine: Engine::new(settings.docker_host.as_deref(), Installation::new(&installation.id)),
        keeper: Keeper::new(db.clone(), worker_id.clone(), settings.lease_ttl),
        ends: Ends::new(db.clone()),
        claims: TaskTracker::new(),
        circuit: Circuit::new(),
        facts: watch::Sender::new(None),
        compare: Notify::new(),
        db,
        signals,
        settings,
        key,
        worker_id,
    })
}

/// Jobs that were claimed in the very moment when claiming ended.
async fn hand_back_untaken(ctx: &Context) {
    for lease in ctx.keeper.untaken() {
        if let Err(error) = lifecycle::hand_on(&ctx.db, &ctx.signals, &lease, &End::HandBack).await {
            tracing::warn!(%error, job = lease.job_id, "a job was not handed back; its lease will run out");
        }
    }
}

async fn until_idle(ctx: &Context, limit: Duration) {
    let until = Instant::now() + limit;
    while ctx.keeper.count() > 0 && Instant::now() < until {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn sign_off(ctx: &Context) -> Result<(), StoreError> {
    let mut tx = ctx.db.begin().await?;
    workers::delete(&mut tx, &ctx.worker_id).await?;
    tx.commit().await?;
    ctx.signals.changed();
    Ok(())
}
