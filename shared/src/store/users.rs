//! Users, and what is asked of them before they may start something.

use super::{StoreError, Tx, all, exec, one, opt};
use crate::domain::user::{Role, UserView};
use crate::domain::{new_id, time::Time, words};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct User {
    pub id: String,
    pub username: String,
    pub display_name: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub password_hash: Option<String>,
    pub disabled_at: Option<Time>,
    /// The row goes with the last desktop.
    pub deleting_at: Option<Time>,
    /// Log-ins of an older version have ended; see [`super::sessions::end_all`].
    pub session_version: i64,
    pub created_at: Time,
    pub last_seen_at: Option<Time>,
    /// Their own limits.
    #[sqlx(flatten)]
    pub limits: OwnLimits,
    pub group_id: Option<String>,
    /// Read along with the group; written there.
    pub group_name: Option<String>,
    #[sqlx(flatten)]
    pub group_limits: GroupLimits,
}

/// Null in a field: the group's, and without one the installation's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct OwnLimits {
    pub max_desktops: Option<i64>,
    /// As [`crate::domain::limits::parse_rates`] reads it.
    pub start_limits: Option<String>,
    pub max_streams: Option<i64>,
}

/// The limits of a user's group; all null without one.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct GroupLimits {
    #[sqlx(rename = "group_max_desktops")]
    pub max_desktops: Option<i64>,
    #[sqlx(rename = "group_start_limits")]
    pub start_limits: Option<String>,
    #[sqlx(rename = "group_max_streams")]
    pub max_streams: Option<i64>,
}

/// The columns of a [`User`] out of [`from_users`].
macro_rules! columns {
    () => {
        "u.*, g.name AS group_name, g.max_desktops AS group_max_desktops, g.start_limits AS group_start_limits, \
         g.max_streams AS group_max_streams"
    };
}
/// Users `u` with their groups `g`.
macro_rules! from_users {
    () => {
        "users u LEFT JOIN groups g ON g.id = u.group_id"
    };
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM ", from_users!(), " ", $rest)
    };
}

impl User {
    /// Somebody new, who has nothing of their own yet and cannot sign in.
    #[must_use]
    pub fn new(username: &str, role: Role, now: Time) -> Self {
        Self {
            id: new_id(),
            username: username.to_owned(),
            display_name: username.to_owned(),
            role,
            password_hash: None,
            disabled_at: None,
            deleting_at: None,
            session_version: 0,
            created_at: now,
            last_seen_at: None,
            limits: OwnLimits::default(),
            group_id: None,
            group_name: None,
            group_limits: GroupLimits::default(),
        }
    }

    #[must_use]
    pub fn view(&self) -> UserView {
        UserView {
            id: self.id.clone(),
            username: self.username.clone(),
            display_name: self.display_name.clone(),
            role: self.role,
        }
    }

    /// Whether they are an administrator who can sign in.
    #[must_use]
    pub fn is_active_admin(&self) -> bool {
        self.role == Role::Admin && self.disabled_at.is_none()
    }
}

/// # Errors
/// [`StoreError::Constraint`] `users_username_taken`.
pub async fn insert(tx: &mut Tx, user: &User, username_key: &str) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO users (id, username, username_key, display_name, role, password_hash, disabled_at, max_desktops, \
         start_limits, created_at, max_streams, group_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &user.id,
        &user.username,
        username_key,
        &user.display_name,
        user.role.as_str(),
        &user.password_hash,
        user.disabled_at,
        user.limits.max_desktops,
        &user.limits.start_limits,
        user.created_at,
        user.limits.max_streams,
        &user.group_id,
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
         start_limits = $7, max_streams = $8, group_id = $9, deleting_at = $10 WHERE id = $1",
        &user.id,
        &user.display_name,
        user.role.as_str(),
        &user.password_hash,
        user.disabled_at,
        user.limits.max_desktops,
        &user.limits.start_limits,
        user.limits.max_streams,
        &user.group_id,
        user.deleting_at,
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
    opt!(tx, User, select!("WHERE u.id = $1"), id)
}

