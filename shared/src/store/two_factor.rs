//! Second factors: a sealed secret a user, the last step that was used, and recovery codes as hashes.

use super::{StoreError, Tx, exec, one, opt};
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TwoFactor {
    pub user_id: String,
    /// Sealed.
    pub secret: String,
    /// None: not on yet.
    pub confirmed_at: Option<Time>,
    /// Of the last code that was used.
    pub last_step: i64,
    pub created_at: Time,
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, user_id: &str) -> Result<Option<TwoFactor>, StoreError> {
    opt!(tx, TwoFactor, "SELECT * FROM two_factor WHERE user_id = $1", user_id)
}

/// Whether a user's password alone is not enough.
///
/// # Errors
/// When the database fails.
pub async fn is_on(tx: &mut Tx, user_id: &str) -> Result<bool, StoreError> {
    Ok(get(tx, user_id).await?.is_some_and(|row| row.confirmed_at.is_some()))
}

/// Begins with a new secret; false when one is on already.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut Tx, user_id: &str, secret: &str, now: Time) -> Result<bool, StoreError> {
    let sql = "INSERT INTO two_factor (user_id, secret, last_step, created_at) VALUES ($1, $2, 0, $3) \
               ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at \
               WHERE two_factor.confirmed_at IS NULL";
    Ok(exec!(tx, sql, user_id, secret, now)? == 1)
}

/// Turns it on.
///
/// # Errors
/// When the database fails.
pub async fn confirm(tx: &mut Tx, user_id: &str, now: Time) -> Result<(), StoreError> {
    exec!(tx, "UPDATE two_factor SET confirmed_at = $2 WHERE user_id = $1", user_id, now)?;
    Ok(())
}

/// Uses the code of a step; false when it or a later one was used before.
///
/// # Errors
/// When the database fails.
pub async fn use_step(tx: &mut Tx, user_id: &str, step: i64) -> Result<bool, StoreError> {
    Ok(exec!(tx, "UPDATE two_factor SET last_step = $2 WHERE user_id = $1 AND last_step < $2", user_id, step)? == 1)
}

/// # Errors
/// When the database fails.
pub async fn add_recovery_code(tx: &mut Tx, user_id: &str, code_hash: &str) -> Result<(), StoreError> {
    exec!(tx, "INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)", user_id, code_hash)?;
    Ok(())
}

/// Uses a recovery code; false when there is no such, or it was used before.
///
/// # Errors
/// When the database fails.
pub async fn use_recovery_code(tx: &mut Tx, user_id: &str, code_hash: &str, now: Time) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL";
    Ok(exec!(tx, sql, user_id, code_hash, now)? == 1)
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database fails.
pub async fn recovery_left(tx: &mut Tx, user_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL";
    Ok(one!(tx, (i64,), sql, user_id)?.0)
}

/// Turns it off, and forgets its codes; false when there was none, begun or on.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, user_id: &str) -> Result<bool, StoreError> {
    Ok(exec!(tx, "DELETE FROM two_factor WHERE user_id = $1", user_id)? == 1)
}
