//! Listens to the engine and reports containers that end. Whether it answers at all: `probe`.

use berth_shared::lifecycle::ContainerEnd;
use tokio_util::sync::CancellationToken;

use super::ends;
use crate::context::Context;
use crate::runtime::{EngineEvent, Happening, Kind};

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    let mut events = ctx.engine.events();
    loop {
        let event = tokio::select! {
            () = end.cancelled() => return,
            event = events.recv() => event,
        };
        match event {
            None => return,
            // Whatever happened while nobody listened.
            Some(EngineEvent::EngineUp) => ctx.compare.notify_one(),
            Some(EngineEvent::EngineDown { detail }) => {
                tracing::debug!(detail, "the engine tells nothing");
                ctx.circuit.met(Kind::EngineDown);
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
