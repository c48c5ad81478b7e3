//! What happened to a desktop, one row a change of status, for its owner to read.

use super::{StoreError, Tx, all, exec};
use crate::domain::desktop::{Desired, Reason, ReasonCode, Status};
use crate::domain::{new_id, time::Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of a desktop's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HistoryItem)]
pub struct HistoryView {
    pub id: String,
    pub at: Time,
    /// What kind of change: `asked` by a person, `taken_back` or `given` to somebody else by an administrator, or `happened`.
    pub kind: String,
    /// Username of who asked; null when nobody did.
    pub actor: Option<String>,
    pub status: Status,
    pub desired: Desired,
    pub reason: Option<Reason>,
    /// What happened, in words; where somebody asked for it, their name follows.
    pub text: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    at: Time,
    kind: String,
    actor: Option<String>,
    #[sqlx(try_from = "String")]
    status: Status,
    reason_code: Option<String>,
    reason_text: Option<String>,
}

/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    desktop_id: &str,
    actor: Option<&str>,
    status: Status,
    reason: Option<&Reason>,
    now: Time,
) -> Result<(), StoreError> {
    let kind = if actor.is_some() { "asked" } else { "happened" };
    insert_as(tx, desktop_id, kind, actor, status, reason, now).await
}

/// The line for a stop or a deletion that an administrator took back: the desktop is again what it was.
///
/// # Errors
/// When the database fails.
pub async fn insert_taken_back(
    tx: &mut Tx,
    desktop_id: &str,
    actor: &str,
    status: Status,
    reason: Option<&Reason>,
    now: Time,
) -> Result<(), StoreError> {
    insert_as(tx, desktop_id, TAKEN_BACK, Some(actor), status, reason, now).await
}

/// The line for a desktop that an administrator gave to somebody else.
///
/// # Errors
/// When the database fails.
pub async fn insert_given(
    tx: &mut Tx,
    desktop_id: &str,
    actor: &str,
    status: Status,
    reason: Option<&Reason>,
    now: Time,
) -> Result<(), StoreError> {
    insert_as(tx, desktop_id, GIVEN, Some(actor), status, reason, now).await
}

const TAKEN_BACK: &str = "taken_back";
const GIVEN: &str = "given";

async fn insert_as(
    tx: &mut Tx,
    desktop_id: &str,
    kind: &str,
    actor: Option<&str>,
    status: Status,
    reason: Option<&Reason>,
    now: Time,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO history (id, desktop_id, at, kind, actor, status, desired, reason_code, reason_text) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(),
        desktop_id,
        now,
        kind,
        actor,
        status.as_str(),
        status.desired().as_str(),
        reason.map(|r| r.code.as_str()),
        reason.map(|r| r.text.as_str()),
    )?;
    Ok(())
}

/// Forgets up to `most` lines older than `before`, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, before: Time, most: i64) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE at < $1 ORDER BY at LIMIT $2)";
    // A list of ids is looked up one by one; of an IN it may think that reading the whole table is cheaper.
    const SQL_PG: &str =
        "DELETE FROM history WHERE id = ANY (ARRAY(SELECT id FROM history WHERE at < $1 ORDER BY at LIMIT $2))";
    let sql = if matches!(tx, Tx::Sqlite(_)) { SQL } else { SQL_PG };
    exec!(tx, sql, before, most)
}

/// A page, newest first; `before` is the last id of the page before, or empty. By the time that the database gave each row: an id is made
/// by the clock of whoever wrote it, which may be off.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, desktop_id: &str, before: &str, limit: i64) -> Result<Vec<HistoryView>, StoreError> {
    let rows = all!(
        tx,
        Row,
        "SELECT id, at, kind, actor, status, reason_code, reason_text FROM history \
         WHERE desktop_id = $1 AND ($2 = '' OR (at, id) < (SELECT at, id FROM history WHERE id = $2)) \
         ORDER BY at DESC, id DESC LIMIT $3",
        desktop_id,
        before,
        limit,
    )?;
    Ok(rows
        .into_iter()
        .map(|row| HistoryView {
            text: words_for(&row).to_owned(),
            reason: row.reason_code.and_then(|code| {
                let code = ReasonCode::try_from(code).ok()?;
                Some(Reason { code, text: row.reason_text.unwrap_or_default() })
            }),
            id: row.id,
            at: row.at,
            kind: row.kind,
            actor: row.actor,
            status: row.status,
            desired: row.status.desired(),
        })
        .collect())
}

fn words_for(row: &Row) -> &str {
    if row.kind == TAKEN_BACK {
        return "Taken back by";
    }
    if row.kind == GIVEN {
        return "Given to its present owner by";
    }
    match (&row.actor, row.status) {
        (Some(_), Status::Queued | Status::Starting | Status::Failed) => "Asked for by",
        // Nobody asks for this but of a container that the records had lost.
        (Some(_), Status::Running) => "Found running and given back by",
        (Some(_), Status::Stopping | Status::Stopped) => "Stopped by",
        (Some(_), Status::Deleting) => "Deleted by",
        (None, status) => match (row.reason_text.as_deref(), status) {
            (Some(text), _) => text,
            (None, Status::Queued) => "Back in line.",
            (None, Status::Starting) => "Its start began.",
            (None, Status::Running) => "Ready.",
            (None, Status::Stopping) => "It is being stopped.",
            (None, Status::Stopped) => "Stopped.",
            (None, Status::Failed) => "Its start was given up.",
            (None, Status::Deleting) => "It is being deleted.",
        },
    }
}
