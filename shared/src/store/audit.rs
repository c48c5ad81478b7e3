//! The audit log: written in the transaction of the change it tells of, read by administrators, removed by age and never
//! changed. `detail` is one short sentence and never a secret.

use super::users::User;
use super::{StoreError, Tx, exec};
use crate::domain::audit::{Action, Outcome, TargetKind};
use crate::domain::{names, new_id, time::Time};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder, Sqlite};
use std::time::Duration;
use utoipa::ToSchema;

/// What something was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    pub kind: TargetKind,
    pub id: &'a str,
    pub name: &'a str,
}

impl<'a> Target<'a> {
    #[must_use]
    pub const fn new(kind: TargetKind, id: &'a str, name: &'a str) -> Self {
        Self { kind, id, name }
    }

    #[must_use]
    pub fn user(user: &'a User) -> Self {
        Self::new(TargetKind::User, &user.id, &user.username)
    }

    #[must_use]
    pub fn desktop(id: &'a str, name: &'a str) -> Self {
        Self::new(TargetKind::Desktop, id, name)
    }
}

/// One line to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// None: nobody who is known.
    pub actor_id: Option<&'a str>,
    /// Their username, or the one that was tried.
    pub actor: &'a str,
    pub action: Action,
    pub target: Option<Target<'a>>,
    pub address: Option<&'a str>,
    pub result: Outcome,
    pub detail: &'a str,
    pub request_id: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// What somebody did at the shell of a machine of ours: no user and no address is known.
    #[must_use]
    pub const fn at_the_shell(actor: &'a str, action: Action, target: Target<'a>, detail: &'a str) -> Self {
        Self {
            actor_id: None,
            actor,
            action,
            target: Some(target),
            address: None,
            result: Outcome::Ok,
            detail,
            request_id: None,
        }
    }
}

/// Most characters of a name and of a detail: some come from whoever calls.
const LONGEST: usize = 300;

/// Writes a line.
///
/// # Errors
/// When the database fails.
pub async fn write(tx: &mut Tx, entry: &Entry<'_>) -> Result<(), StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "INSERT INTO audit (id, at, actor_id, actor, action, target_kind, target_id, target, address, result, detail, \
         request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new_id(),
        now,
        entry.actor_id,
        plain(entry.actor),
        entry.action.as_str(),
        entry.target.map(|target| target.kind.as_str()),
        entry.target.map(|target| plain(target.id)),
        entry.target.map(|target| plain(target.name)),
        entry.address,
        entry.result.as_str(),
        plain(entry.detail),
        entry.request_id,
    )?;
    Ok(())
}

/// One line, of bounded length, that both databases take and that shows what it says: some of it comes from strangers.
fn plain(text: &str) -> String {
    text.chars().map(|c| if names::hidden(c) { ' ' } else { c }).take(LONGEST).collect()
}

/// What something was done to, as the api shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuditTarget)]
pub struct TargetView {
    #[schema(value_type = TargetKind)]
    pub kind: String,
    pub id: String,
    /// Its name at that time.
    pub name: String,
}

/// A line, as the api shows it. Words of a newer version are shown as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuditItem)]
pub struct AuditView {
    pub id: String,
    pub at: Time,
    /// A username, or the one that was tried.
    pub actor: String,
    #[schema(value_type = Action)]
    pub action: String,
    pub target: Option<TargetView>,
    pub address: Option<String>,
    #[schema(value_type = Outcome)]
    pub result: String,
    pub detail: String,
    pub request_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    at: Time,
    actor: String,
    action: String,
    target_kind: Option<String>,
    target_id: Option<String>,
    target: Option<String>,
    address: Option<String>,
    result: String,
    detail: String,
    request_id: Option<String>,
}

impl From<Row> for AuditView {
    fn from(row: Row) -> Self {
        let target = row.target_kind.map(|kind| TargetView {
            kind,
            id: row.target_id.unwrap_or_default(),
            name: row.target.unwrap_or_default(),
        });
        Self {
            id: row.id,
            at: row.at,
            actor: row.actor,
            action: row.action,
            target,
            address: row.address,
            result: row.result,
            detail: row.detail,
            request_id: row.request_id,
        }
    }
}

/// From when, or until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    At(Time),
    Back(Duration),
}

impl Moment {
    /// RFC 3339, or how long ago as `30m`, `24h` or `7d`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse::<jiff::Timestamp>() {
            Ok(stamp) => Some(Self::At(Time(stamp.as_microsecond()))),
            Err(_) => humantime::parse_duration(text).ok().map(Self::Back),
        }
    }

    fn of(self, now: Time) -> Time {
        match self {
            Self::At(at) => at,
            Self::Back(by) => now.minus(by),
        }
    }
}

