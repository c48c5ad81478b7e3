//! Groups of people: limits that go before the installation's, and templates that they may use besides those for everyone.
//! Somebody is in one group or in none.

use super::{StoreError, Tx, all, exec, opt};
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Group {
    pub id: String,
    pub name: String,
    pub description: String,
    /// Null in a limit: the installation's default.
    pub max_desktops: Option<i64>,
    /// As [`crate::domain::limits::parse_rates`] reads it.
    pub start_limits: Option<String>,
    pub max_streams: Option<i64>,
    pub created_at: Time,
    /// How many people are in it; read only.
    pub members: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT g.*, (SELECT count(*) FROM users u WHERE u.group_id = g.id) AS members FROM groups g ", $rest)
    };
}

/// # Errors
/// [`StoreError::Constraint`] `groups_name_taken`.
pub async fn insert(tx: &mut Tx, g: &Group) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO groups (id, name, name_key, description, max_desktops, start_limits, max_streams, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &g.id,
        &g.name,
        g.name.to_lowercase(),
        &g.description,
        g.max_desktops,
        &g.start_limits,
        g.max_streams,
        g.created_at,
    )?;
    Ok(())
}

/// # Errors
/// [`StoreError::Constraint`] `groups_name_taken`.
pub async fn update(tx: &mut Tx, g: &Group) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE groups SET name = $2, name_key = $3, description = $4, max_desktops = $5, start_limits = $6, \
         max_streams = $7 WHERE id = $1",
        &g.id,
        &g.name,
        g.name.to_lowercase(),
        &g.description,
        g.max_desktops,
        &g.start_limits,
        g.max_streams,
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Group>, StoreError> {
    opt!(tx, Group, select!("WHERE g.id = $1"), id)
}

/// Reads it and keeps everybody else from changing it until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Group>, StoreError> {
    match tx {
        Tx::Sqlite(_) => get(tx, id).await,
        Tx::Postgres(..) => opt!(tx, Group, select!("WHERE g.id = $1 FOR UPDATE OF g"), id),
    }
}

/// By name. There are few: all of them.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Group>, StoreError> {
    all!(tx, Group, select!("ORDER BY g.name_key"))
}

/// Its members are in no group then. False: there is no such.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(exec!(tx, "DELETE FROM groups WHERE id = $1", id)? == 1)
}

/// The ids of the templates that it may use besides those for everyone.
///
/// # Errors
/// When the database fails.
pub async fn templates_of(tx: &mut Tx, id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT template_id FROM template_groups WHERE group_id = $1 ORDER BY template_id";
    Ok(all!(tx, (String,), sql, id)?.into_iter().map(|(template,)| template).collect())
}

/// Says which templates it may use besides those for everyone.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such template.
pub async fn set_templates(tx: &mut Tx, id: &str, templates: &[String]) -> Result<(), StoreError> {
    exec!(&mut *tx, "DELETE FROM template_groups WHERE group_id = $1", id)?;
    for template in templates {
        let sql = "INSERT INTO template_groups (template_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        exec!(&mut *tx, sql, template, id)?;
    }
    Ok(())
}
