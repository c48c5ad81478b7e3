//! Log-ins. A row is a family: its two tokens are stored hashed; the refresh token changes with each use. One counts for
//! as long as its version is its user's.

use super::{StoreError, Tx, all, exec, one, opt};
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
    /// The user's when it began.
    pub session_version: i64,
    /// The OpenID provider it came from; null: a password.
    pub provider: Option<String>,
    /// What names it there, sealed.
    pub id_token: Option<String>,
}

/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, s: &Session) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO sessions (id, user_id, token_hash, refresh_hash, device, address, created_at, last_used_at, \
         expires_at, refresh_expires_at, session_version, provider, id_token) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
        s.session_version,
        &s.provider,
        &s.id_token,
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

/// The user of a refresh token, also of one that was used long ago.
///
/// # Errors
/// When the database fails.
pub async fn user_of_refresh(tx: &mut Tx, refresh_hash: &str) -> Result<Option<String>, StoreError> {
    let found = opt!(
        tx,
        (String,),
        "SELECT user_id FROM sessions WHERE refresh_hash = $1 OR id = \
         (SELECT session_id FROM spent_refresh_tokens WHERE token_hash = $1)",
        refresh_hash,
    )?;
    Ok(found.map(|(user_id,)| user_id))
}

/// The family of a refresh token, also of one that was used long ago; locked until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_by_refresh(tx: &mut Tx, refresh_hash: &str) -> Result<Option<Session>, StoreError> {
    const OF_TOKEN: &str = "SELECT * FROM sessions WHERE refresh_hash = $1 OR id = \
                            (SELECT session_id FROM spent_refresh_tokens WHERE token_hash = $1)";
    const LOCK: &str = "SELECT 1 FROM sessions WHERE refresh_hash = $1 OR id = \
                        (SELECT session_id FROM spent_refresh_tokens WHERE token_hash = $1) FOR UPDATE";
    if matches!(tx, Tx::Postgres(..)) {
        exec!(tx, LOCK, refresh_hash)?;
    }
    opt!(tx, Session, OF_TOKEN, refresh_hash)
}

/// Writes new tokens and times, and remembers the refresh token before them as used.
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
    exec!(
        tx,
        "INSERT INTO spent_refresh_tokens (token_hash, session_id, spent_at) SELECT $1, $2, $3 WHERE $1 IS NOT NULL \
         ON CONFLICT (token_hash) DO NOTHING",
        &s.previous_refresh_hash,
        &s.id,
        s.last_used_at,
    )?;
    Ok(())
}

/// Whether a log-in was not ended and has not run out.
///
/// # Errors
/// When the database fails.
pub async fn exists(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let sql = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id AND u.session_version = s.session_version \
               WHERE s.id = $1 AND s.refresh_expires_at > $2";
    Ok(one!(tx, (i64,), sql, id, now)?.0 == 1)
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

/// Ends all of a user's log-ins but `except`, also those that are just being made with what was right until now.
///
/// # Errors
/// When the database fails.
pub async fn end_all(tx: &mut Tx, user_id: &str, except: Option<&str>) -> Result<u64, StoreError> {
    exec!(tx, "UPDATE users SET session_version = session_version + 1 WHERE id = $1", user_id)?;
    exec!(
        tx,
        "UPDATE sessions SET session_version = (SELECT session_version FROM users WHERE id = $1) \
         WHERE user_id = $1 AND id = $2",
        user_id,
        except.unwrap_or_default(),
    )?;
    exec!(tx, "DELETE FROM sessions WHERE user_id = $1 AND id <> $2", user_id, except.unwrap_or_default())
}

/// Forgets what has run out.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM sessions WHERE refresh_expires_at < $1", now)
}

/// Forgets which refresh tokens were used, when they were so long ago that they would have run out anyway.
///
/// # Errors
/// When the database fails.
pub async fn prune_spent(tx: &mut Tx, before: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM spent_refresh_tokens WHERE spent_at < $1", before)
}
