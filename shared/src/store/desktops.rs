//! Desktops. Every write compares the version and bumps it; `lifecycle` is the only caller that changes a status.

use super::users::User;
use super::{StoreError, Tx, all, exec, one, opt};
use crate::domain::desktop::{Attempt, Connect, ConnectKind, DesktopView, Reason, ReasonCode, Status, Step, StepName};
use crate::domain::names;
use crate::domain::template::Home;
use crate::domain::time::Time;

/// A desktop's row, with what the page needs of its owner and template.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Desktop {
    pub id: String,
    pub owner_id: String,
    pub owner: String,
    pub template_id: String,
    #[sqlx(try_from = "String")]
    pub kind: ConnectKind,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub status: Status,
    pub reason_code: Option<String>,
    pub reason_text: Option<String>,
    pub version: i64,
    pub generation: i64,
    pub node_id: Option<String>,
    pub container_id: Option<String>,
    pub crashes: i64,
    pub job_id: Option<String>,
    pub attempt: i64,
    pub max_attempts: i64,
    pub last_error: Option<String>,
    pub asked_at: Option<Time>,
    pub claimed_at: Option<Time>,
    pub made_at: Option<Time>,
    pub booted_at: Option<Time>,
    pub ready_at: Option<Time>,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub stopped_at: Option<Time>,
    pub stopped_by: Option<String>,
    pub last_active_at: Option<Time>,
    /// What its container was made of.
    pub image_id: Option<String>,
    /// What its template's image is on its node now.
    pub newest_image_id: Option<String>,
    /// As its template said when it was made.
    #[sqlx(try_from = "String")]
    pub home: Home,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.*, u.username AS owner, t.kind AS kind, n.image_id AS newest_image_id FROM desktops d \
             JOIN users u ON u.id = d.owner_id JOIN templates t ON t.id = d.template_id \
             LEFT JOIN template_nodes n ON n.template_id = d.template_id AND n.node_id = d.node_id ",
            $rest
        )
    };
}

impl Desktop {
    /// As the api shows it; `queue` is computed elsewhere.
    #[must_use]
    pub fn view(&self) -> DesktopView {
        let steps: Vec<Step> = [
            (StepName::Asked, self.asked_at),
            (StepName::Claimed, self.claimed_at),
            (StepName::Created, self.made_at),
            (StepName::Booted, self.booted_at),
            (StepName::Ready, self.ready_at),
        ]
        .into_iter()
        .map_while(|(name, at)| at.map(|at| Step { name, at }))
        .collect();
        DesktopView {
            id: self.id.clone(),
            name: self.name.clone(),
            owner: self.owner.clone(),
            template: self.template_id.clone(),
            status: self.status,
            desired: self.status.desired(),
            reason: self.reason(),
            step: steps.last().map(|step| step.name),
            steps,
            queue: None,
            attempt: Attempt { n: self.attempt, max: self.max_attempts, last_error: self.last_error.clone() },
            version: self.version,
            created_at: self.created_at,
            started_at: self.started_at,
            stopped_at: self.stopped_at,
            stopped_by: self.stopped_by.clone(),
            last_active_at: self.last_active_at,
            job_id: self.job_id.clone(),
            newer_image: self.runs_on_an_older_image(),
            connect: (self.status == Status::Running)
                .then(|| Connect { kind: self.kind, url: format!("/api/v1/desktops/{}/vnc", self.id) }),
        }
    }

    /// Whether its next start would be of another image than it runs now.
    #[must_use]
    pub fn runs_on_an_older_image(&self) -> bool {
        let newest = self.newest_image_id.as_ref();
        self.status == Status::Running && self.image_id.as_ref().zip(newest).is_some_and(|(own, newest)| own != newest)
    }

    fn reason(&self) -> Option<Reason> {
        let code = ReasonCode::try_from(self.reason_code.clone()?).ok()?;
        Some(Reason { code, text: self.reason_text.clone().unwrap_or_default() })
    }

    pub fn set_reason(&mut self, reason: Option<Reason>) {
        (self.reason_code, self.reason_text) = reason.map(|r| (r.code.as_str().to_owned(), r.text)).unzip();
    }
}

/// Writes a new row.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, d: &Desktop) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO desktops (id, owner_id, template_id, name, status, desired, version, generation, crashes, attempt, \
         max_attempts, job_id, asked_at, created_at, home) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &d.id,
        &d.owner_id,
        &d.template_id,
        &d.name,
        d.status.as_str(),
        d.status.desired().as_str(),
        d.version,
        d.generation,
        d.crashes,
        d.attempt,
        d.max_attempts,
        &d.job_id,
        d.asked_at,
        d.created_at,
        d.home.as_str(),
    )?;
    Ok(())
}

/// Writes a changed row back, when nobody else has changed it since it was read; bumps `version`.
/// False: somebody has; read again and decide again.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, d: &mut Desktop) -> Result<bool, StoreError> {
    let changed = exec!(
        tx,
        "UPDATE desktops SET name = $3, status = $4, desired = $5, reason_code = $6, reason_text = $7, \
         version = version + 1, generation = $8, node_id = $9, container_id = $10, crashes = $11, job_id = $12, \
         attempt = $13, max_attempts = $14, last_error = $15, asked_at = $16, claimed_at = $17, made_at = $18, \
         booted_at = $19, ready_at = $20, started_at = $21, stopped_at = $22, stopped_by = $23, image_id = $24 \
         WHERE id = $1 AND version = $2",
        &d.id,
        d.version,
        &d.name,
        d.status.as_str(),
        d.status.desired().as_str(),
        &d.reason_code,
        &d.reason_text,
        d.generation,
        &d.node_id,
        &d.container_id,
        d.crashes,
        &d.job_id,
        d.attempt,
        d.max_attempts,
        &d.last_error,
        d.asked_at,
        d.claimed_at,
        d.made_at,
        d.booted_at,
        d.ready_at,
        d.started_at,
        d.stopped_at,
        &d.stopped_by,
        &d.image_id,
    )?;
    d.version += 1;
    Ok(changed == 1)
}

