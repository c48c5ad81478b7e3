//! Desktops whose container is gone while they may not be started again by themselves. With the queue running there are none:
//! they are healed at once.

use berth_shared::domain::drift::{DriftAction, DriftKind, DriftSide};
use berth_shared::lifecycle::lost_its_container;
use berth_shared::queue;
use berth_shared::store::desktops::Desktop;
use berth_shared::store::drift::Found;
use berth_shared::store::{StoreError, ports};

use super::look::Look;
use super::words;
use crate::context::Context;
use crate::runtime::Phase;

pub(super) async fn lost(ctx: &Context, look: &Look) -> Result<Vec<Found>, StoreError> {
    if !look.healing_is_held {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for row in look.rows.values().filter(|row| lost_its_container(row)) {
        let mut tx = ctx.db.read().await?;
        if queue::is_running(&mut tx, &row.id).await? {
            continue; // it was claimed just before the queue was paused
        }
        let owner = words::person(&mut tx, Some(&row.owner_id)).await?;
        let port = ports::of_desktop(&mut tx, &row.id).await?.and_then(|lease| u16::try_from(lease.port).ok());
        found.push(Found {
            kind: DriftKind::DesktopWithoutContainer,
            subject: row.id.clone(),
            record: Some(record(row, &owner.name, port)),
            engine: ended(ctx, look, row),
            actions: vec![DriftAction::Forget, DriftAction::Remove],
            explains: format!(
                "Mark stopped lets {} start it again; Remove deletes the desktop and its files. Left alone, it starts by \
                 itself when the queue is resumed.",
                owner.name
            ),
        });
    }
    found.sort_by(|a, b| a.subject.cmp(&b.subject));
    Ok(found)
}

fn record(row: &Desktop, owner: &str, port: Option<u16>) -> DriftSide {
    let port_words = port.map(|port| format!(", port {port}")).unwrap_or_default();
    let why = row.reason_text.as_deref().unwrap_or_default();
    DriftSide {
        title: format!("{}, {}", row.name, words::status(row.status)),
        detail: format!("Owner {owner}{port_words}. {why}").trim_end().to_owned(),
        desktop_id: Some(row.id.clone()),
        container_id: row.container_id.clone(),
        owner: Some(row.owner.clone()),
        status: Some(row.status.to_string()),
        port,
        since: row.started_at,
        memory_bytes: None,
    }
}

/// What is left of its container, if anything.
fn ended(ctx: &Context, look: &Look, row: &Desktop) -> Option<DriftSide> {
    let left = look.of(&row.id)?;
    let status = match left.phase {
        Phase::Running => "running",
        Phase::Exited => "exited",
        Phase::Created => "created",
        Phase::Removing => "removing",
    };
    Some(DriftSide {
        title: ctx.engine.installation().container_name(&left.desktop, left.generation),
        detail: format!("Its container is there, {status}"),
        container_id: Some(left.id.clone()),
        status: Some(status.to_owned()),
        ..DriftSide::default()
    })
}
