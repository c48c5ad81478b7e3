//! People who leave for good: their desktops go with them, or go to somebody else. A person's row goes with their last desktop,
//! so that what is still being cleared away has an owner until the end.

use super::requests::{Actor, Limits, Wish, ask};
use crate::domain::desktop::Status;
use crate::domain::time::Time;
use crate::events::{self, Signals};
use crate::queue;
use crate::store::desktops::{self, Desktop};
use crate::store::users::{self, User};
use crate::store::{Db, StoreError, Tx, history, tokens};

/// What is to become of somebody's desktops.
#[derive(Debug, Clone, Copy)]
pub enum Leaving<'a> {
    /// They should have none.
    Empty,
    Delete,
    /// Those that are not being deleted become this user's.
    Give(&'a User),
}

/// What became of somebody who was to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// They cannot sign in any more, and so many desktops were deleted or given away. Their row is gone, or goes with the last
    /// of what is being deleted.
    Yes {
        desktops: usize,
    },
    HasDesktops(i64),
    LastAdmin,
    NoSuchUser,
}

/// Shuts somebody out for good. Their log-ins are ended by the caller, in the same transaction.
///
/// # Errors
/// [`StoreError::Conflict`] when they got a desktop meanwhile; or when the database fails.
pub async fn leave(
    tx: &mut Tx,
    id: &str,
    how: Leaving<'_>,
    by: Actor<'_>,
    limits: &Limits,
    trace_id: Option<&str>,
) -> Result<Left, StoreError> {
    let all = desktops::lock_all_of(tx, id).await?;
    let other_admins = users::other_admins(tx, id).await?;
    let Some(mut user) = users::lock(tx, id).await? else { return Ok(Left::NoSuchUser) };
    // Made after they were read; now none can be.
    if desktops::count_all_of(tx, id).await? != i64::try_from(all.len()).unwrap_or(i64::MAX) {
        return Err(StoreError::Conflict(sqlx::Error::RowNotFound));
    }
    if user.is_active_admin() && other_admins == 0 {
        return Ok(Left::LastAdmin);
    }
    let kept: Vec<Desktop> = all.into_iter().filter(|d| d.status != Status::Deleting).collect();
    let desktops = kept.len();
    let now = tx.now().await?;
    match how {
        Leaving::Empty if !kept.is_empty() => {
            return Ok(Left::HasDesktops(i64::try_from(kept.len()).unwrap_or(i64::MAX)));
        }
        Leaving::Empty => {}
        Leaving::Delete => {
            for d in kept {
                ask(tx, d, Wish::Delete, by, limits, trace_id).await?;
            }
        }
        Leaving::Give(to) => {
            for d in kept {
                give(tx, d, to, by, now).await?;
            }
            if desktops > 0 {
                tell_both(tx, &user, to, desktops, now).await?;
            }
        }
    }
    user.disabled_at = user.disabled_at.or(Some(now));
    user.deleting_at = user.deleting_at.or(Some(now));
    users::update(tx, &user).await?;
    tokens::delete_all(tx, id).await?;
    users::remove_gone(tx, Some(id)).await?;
    Ok(Left::Yes { desktops })
}

async fn give(tx: &mut Tx, mut d: Desktop, to: &User, by: Actor<'_>, now: Time) -> Result<(), StoreError> {
    // Who owned it is told that it is gone: their pages, and viewers that are in it.
    let gone = serde_json::json!({ "id": d.id, "deleted": true }).to_string();
    events::append(tx, &d.owner_id, events::Kind::Desktop, &gone, now).await?;
    desktops::set_owner(tx, &mut d, to).await?;
    queue::give(tx, &d.id, &to.id).await?;
    let view = d.view();
    history::insert_given(tx, &d.id, by.username, d.status, view.reason.as_ref(), now).await?;
    events::append(tx, &to.id, events::Kind::Desktop, &serde_json::to_string(&view)?, now).await
}

async fn tell_both(tx: &mut Tx, from: &User, to: &User, many: usize, now: Time) -> Result<(), StoreError> {
    let words = if many == 1 { "desktop".to_owned() } else { format!("{many} desktops") };
    let given = format!("Your {words} went to {}.", to.username);
    let received = format!("You were given {}’s {words}.", from.username);
    for (user, code, text) in [(from, "desktops_given", given), (to, "desktops_received", received)] {
        let notice = serde_json::json!({ "code": code, "text": text }).to_string();
        events::append(tx, &user.id, events::Kind::Notice, &notice, now).await?;
    }
    Ok(())
}

/// Sees to it that those who are leaving get away: a desktop whose deletion was taken back is asked to go again, and rows
/// without a desktop go. Returns how many people went.
///
/// # Errors
/// When the database fails.
pub async fn sweep_leaving(db: &Db, signals: &Signals, job_max_attempts: i64) -> Result<u64, StoreError> {
    let leaving = users::leaving(&mut db.read().await?).await?;
    let mut gone = 0;
    for id in leaving {
        let mut tx = db.begin().await?;
        let limits = Limits { max_desktops: 0, starts: Vec::new(), max_streams: 0, job_max_attempts };
        let by = Actor { user_id: "", username: "Berth" };
        for d in desktops::lock_all_of(&mut tx, &id).await? {
            if d.status != Status::Deleting {
                ask(&mut tx, d, Wish::Delete, by, &limits, None).await?;
            }
        }
        gone += users::remove_gone(&mut tx, Some(&id)).await?;
        tx.commit().await?;
        signals.changed();
    }
    Ok(gone)
}