/// # Errors
/// When the database fails.
pub async fn by_key(tx: &mut Tx, username_key: &str) -> Result<Option<User>, StoreError> {
    opt!(tx, User, select!("WHERE u.username_key = $1"), username_key)
}

/// Reads one and keeps others from counting their desktops and starts until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<User>, StoreError> {
    match tx {
        Tx::Sqlite(_) => get(tx, id).await,
        Tx::Postgres(..) => opt!(tx, User, select!("WHERE u.id = $1 FOR UPDATE OF u"), id),
    }
}

words!(
    /// Where somebody stands.
    #[schema(as = UserState)]
    State {
        /// Can sign in.
        Active = "active",
        Disabled = "disabled",
        /// Has an invitation that was not taken yet.
        Invited = "invited",
    }
);

/// What a list is narrowed to; None does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a username or display name.
    pub q: Option<String>,
    pub role: Option<Role>,
    /// A group's id.
    pub group: Option<String>,
    pub state: Option<State>,
}

/// A page by name; `after` is the last username key of the page before.
///
/// # Errors
/// When the database fails.
pub async fn page(tx: &mut Tx, filter: &Filter, after: &str, limit: i64) -> Result<Vec<User>, StoreError> {
    let now = tx.now().await?;
    all!(
        tx,
        User,
        select!(
            "WHERE u.username_key > $1 AND ($3 = '' OR u.role = $3) AND ($4 = '' OR u.group_id = $4) \
             AND (lower(u.username) LIKE $5 ESCAPE '\\' OR lower(u.display_name) LIKE $5 ESCAPE '\\') \
             AND ($6 = '' OR $6 = CASE WHEN u.disabled_at IS NOT NULL THEN 'disabled' \
                 WHEN EXISTS (SELECT 1 FROM invites i WHERE i.user_id = u.id AND i.expires_at > $7) THEN 'invited' \
                 ELSE 'active' END) \
             ORDER BY u.username_key LIMIT $2"
        ),
        after,
        limit,
        filter.role.map_or("", Role::as_str),
        filter.group.as_deref().unwrap_or_default(),
        super::containing(filter.q.as_deref().unwrap_or_default()),
        filter.state.map_or("", State::as_str),
        now,
    )
}

/// Removes those who are leaving and have no desktop left; `id` of None is everybody.
///
/// # Errors
/// When the database fails.
pub async fn remove_gone(tx: &mut Tx, id: Option<&str>) -> Result<u64, StoreError> {
    exec!(
        tx,
        "DELETE FROM users WHERE deleting_at IS NOT NULL AND ($1 = '' OR id = $1) \
         AND NOT EXISTS (SELECT 1 FROM desktops d WHERE d.owner_id = users.id)",
        id.unwrap_or_default(),
    )
}

/// The ids of those who are leaving.
///
/// # Errors
/// When the database fails.
pub async fn leaving(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows = all!(tx, (String,), "SELECT id FROM users WHERE deleting_at IS NOT NULL ORDER BY deleting_at")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT count(*) FROM users")?.0)
}

/// How many administrators can still log in, besides one: those who have a password, or whom a provider knows. On
/// PostgreSQL they stay so until this transaction ends, since two who remove each other must not each see the other as
/// the one who stays.
///
/// # Errors
/// When the database fails.
pub async fn other_admins(tx: &mut Tx, id: &str) -> Result<i64, StoreError> {
    if matches!(tx, Tx::Postgres(..)) {
        const LOCK: &str = "SELECT 1 FROM users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE";
        exec!(tx, LOCK)?;
    }
    let sql = "SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL AND id <> $1 \
        AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM identities i WHERE i.user_id = users.id))";
    Ok(one!(tx, (i64,), sql, id)?.0)
}
