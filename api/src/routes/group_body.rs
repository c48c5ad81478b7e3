//! What an administrator may say about a group, and whether it fits.
use berth_shared::{domain::names, store::groups::Group};
use serde::Deserialize;
use utoipa::ToSchema;

use super::user_body::{OwnLimits, check_limits, given};
use crate::{extract::Faults, problem::ApiError};

/// In characters.
const LONGEST_DESCRIPTION: usize = 500;
const MOST_TEMPLATES: usize = 1_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateGroup {
    #[schema(min_length = 1, max_length = 64)]
    pub(super) name: String,
    #[schema(max_length = 500)]
    pub(super) description: Option<String>,
    pub(super) limits: Option<OwnLimits>,
    /// Ids of templates that its members may use besides those for everyone.
    #[serde(default)]
    pub(super) templates: Vec<String>,
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PatchGroup {
    #[schema(min_length = 1, max_length = 64)]
    pub(super) name: Option<String>,
    #[schema(max_length = 500)]
    pub(super) description: Option<String>,
    /// Null: the installation's defaults.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OwnLimits>)]
    pub(super) limits: Option<Option<OwnLimits>>,
    pub(super) templates: Option<Vec<String>>,
}

impl CreateGroup {
    /// The name, trimmed, if everything fits.
    pub(super) fn check(&self) -> Result<String, ApiError> {
        let mut faults = Faults::default();
        let name = faults.add("name", names::checked(&self.name));
        check_rest(&mut faults, self.description.as_deref(), self.limits.as_ref(), Some(&self.templates));
        faults.done()?;
        Ok(name.unwrap_or_default())
    }
}

impl PatchGroup {
    /// Writes what is given into the group, if everything fits.
    pub(super) fn apply(&self, group: &mut Group) -> Result<(), ApiError> {
        let mut faults = Faults::default();
        let name = self.name.as_deref().and_then(|name| faults.add("name", names::checked(name)));
        let limits = self.limits.as_ref().and_then(Option::as_ref);
        check_rest(&mut faults, self.description.as_deref(), limits, self.templates.as_deref());
        faults.done()?;
        group.name = name.unwrap_or_else(|| group.name.clone());
        if let Some(description) = &self.description {
            description.trim().clone_into(&mut group.description);
        }
        if let Some(limits) = &self.limits {
            set_limits(group, limits.clone());
        }
        Ok(())
    }
}

/// Writes a group's limits, or takes them away.
pub(super) fn set_limits(group: &mut Group, limits: Option<OwnLimits>) {
    let OwnLimits { max_desktops, start_limits, max_streams } = limits.unwrap_or_default();
    (group.max_desktops, group.start_limits, group.max_streams) = (max_desktops, start_limits, max_streams);
}

fn check_rest(
    faults: &mut Faults,
    description: Option<&str>,
    limits: Option<&OwnLimits>,
    templates: Option<&[String]>,
) {
    if let Some(text) = description {
        faults.check(text.chars().count() <= LONGEST_DESCRIPTION, "description", "write at most 500 characters");
        let plain = !text.chars().any(|c| c.is_control() && c != '\n');
        faults.check(plain, "description", "must not have control characters");
    }
    check_limits(faults, limits);
    if let Some(ids) = templates {
        faults.check(ids.len() <= MOST_TEMPLATES, "templates", "name at most 1000");
    }
}
