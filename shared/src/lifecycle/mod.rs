//! The desktop's life, written down: each function is one transaction's worth of row, event, history and job, after what
//! [`crate::domain::transition::decide`] decided. [`requests`] is what people ask through the api; [`claim`](mod@claim) is how workers
//! take it up, [`work`] what they report under a lease, [`lost`] what becomes of a lease that ended, [`pulls`] what a start
//! does whose image is not there; [`ends`] is what an engine tells of containers that ended; [`settle_drift`] is what administrators decide where records and engine do not agree;
//! [`steer`](mod@steer) is what they do about jobs.
//!
//! Locks are taken in one order everywhere: desktop, user, job. So the order of transactions is each desktop's order too.

pub mod admin_templates;
mod claim;
mod create;
mod ends;
mod forget;
mod leaving;
mod lost;
mod pulls;
mod requests;
mod settle_drift;
mod steer;
mod work;

use crate::domain::desktop::{DesktopView, Reason, Status};
use crate::domain::job::Kind;
use crate::domain::time::Time;
use crate::domain::transition::{Change, Work};
use crate::events;
use crate::queue::{self, NewJob};
use crate::store::desktops::{self, Desktop};
use crate::store::{StoreError, Tx, history, users};

pub use claim::{Claims, claim, claim_some};
pub use create::create;
pub use ends::{ContainerEnd, container_ended, heal};
pub use forget::{BATCH, Keep, forget};
pub use leaving::{Leaving, Left, leave, sweep_leaving};
pub use lost::{engine_is_back, expire_leases, take_over};
pub use pulls::{Wait, image_seen, pull_ended, pull_progress, wait_for_image};
pub use requests::{Actor, Asked, Denied, Limits, NewDesktop, UserLimits, Wish, ask, limits_of, rename};
pub use settle_drift::{
    LeaseFate, NotAdopted, Orphan, adopt, lost_its_container, may_adopt, release_held, release_unused, settle_lost,
};
pub use steer::{Bulk, Steered, Steerer, steer, steer_all};
pub use work::{Applied, StepDone, give_up, hand_on, lease_port, nothing_done, port_is_foreign, step};

/// Tries of a stop or cleanup before it is left to the reconciler to ask again: they are never given up for the user.
const END_ATTEMPTS: i64 = 1_000;

/// What moves a desktop, besides the change itself.
struct Cause<'a> {
    actor: Option<&'a str>,
    reason: Option<Reason>,
    max_attempts: i64,
    /// When the new job may run; None: at once.
    run_at: Option<Time>,
    trace_id: Option<&'a str>,
}

/// Writes a decided change: status, jobs, history, event. The caller holds the desktop's lock.
async fn apply(tx: &mut Tx, d: &mut Desktop, change: Change, cause: Cause<'_>) -> Result<DesktopView, StoreError> {
    let now = tx.now().await?;
    d.status = change.status;
    d.set_reason(cause.reason.clone());
    match change.status {
        Status::Queued => {
            if change.work == Work::Create {
                d.generation += 1;
                d.asked_at = Some(now);
                d.attempt = 0;
                d.max_attempts = cause.max_attempts;
                d.last_error = None;
            }
            (d.claimed_at, d.made_at, d.booted_at, d.ready_at) = (None, None, None, None);
        }
        Status::Starting => d.claimed_at = Some(now),
        Status::Running => {
            d.ready_at = Some(now);
            d.started_at = Some(now);
        }
        Status::Stopping => {
            d.stopped_by = cause.actor.map(str::to_owned);
            clear_steps(d);
        }
        Status::Stopped => {
            d.stopped_at = Some(now);
            if change.work == Work::Drop {
                d.stopped_by = cause.actor.map(str::to_owned);
            }
            clear_steps(d);
            d.job_id = None;
        }
        Status::Failed => d.job_id = None,
        Status::Deleting => clear_steps(d),
    }
    let kind = match change.work {
        Work::Keep => None,
        Work::Drop => {
            queue::cancel_waiting(tx, &d.id).await?;
            None
        }
        Work::Create => Some(Kind::Create),
        Work::Stop => Some(Kind::Stop),
        Work::Cleanup => Some(Kind::Cleanup),
    };
    if let Some(kind) = kind {
        let new = NewJob {
            kind,
            desktop_id: &d.id,
            user_id: &d.owner_id,
            generation: d.generation,
            node_id: d.node_id.as_deref(),
            max_attempts: if kind == Kind::Create { cause.max_attempts } else { END_ATTEMPTS },
            run_at: cause.run_at,
            trace_id: cause.trace_id,
        };
        d.job_id = Some(queue::enqueue(tx, &new).await?);
    }
    history::insert(tx, &d.id, cause.actor, d.status, cause.reason.as_ref(), now).await?;
    save(tx, d).await
}

fn clear_steps(d: &mut Desktop) {
    d.last_error = None;
    (d.asked_at, d.claimed_at, d.made_at, d.booted_at, d.ready_at) = (None, None, None, None, None);
}

/// Writes the row and tells of it.
async fn save(tx: &mut Tx, d: &mut Desktop) -> Result<DesktopView, StoreError> {
    let now = tx.now().await?;
    if !desktops::update(tx, d).await? {
        // Cannot be: the caller holds the lock. Were it so, nothing of this transaction may stand.
        return Err(StoreError::Conflict(sqlx::Error::RowNotFound));
    }
    let view = d.view();
    let payload = serde_json::to_string(&view)?;
    events::append(tx, &d.owner_id, events::Kind::Desktop, &payload, now).await?;
    Ok(view)
}

/// Removes the row of a deleted desktop and tells of it.
async fn remove(tx: &mut Tx, d: &Desktop) -> Result<(), StoreError> {
    let now = tx.now().await?;
    let payload = serde_json::json!({ "id": d.id, "deleted": true }).to_string();
    desktops::delete(tx, &d.id).await?;
    events::append(tx, &d.owner_id, events::Kind::Desktop, &payload, now).await?;
    // Its owner may only have waited for that.
    users::remove_gone(tx, Some(&d.owner_id)).await?;
    Ok(())
}
