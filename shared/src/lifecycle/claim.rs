//! The claim as the desktops see it: a worker takes the first jobs in line, and each create's desktop is *starting* in the same
//! transaction. What is taken in which order is said in [`crate::queue`]; what workers then report is in [`super::work`].

use super::apply;
use super::work::{quiet, tell};
use crate::domain::time::Time;
use crate::domain::transition::{Decision, Input, decide};
use crate::events::Signals;
use crate::measure;
use crate::queue::{self, Claimant, Class, End, Found, Lease};
use crate::store::desktops::{self, Desktop};
use crate::store::{Db, StoreError, Tx};
use std::time::Duration;

/// What a claim brought: leases of jobs to work on now, and when the next of those that wait may run.
#[derive(Debug, Default)]
pub struct Claims {
    pub leases: Vec<Lease>,
    pub due_in: Option<Duration>,
}

/// Claims the first job in line.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &Db, signals: &Signals, by: &Claimant, class: Class) -> Result<Option<Lease>, StoreError> {
    Ok(claim_some(db, signals, by, class, 1).await?.leases.pop())
}

/// Claims the first jobs in line, up to `most`. A create that nobody wants any more ends here and the next is looked at.
///
/// # Errors
/// When the database fails.
pub async fn claim_some(
    db: &Db,
    signals: &Signals,
    by: &Claimant,
    class: Class,
    most: usize,
) -> Result<Claims, StoreError> {
    if let Some(nothing) = queue::look(db, &by.node_id, class).await? {
        return Ok(Claims { leases: Vec::new(), due_in: due_in(&nothing) });
    }
    loop {
        let (leases, found) = match class {
            Class::Starts => claim_starts(db, signals, by, most).await?,
            Class::Ends | Class::Pulls => {
                let mut found = queue::claim_alone(db, by, class, most).await?;
                (found.taken.drain(..).map(|(_, lease)| lease).collect(), found)
            }
        };
        if found.is_due() && promote(db, found.now).await? && leases.is_empty() {
            continue;
        }
        leases.iter().for_each(|lease: &Lease| measure::claimed(lease.kind, lease.waited));
        return Ok(Claims { leases, due_in: due_in(&found) });
    }
}

/// Makes available what has waited out its time. False: there was nothing, or somebody else is at it.
async fn promote(db: &Db, now: Time) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let promoted = queue::promote(&mut tx, now).await?;
    tx.commit().await?;
    Ok(promoted > 0)
}

fn due_in(found: &Found) -> Option<Duration> {
    found.due.map(|due| due.since(found.now) + Duration::from_millis(1))
}

/// The claim of creates and what becomes of their desktops, in one transaction.
async fn claim_starts(
    db: &Db,
    signals: &Signals,
    by: &Claimant,
    most: usize,
) -> Result<(Vec<Lease>, Found), StoreError> {
    loop {
        let mut tx = db.begin().await?;
        let mut found = queue::claim(&mut tx, by, Class::Starts, most).await?;
        if found.is_due() && !found.taken.is_empty() {
            // What comes back has kept its rank: it is put in line before anybody is taken out of it.
            tx.rollback().await?;
            if promote(db, found.now).await? {
                continue;
            }
            tx = db.begin().await?;
            found = queue::claim(&mut tx, by, Class::Starts, most).await?;
        }
        let (mut leases, mut dropped) = (Vec::new(), Vec::new());
        for (job, lease) in found.taken.drain(..) {
            let wanted = match desktops::get(&mut tx, &job.desktop_id).await? {
                Some(mut d) => begin_start(&mut tx, &mut d, &lease, by).await?,
                None => false,
            };
            if wanted {
                leases.push(lease);
            } else {
                let ended = queue::finish(&mut tx, &lease, &End::Cancel).await?;
                dropped.push((lease, ended));
            }
        }
        tx.commit().await?;
        dropped.iter().for_each(|(lease, ended)| tell(lease, *ended));
        if !leases.is_empty() {
            signals.changed();
        }
        if !leases.is_empty() || dropped.is_empty() {
            return Ok((leases, found));
        }
    }
}

async fn begin_start(tx: &mut Tx, d: &mut Desktop, lease: &Lease, by: &Claimant) -> Result<bool, StoreError> {
    if d.generation != lease.generation {
        return Ok(false);
    }
    let Decision::Become(change) = decide(d.status, Input::Claimed) else { return Ok(false) };
    d.node_id = Some(by.node_id.clone());
    d.attempt = lease.attempt;
    d.max_attempts = lease.max_attempts;
    d.job_id = Some(lease.job_id.clone());
    let reason = d.view().reason;
    apply(tx, d, change, quiet(lease, reason)).await?;
    Ok(true)
}
