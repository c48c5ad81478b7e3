//! Compares the database's desktops with the engine's containers: after each time the engine was away, and now and then.
//!
//! A running desktop whose container is gone or ended is reported, as the event would have been. A container that its row proves
//! superseded is removed. What no row knows is left alone and only counted: somebody decides about that, not we.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use berth_shared::domain::desktop::Status;
use berth_shared::lifecycle::ContainerEnd;
use berth_shared::queue;
use berth_shared::store::StoreError;
use berth_shared::store::desktops::{self, Desktop};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{ends, with_jitter};
use crate::context::Context;
use crate::runtime::{EngineError, Listed, Phase};

const EVERY: Duration = Duration::from_secs(30);
const ONE_CALL: Duration = Duration::from_secs(20);
const GRACE: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    let mut unknown = HashSet::new();
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = ctx.compare.notified() => {}
            () = sleep(with_jitter(EVERY)) => {}
        }
        if *ctx.open.borrow()
            && let Err(error) = compare(ctx, &mut unknown).await
        {
            tracing::warn!(%error, "desktops and containers were not compared");
        }
    }
}

async fn compare(ctx: &Context, unknown: &mut HashSet<String>) -> Result<(), CompareError> {
    // Rows first: a container that a row knows was there before the engine was asked.
    let rows = desktops::on_node(&mut ctx.db.read().await?, &ctx.settings.node).await?;
    let containers = ctx.engine.list_ours(Instant::now() + ONE_CALL).await?;
    let by_id: HashMap<&str, &Listed> = containers.iter().map(|c| (c.id.as_str(), c)).collect();
    for row in rows.iter().filter(|row| row.status == Status::Running) {
        let Some(container_id) = row.container_id.as_deref() else { continue };
        match by_id.get(container_id).map(|container| container.phase) {
            Some(Phase::Running) => {}
            Some(Phase::Exited | Phase::Created | Phase::Removing) => ends::look(ctx, &row.id, container_id).await,
            None => ends::report(ctx, &row.id, container_id, &ContainerEnd::Lost).await,
        }
    }
    for container in &containers {
        if is_superseded(ctx, container, unknown).await? {
            tracing::info!(desktop = container.desktop, container = container.id, "a superseded container is removed");
            let until = Instant::now() + ONE_CALL;
            ctx.engine.stop_and_remove(&container.id, &container.desktop, GRACE, until).await?;
        }
    }
    Ok(())
}

/// Whether the row, as it stands now, proves that nobody wants this container any more.
async fn is_superseded(ctx: &Context, container: &Listed, unknown: &mut HashSet<String>) -> Result<bool, CompareError> {
    let mut tx = ctx.db.read().await?;
    let Some(row) = desktops::get(&mut tx, &container.desktop).await? else {
        if unknown.insert(container.id.clone()) {
            tracing::warn!(
                container = container.id,
                desktop = container.desktop,
                "no desktop knows this container; it is left alone"
            );
        }
        return Ok(false);
    };
    Ok(outlived(&row, container) && !queue::has_unfinished(&mut tx, &row.id).await?)
}

fn outlived(row: &Desktop, container: &Listed) -> bool {
    match row.status {
        Status::Stopped | Status::Failed => container.generation <= row.generation,
        Status::Running => container.generation < row.generation,
        // Their jobs see to it.
        Status::Queued | Status::Starting | Status::Stopping | Status::Deleting => false,
    }
}
