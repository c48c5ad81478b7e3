//! The claim: a worker takes the first jobs in line, each with a lease and, for a create, a start slot. On PostgreSQL it is
//! **one statement** ([`sql`] draws it), so that claims cost one round trip and never wait for each other: what somebody
//! else holds is skipped. On SQLite it is one write transaction, begun only when a read found something to take.
//!
//! A claim takes as many as there are permits free, never more: nothing is claimed ahead of its work.
//! What becomes of the desktop is written by `lifecycle`, in the same transaction. Rows of kinds that this binary does not
//! know (a newer version wrote them) are left for who knows them.

mod sql;

pub(super) use sql::known;

use super::{Claimant, Job, Lease};
use crate::domain::job::Kind;
use crate::domain::{new_id, time::Time};
use crate::store::{Db, StoreError, Tx, all, exec};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{FromRow, Postgres, Row as _};

/// Besides the rest: a worker's network and disk have little more to give.
const PULLS_AT_ONCE: i64 = 2;

/// Which jobs a claim looks at. Stops and cleanups have permits of their own, so that starts never block them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Starts,
    Ends,
    /// Of images, which take minutes and must be in nobody's way.
    Pulls,
}

impl Class {
    /// The class that a job belongs to.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Create => Self::Starts,
            Kind::Stop | Kind::Cleanup | Kind::Noop => Self::Ends,
            Kind::Pull => Self::Pulls,
        }
    }

    const fn priority(self) -> i64 {
        match self {
            Self::Starts => Kind::Create.priority(),
            Self::Ends => Kind::Stop.priority(),
            Self::Pulls => Kind::Pull.priority(),
        }
    }

    /// How many of a worker's jobs at once may be of this class: a quarter is kept for what gives room back.
    #[must_use]
    pub fn permits(self, concurrency: i64) -> i64 {
        let all = concurrency.max(2);
        let for_ends = (all / 4).max(1);
        match self {
            Self::Starts => all - for_ends,
            Self::Ends => for_ends,
            Self::Pulls => PULLS_AT_ONCE,
        }
    }
}

/// What a claim found.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order of the line.
    pub taken: Vec<(Job, Lease)>,
    pub now: Time,
    /// When the next of those that wait out a time may run.
    pub due: Option<Time>,
}

impl Found {
    /// Whether something has waited out its time and is only to be made available: [`promote`], then claim again.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= self.now)
    }
}

/// Takes up to `most` jobs in the caller's transaction, which then writes what became of their desktops.
///
/// # Errors
/// When the database fails; [`StoreError::Conflict`] or a broken `jobs_one_running` when another claim was quicker.
pub async fn claim(tx: &mut Tx, by: &Claimant, class: Class, most: usize) -> Result<Found, StoreError> {
    match tx {
        Tx::Postgres(pg, kept) => Ok(found(ask(by, class, most).persistent(kept.named()).fetch_all(&mut **pg).await?)),
        Tx::Sqlite(_) => on_sqlite(tx, by, class, most).await,
    }
}

/// The same without a transaction of the caller's, for all but starts: no desktop changes by the claim.
///
/// # Errors
/// As [`claim`].
pub async fn claim_alone(db: &Db, by: &Claimant, class: Class, most: usize) -> Result<Found, StoreError> {
    match db {
        Db::Postgres { quick, .. } => {
            let mut way = quick.claims.way().await?;
            let lines = ask(by, class, most).fetch_all(way.db()).await;
            Ok(found(way.back(lines)?))
        }
        Db::Sqlite { .. } => {
            let mut tx = db.begin().await?;
            let found = claim(&mut tx, by, class, most).await?;
            tx.commit().await?;
            Ok(found)
        }
    }
}

/// A line of the answer: the times, and a job when one was taken.
struct Line {
    now: Time,
    due: Option<Time>,
    job: Option<Job>,
}

impl<'r> FromRow<'r, PgRow> for Line {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let found: Option<String> = row.try_get("id")?;
        let job = found.map(|_| Job::from_row(row)).transpose()?;
        Ok(Self { now: row.try_get("now")?, due: row.try_get("due")?, job })
    }
}

fn ask(by: &Claimant, class: Class, most: usize) -> QueryAs<'static, Postgres, Line, PgArguments> {
    sqlx::query_as(sql::postgres(class, most))
        .bind(by.node_id.clone())
        .bind(by.worker_id.clone())
        .bind(crate::domain::time::micros(by.lease_ttl))
        .bind(new_id())
}