/// Notes that somebody used it. Not a change that the page hears of: no version, no event.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut Tx, id: &str, at: Time) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE desktops SET last_active_at = $2 WHERE id = $1 AND (last_active_at IS NULL OR last_active_at < $2)",
        id,
        at,
    )?;
    Ok(())
}

/// What happened to it stays, until it is old enough.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM desktops WHERE id = $1", id)?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Desktop>, StoreError> {
    opt!(tx, Desktop, select!("WHERE d.id = $1"), id)
}

/// Reads it and keeps everybody else from changing it until this transaction ends. Lock order: desktop, user, job.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Desktop>, StoreError> {
    match tx {
        Tx::Sqlite(_) => get(tx, id).await,
        Tx::Postgres(..) => opt!(tx, Desktop, select!("WHERE d.id = $1 FOR UPDATE OF d"), id),
    }
}

/// Reads all of somebody's and keeps everybody else from changing them until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_all_of(tx: &mut Tx, owner: &str) -> Result<Vec<Desktop>, StoreError> {
    match tx {
        Tx::Sqlite(_) => all!(tx, Desktop, select!("WHERE d.owner_id = $1 ORDER BY d.id"), owner),
        Tx::Postgres(..) => {
            all!(tx, Desktop, select!("WHERE d.owner_id = $1 ORDER BY d.id FOR UPDATE OF d"), owner)
        }
    }
}

/// Gives it to somebody else. The caller holds its lock.
///
/// # Errors
/// When the database fails.
pub async fn set_owner(tx: &mut Tx, d: &mut Desktop, owner: &User) -> Result<(), StoreError> {
    exec!(tx, "UPDATE desktops SET owner_id = $2, version = version + 1 WHERE id = $1", &d.id, &owner.id)?;
    d.version += 1;
    d.owner_id.clone_from(&owner.id);
    d.owner.clone_from(&owner.username);
    Ok(())
}

/// How many somebody has, those that are being deleted too.
///
/// # Errors
/// When the database fails.
pub async fn count_all_of(tx: &mut Tx, owner: &str) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT count(*) FROM desktops WHERE owner_id = $1", owner)?.0)
}

/// A page of them, newest first; `owner` of None is everybody. `before` is the last row of the page before.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    owner: Option<&str>,
    before: Option<(Time, String)>,
    limit: i64,
) -> Result<Vec<Desktop>, StoreError> {
    let (at, id) = before.unwrap_or((Time(i64::MAX), String::new()));
    match owner {
        Some(owner) => all!(
            tx,
            Desktop,
            select!(
                "WHERE d.owner_id = $1 AND (d.created_at < $2 OR (d.created_at = $2 AND d.id < $3)) \
                     ORDER BY d.created_at DESC, d.id DESC LIMIT $4"
            ),
            owner,
            at,
            id,
            limit,
        ),
        None => all!(
            tx,
            Desktop,
            select!(
                "WHERE d.created_at < $1 OR (d.created_at = $1 AND d.id < $2) \
                     ORDER BY d.created_at DESC, d.id DESC LIMIT $3"
            ),
            at,
            id,
            limit,
        ),
    }
}

/// Those whose container should be alive on a node, for the reconciler.
///
/// # Errors
/// When the database fails.
pub async fn on_node(tx: &mut Tx, node: &str) -> Result<Vec<Desktop>, StoreError> {
    all!(tx, Desktop, select!("WHERE d.node_id = $1"), node)
}

/// Ids of those that run on a node and were made from a template, on another image than this one.
///
/// # Errors
/// When the database fails.
pub async fn on_other_image(
    tx: &mut Tx,
    template: &str,
    node: &str,
    image_id: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id FROM desktops WHERE template_id = $1 AND node_id = $2 AND status = 'running' \
               AND image_id IS NOT NULL AND image_id <> $3 ORDER BY id";
    Ok(all!(tx, (String,), sql, template, node, image_id)?.into_iter().map(|(id,)| id).collect())
}

/// Those that wait for work but have no unfinished job: never the case, unless something broke. The reconciler heals them.
///
/// # Errors
/// When the database fails.
pub async fn without_work(tx: &mut Tx) -> Result<Vec<Desktop>, StoreError> {
    all!(
        tx,
        Desktop,
        select!(
            "WHERE d.status IN ('queued', 'starting', 'stopping', 'deleting') AND NOT EXISTS \
                 (SELECT 1 FROM jobs j WHERE j.desktop_id = d.id AND j.state IN ('available', 'scheduled', 'retryable', 'running'))"
        ),
    )
}

/// How many a user has that are not being deleted: what the quota counts.
///
/// # Errors
/// When the database fails.
pub async fn count_of(tx: &mut Tx, owner: &str) -> Result<i64, StoreError> {
    let (count,) =
        one!(tx, (i64,), "SELECT count(*) FROM desktops WHERE owner_id = $1 AND status <> 'deleting'", owner)?;
    Ok(count)
}

/// Names a user's desktop after its template: `Light desktop`, `Light desktop 2`, …
///
/// # Errors
/// When the database fails.
pub async fn free_name(tx: &mut Tx, owner: &str, template: &str) -> Result<String, StoreError> {
    let taken = all!(tx, (String,), "SELECT name FROM desktops WHERE owner_id = $1", owner)?;
    let taken: Vec<String> = taken.into_iter().map(|(name,)| name).collect();
    Ok(names::free(template, &taken))
}
