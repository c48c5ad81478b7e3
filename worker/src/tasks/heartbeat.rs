//! Says that this worker lives, how its engine is, and which templates' images are there.

use std::time::Duration;

use berth_shared::VERSION;
use berth_shared::domain::time::Time;
use berth_shared::lifecycle;
use berth_shared::queue;
use berth_shared::store::nodes::{self, Node};
use berth_shared::store::workers::{self, WorkerRow};
use berth_shared::store::{StoreError, templates};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// How often the engine is asked for the templates' images.
const LOOK_FOR_IMAGES: Duration = Duration::from_secs(15);
const ONE_LOOK: Duration = Duration::from_secs(10);

pub(crate) async fn run(ctx: &Context, ending: &CancellationToken, end: &CancellationToken) {
    let mut open = ctx.circuit.subscribe();
    let mut started_at = None;
    let mut images_seen: Option<Instant> = None;
    let mut was_up = None;
    loop {
        let (up, draining) = (*open.borrow_and_update(), ending.is_cancelled());
        match beat(ctx, up, draining, started_at).await {
            Ok(now) => {
                started_at.get_or_insert(now);
                if was_up.replace(up) != Some(up) {
                    ctx.signals.changed(); // the line waits for another reason now
                    images_seen = None;
                }
                if up && (images_seen.is_none_or(|at| at.elapsed() >= LOOK_FOR_IMAGES) || has_new_image(ctx).await) {
                    images_seen = Some(Instant::now());
                    if let Err(error) = look_for_images(ctx).await {
                        tracing::debug!(%error, "which images are there was not written down");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the worker could not say that it lives"),
        }
        tokio::select! {
            () = end.cancelled() => return,
            () = sleep(ctx.settings.lease_ttl / 3) => {}
            () = ending.cancelled(), if !draining => {}
            _ = open.changed() => {}
        }
    }
}

async fn beat(ctx: &Context, engine_up: bool, draining: bool, started_at: Option<Time>) -> Result<Time, StoreError> {
    let mut tx = ctx.db.begin().await?;
    if let Some(back) = queue::follow_clock(&mut tx).await? {
        tracing::warn!(?back, "the database's clock was set back; what waits for it was moved by as much");
    }
    let now = tx.now().await?;
    let concurrency = i64::try_from(ctx.settings.worker_concurrency).unwrap_or(i64::MAX);
    let worker = WorkerRow {
        id: ctx.worker_id.clone(),
        node_id: ctx.settings.node.clone(),
        state: if draining { "draining" } else { "live" }.to_owned(),
        concurrency,
        version: VERSION.to_owned(),
        started_at: started_at.unwrap_or(now),
        last_seen_at: now,
    };
    workers::beat(&mut tx, &worker).await?;
    let node = Node {
        id: ctx.settings.node.clone(),
        engine_up,
        engine_error: (!engine_up).then(|| "The container engine cannot be reached.".to_owned()),
        start_slots: ctx.start_slots(),
        seen_at: now,
    };
    nodes::report(&mut tx, &node).await?;
    if let Some(size) = ctx.size() {
        nodes::report_size(&mut tx, &size).await?;
    }
    tx.commit().await?;
    Ok(now)
}

/// Whether a template names an image that was never looked for here.
async fn has_new_image(ctx: &Context) -> bool {
    let unseen = async { templates::unseen_on_node(&mut ctx.db.read().await?, &ctx.settings.node).await };
    unseen.await.unwrap_or(false)
}

async fn look_for_images(ctx: &Context) -> Result<(), StoreError> {
    let templates = templates::all(&mut ctx.db.read().await?).await?;
    for template in templates {
        // No Docker call inside a transaction. An engine that does not answer proves nothing about an image.
        match ctx.engine.image(&template.image, Instant::now() + ONE_LOOK).await {
            Ok(image) => {
                let id = image.as_ref().map(|image| image.id.as_str());
                lifecycle::image_seen(&ctx.db, &ctx.signals, &template, &ctx.settings.node, id).await?;
            }
            Err(error) => tracing::debug!(%error, image = template.image, "an image could not be looked for"),
        }
    }
    Ok(())
}
