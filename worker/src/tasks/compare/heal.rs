//! What needs nobody's word: running desktops whose container ended or is gone are reported, as the engine's event would have
//! been; containers that the records prove superseded are removed. The cleanup of a deleted desktop proves that too: a call of a
//! worker that slept may still have made something after it.
//!
//! While healing is held the report is written all the same: the desktop waits in line, paused, and its owner reads why.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use berth_shared::domain::desktop::Status;
use berth_shared::lifecycle::ContainerEnd;
use berth_shared::queue;
use berth_shared::store::StoreError;
use berth_shared::store::desktops::{self, Desktop};
use berth_shared::store::drift;
use tokio::time::Instant;

use super::CompareError;
use super::look::Look;
use crate::context::Context;
use crate::runtime::{Home, Listed, Phase};
use crate::tasks::ends;

const GRACE: Duration = Duration::from_secs(2);

/// Containers that it removed are no longer in `look` afterwards.
pub(super) async fn heal(ctx: &Context, look: &mut Look, until: Instant) -> Result<(), CompareError> {
    report_ends(ctx, look).await;
    let mut removed = HashSet::new();
    for container in look.containers.iter().filter(|container| container.phase != Phase::Removing) {
        if !is_superseded(ctx, look, container).await? {
            continue;
        }
        tracing::info!(desktop = container.desktop, container = container.id, "a superseded container is removed");
        match ctx.engine.stop_and_remove(&container.id, &container.desktop, GRACE, until).await {
            Ok(()) => _ = removed.insert(container.id.clone()),
            // The next comparison tries again; the rest of this one is worth as much.
            Err(error) => tracing::warn!(%error, container = container.id, "a superseded container was not removed"),
        }
    }
    look.containers.retain(|container| !removed.contains(&container.id));
    remove_homes(ctx, look, until).await
}

/// Of deleted desktops: their owner's word was given, and carried out once already.
async fn remove_homes(ctx: &Context, look: &Look, until: Instant) -> Result<(), CompareError> {
    for home in &look.homes {
        if is_of_a_deleted(ctx, look, home).await? {
            tracing::info!(desktop = home.desktop, home = home.name, "what is left of a deleted home is removed");
            if let Err(error) = ctx.engine.remove_home(&home.desktop, until).await {
                tracing::warn!(%error, home = home.name, "what is left of a deleted home was not removed");
            }
        }
    }
    Ok(())
}

async fn is_of_a_deleted(ctx: &Context, look: &Look, home: &Home) -> Result<bool, StoreError> {
    if look.rows.contains_key(&home.desktop) || look.of(&home.desktop).is_some() {
        return Ok(false);
    }
    drift::was_deleted(&mut ctx.db.read().await?, &home.desktop).await
}

/// The same with nothing removed: the names of what would be, which is in `look` no longer.
pub(super) async fn without_removing(ctx: &Context, look: &mut Look) -> Result<Vec<String>, CompareError> {
    report_ends(ctx, look).await;
    let mut names = Vec::new();
    for container in std::mem::take(&mut look.containers) {
        if container.phase != Phase::Removing && is_superseded(ctx, look, &container).await? {
            names.push(ctx.engine.installation().container_name(&container.desktop, container.generation));
        } else {
            look.containers.push(container);
        }
    }
    for home in std::mem::take(&mut look.homes) {
        if is_of_a_deleted(ctx, look, &home).await? {
            names.push(home.name);
        } else {
            look.homes.push(home);
        }
    }
    Ok(names)
}

async fn report_ends(ctx: &Context, look: &Look) {
    let phases: HashMap<&str, Phase> = look.containers.iter().map(|c| (c.id.as_str(), c.phase)).collect();
    for row in look.rows.values().filter(|row| row.status == Status::Running) {
        let Some(container_id) = row.container_id.as_deref() else { continue };
        match phases.get(container_id) {
            Some(Phase::Running) => {}
            Some(Phase::Exited | Phase::Created | Phase::Removing) => ends::look(ctx, &row.id, container_id).await,
            None => ends::report(ctx, &row.id, container_id, &ContainerEnd::Lost).await,
        }
    }
}

/// Whether the records, as they stand now, prove that nobody wants this container any more.
async fn is_superseded(ctx: &Context, look: &Look, container: &Listed) -> Result<bool, StoreError> {
    // Generations only grow and a stopped desktop's container is never wanted again: what was not outlived then and
    // is now is found the next time.
    if look.rows.get(&container.desktop).is_some_and(|row| !outlived(row, container)) {
        return Ok(false);
    }
    let mut tx = ctx.db.read().await?;
    let Some(row) = desktops::get(&mut tx, &container.desktop).await? else {
        return drift::was_deleted(&mut tx, &container.desktop).await;
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
