//! The one row that tells this installation from every other one on the same engine.

use super::{StoreError, Tx, exec, opt};
use crate::domain::{new_id, time::Time};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Installation {
    /// Marks containers, volumes and networks as ours.
    pub id: String,
    /// First part of each event id; new after a restore.
    pub epoch: String,
    /// See [`crate::secrets::SecretKey::check`].
    pub key_check: String,
    pub created_at: Time,
}

/// Reads the row, and makes it at the first start.
///
/// # Errors
/// When the database fails.
pub async fn ensure(tx: &mut Tx, key_check: &str) -> Result<Installation, StoreError> {
    let now = tx.now().await?;
    exec!(
        tx,
        "INSERT INTO installation (only_row, id, epoch, key_check, created_at) VALUES (1, $1, $2, $3, $4) \
         ON CONFLICT (only_row) DO NOTHING",
        new_id().to_lowercase(),
        new_id()[10..].to_lowercase(),
        key_check,
        now,
    )?;
    get(tx).await?.ok_or_else(|| StoreError::Other(sqlx::Error::RowNotFound))
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx) -> Result<Option<Installation>, StoreError> {
    opt!(tx, Installation, "SELECT id, epoch, key_check, created_at FROM installation")
}

/// Whether a built-in template is to be written now: true once for each id.
///
/// # Errors
/// When the database fails.
pub async fn seeds(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE installation SET seeded = seeded || $1 || ',' WHERE seeded NOT LIKE '%' || $1 || ',%'";
    Ok(exec!(tx, sql, id)? > 0)
}

/// Where everything of this database was moved to, without a password, and when.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MovedTo {
    pub moved_to: String,
    pub moved_at: Time,
}

/// None: it is here.
///
/// # Errors
/// When the database fails.
pub async fn moved_to(tx: &mut Tx) -> Result<Option<MovedTo>, StoreError> {
    opt!(tx, MovedTo, "SELECT moved_to, moved_at FROM installation WHERE moved_to IS NOT NULL AND moved_at IS NOT NULL")
}

/// # Errors
/// When the database fails.
pub async fn mark_moved(tx: &mut Tx, to: &str) -> Result<(), StoreError> {
    let now = tx.now().await?;
    exec!(tx, "UPDATE installation SET moved_to = $1, moved_at = $2", to, now)?;
    Ok(())
}

/// Takes the mark away. False: there was none.
///
/// # Errors
/// When the database fails.
pub async fn unmark_moved(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = "UPDATE installation SET moved_to = NULL, moved_at = NULL WHERE moved_to IS NOT NULL";
    Ok(exec!(tx, sql)? > 0)
}
