//! Users, and what is asked of them before they may start something.

use super::{StoreError, Tx, all, exec, one, opt};
use crate::domain::time::Time;
use crate::domain::user::{Role, UserView};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct User {
    pub id: String,
    pub username: String,
    pub display_name: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub password_hash: Option<String>,
    pub disabled_at: Option<Time>,
    /// Log-ins of an older version have ended; see [`super::sessions::end_all`].
    pub session_version: i64,
    /// Null: the installation's default.
    pub max_desktops: Option<i64>,
    /// Null: the installation's default; otherwise as [`crate::domain::limits::parse_rates`] reads it.
    pub start_limits: Option<String>,
    pub created_at: Time,
    pub last_seen_at: Option<Time>,
}

impl User {
    #[must_use]
    pub fn view(&self) -> UserView {
        UserView {
            id: self.id.clone(),
            username: self.username.clone(),
            display_name: self.display_name.clone(),
            role: self.role,
        }
    }
}

/// # Errors
/// [`StoreError::Constraint`] `users_username_taken`.
pub async fn insert(tx: &mut Tx, user: &User, username_key: &str) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO users (id, username, username_key, display_name, role, password_hash, disabled_at, max_desktops, \
         start_limits, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &user.id,
        &user.username,
        username_key,
        &user.display_name,
        user.role.as_str(),
        &user.password_hash,
        user.disabled_at,
        user.max_desktops,
        &user.start_limits,
        user.created_at,
    )?;
    Ok(())
}

/// Writes everything but the name it logs in by.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE users SET display_name = $2, role = $3, password_hash = $4, disabled_at = $5, max_desktops = $6, \
         start_limits = $7 WHERE id = $1",
        &user.id,
        &user.display_name,
        user.role.as_str(),
        &user.password_hash,
        user.disabled_at,
        user.max_desktops,
        &user.start_limits,
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn seen(tx: &mut Tx, id: &str, at: Time) -> Result<(), StoreError> {
    exec!(tx, "UPDATE users SET last_seen_at = $2 WHERE id = $1", id, at)?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<User>, StoreError> {
    opt!(tx, User, "SELECT * FROM users WHERE id = $1", id)
}

/// # Errors
/// When the database fails.
pub async fn by_key(tx: &mut Tx, username_key: &str) -> Result<Option<User>, StoreError> {
    opt!(tx, User, "SELECT * FROM users WHERE username_key = $1", username_key)
}

/// Reads one and keeps others from counting their desktops and starts until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<User>, StoreError> {
    match tx {
        Tx::Sqlite(_) => get(tx, id).await,
        Tx::Postgres(..) => opt!(tx, User, "SELECT * FROM users WHERE id = $1 FOR UPDATE", id),
    }
}

/// A page by name; `after` is the last username key of the page before.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<User>, StoreError> {
    all!(tx, User, "SELECT * FROM users WHERE username_key > $1 ORDER BY username_key LIMIT $2", after, limit)
}

/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT count(*) FROM users")?.0)
}

/// How many administrators can still log in, besides one; on PostgreSQL they stay so until this transaction ends, since
/// two who remove each other must not each see the other as the one who stays.
///
/// # Errors
/// When the database fails.
pub async fn other_admins(tx: &mut Tx, id: &str) -> Result<i64, StoreError> {
    if let Tx::Postgres(pg, _) = tx {
        const LOCK: &str = "SELECT 1 FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE";
        sqlx::query(LOCK).execute(&mut **pg).await?;
    }
    let sql = "SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1";
    Ok(one!(tx, (i64,), sql, id)?.0)
}
