//! What settles a difference between records and engine in the records: a container gets its desktop back, a desktop whose
//! container is gone stops or goes, a port that nobody can use is released. The worker looks at the engine before it calls this;
//! each function looks at the rows once more, in the transaction that changes them, so that all of it may be done twice.

use super::requests::{Actor, Limits, Wish, ask};
use crate::domain::desktop::{ReasonCode, Status};
use crate::domain::template::Home;
use crate::domain::time::Time;
use crate::events::{self, Signals};
use crate::queue;
use crate::store::desktops::{self, Desktop};
use crate::store::ports::{self, PortLease};
use crate::store::{Db, StoreError, Tx, drift, history, templates, users};
use std::time::Duration;

/// A running container that no desktop knows, as its labels tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    pub desktop_id: String,
    pub generation: i64,
    pub owner_id: String,
    pub template_id: String,
    /// None: named after its template.
    pub name: Option<String>,
    pub node: String,
    pub container_id: String,
    pub port: u16,
    pub connect_address: String,
    /// None: not known; now, then.
    pub started_at: Option<Time>,
}

/// Why a container cannot get its desktop back, as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAdopted {
    #[error("its owner is not in the records")]
    NoOwner,
    #[error("its template is not in the records")]
    NoTemplate,
    #[error("its port {0} is another desktop's now")]
    PortTaken(u16),
    #[error("its desktop is in the records, {0}")]
    Known(Status),
}

/// Whether it could be adopted now.
///
/// # Errors
/// When the database fails.
pub async fn may_adopt(tx: &mut Tx, o: &Orphan) -> Result<Result<(), NotAdopted>, StoreError> {
    if let Some(d) = desktops::get(tx, &o.desktop_id).await? {
        return Ok(Err(NotAdopted::Known(d.status)));
    }
    if users::get(tx, &o.owner_id).await?.is_none() {
        return Ok(Err(NotAdopted::NoOwner));
    }
    if templates::get(tx, &o.template_id).await?.is_none() {
        return Ok(Err(NotAdopted::NoTemplate));
    }
    match ports::holder(tx, &o.node, o.port).await? {
        Some(holder) if holder.desktop_id != o.desktop_id => Ok(Err(NotAdopted::PortTaken(o.port))),
        Some(_) | None => Ok(Ok(())),
    }
}

/// Makes the desktop of a running container again: its row, its port, a line of history, an event; and the difference
/// `drift_id` is settled. One that was adopted before is settled too.
///
/// # Errors
/// When the database fails.
pub async fn adopt(
    db: &Db,
    signals: &Signals,
    drift_id: &str,
    o: &Orphan,
    (by, max_attempts): (&str, i64),
) -> Result<Result<(), NotAdopted>, StoreError> {
    let mut tx = db.begin().await?;
    let owner = users::lock(&mut tx, &o.owner_id).await?;
    match may_adopt(&mut tx, o).await? {
        Ok(()) => {}
        Err(NotAdopted::Known(_)) if is_the_same(&mut tx, o).await? => {
            drift::settled(&mut tx, drift_id).await?;
            tx.commit().await?;
            return Ok(Ok(()));
        }
        Err(why) => return tx.undone(Err(why)).await,
    }
    let (Some(owner), Some(template)) = (owner, templates::get(&mut tx, &o.template_id).await?) else {
        return tx.undone(Err(NotAdopted::NoOwner)).await;
    };
    let desktop = (o.desktop_id.as_str(), o.generation);
    if ports::lease_this(&mut tx, &o.node, o.port, desktop, &o.connect_address).await?.is_err() {
        return tx.undone(Err(NotAdopted::PortTaken(o.port))).await;
    }
    let now = tx.now().await?;
    let name = match &o.name {
        Some(name) => name.clone(),
        None => desktops::free_name(&mut tx, &owner.id, &template.name).await?,
    };
    let mut d = Desktop {
        id: o.desktop_id.clone(),
        owner_id: owner.id,
        owner: owner.username,
        template_id: template.id,
        kind: template.kind,
        name,
        status: Status::Running,
        reason_code: None,
        reason_text: None,
        version: 1,
        generation: o.generation,
        node_id: Some(o.node.clone()),
        container_id: Some(o.container_id.clone()),
        crashes: 0,
        job_id: None,
        attempt: 0,
        max_attempts,
        last_error: None,
        asked_at: None,
        claimed_at: None,
        made_at: None,
        booted_at: None,
        ready_at: None,
        created_at: now,
        started_at: Some(o.started_at.unwrap_or(now)),
        stopped_at: None,
        stopped_by: None,
        last_active_at: None,
        image_id: None,
        newest_image_id: None,
        // Whatever its template says: what was found is not thrown away.
        home: Home::Kept,
    };
    desktops::insert(&mut tx, &d).await?;
    // The insert knows only what a new desktop has.
    if !desktops::update(&mut tx, &mut d).await? {
        return Err(StoreError::Conflict(sqlx::Error::RowNotFound));
    }
    history::insert(&mut tx, &d.id, Some(by), d.status, None, now).await?;
    let payload = serde_json::to_string(&d.view())?;
    events::append(&mut tx, &d.owner_id, events::Kind::Desktop, &payload, now).await?;
    drift::settled(&mut tx, drift_id).await?;
    tx.commit().await?;
    signals.changed();
    Ok(Ok(()))
}

