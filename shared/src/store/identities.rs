//! Whom OpenID providers mean: (provider, subject) is a user. And which of their answers were taken already.

use super::{StoreError, Tx, all, exec, opt};
use crate::domain::time::Time;

/// The user that a provider means.
///
/// # Errors
/// When the database fails.
pub async fn user_id(tx: &mut Tx, provider: &str, subject: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT user_id FROM identities WHERE provider = $1 AND subject = $2";
    Ok(opt!(tx, (String,), sql, provider, subject)?.map(|(user_id,)| user_id))
}

/// # Errors
/// [`StoreError::Constraint`] when the subject has a user already.
pub async fn link(tx: &mut Tx, provider: &str, subject: &str, user_id: &str, now: Time) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO identities (provider, subject, user_id, created_at) VALUES ($1, $2, $3, $4)",
        provider,
        subject,
        user_id,
        now,
    )?;
    Ok(())
}

/// The providers that know a user, by name.
///
/// # Errors
/// When the database fails.
pub async fn providers_of(tx: &mut Tx, user_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT provider FROM identities WHERE user_id = $1 ORDER BY provider";
    Ok(all!(tx, (String,), sql, user_id)?.into_iter().map(|(provider,)| provider).collect())
}

/// Takes an answer; false when it was taken before.
///
/// # Errors
/// When the database fails.
pub async fn spend_state(tx: &mut Tx, state_hash: &str, now: Time) -> Result<bool, StoreError> {
    let sql =
        "INSERT INTO spent_oidc_states (state_hash, spent_at) VALUES ($1, $2) ON CONFLICT (state_hash) DO NOTHING";
    Ok(exec!(tx, sql, state_hash, now)? == 1)
}

/// # Errors
/// When the database fails.
pub async fn prune_states(tx: &mut Tx, before: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM spent_oidc_states WHERE spent_at < $1", before)
}
