//! What goes on beside the jobs, each in a task of its own, none of which gives up when database or engine are away.

pub(crate) mod compare;
mod drift;
pub(crate) mod ends;
mod heartbeat;
mod leases;
mod probe;
mod pruner;
mod usage;
mod watcher;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// Starts them all. `ending`: the worker drains; `end`: its jobs are over, and so are these.
///
/// # Errors
/// When the system gives no thread for the lease keeper.
pub(crate) fn spawn(
    ctx: &Arc<Context>,
    ending: &CancellationToken,
    end: &CancellationToken,
) -> std::io::Result<Vec<JoinHandle<()>>> {
    let each = || (Arc::clone(ctx), end.clone());
    let (keeper, signals) = (ctx.keeper.clone(), ctx.signals.clone());
    let (beat, ending) = (each(), ending.clone());
    let (watch, probe, compare, expire, prune, usage) = (each(), each(), each(), each(), each(), each());
    let keeper = keeper.spawn(signals, end.clone())?;
    Ok(vec![
        keeper,
        tokio::spawn(async move { heartbeat::run(&beat.0, &ending, &beat.1).await }),
        tokio::spawn(async move { probe::run(&probe.0, &probe.1).await }),
        tokio::spawn(async move { watcher::run(&watch.0, &watch.1).await }),
        tokio::spawn(async move { compare::run(&compare.0, &compare.1).await }),
        tokio::spawn(async move { leases::run(&expire.0, &expire.1).await }),
        tokio::spawn(async move { pruner::run(&prune.0, &prune.1).await }),
        tokio::spawn(async move { usage::run(&usage.0, &usage.1).await }),
    ])
}

/// Up to a fifth more or less, so that many workers do not do the same thing in the same moment.
fn with_jitter(every: Duration) -> Duration {
    every.mul_f64(0.8 + 0.4 * rand::random::<f64>())
}
