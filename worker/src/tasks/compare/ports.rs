//! Host ports: leases that no desktop could use are released, or listed while a container still has the port; and ports that
//! somebody else listens on.

use berth_shared::domain::desktop::Status;
use berth_shared::domain::drift::{DriftAction, DriftKind, DriftSide};
use berth_shared::domain::time::Time;
use berth_shared::lifecycle::{self, LeaseFate};
use berth_shared::store::drift::Found;
use berth_shared::store::ports::{self, PortLease};
use berth_shared::store::{StoreError, desktops};

use super::look::Look;
use super::words;
use crate::context::Context;
use crate::runtime::Listed;

/// How many leases are in use, and those that are not and cannot be released.
pub(super) async fn leased(ctx: &Context, look: &Look) -> Result<(i64, Vec<Found>), StoreError> {
    let (mut used, mut found) = (0, Vec::new());
    for lease in &look.leases {
        let over = |status| matches!(status, Status::Stopped | Status::Failed);
        if look.rows.get(&lease.desktop_id).is_some_and(|row| !over(row.status)) {
            used += 1;
            continue;
        }
        let holder = look.containers.iter().find(|c| c.desktop == lease.desktop_id || has(c, lease.port));
        match lifecycle::release_unused(&ctx.db, lease, holder.is_some(), ctx.settings.port_rest).await? {
            LeaseFate::Kept => used += 1,
            LeaseFate::Released => {
                tracing::warn!(
                    port = lease.port,
                    desktop = lease.desktop_id,
                    "a port that nobody could use is released"
                );
            }
            LeaseFate::Stuck => found.extend(match holder {
                Some(holder) => Some(stuck(ctx, look, lease, holder).await?),
                None => None,
            }),
        }
    }
    Ok((used, found))
}

fn has(container: &Listed, port: i64) -> bool {
    container.node_port.map(i64::from) == Some(port)
}

async fn stuck(ctx: &Context, look: &Look, lease: &PortLease, holder: &Listed) -> Result<Found, StoreError> {
    let desktop = desktops::get(&mut ctx.db.read().await?, &lease.desktop_id).await?;
    let whose = match &desktop {
        Some(row) => format!("{}, which is {}", row.name, row.status),
        None => format!("desktop {}, which is not in the records", lease.desktop_id),
    };
    let container = ctx.engine.installation().container_name(&holder.desktop, holder.generation);
    let (number, age) = (lease.port, words::span(look.now.since(lease.leased_at)));
    let port = u16::try_from(number).ok();
    Ok(Found {
        kind: DriftKind::PortLeaseWithoutDesktop,
        subject: number.to_string(),
        record: Some(DriftSide {
            title: format!("Port {number} leased"),
            detail: format!("To {whose}, {age} ago"),
            desktop_id: Some(lease.desktop_id.clone()),
            owner: desktop.map(|row| row.owner),
            port,
            since: Some(lease.leased_at),
            ..DriftSide::default()
        }),
        engine: Some(DriftSide {
            title: format!("Port {number} in use"),
            detail: format!("By {container}"),
            container_id: Some(holder.id.clone()),
            port,
            ..DriftSide::default()
        }),
        actions: vec![DriftAction::Forget],
        explains: format!(
            "Goes with {container}; settle that one first and the port is released by itself. Release takes it from the \
             records now, and starts skip it while they find it taken."
        ),
    })
}

/// Ports that starts keep away from because a stranger listens there.
pub(super) async fn foreign(ctx: &Context, look: &Look) -> Result<Vec<Found>, StoreError> {
    let rests = ports::foreign_on(&mut ctx.db.read().await?, &ctx.settings.node).await?;
    // A container of ours is no stranger: it is listed itself when nobody knows it.
    let strangers = rests.into_iter().filter(|(port, _)| !look.containers.iter().any(|c| has(c, *port)));
    Ok(strangers.map(|(port, until)| in_use(port, until, look.now)).collect())
}

fn in_use(number: i64, until: Time, now: Time) -> Found {
    let port = u16::try_from(number).ok();
    let rest = words::span(until.since(now));
    Found {
        kind: DriftKind::PortInUse,
        subject: number.to_string(),
        record: Some(DriftSide {
            title: format!("Port {number} free"),
            detail: format!("Starts skip it for another {rest}"),
            port,
            ..DriftSide::default()
        }),
        engine: Some(DriftSide {
            title: format!("Port {number} in use"),
            detail: "By a program outside Berth".to_owned(),
            port,
            ..DriftSide::default()
        }),
        actions: vec![DriftAction::Forget],
        explains: format!(
            "A start found it taken. Starts skip it and come back to it in {rest}; Try again lets them do so now."
        ),
    }
}
