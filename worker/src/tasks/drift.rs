//! Carries out what administrators decided about differences: under the node's turn to compare, so one worker at a time. A worker
//! that dies in the middle leaves the decision as it was, and the next turn carries it out again; all of it may be done twice.
//! What has settled itself meanwhile needs nothing: the comparison that follows no longer finds it.

use std::time::Duration;

use berth_shared::domain::drift::{DriftAction, DriftKind};
use berth_shared::lifecycle::{self, Wish};
use berth_shared::queue;
use berth_shared::store::drift::{self, Decided};
use berth_shared::store::{StoreError, desktops, ports};
use tokio::time::Instant;

use super::compare::{NotOffered, orphan_of};
use crate::context::Context;
use crate::runtime::{EngineError, Kind};

const GRACE: Duration = Duration::from_secs(2);
/// As long as a start keeps away from a port that it found taken.
const KEEP_AWAY: Duration = Duration::from_secs(300);

/// Why a decision was not carried out.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("It cannot be adopted: {0}.")]
    NotAdopted(#[from] NotOffered),
    #[error("This is not offered for it.")]
    NotOffered,
}

/// # Errors
/// When the database fails; then the decision still stands.
pub(super) async fn carry_out(ctx: &Context, decided: &Decided, until: Instant) -> Result<(), StoreError> {
    let (kind, action, subject, by) = (decided.kind, decided.action, &decided.subject, &decided.by);
    let why = match act(ctx, decided, until).await {
        Ok(()) => {
            tracing::info!(%kind, %action, subject, by, "a difference was settled");
            return Ok(());
        }
        Err(Failure::Store(error)) => return Err(error),
        // It is done when the engine is back.
        Err(Failure::Engine(error)) if error.kind == Kind::EngineDown => return Ok(()),
        Err(Failure::Engine(error)) => format!("{} ({})", error.words(), error.detail),
        Err(other @ (Failure::NotAdopted(_) | Failure::NotOffered)) => other.to_string(),
    };
    tracing::warn!(%kind, %action, subject, by, why, "a difference was not settled");
    let mut tx = ctx.db.begin().await?;
    drift::failed(&mut tx, decided, &why).await?;
    tx.commit().await
}

async fn act(ctx: &Context, decided: &Decided, until: Instant) -> Result<(), Failure> {
    use DriftAction::{Adopt, Forget, Remove};
    use DriftKind as K;
    match (decided.kind, decided.action) {
        (K::ContainerWithoutDesktop, Adopt) => adopt(ctx, decided, until).await,
        (K::ContainerWithoutDesktop, Remove) => remove_container(ctx, &decided.subject, until).await,
        (K::HomeWithoutDesktop, Remove) => remove_home(ctx, decided, until).await,
        (K::NetworkUnused, Remove) => Ok(ctx.engine.remove_own_network(&decided.subject, until).await?),
        (K::ContainerWithoutDesktop | K::HomeWithoutDesktop, Forget) => {
            let mut tx = ctx.db.begin().await?;
            drift::forget(&mut tx, &decided.id).await?;
            Ok(tx.commit().await?)
        }
        (K::DesktopWithoutContainer, Forget) => settle_lost(ctx, decided, Wish::Stop).await,
        (K::DesktopWithoutContainer, Remove) => settle_lost(ctx, decided, Wish::Delete).await,
        (K::PortLeaseWithoutDesktop, Forget) => release(ctx, &decided.subject, until).await,
        (K::PortInUse, Forget) => {
            let Ok(port) = decided.subject.parse() else { return Err(Failure::NotOffered) };
            let mut tx = ctx.db.begin().await?;
            ports::try_again(&mut tx, &ctx.settings.node, port).await?;
            Ok(tx.commit().await?)
        }
        (
            K::DesktopWithoutContainer
            | K::PortLeaseWithoutDesktop
            | K::PortInUse
            | K::NetworkUnused
            | K::HomeWithoutDesktop,
            Adopt,
        )
        | (K::PortLeaseWithoutDesktop | K::PortInUse, Remove)
        | (K::NetworkUnused, Forget) => Err(Failure::NotOffered),
    }
}

async fn adopt(ctx: &Context, decided: &Decided, until: Instant) -> Result<(), Failure> {
    let Some(container) = ctx.engine.inspect(&decided.subject, until).await? else { return Ok(()) };
    let orphan = orphan_of(ctx, &container).await??;
    let how = (decided.by.as_str(), ctx.settings.job_max_attempts);
    let adopted = lifecycle::adopt(&ctx.db, &ctx.signals, &decided.id, &orphan, how).await?;
    Ok(adopted.map_err(NotOffered::from)?)
}

/// By its id, after its labels were read; and only while no desktop knows it.
async fn remove_container(ctx: &Context, id: &str, until: Instant) -> Result<(), Failure> {
    let Some(container) = ctx.engine.inspect(id, until).await? else { return Ok(()) };
    let mut tx = ctx.db.read().await?;
    if let Some(row) = desktops::get(&mut tx, &container.desktop).await?
        && (container.generation <= row.generation || queue::has_unfinished(&mut tx, &row.id).await?)
    {
        return Ok(());
    }
    drop(tx);
    Ok(ctx.engine.stop_and_remove(&container.id, &container.desktop, GRACE, until).await?)
}

async fn remove_home(ctx: &Context, decided: &Decided, until: Instant) -> Result<(), Failure> {
    let homes = ctx.engine.homes(until).await?;
    let Some(home) = homes.iter().find(|home| home.name == decided.subject) else { return Ok(()) };
    if desktops::get(&mut ctx.db.read().await?, &home.desktop).await?.is_some() {
        return Ok(());
    }
    Ok(ctx.engine.remove_home(&home.desktop, until).await?)
}

async fn settle_lost(ctx: &Context, decided: &Decided, wish: Wish) -> Result<(), Failure> {
    lifecycle::settle_lost(&ctx.db, &ctx.signals, &decided.subject, wish, &decided.by).await?;
    Ok(())
}

async fn release(ctx: &Context, port: &str, until: Instant) -> Result<(), Failure> {
    let Ok(port) = port.parse() else { return Err(Failure::NotOffered) };
    let holder = ports::holder(&mut ctx.db.read().await?, &ctx.settings.node, port).await?;
    let Some(lease) = holder else { return Ok(()) };
    let containers = ctx.engine.list_ours(until).await?;
    if containers.iter().any(|c| c.desktop == lease.desktop_id || c.node_port == Some(port)) {
        lifecycle::release_held(&ctx.db, &lease, KEEP_AWAY).await?;
    } else {
        lifecycle::release_unused(&ctx.db, &lease, false, ctx.settings.port_rest).await?;
    }
    Ok(())
}
