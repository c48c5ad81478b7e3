//! Finds leases that ran out, whoever held them, and desktops that wait for work which nobody has.

use std::time::Duration;

use berth_shared::lifecycle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::with_jitter;
use crate::context::Context;

const LONGEST_WAIT: Duration = Duration::from_secs(1);
const HEAL_EVERY: Duration = Duration::from_secs(30);

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    let every = (ctx.settings.lease_ttl / 4).min(LONGEST_WAIT);
    let mut healed_at: Option<Instant> = None;
    loop {
        if let Err(error) = lifecycle::expire_leases(&ctx.db, &ctx.signals).await {
            tracing::warn!(%error, "leases that ran out were not looked for");
        }
        if healed_at.is_none_or(|at| at.elapsed() >= HEAL_EVERY) {
            healed_at = Some(Instant::now());
            let attempts = ctx.settings.job_max_attempts;
            if let Err(error) = lifecycle::heal(&ctx.db, &ctx.signals, attempts).await {
                tracing::warn!(%error, "desktops without work were not looked for");
            }
        }
        tokio::select! {
            () = end.cancelled() => return,
            () = sleep(with_jitter(every)) => {}
        }
    }
}
