//! Who may see which templates: everyone, or the members of some groups and administrators.

use super::users::User;
use super::{StoreError, Tx, all, exec, opt};
use crate::domain::user::Role;

/// Whose eyes templates are looked at with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// An administrator sees all of them.
    pub all: bool,
    pub group: Option<String>,
}

impl Viewer {
    /// # Errors
    /// When the database fails.
    pub async fn of(tx: &mut Tx, user: &User) -> Result<Self, StoreError> {
        let all = user.role == Role::Admin;
        let group = if all { None } else { group_of(tx, &user.id).await? };
        Ok(Self { all, group })
    }
}

/// The group that a user is in.
async fn group_of(tx: &mut Tx, user_id: &str) -> Result<Option<String>, StoreError> {
    let row = opt!(tx, (Option<String>,), "SELECT group_id FROM users WHERE id = $1", user_id)?;
    Ok(row.and_then(|(group,)| group))
}

/// Those of these ids that no group has.
///
/// # Errors
/// When the database fails.
pub async fn unknown_groups(tx: &mut Tx, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let mut unknown = Vec::new();
    for id in ids {
        if opt!(&mut *tx, (String,), "SELECT id FROM groups WHERE id = $1", id)?.is_none() {
            unknown.push(id.clone());
        }
    }
    Ok(unknown)
}

/// Every template's groups: (template, group).
///
/// # Errors
/// When the database fails.
pub async fn all_groups(tx: &mut Tx) -> Result<Vec<(String, String)>, StoreError> {
    all!(tx, (String, String), "SELECT template_id, group_id FROM template_groups ORDER BY template_id, group_id")
}

/// Says which groups may use a template.
///
/// # Errors
/// When the database fails.
pub async fn set_groups(tx: &mut Tx, template_id: &str, groups: &[String]) -> Result<(), StoreError> {
    exec!(&mut *tx, "DELETE FROM template_groups WHERE template_id = $1", template_id)?;
    for group in groups {
        let sql = "INSERT INTO template_groups (template_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        exec!(&mut *tx, sql, template_id, group)?;
    }
    Ok(())
}
