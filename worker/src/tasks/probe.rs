//! The one probe of this worker's engine: opens and shuts the circuit, and sees to it that all that waited goes on at once.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use berth_shared::lifecycle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::with_jitter;
use crate::context::Context;
use crate::runtime::{EngineError, Kind};

/// How often an engine that answers is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How long one ping may take; two in a row without answer are enough.
const PING: Duration = Duration::from_secs(2);
const MOST_UNANSWERED: u32 = 2;
/// Between two pings of an engine that is away.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
const ONE_LOOK: Duration = Duration::from_secs(10);

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    let fresh = || {
        let waits = ExponentialBuilder::default().with_min_delay(SHORTEST_WAIT).with_max_delay(LONGEST_WAIT);
        waits.without_max_times().build()
    };
    let (mut waits, mut unanswered) = (fresh(), 0);
    loop {
        let wait = match ctx.engine.ping(Instant::now() + PING).await {
            Err(error) if matches!(error.kind, Kind::EngineDown | Kind::TimedOut) => {
                unanswered += 1;
                if error.kind == Kind::EngineDown || unanswered >= MOST_UNANSWERED {
                    is_away(ctx, &error);
                }
                waits.next().unwrap_or(LONGEST_WAIT)
            }
            // Whatever else it says, it answers.
            Ok(()) | Err(_) => {
                (waits, unanswered) = (fresh(), 0);
                if !ctx.circuit.is_open() {
                    is_back(ctx).await;
                }
                EVERY
            }
        };
        tokio::select! {
            () = end.cancelled() => return,
            () = ctx.circuit.doubted(), if unanswered == 0 => {}
            () = sleep(with_jitter(wait)) => {}
        }
    }
}

fn is_away(ctx: &Context, error: &EngineError) {
    if ctx.circuit.is_open() {
        tracing::warn!(%error, "the container engine is away; nothing is claimed until it is back");
        ctx.circuit.shut();
    }
}

/// What it is may have changed; what waited for it need not sit out its time; what happened meanwhile is looked at.
async fn is_back(ctx: &Context) {
    match ctx.engine.info(Instant::now() + ONE_LOOK).await {
        Ok(facts) => {
            tracing::info!(version = facts.version, cpus = facts.cpus, "the container engine answers");
            ctx.facts.send_replace(Some(facts));
        }
        Err(error) => {
            tracing::debug!(%error, "the engine said nothing of itself");
            if matches!(error.kind, Kind::EngineDown | Kind::TimedOut) {
                return;
            }
        }
    }
    if !ctx.circuit.answered() {
        return;
    }
    if let Err(error) = lifecycle::engine_is_back(&ctx.db, &ctx.signals, &ctx.settings.node).await {
        tracing::warn!(%error, "what waited for the engine waits out its time");
    }
    ctx.compare.notify_one();
}
