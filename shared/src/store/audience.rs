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
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self { all: user.role == Role::Admin, group: user.group_id.clone() }
    }
}

/// Those of these ids that no group has.
///
/// # Errors
/// When the database fails.
pub async fn unknown_groups(tx: &mut Tx, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let mut unknown = Vec::new();
    for id in ids {
        let known = !id.contains(char::is_control)
            && opt!(&mut *tx, (String,), "SELECT id FROM groups WHERE id = $1", id)?.is_some();
        if !known {
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

/// The ids of the groups that a template is for.
///
/// # Errors
/// When the database fails.
pub async fn groups_of(tx: &mut Tx, template_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT group_id FROM template_groups WHERE template_id = $1 ORDER BY group_id";
    Ok(all!(tx, (String,), sql, template_id)?.into_iter().map(|(group,)| group).collect())
}

/// Says which groups may use a template.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such group.
pub async fn set_groups(tx: &mut Tx, template_id: &str, groups: &[String]) -> Result<(), StoreError> {
    exec!(&mut *tx, "DELETE FROM template_groups WHERE template_id = $1", template_id)?;
    for group in groups {
        let sql = "INSERT INTO template_groups (template_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        exec!(&mut *tx, sql, template_id, group)?;
    }
    Ok(())
}