/// What a list is narrowed to. What is None does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub actor: Option<String>,
    /// Actions; one that ends with a dot stands for all that begin so.
    pub actions: Vec<String>,
    /// The id or the name of what it was done to.
    pub target: Option<String>,
    pub result: Option<Outcome>,
    /// Part of the actor, the target's name, the detail, the address or the request id.
    pub q: Option<String>,
    pub since: Option<Moment>,
    pub until: Option<Moment>,
}

/// The place of a line in the list.
pub type Place = (Time, String);

macro_rules! build {
    ($database:ty, $filter:expr, $now:expr, $place:expr, $oldest_first:expr, $limit:expr) => {{
        let (filter, now): (&Filter, Time) = ($filter, $now);
        let mut query = QueryBuilder::<$database>::new(
            "SELECT id, at, actor, action, target_kind, target_id, target, address, result, detail, request_id \
             FROM audit WHERE 1 = 1",
        );
        if let Some(actor) = &filter.actor {
            query.push(" AND lower(actor) = ").push_bind(actor.to_lowercase());
        }
        if !filter.actions.is_empty() {
            query.push(" AND (1 = 0");
            for action in &filter.actions {
                match action.strip_suffix('.') {
                    Some(_) => query.push(" OR action LIKE ").push_bind(format!("{action}%")),
                    None => query.push(" OR action = ").push_bind(action.clone()),
                };
            }
            query.push(")");
        }
        if let Some(target) = &filter.target {
            query.push(" AND (target_id = ").push_bind(target.clone());
            query.push(" OR lower(target) = ").push_bind(target.to_lowercase()).push(")");
        }
        if let Some(result) = filter.result {
            query.push(" AND result = ").push_bind(result.as_str());
        }
        if let Some(q) = &filter.q {
            let part = super::containing(q);
            query.push(" AND (1 = 0");
            for column in
                ["actor", "coalesce(target, '')", "detail", "coalesce(address, '')", "coalesce(request_id, '')"]
            {
                query.push(" OR lower(").push(column).push(") LIKE ").push_bind(part.clone()).push(" ESCAPE '\\'");
            }
            query.push(")");
        }
        if let Some(since) = filter.since {
            query.push(" AND at >= ").push_bind(since.of(now));
        }
        if let Some(until) = filter.until {
            query.push(" AND at < ").push_bind(until.of(now));
        }
        let (after, order) = if $oldest_first { (">", "ASC") } else { ("<", "DESC") };
        if let Some((at, id)) = $place {
            query.push(" AND (at, id) ").push(after).push(" (").push_bind(at);
            query.push(", ").push_bind(id).push(")");
        }
        query.push(" ORDER BY at ").push(order).push(", id ").push(order).push(" LIMIT ").push_bind($limit);
        query
    }};
}

/// A page, newest first; `before` is the last line of the page before.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<Place>,
    limit: i64,
) -> Result<Vec<AuditView>, StoreError> {
    some(tx, filter, before, false, limit).await
}

/// The next lines after one, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn after(
    tx: &mut Tx,
    filter: &Filter,
    last: Option<Place>,
    limit: i64,
) -> Result<Vec<AuditView>, StoreError> {
    some(tx, filter, last, true, limit).await
}

async fn some(
    tx: &mut Tx,
    filter: &Filter,
    place: Option<Place>,
    oldest_first: bool,
    limit: i64,
) -> Result<Vec<AuditView>, StoreError> {
    let now = tx.now().await?;
    let rows: Vec<Row> = match tx {
        Tx::Sqlite(tx) => {
            build!(Sqlite, filter, now, place, oldest_first, limit).build_query_as().fetch_all(&mut **tx).await?
        }
        Tx::Postgres(tx, kept) => {
            let mut query = build!(Postgres, filter, now, place, oldest_first, limit);
            query.build_query_as().persistent(kept.named()).fetch_all(&mut **tx).await?
        }
    };
    Ok(rows.into_iter().map(AuditView::from).collect())
}

/// Forgets up to `most` lines older than `before`, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, before: Time, most: i64) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)";
    const SQL_PG: &str =
        "DELETE FROM audit WHERE id = ANY (ARRAY(SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2))";
    let sql = if matches!(tx, Tx::Sqlite(_)) { SQL } else { SQL_PG };
    exec!(tx, sql, before, most)
}
