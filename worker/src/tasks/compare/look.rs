//! One look at both sides: rows first, then the engine.

use std::collections::HashMap;

use berth_shared::domain::desktop::Status;
use berth_shared::domain::time::Time;
use berth_shared::store::desktops::{self, Desktop};
use berth_shared::store::drift;
use berth_shared::store::ports::{self, PortLease};
use tokio::time::Instant;

use super::CompareError;
use crate::context::Context;
use crate::runtime::{Home, Listed, OwnNetwork, Phase};

pub(super) struct Look {
    /// This node's desktops by their ids.
    pub(super) rows: HashMap<String, Desktop>,
    pub(super) leases: Vec<PortLease>,
    /// Desktops that lost their container are not started again by themselves.
    pub(super) healing_is_held: bool,
    pub(super) now: Time,
    pub(super) containers: Vec<Listed>,
    pub(super) networks: Vec<OwnNetwork>,
    pub(super) homes: Vec<Home>,
}

pub(super) async fn look(ctx: &Context, until: Instant) -> Result<Look, CompareError> {
    let mut tx = ctx.db.read().await?;
    let rows = desktops::on_node(&mut tx, &ctx.settings.node).await?;
    let leases = ports::on_node(&mut tx, &ctx.settings.node).await?;
    let healing_is_held = drift::healing_is_held(&mut tx).await?;
    let now = tx.now().await?;
    drop(tx);
    let mut look = Look {
        rows: HashMap::new(),
        leases,
        healing_is_held,
        now,
        containers: ctx.engine.list_ours(until).await?,
        networks: ctx.engine.own_networks(until).await?,
        homes: ctx.engine.homes(until).await?,
    };
    look.set_rows(rows);
    Ok(look)
}

impl Look {
    pub(super) fn set_rows(&mut self, rows: Vec<Desktop>) {
        self.rows = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    }

    /// A container of this desktop, whatever its generation.
    pub(super) fn of(&self, desktop: &str) -> Option<&Listed> {
        self.containers.iter().find(|container| container.desktop == desktop)
    }

    /// Running desktops whose container runs.
    pub(super) fn matched(&self) -> i64 {
        let alive: HashMap<&str, Phase> = self.containers.iter().map(|c| (c.id.as_str(), c.phase)).collect();
        let running = self.rows.values().filter(|row| row.status == Status::Running);
        let matched =
            running.filter(|row| row.container_id.as_deref().is_some_and(|id| alive.get(id) == Some(&Phase::Running)));
        i64::try_from(matched.count()).unwrap_or(i64::MAX)
    }
}
