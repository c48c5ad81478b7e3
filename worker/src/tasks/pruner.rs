//! Forgets what has been kept long enough.

use std::time::Duration;

use berth_shared::lifecycle::{self, Keep};
use berth_shared::store::{StoreError, idempotency, identities, invites, sessions, starts, streams, workers};
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
        match prune(ctx).await {
            Ok(0) => {}
            Ok(gone) => tracing::debug!(gone, "old rows removed"),
            Err(error) => tracing::warn!(%error, "old rows were not removed"),
        }
    }
}

async fn prune(ctx: &Context) -> Result<u64, StoreError> {
    let settings = &ctx.settings;
    let keep = Keep { jobs: settings.keep_jobs, events: settings.keep_events, audit: settings.keep_audit };
    let gone = lifecycle::forget(&ctx.db, &keep).await?;
    // These are few: a row a person, a start or a process, and at most a day of them.
    let mut tx = ctx.db.begin().await?;
    let now = tx.now().await?;
    let mut few = workers::prune(&mut tx, now.minus(KEEP_WORKERS)).await?;
    few += sessions::prune(&mut tx, now).await?;
    few += invites::prune(&mut tx, now).await?;
    few += streams::prune(&mut tx, now).await?;
    few += sessions::prune_spent(&mut tx, now.minus(settings.refresh_ttl)).await?;
    few += identities::prune_states(&mut tx, now.minus(DAY)).await?;
    few += idempotency::prune(&mut tx, now.minus(DAY)).await?;
    // The longest window of the start limits is a day.
    few += starts::prune(&mut tx, now.minus(DAY)).await?;
    tx.commit().await?;
    Ok(gone + few)
}
