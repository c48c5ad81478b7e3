//! Pulls of images: a job for each node and image. Like every job it stands for one thing of which one works and one waits at
//! a time; that thing has an id made from the node and the image, in the place of a desktop's.
//!
//! Who needs the image waits with the code `image_pulling` and is woken by the pull's end, however that was: it looks again.

use super::Lease;
use crate::domain::job::{JobState, Kind};
use crate::domain::new_id;
use crate::domain::time::Time;
use crate::store::{StoreError, Tx, all, exec, opt};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A pull as it is asked for.
#[derive(Debug, Clone)]
pub struct NewPull<'a> {
    pub node: &'a str,
    pub image: &'a str,
    /// Who needs it, or asked for it.
    pub user_id: &'a str,
    /// Also when the node has the image: there may be a newer one.
    pub again: bool,
    pub max_attempts: i64,
    pub trace_id: Option<&'a str>,
}

/// A pull's row, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Pull {
    pub id: String,
    #[sqlx(rename = "node_id")]
    pub node: String,
    pub image: String,
    pub again: bool,
    #[sqlx(try_from = "String")]
    pub state: JobState,
    pub percent: Option<i64>,
    pub progress: Option<String>,
    pub last_error: Option<String>,
    pub finished_at: Option<Time>,
    pub ended_by: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, node_id, image, again, state, percent, progress, last_error, finished_at, ended_by FROM jobs ",
            $rest
        )
    };
}

impl Pull {
    #[must_use]
    pub const fn is_unfinished(&self) -> bool {
        match self.state {
            JobState::Available | JobState::Scheduled | JobState::Running | JobState::Retryable => true,
            JobState::Completed | JobState::Cancelled | JobState::Discarded => false,
        }
    }
}

/// What stands in the place of a desktop's id.
#[must_use]
pub fn subject(node: &str, image: &str) -> String {
    let digest = Sha256::digest(format!("{}:{node}{image}", node.len()));
    digest.iter().take(16).fold("pull-".to_owned(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// Asks for a pull, or joins the one that waits or runs. Returns the job's id. The caller holds the locks that [`unfinished`] takes.
///
/// # Errors
/// When the database fails.
pub async fn ask(tx: &mut Tx, new: &NewPull<'_>) -> Result<String, StoreError> {
    let subject = subject(new.node, new.image);
    if let Some(pull) = unfinished(tx, &subject).await? {
        if new.again && !pull.again {
            exec!(&mut *tx, "UPDATE jobs SET again = true WHERE id = $1", &pull.id)?;
        }
        return Ok(pull.id);
    }
    let (id, now) = (new_id(), tx.now().await?);
    let written = exec!(
        &mut *tx,
        "INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, \
         claims, run_at, node_id, trace_id, created_at, image, again) \
         VALUES ($1, $2, $3, $4, 0, 'available', $5, 0, 0, $6, 0, $7, $8, $9, $7, $10, $11) ON CONFLICT DO NOTHING",
        &id,
        Kind::Pull.as_str(),
        &subject,
        new.user_id,
        Kind::Pull.priority(),
        new.max_attempts,
        now,
        new.node,
        new.trace_id,
        new.image,
        new.again,
    )?;
    if written == 0 {
        // Somebody asked in the same moment.
        return unfinished(tx, &subject)
            .await?
            .map(|pull| pull.id)
            .ok_or(StoreError::Conflict(sqlx::Error::RowNotFound));
    }
    Ok(id)
}

/// The pull that waits or runs. Until this transaction ends it does not end either: whoever goes to wait for it is seen by its end.
///
/// # Errors
/// When the database fails.
pub async fn unfinished(tx: &mut Tx, subject: &str) -> Result<Option<Pull>, StoreError> {
    const SQLITE: &str = select!(
        "WHERE desktop_id = $1 AND state IN ('available', 'scheduled', 'retryable', 'running') ORDER BY state = 'running' LIMIT 1"
    );
    const POSTGRES: &str = select!(
        "WHERE desktop_id = $1 AND state IN ('available', 'scheduled', 'retryable', 'running') ORDER BY state = 'running' \
         FOR UPDATE"
    );
    match tx {
        Tx::Sqlite(_) => opt!(tx, Pull, SQLITE, subject),
        Tx::Postgres(..) => Ok(all!(tx, Pull, POSTGRES, subject)?.into_iter().next()),
    }
}

/// The last pull that is over.
///
/// # Errors
/// When the database fails.
pub async fn last_ended(tx: &mut Tx, subject: &str) -> Result<Option<Pull>, StoreError> {
    const SQL: &str =
        select!("WHERE desktop_id = $1 AND state IN ('completed', 'cancelled', 'discarded') ORDER BY id DESC LIMIT 1");
    opt!(tx, Pull, SQL, subject)
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Pull>, StoreError> {
    opt!(tx, Pull, select!("WHERE id = $1 AND kind = 'image.pull'"), id)
}

/// The newest pull of each node and image.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx) -> Result<Vec<Pull>, StoreError> {
    let pulls = all!(tx, Pull, select!("WHERE kind = 'image.pull' ORDER BY desktop_id, id"))?;
    let mut newest: Vec<Pull> = Vec::new();
    for pull in pulls {
        newest.retain(|p| p.node != pull.node || p.image != pull.image);
        newest.push(pull);
    }
    Ok(newest)
}

/// Says how far a running pull has come. None: the lease is no longer ours; otherwise who wants it to end, if anybody does.
///
/// # Errors
/// When the database fails.
pub async fn progress(
    tx: &mut Tx,
    lease: &Lease,
    percent: Option<i64>,
    text: &str,
) -> Result<Option<Option<String>>, StoreError> {
    let sql = "UPDATE jobs SET percent = $3, progress = $4 WHERE id = $1 AND lease_token = $2 AND state = 'running' \
               RETURNING ended_by";
    let row = opt!(tx, (Option<String>,), sql, &lease.job_id, &lease.token, percent, text)?;
    Ok(row.map(|(ended_by,)| ended_by))
}

/// Lets all that wait for this image on this node look again.
///
/// # Errors
/// When the database fails.
pub async fn wake(tx: &mut Tx, node: &str, image: &str) -> Result<u64, StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "UPDATE jobs SET state = 'available', run_at = $3, wait_code = NULL \
         WHERE state = 'retryable' AND wait_code = 'image_pulling' AND node_id = $1 AND desktop_id IN \
         (SELECT d.id FROM desktops d JOIN templates t ON t.id = d.template_id WHERE t.image = $2)",
        node,
        image,
        now,
    )
}

/// The same for all that wait for a template's image, whichever that was.
///
/// # Errors
/// When the database fails.
pub async fn wake_template(tx: &mut Tx, template_id: &str) -> Result<u64, StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "UPDATE jobs SET state = 'available', run_at = $2, wait_code = NULL \
         WHERE state = 'retryable' AND wait_code = 'image_pulling' AND desktop_id IN \
         (SELECT id FROM desktops WHERE template_id = $1)",
        template_id,
        now,
    )
}