fn found(lines: Vec<Line>) -> Found {
    let mut found = Found::default();
    let mut jobs = Vec::new();
    for line in lines {
        (found.now, found.due) = (line.now, line.due);
        jobs.extend(line.job);
    }
    found.taken = in_line(jobs, found.now);
    found
}

async fn on_sqlite(tx: &mut Tx, by: &Claimant, class: Class, most: usize) -> Result<Found, StoreError> {
    let now = tx.now().await?;
    promote(tx, now).await?;
    let most = i64::try_from(most).unwrap_or(1);
    let mut found = Found { now, due: None, taken: Vec::new() };
    let slots = match class {
        Class::Ends | Class::Pulls => None,
        Class::Starts => Some(all!(tx, (i64,), sql::FREE_SLOTS, &by.node_id, most)?),
    };
    let room = slots.as_ref().map_or(most, |slots| i64::try_from(slots.len()).unwrap_or(0));
    if room == 0 {
        return Ok(found);
    }
    let jobs = all!(
        tx,
        Job,
        sql::TAKE,
        &by.node_id,
        &by.worker_id,
        new_id(),
        now,
        now.plus(by.lease_ttl),
        class.priority(),
        room
    )?;
    found.taken = in_line(jobs, now);
    for (at, (job, _)) in found.taken.iter().enumerate() {
        exec!(
            tx,
            "INSERT INTO attempts (job_id, n, worker_id, started_at) VALUES ($1, $2, $3, $4)",
            &job.id,
            job.claims,
            &by.worker_id,
            now
        )?;
        if let Some((slot,)) = slots.as_ref().and_then(|slots| slots.get(at)) {
            exec!(
                tx,
                "UPDATE start_slots SET job_id = $3 WHERE node_id = $1 AND slot = $2",
                &by.node_id,
                slot,
                &job.id
            )?;
        }
    }
    Ok(found)
}

fn in_line(mut jobs: Vec<Job>, now: Time) -> Vec<(Job, Lease)> {
    jobs.sort_by(|a, b| (a.rank, a.created_at, &a.id).cmp(&(b.rank, b.created_at, &b.id)));
    let lease = |job: &Job| Lease {
        job_id: job.id.clone(),
        kind: job.kind,
        desktop_id: job.desktop_id.clone(),
        generation: job.generation,
        token: job.lease_token.clone().unwrap_or_default(),
        claim: job.claims,
        attempt: job.attempt,
        max_attempts: job.max_attempts,
        since: std::time::Instant::now(),
        waited: now.since(job.run_at),
        trace_id: job.trace_id.clone(),
    };
    jobs.into_iter().map(|job| (lease(&job), job)).map(|(lease, job)| (job, lease)).collect()
}

/// Makes available what has waited out its time.
///
/// # Errors
/// When the database fails.
pub async fn promote(tx: &mut Tx, now: Time) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(_) => exec!(tx, sql::PROMOTE, now),
        Tx::Postgres(..) => exec!(tx, sql::PROMOTE_PG, now),
    }
}

/// What a look finds before a claim takes the one writer's place (SQLite) or a transaction: None when a claim is worth it.
/// On PostgreSQL the claim of stops and cleanups is itself as cheap as a look.
///
/// # Errors
/// When the database fails.
pub async fn look(db: &Db, node_id: &str, class: Class) -> Result<Option<Found>, StoreError> {
    type Looked = (bool, Option<Time>, Option<Time>);
    let for_node = (class == Class::Starts).then_some(node_id);
    let (any, due, now): Looked = match (db, class) {
        (Db::Postgres { .. }, Class::Ends) => return Ok(None),
        (Db::Postgres { quick, .. }, Class::Starts | Class::Pulls) => {
            let mut asked = sqlx::query_as(sql::look(class, true)).bind(class.priority());
            if let Some(node) = for_node {
                asked = asked.bind(node);
            }
            let mut way = quick.claims.way().await?;
            let looked = asked.fetch_one(way.db()).await;
            way.back(looked)?
        }
        (Db::Sqlite { readers, .. }, _) => {
            let mut asked = sqlx::query_as(sql::look(class, false)).bind(class.priority());
            if let Some(node) = for_node {
                asked = asked.bind(node);
            }
            asked.fetch_one(readers).await?
        }
    };
    let found = Found { now: now.unwrap_or_else(Time::of_this_process), due, taken: Vec::new() };
    Ok((!any && !found.is_due()).then_some(found))
}
