//! Listens to the engine: opens and shuts the gate of the claims as it comes and goes, and reports containers that end.

use std::time::Duration;

use berth_shared::lifecycle::ContainerEnd;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ends;
use crate::context::Context;
use crate::runtime::{EngineEvent, Happening};

const ONE_LOOK: Duration = Duration::from_secs(10);

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    let mut events = ctx.engine.events();
    loop {
        let event = tokio::select! {
            () = end.cancelled() => return,
            event = events.recv() => event,
        };
        match event {
            None => return,
            Some(EngineEvent::EngineUp) => engine_is_up(ctx).await,
            Some(EngineEvent::EngineDown { detail }) => {
                tracing::warn!(detail, "the container engine is away; nothing is claimed until it is back");
                ctx.open.send_replace(false);
            }
            Some(EngineEvent::Desktop { happening, container_id, desktop, .. }) => match happening {
                Happening::Died { .. } => ends::look(ctx, &desktop, &container_id).await,
                Happening::Destroyed => ends::report(ctx, &desktop, &container_id, &ContainerEnd::Lost).await,
                // A tab that was killed, a start or stop of our own: the rest tells itself.
                Happening::OutOfMemory | Happening::Started | Happening::Stopped => {}
            },
        }
    }
}

async fn engine_is_up(ctx: &Context) {
    match ctx.engine.info(Instant::now() + ONE_LOOK).await {
        Ok(facts) => {
            tracing::info!(version = facts.version, cpus = facts.cpus, "the container engine answers");
            ctx.facts.send_replace(Some(facts));
        }
        Err(error) => tracing::debug!(%error, "the engine said nothing of itself"),
    }
    ctx.open.send_replace(true);
    // Whatever happened while nobody listened.
    ctx.compare.notify_one();
}