async fn is_the_same(tx: &mut Tx, o: &Orphan) -> Result<bool, StoreError> {
    let known = desktops::get(tx, &o.desktop_id).await?;
    Ok(known.is_some_and(|d| d.container_id.as_deref() == Some(&o.container_id) && d.generation == o.generation))
}

/// Whether this desktop lost its container and waits to be started again by itself.
#[must_use]
pub fn lost_its_container(d: &Desktop) -> bool {
    let code = d.view().reason.map(|reason| reason.code);
    d.status == Status::Queued
        && matches!(code, Some(ReasonCode::EngineLost | ReasonCode::Crashed | ReasonCode::OutOfMemory))
}

/// Stops or deletes, as an administrator, a desktop that lost its container. False: it is not so any more (it was started again,
/// or its owner decided), and nothing was changed.
///
/// # Errors
/// When the database fails.
pub async fn settle_lost(
    db: &Db,
    signals: &Signals,
    desktop_id: &str,
    wish: Wish,
    by: &str,
) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let Some(d) = desktops::lock(&mut tx, desktop_id).await? else { return tx.undone(false).await };
    if !lost_its_container(&d) || queue::is_running(&mut tx, &d.id).await? {
        return tx.undone(false).await;
    }
    let limits = Limits { max_desktops: 0, starts: Vec::new(), max_streams: 0, job_max_attempts: d.max_attempts };
    let actor = Actor { user_id: "", username: by };
    ask(&mut tx, d, wish, actor, &limits, None).await?;
    tx.commit().await?;
    signals.changed();
    Ok(true)
}

/// What became of a port lease that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseFate {
    /// Its desktop has it, or a job will see to it.
    Kept,
    /// Nobody could use it: it rests now.
    Released,
    /// Nobody could use it, but a container has the port.
    Stuck,
}

/// Releases a lease whose desktop is stopped, failed or gone, with nothing under way for it. `held`: a container of it is
/// still there, so the port is not free.
///
/// # Errors
/// When the database fails.
pub async fn release_unused(db: &Db, lease: &PortLease, held: bool, rest: Duration) -> Result<LeaseFate, StoreError> {
    let mut tx = db.begin().await?;
    if !is_unused(&mut tx, lease).await? {
        return tx.undone(LeaseFate::Kept).await;
    }
    if held {
        return tx.undone(LeaseFate::Stuck).await;
    }
    ports::release(&mut tx, &lease.desktop_id, rest).await?;
    tx.commit().await?;
    Ok(LeaseFate::Released)
}

/// The same by somebody's word while a container still has the port: starts keep away from it for a while.
///
/// # Errors
/// When the database fails.
pub async fn release_held(db: &Db, lease: &PortLease, keep_away: Duration) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let unused = is_unused(&mut tx, lease).await?;
    if !unused {
        return tx.undone(false).await;
    }
    ports::release_as_foreign(&mut tx, &lease.desktop_id, keep_away).await?;
    tx.commit().await?;
    Ok(true)
}

async fn is_unused(tx: &mut Tx, lease: &PortLease) -> Result<bool, StoreError> {
    let desktop = desktops::lock(tx, &lease.desktop_id).await?;
    let over = match desktop.map(|d| d.status) {
        None | Some(Status::Stopped | Status::Failed) => true,
        Some(Status::Queued | Status::Starting | Status::Running | Status::Stopping | Status::Deleting) => false,
    };
    Ok(over
        && ports::of_desktop(tx, &lease.desktop_id).await?.as_ref() == Some(lease)
        && !queue::has_unfinished(tx, &lease.desktop_id).await?)
}
