//! Forgets what has been kept long enough.

use std::time::Duration;

use berth_shared::events;
use berth_shared::queue;
use berth_shared::store::{StoreError, idempotency, sessions, starts, workers};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::with_jitter;
use crate::context::Context;

const EVERY: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A silent worker stays listed this long.
const KEEP_WORKERS: Duration = Duration::from_secs(600);

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = sleep(with_jitter(EVERY)) => {}
        }
        if let Err(error) = prune(ctx).await {
            tracing::warn!(%error, "old rows were not removed");
        }
    }
}

async fn prune(ctx: &Context) -> Result<(), StoreError> {
    let mut tx = ctx.db.begin().await?;
    let now = tx.now().await?;
    let mut gone = events::prune(&mut tx, now.minus(ctx.settings.keep_events)).await?;
    gone += queue::prune(&mut tx, now.minus(ctx.settings.keep_jobs)).await?;
    gone += workers::prune(&mut tx, now.minus(KEEP_WORKERS)).await?;
    gone += sessions::prune(&mut tx, now).await?;
    gone += idempotency::prune(&mut tx, now.minus(DAY)).await?;
    // The longest window of the start limits is a day.
    gone += starts::prune(&mut tx, now.minus(DAY)).await?;
    tx.commit().await?;
    if gone > 0 {
        tracing::debug!(gone, "old rows removed");
    }
    Ok(())
}
