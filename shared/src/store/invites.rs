//! Open invitations, one a person: by its link somebody sets their password. Only a hash of its token is kept.

use super::{StoreError, Tx, exec, opt};
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Invite {
    pub user_id: String,
    pub expires_at: Time,
}

/// Writes one over the one before.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut Tx,
    user_id: &str,
    token_hash: &str,
    created_at: Time,
    expires_at: Time,
) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO invites (user_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id) DO UPDATE SET token_hash = $2, created_at = $3, expires_at = $4",
        user_id,
        token_hash,
        created_at,
        expires_at,
    )?;
    Ok(())
}

/// The one that a token opens, if it has not run out.
///
/// # Errors
/// When the database fails.
pub async fn by_token(tx: &mut Tx, token_hash: &str) -> Result<Option<Invite>, StoreError> {
    let now = tx.now().await?;
    let sql = "SELECT user_id, expires_at FROM invites WHERE token_hash = $1 AND expires_at > $2";
    opt!(tx, Invite, sql, token_hash, now)
}

/// Whether somebody has one that has not run out.
///
/// # Errors
/// When the database fails.
pub async fn open_of(tx: &mut Tx, user_id: &str) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let sql = "SELECT user_id FROM invites WHERE user_id = $1 AND expires_at > $2";
    Ok(opt!(tx, (String,), sql, user_id, now)?.is_some())
}

/// Takes back the one that somebody has: it was used, or is not to be.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM invites WHERE user_id = $1", user_id)?;
    Ok(())
}

/// Forgets what has run out.
///
/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, now: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM invites WHERE expires_at < $1", now)
}
