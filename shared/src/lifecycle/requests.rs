//! What people ask: start, stop, delete, rename (a new desktop: [`super::create`]). Quota and start windows are counted in the same transaction,
//! under the user's row lock, so they are exact over any number of apis.

use super::{Cause, apply, save};
use crate::domain::desktop::{DesktopView, Reason, ReasonCode};
use crate::domain::limits::{LimitFrom, Rate, StartWindow, full, parse_rates, resolved, windows};
use crate::domain::time::Time;
use crate::domain::transition::{Decision, Input, Refusal, decide};
use crate::queue;
use crate::store::desktops::{self, Desktop};
use crate::store::templates::Template;
use crate::store::users::{self, User};
use crate::store::{StoreError, Tx, ports, starts};
use std::time::Duration;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    pub user_id: &'a str,
    pub username: &'a str,
}

/// The installation's defaults; a user's own and then their group's go before them, each by itself.
#[derive(Debug, Clone)]
pub struct Limits {
    pub max_desktops: i64,
    pub starts: Vec<Rate>,
    /// Viewers' connections at once.
    pub max_streams: i64,
    pub job_max_attempts: i64,
}

/// What holds for one user, and where each comes from.
#[derive(Debug, Clone)]
pub struct UserLimits {
    pub max_desktops: (i64, LimitFrom),
    pub starts: (Vec<Rate>, LimitFrom),
    pub max_streams: (i64, LimitFrom),
}

impl UserLimits {
    #[must_use]
    pub fn of(user: &User, defaults: &Limits) -> Self {
        let rates = |text: &Option<String>| text.as_deref().and_then(|text| parse_rates(text).ok());
        let (own, group) = (&user.limits, &user.group_limits);
        Self {
            max_desktops: resolved(own.max_desktops, group.max_desktops, || defaults.max_desktops),
            starts: resolved(rates(&own.start_limits), rates(&group.start_limits), || defaults.starts.clone()),
            max_streams: resolved(own.max_streams, group.max_streams, || defaults.max_streams),
        }
    }
}

/// A start that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    Quota { limit: i64, used: i64 },
    Rate { full: StartWindow, all: Vec<StartWindow>, now: Time },
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// It stands, newly or already.
    Accepted(Box<DesktopView>),
    Denied(Denied),
    BeingDeleted,
}

/// What a person may ask of a desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Start,
    Stop,
    Delete,
}

#[derive(Debug, Clone)]
pub struct NewDesktop<'a> {
    pub template: &'a Template,
    /// None: named after the template.
    pub name: Option<String>,
    pub trace_id: Option<&'a str>,
}

/// What a user may have and start, and has used of it.
///
/// # Errors
/// When the database fails.
pub async fn limits_of(
    tx: &mut Tx,
    user: &User,
    defaults: &Limits,
) -> Result<((i64, i64), Vec<StartWindow>), StoreError> {
    let now = tx.now().await?;
    let limits = UserLimits::of(user, defaults);
    let rates = limits.starts.0;
    let longest = rates.iter().map(|rate| rate.window.length()).max().unwrap_or(Duration::ZERO);
    let started = starts::since(tx, &user.id, now.minus(longest)).await?;
    let used = desktops::count_of(tx, &user.id).await?;
    Ok(((limits.max_desktops.0, used), windows(&rates, &started, now)))
}

async fn denied(tx: &mut Tx, user: &User, defaults: &Limits) -> Result<Option<Denied>, StoreError> {
    let (_, all) = limits_of(tx, user, defaults).await?;
    let now = tx.now().await?;
    Ok(full(&all).cloned().map(|full| Denied::Rate { full, all, now }))
}

/// Start, stop or delete. `d` was read with its lock; `actor` may be an administrator.
///
/// # Errors
/// When the database fails.
pub async fn ask(
    tx: &mut Tx,
    mut d: Desktop,
    wish: Wish,
    actor: Actor<'_>,
    limits: &Limits,
    trace_id: Option<&str>,
) -> Result<Asked, StoreError> {
    let input = match wish {
        Wish::Start => Input::Start,
        Wish::Stop => Input::Stop { held: is_held(tx, &d).await? },
        Wish::Delete => Input::Delete,
    };
    let change = match decide(d.status, input) {
        Decision::Become(change) => change,
        Decision::Same | Decision::Stale | Decision::Gone => return Ok(Asked::Accepted(Box::new(d.view()))),
        Decision::Refuse(Refusal::BeingDeleted) => return Ok(Asked::BeingDeleted),
    };
    if wish == Wish::Start {
        // A start counts for who owns the desktop, whoever clicks.
        if let Some(owner) = users::lock(tx, &d.owner_id).await? {
            if let Some(denied) = denied(tx, &owner, limits).await? {
                return Ok(Asked::Denied(denied));
            }
            let now = tx.now().await?;
            starts::insert(tx, &owner.id, now).await?;
        }
        d.crashes = 0;
    }
    let own = actor.user_id == d.owner_id;
    let reason = (wish == Wish::Stop).then(|| Reason {
        code: if own { ReasonCode::ByUser } else { ReasonCode::ByAdmin },
        text: if own { "Stopped by its owner." } else { "Stopped by an administrator." }.to_owned(),
    });
    let cause =
        Cause { actor: Some(actor.username), reason, max_attempts: limits.job_max_attempts, run_at: None, trace_id };
    Ok(Asked::Accepted(Box::new(apply(tx, &mut d, change, cause).await?)))
}

/// Whether a container, a port or a running job may still belong to it.
pub(super) async fn is_held(tx: &mut Tx, d: &Desktop) -> Result<bool, StoreError> {
    Ok(d.container_id.is_some()
        || ports::of_desktop(tx, &d.id).await?.is_some()
        || queue::is_running(tx, &d.id).await?)
}

/// Gives it another name. `d` was read with its lock.
///
/// # Errors
/// When the database fails.
pub async fn rename(tx: &mut Tx, mut d: Desktop, name: String) -> Result<DesktopView, StoreError> {
    if d.name == name {
        return Ok(d.view());
    }
    d.name = name;
    save(tx, &mut d).await
}
