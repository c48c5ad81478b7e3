//! Answers kept under an `Idempotency-Key`, so that a repeated request gets the first one's answer.

use super::{StoreError, Tx, exec, opt};
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptAnswer {
    pub request_hash: String,
    pub desktop_id: String,
    pub answer: String,
}

/// What was answered under this key at or after `since`. The caller holds the user's row lock.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, user_id: &str, key: &str, since: Time) -> Result<Option<KeptAnswer>, StoreError> {
    opt!(
        tx,
        KeptAnswer,
        "SELECT request_hash, desktop_id, answer FROM idempotency_keys \
         WHERE user_id = $1 AND key = $2 AND created_at >= $3",
        user_id,
        key,
        since,
    )
}

/// Keeps an answer, over one that is too old.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut Tx, user_id: &str, key: &str, kept: &KeptAnswer, now: Time) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO idempotency_keys (user_id, key, request_hash, desktop_id, answer, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, key) DO UPDATE SET \
         request_hash = $3, desktop_id = $4, answer = $5, created_at = $6",
        user_id,
        key,
        &kept.request_hash,
        &kept.desktop_id,
        &kept.answer,
        now,
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn prune(tx: &mut Tx, before: Time) -> Result<u64, StoreError> {
    exec!(tx, "DELETE FROM idempotency_keys WHERE created_at < $1", before)
}
