//! Tokens for programs that act for a person: what each may do, until when, and when it was last used.

use super::{StoreError, Tx, all, exec, one, opt};
use crate::domain::time::Time;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ApiToken {
    pub id: String,
    pub user_id: String,
    pub name: String,
    pub token_hash: String,
    /// Words, with commas: see [`crate::domain::token::Scope`].
    pub scopes: String,
    pub created_at: Time,
    /// Null: never.
    pub expires_at: Option<Time>,
    pub last_used_at: Option<Time>,
}

/// The last use is noted at most this often.
pub const NOTE_USE: Duration = Duration::from_secs(60);

/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, t: &ApiToken) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO tokens (id, user_id, name, token_hash, scopes, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &t.id,
        &t.user_id,
        &t.name,
        &t.token_hash,
        &t.scopes,
        t.created_at,
        t.expires_at,
    )?;
    Ok(())
}

/// One that has not run out.
///
/// # Errors
/// When the database fails.
pub async fn by_token(tx: &mut Tx, token_hash: &str, now: Time) -> Result<Option<ApiToken>, StoreError> {
    let sql = "SELECT * FROM tokens WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > $2)";
    opt!(tx, ApiToken, sql, token_hash, now)
}

/// Whether one is still there and has not run out.
///
/// # Errors
/// When the database fails.
pub async fn lives(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let sql = "SELECT id FROM tokens WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)";
    Ok(opt!(tx, (String,), sql, id, now)?.is_some())
}

/// Notes that it was used, unless that was noted a moment ago.
///
/// # Errors
/// When the database fails.
pub async fn used(tx: &mut Tx, id: &str, now: Time) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
        id,
        now,
        now.minus(NOTE_USE),
    )?;
    Ok(())
}

/// A person's, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_user(tx: &mut Tx, user_id: &str) -> Result<Vec<ApiToken>, StoreError> {
    all!(tx, ApiToken, "SELECT * FROM tokens WHERE user_id = $1 ORDER BY id DESC", user_id)
}

/// How many a person has. The caller holds the user's row lock.
///
/// # Errors
/// When the database fails.
pub async fn count_of(tx: &mut Tx, user_id: &str) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT count(*) FROM tokens WHERE user_id = $1", user_id)?.0)
}

/// One of a person's.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, user_id: &str, id: &str) -> Result<Option<ApiToken>, StoreError> {
    opt!(tx, ApiToken, "SELECT * FROM tokens WHERE user_id = $1 AND id = $2", user_id, id)
}

/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM tokens WHERE id = $1", id)?;
    Ok(())
}

/// All of a person's; how many there were.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx, user_id: &str) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM tokens WHERE user_id = $1", user_id)
}
