//! What an administrator may say about a user, and whether it fits.
use berth_shared::{
    domain::{
        limits::parse_rates,
        names,
        user::{Role, username_key},
    },
    store::users,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{auth::password, extract::Faults, problem::ApiError};

/// Limits of a user or of a group; null in a field is what is next: the group's, or the installation's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnLimits {
    #[schema(minimum = 0)]
    pub(super) max_desktops: Option<i64>,
    #[schema(example = "5/minute,50/hour")]
    pub(super) start_limits: Option<String>,
    /// Viewers' connections at once.
    #[schema(minimum = 0)]
    pub(super) max_streams: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateUser {
    /// 1 to 64 letters (a-z), digits or . _ - @ +.
    pub(super) username: String,
    /// Without one the user cannot sign in yet.
    #[schema(format = Password, min_length = 10, max_length = 256)]
    pub(super) password: Option<String>,
    pub(super) role: Role,
    #[schema(max_length = 64)]
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) disabled: bool,
    pub(super) limits: Option<OwnLimits>,
    /// A group's id.
    pub(super) group: Option<String>,
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PatchUser {
    /// Ends the user's log-ins.
    #[schema(format = Password, min_length = 10, max_length = 256)]
    pub(super) password: Option<String>,
    pub(super) role: Option<Role>,
    /// Null: the username.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 64)]
    pub(super) display_name: Option<Option<String>>,
    /// True ends the user's log-ins and deletes their tokens.
    pub(super) disabled: Option<bool>,
    /// Null: the group's, or the installation's defaults.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OwnLimits>)]
    pub(super) limits: Option<Option<OwnLimits>>,
    /// A group's id; null: none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub(super) group: Option<Option<String>>,
}

/// Tells null from what was left out.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl CreateUser {
    /// The user's key, if everything fits.
    pub(super) fn check(&self) -> Result<String, ApiError> {
        let key = username_key(&self.username);
        let mut faults = Faults::default();
        faults.add("username", key.as_ref());
        check_password(&mut faults, self.password.as_deref(), &self.username);
        check_name(&mut faults, self.display_name.as_deref());
        check_limits(&mut faults, self.limits.as_ref());
        faults.done()?;
        key.map_err(|message| ApiError::invalid("username", message))
    }
}

impl PatchUser {
    pub(super) fn check(&self, username: &str) -> Result<(), ApiError> {
        let mut faults = Faults::default();
        check_password(&mut faults, self.password.as_deref(), username);
        check_name(&mut faults, self.display_name.as_ref().and_then(Option::as_deref));
        check_limits(&mut faults, self.limits.as_ref().and_then(Option::as_ref));
        faults.done()
    }
}

impl OwnLimits {
    /// None when every one of them is what is next.
    pub(super) fn unless_empty(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

impl From<users::OwnLimits> for OwnLimits {
    fn from(users::OwnLimits { max_desktops, start_limits, max_streams }: users::OwnLimits) -> Self {
        Self { max_desktops, start_limits, max_streams }
    }
}

impl From<OwnLimits> for users::OwnLimits {
    fn from(OwnLimits { max_desktops, start_limits, max_streams }: OwnLimits) -> Self {
        Self { max_desktops, start_limits, max_streams }
    }
}

fn check_password(faults: &mut Faults, given: Option<&str>, username: &str) {
    if let Some(fault) = given.and_then(|password| password::fault("password", password, username)) {
        faults.check(false, &fault.field, &fault.message);
    }
}

fn check_name(faults: &mut Faults, given: Option<&str>) {
    if let Some(name) = given {
        faults.add("display_name", names::checked(name));
    }
}

pub(super) fn check_limits(faults: &mut Faults, given: Option<&OwnLimits>) {
    let Some(limits) = given else { return };
    for (field, most) in [("limits.max_desktops", limits.max_desktops), ("limits.max_streams", limits.max_streams)] {
        let fits = most.is_none_or(|most| (0..=100_000).contains(&most));
        faults.check(fits, field, "write a number from 0 to 100000");
    }
    if let Some(text) = &limits.start_limits {
        faults.add("limits.start_limits", parse_rates(text));
    }
}
