//! A new desktop and the asking for its start: what everybody waits for who clicks. So everything that is to be known is read
//! in one statement and, on PostgreSQL, everything written in one.
//!
//! The caller has locked the user's row before: what is counted here cannot change until its transaction ends.

use super::requests::{Asked, Denied, Limits, NewDesktop, UserLimits};
use crate::domain::desktop::Status;
use crate::domain::job::Kind;
use crate::domain::limits::{full, windows};
use crate::domain::time::{Time, micros};
use crate::domain::{names, new_id};
use crate::events;
use crate::queue::{self, NewJob};
use crate::store::desktops::{self, Desktop};
use crate::store::users::User;
use crate::store::{StoreError, Tx, history, one, starts};
use std::time::Duration;

/// What decides on a start.
#[derive(sqlx::FromRow)]
struct Seen {
    now: Time,
    /// Desktops that are not deleted.
    used: i64,
    /// Times of the starts that may count, with commas.
    starts: String,
    /// Names of the user's desktops, as a JSON list.
    names: String,
    /// The rank that is being served, and the last one of the user's.
    served: i64,
    last: i64,
}

macro_rules! seen {
    ($now:literal, $starts:literal, $names:literal) => {
        concat!(
            "WITH clock AS (SELECT ",
            $now,
            " AS now) SELECT clock.now, \
             (SELECT count(*) FROM desktops WHERE owner_id = $1 AND status <> 'deleting') AS used, \
             coalesce((SELECT ",
            $starts,
            " FROM starts WHERE user_id = $1 AND at > clock.now - $2), '') AS starts, \
             coalesce((SELECT ",
            $names,
            " FROM desktops WHERE owner_id = $1), '[]') AS names, ",
            queue::served!(),
            " AS served, ",
            queue::last_of_user!(),
            " AS last FROM clock"
        )
    };
}

async fn look(tx: &mut Tx, user_id: &str, longest: Duration) -> Result<Seen, StoreError> {
    const SQLITE: &str = seen!("CAST($3 AS BIGINT)", "group_concat(at, ',')", "json_group_array(name)");
    const POSTGRES: &str = seen!(
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
        "string_agg(at::text, ',')",
        "json_agg(name)::text"
    );
    match tx {
        Tx::Sqlite(_) => one!(tx, Seen, SQLITE, user_id, micros(longest), Time::of_this_process()),
        Tx::Postgres(..) => one!(tx, Seen, POSTGRES, user_id, micros(longest)),
    }
}

/// Makes a desktop and asks for its start. The caller has locked the user's row.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, user: &User, new: NewDesktop<'_>, limits: &Limits) -> Result<Asked, StoreError> {
    let own = UserLimits::of(user, limits);
    let rates = own.starts.0;
    let longest = rates.iter().map(|rate| rate.window.length()).max().unwrap_or(Duration::ZERO);
    let seen = look(tx, &user.id, longest).await?;
    let limit = own.max_desktops.0;
    if seen.used >= limit {
        return Ok(Asked::Denied(Denied::Quota { limit, used: seen.used }));
    }
    let now = seen.now;
    let mut started: Vec<Time> = seen.starts.split(',').filter_map(|at| at.parse().ok()).map(Time).collect();
    started.sort_unstable();
    let all = windows(&rates, &started, now);
    if let Some(full) = full(&all).cloned() {
        return Ok(Asked::Denied(Denied::Rate { full, all, now }));
    }
    let name = match new.name {
        Some(name) => name,
        None => names::free(&new.template.name, &serde_json::from_str::<Vec<String>>(&seen.names)?),
    };
    let d = Desktop {
        id: new_id(),
        owner_id: user.id.clone(),
        owner: user.username.clone(),
        template_id: new.template.id.clone(),
        kind: new.template.kind,
        name,
        status: Status::Queued,
        reason_code: None,
        reason_text: None,
        version: 1,
        generation: 1,
        node_id: None,
        container_id: None,
        crashes: 0,
        job_id: Some(new_id()),
        attempt: 0,
        max_attempts: limits.job_max_attempts,
        last_error: None,
        asked_at: Some(now),
        claimed_at: None,
        made_at: None,
        booted_at: None,
        ready_at: None,
        created_at: now,
        started_at: None,
        stopped_at: None,
        stopped_by: None,
        last_active_at: None,
        image_id: None,
        newest_image_id: None,
        home: new.template.home,
    };
    let view = d.view();
    write(tx, user, &d, queue::rank_after(seen.served, seen.last), new.trace_id, &serde_json::to_string(&view)?)
        .await?;
    Ok(Asked::Accepted(Box::new(view)))
}

async fn write(
    tx: &mut Tx,
    user: &User,
    d: &Desktop,
    rank: i64,
    trace_id: Option<&str>,
    payload: &str,
) -> Result<(), StoreError> {
    let (now, job_id) = (d.created_at, d.job_id.as_deref().unwrap_or_default());
    let Tx::Postgres(pg, kept) = tx else {
        let job = NewJob {
            kind: Kind::Create,
            desktop_id: &d.id,
            user_id: &user.id,
            generation: d.generation,
            node_id: None,
            max_attempts: d.max_attempts,
            run_at: None,
            trace_id,
        };
        queue::put(tx, &job, job_id, rank, now).await?;
        desktops::insert(tx, d).await?;
        starts::insert(tx, &user.id, now).await?;
        history::insert(tx, &d.id, Some(&user.username), d.status, None, now).await?;
        return events::append(tx, &user.id, events::Kind::Desktop, payload, now).await;
    };
    // The same five rows as above.
    const SQL: &str = "WITH job AS (INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, \
             attempt, max_attempts, claims, run_at, trace_id, created_at) \
             VALUES ($1, $2, $3, $4, $5, 'available', $6, $7, 0, $8, 0, $9, $10, $9)), \
         start AS (INSERT INTO starts (id, user_id, at) VALUES ($11, $4, $9)), \
         line AS (INSERT INTO history (id, desktop_id, at, kind, actor, status, desired) \
             VALUES ($12, $3, $9, 'asked', $13, $14, $15)), \
         event AS (INSERT INTO events (user_id, kind, payload, at) VALUES ($4, $16, $17, $9)) \
         INSERT INTO desktops (id, owner_id, template_id, name, status, desired, version, generation, crashes, attempt, \
             max_attempts, job_id, asked_at, created_at, home) \
         VALUES ($3, $4, $18, $19, $14, $15, $20, $5, 0, 0, $8, $1, $9, $9, $21)";
    sqlx::query(SQL)
        .bind(job_id)
        .bind(Kind::Create.as_str())
        .bind(&d.id)
        .bind(&user.id)
        .bind(d.generation)
        .bind(Kind::Create.priority())
        .bind(rank)
        .bind(d.max_attempts)
        .bind(now)
        .bind(trace_id)
        .bind(new_id())
        .bind(new_id())
        .bind(&user.username)
        .bind(d.status.as_str())
        .bind(d.status.desired().as_str())
        .bind(events::Kind::Desktop.as_str())
        .bind(payload)
        .bind(&d.template_id)
        .bind(&d.name)
        .bind(d.version)
        .bind(d.home.as_str())
        .persistent(kept.named())
        .execute(&mut **pg)
        .await?;
    Ok(())
}
