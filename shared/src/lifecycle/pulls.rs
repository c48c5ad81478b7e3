//! Images that are not on a node: a create waits for the job that pulls its image, and goes on or fails when that is over.

use super::Applied;
use super::work::{observe, quiet, tell};
use crate::domain::desktop::QueueReasonCode;
use crate::domain::job::JobState;
use crate::domain::transition::Input;
use crate::events::Signals;
use crate::queue::pulls::{self, NewPull};
use crate::queue::{self, End, Lease};
use crate::store::templates::{self, Template};
use crate::store::{Db, StoreError, Tx, desktops};
use std::time::Duration;

/// What a create does whose image is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// It has gone back into line; its lease is over.
    Waits,
    /// A pull was given up since its start was asked for: why.
    Failed(String),
    Superseded,
    LeaseLost,
}

/// The pull's end wakes whoever waits; this is for an end that nobody told of.
const LOOK_AGAIN: Duration = Duration::from_secs(300);

/// Puts a create back in line until its image is there, and sees to it that somebody pulls that.
///
/// # Errors
/// When the database fails.
pub async fn wait_for_image(
    db: &Db,
    signals: &Signals,
    lease: &Lease,
    node: &str,
    image: &str,
    max_attempts: i64,
) -> Result<Wait, StoreError> {
    let mut tx = db.begin().await?;
    let Some(mut d) = desktops::lock(&mut tx, &lease.desktop_id).await? else { return Ok(Wait::Superseded) };
    if d.generation != lease.generation {
        return Ok(Wait::Superseded);
    }
    let subject = pulls::subject(node, image);
    if pulls::unfinished(&mut tx, &subject).await?.is_none()
        && let Some(last) = pulls::last_ended(&mut tx, &subject).await?
        && last.state != JobState::Completed
        && last.finished_at >= d.asked_at
    {
        let why = last.ended_by.map(|by| format!("{by} ended the download."));
        return Ok(Wait::Failed(why.or(last.last_error).unwrap_or_default()));
    }
    let new =
        NewPull { node, image, user_id: &d.owner_id, again: false, max_attempts, trace_id: lease.trace_id.as_deref() };
    pulls::ask(&mut tx, &new).await?;
    let run_at = tx.now().await?.plus(LOOK_AGAIN);
    let end = End::Snooze {
        code: QueueReasonCode::ImagePulling,
        words: "Its image is being downloaded to the server.".to_owned(),
        error: format!("{image} is not on {node} yet"),
        run_at,
    };
    let Some(outcome) = queue::finish(&mut tx, lease, &end).await? else { return Ok(Wait::LeaseLost) };
    d.attempt = lease.attempt - 1;
    let reason = d.view().reason;
    observe(&mut tx, &mut d, Input::BackInLine, quiet(lease, reason)).await?;
    tx.commit().await?;
    signals.changed();
    tell(lease, Some(outcome));
    Ok(Wait::Waits)
}

/// How far a pull has come, at most once a second. `Superseded`: somebody wants it to end.
///
/// # Errors
/// When the database fails.
pub async fn pull_progress(
    db: &Db,
    signals: &Signals,
    lease: &Lease,
    percent: Option<i64>,
    text: &str,
) -> Result<Applied, StoreError> {
    let mut tx = db.begin().await?;
    let told = pulls::progress(&mut tx, lease, percent, text).await?;
    tx.commit().await?;
    signals.changed();
    Ok(match told {
        None => Applied::LeaseLost,
        Some(Some(_)) => Applied::Superseded,
        Some(None) => Applied::Yes,
    })
}

/// A pull is over: done with the image that the node has now, or given up, or ended by somebody. Whoever waits for it looks again.
///
/// # Errors
/// When the database fails.
pub async fn pull_ended(
    db: &Db,
    signals: &Signals,
    lease: &Lease,
    end: &End,
    image_id: Option<&str>,
) -> Result<Applied, StoreError> {
    let mut tx = db.begin().await?;
    let Some(pull) = pulls::get(&mut tx, &lease.job_id).await? else { return Ok(Applied::LeaseLost) };
    let Some(outcome) = queue::finish(&mut tx, lease, end).await? else { return Ok(Applied::LeaseLost) };
    let mut changed = Vec::new();
    if let Some(id) = image_id {
        let now = tx.now().await?;
        for template in templates::all(&mut tx).await?.into_iter().filter(|t| t.image == pull.image) {
            if templates::set_on_node(&mut tx, &template, &pull.node, Some(id), now).await? {
                changed.push(template);
            }
        }
    }
    pulls::wake(&mut tx, &pull.node, &pull.image).await?;
    tx.commit().await?;
    tell(lease, Some(outcome));
    for template in changed {
        tell_of_newer_image(db, &template, &pull.node, image_id.unwrap_or_default()).await?;
    }
    signals.changed();
    Ok(Applied::Yes)
}

/// Writes down which image a node has for a template, and tells the desktops that run on another one.
///
/// # Errors
/// When the database fails.
pub async fn image_seen(
    db: &Db,
    signals: &Signals,
    template: &Template,
    node: &str,
    image_id: Option<&str>,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    let news = templates::set_on_node(&mut tx, template, node, image_id, now).await?;
    tx.commit().await?;
    if let (true, Some(id)) = (news, image_id) {
        tell_of_newer_image(db, template, node, id).await?;
        signals.changed();
    }
    Ok(())
}

async fn tell_of_newer_image(db: &Db, template: &Template, node: &str, image_id: &str) -> Result<(), StoreError> {
    let others = desktops::on_other_image(&mut db.read().await?, &template.id, node, image_id).await?;
    for id in others {
        let mut tx: Tx = db.begin().await?;
        if let Some(mut d) = desktops::lock(&mut tx, &id).await?
            && d.runs_on_an_older_image()
        {
            super::save(&mut tx, &mut d).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}
