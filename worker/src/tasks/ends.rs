//! A container that ended by itself: what it means, and the report of it.

use std::time::Duration;

use berth_shared::lifecycle::{self, Applied, ContainerEnd};
use tokio::time::Instant;

use crate::context::Context;
use crate::runtime::{Ending, Exit, State};

const ONE_LOOK: Duration = Duration::from_secs(10);

/// Looks at a running desktop's container and, when it is not alive, reports how it ended. What cannot be found out now, the reconciler
/// finds out later.
pub(crate) async fn look(ctx: &Context, desktop_id: &str, container_id: &str) {
    let end = match ctx.engine.inspect(container_id, Instant::now() + ONE_LOOK).await {
        Ok(None) => ContainerEnd::Lost,
        Ok(Some(container)) => match container.state {
            State::Running { .. } => return,
            State::Exited(exit) => meaning(&exit),
            State::Created | State::Removing => ContainerEnd::Lost,
        },
        Err(error) => return tracing::debug!(%error, desktop = desktop_id, "its container could not be looked at"),
    };
    report(ctx, desktop_id, container_id, &end).await;
}

pub(crate) async fn report(ctx: &Context, desktop_id: &str, container_id: &str, end: &ContainerEnd) {
    let attempts = ctx.settings.job_max_attempts;
    match lifecycle::container_ended(&ctx.db, &ctx.signals, desktop_id, container_id, end, attempts).await {
        Ok(Applied::Yes) => tracing::info!(desktop = desktop_id, ?end, "a running desktop's container ended"),
        Ok(Applied::Superseded | Applied::LeaseLost) => {}
        Err(error) => tracing::warn!(%error, desktop = desktop_id, ?end, "the end of a container was not written down"),
    }
}

fn meaning(exit: &Exit) -> ContainerEnd {
    match exit.ending() {
        Ending::Clean => ContainerEnd::Cleanly,
        Ending::OutOfMemory => ContainerEnd::OutOfMemory,
        Ending::Killed => ContainerEnd::Lost,
        Ending::Broken | Ending::Crashed => ContainerEnd::Crashed { code: exit.code },
    }
}
