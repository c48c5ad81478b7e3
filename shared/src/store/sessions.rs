//! Log-ins. A row is a family: its two tokens are stored hashed; the refresh token changes with each use.

use super::{StoreError, Tx, all, exec, opt};
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Session {
    pub id: String,
    pub user_id: String,
    pub token_hash: String,
    pub refresh_hash: String,
    pub previous_refresh_hash: Option<String>,
    pub rotated_at: Option<Time>,
    pub device: String,
    pub address: String,
    pub created_at: Time,
    pub last_used_at: Time,
    pub expires_at: Time,
    pub refresh_expires_at: Time,
}

/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO sessions (id, user_id, token_hash, refresh_hash, device, address, created_at, last_used_at, \
         expires_at, refresh_expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &s.id,
        &s.user_id,
        &s.token_hash,
        &s.refresh_hash,
        &s.device,
        &s.address,
        s.created_at,
        s.last_used_at,
        s.expires_at,
        s.refresh_expires_at,
    )?;
    Ok(())
}

/// The family of a session token, also one whose token has run out: the caller compares the times.
///
/// # Errors
/// When the database fails.
pub async fn by_token(tx: &mut Tx, token_hash: &str) -> Result<Option<Session>, StoreError> {
    opt!(tx, Session, "SELECT * FROM sessions WHERE token_hash = $1", token_hash)
}

/// The family of a refresh token, the present one or the one before it; locked until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_by_refresh(tx: &mut Tx, refresh_hash: &str) -> Result<Option<Session>, StoreError> {
    const SQL: &str = "SELECT * FROM sessions WHERE refresh_hash = $1 OR previous_refresh_hash = $1 LIMIT 1";
    if let Tx::Postgres(pg, _) = tx {
        const LOCK: &str = "SELECT 1 FROM sessions WHERE refresh_hash = $1 OR previous_refresh_hash = $1 FOR UPDATE";
        sqlx::query(LOCK).bind(refresh_hash).execute(&mut **pg).await?;
    }
    opt!(tx, Session, SQL, refresh_hash)
}

/// Writes new tokens and times.
///
/// # Errors
/// When the database fails.
pub async fn rotate(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE sessions SET token_hash = $2, refresh_hash = $3, previous_refresh_hash = $4, rotated_at = $5, \
         last_used_at = $6, expires_at = $7, refresh_expires_at = $8, address = $9 WHERE id = $1",
        &s.id,
        &s.token_hash,
        &s.refresh_hash,
        &s.previous_refresh_hash,
        s.rotated_at,
        s.last_used_at,
        s.expires_at,
        s.refresh_expires_at,
        &s.address,
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn exists(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(opt!(tx, (String,), "SELECT id FROM sessions WHERE id = $1", id)?.is_some())
}

/// # Errors
/// When the database fails.
pub async fn of_user(tx: &mut Tx, user_id: &str) -> Result<Vec<Session>, StoreError> {
    all!(tx, Session, "SELECT * FROM sessions WHERE user_id = $1 ORDER BY last_used_at DESC, id", user_id)
}

/// Ends one of a user's log-ins; false when there is no such.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, user_id: &str, id: &str) -> Result<bool, StoreError> {
    Ok(exec!(tx, "DELETE FROM sessions WHERE user_id = $1 AND id = $2", user_id, id)? == 1)
}

/// Ends all of a user's log-ins but `except`.
///
/// # Errors
/// When the database fails.
pub async fn end_all(tx: &mut Tx, user_id: &str, except: Option<&str>) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM sessions WHERE user_id = $1 AND id <> $2", user_id, except.unwrap_or_default())
}

/// Forgets what has run out.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM sessions WHERE refresh_expires_at < $1", now)
}
