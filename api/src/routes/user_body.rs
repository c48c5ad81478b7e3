//! What an administrator may say about a user, and whether it fits.
use berth_shared::{
    domain::{
        limits::parse_rates,
        names,
        user::{Role, username_key},
    },
    store::users::{self, User},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{auth::password, extract::Faults, problem::ApiError};

/// A user's own limits; null in a field is the installation's default.
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

impl OwnLimits {
    pub(super) fn of(user: &User) -> Self {
        let users::OwnLimits { max_desktops, start_limits, max_streams } = user.limits.clone();
        Self { max_desktops, start_limits, max_streams }
    }
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
    /// True ends the user's log-ins.
    pub(super) disabled: Option<bool>,
    /// Null: the installation's defaults.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<OwnLimits>)]
    pub(super) limits: Option<Option<OwnLimits>>,
}

/// Tells null from what was left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl CreateUser {
    /// The user's key, if everything fits.
    pub(super) fn check(&self) -> Result<String, ApiError> {
        let key = username_key(&self.username);
        let mut faults = Faults::default();
        if let Err(message) = key {
            faults.check(false, "username", message);
        }
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

/// Writes a user's own limits, or takes them away.
pub(super) fn set_limits(user: &mut User, limits: Option<OwnLimits>) {
    let OwnLimits { max_desktops, start_limits, max_streams } = limits.unwrap_or_default();
    user.limits = users::OwnLimits { max_desktops, start_limits, max_streams };
}

fn check_password(faults: &mut Faults, given: Option<&str>, username: &str) {
    if let Some(fault) = given.and_then(|password| password::fault("password", password, username)) {
        faults.check(false, &fault.field, &fault.message);
    }
}

fn check_name(faults: &mut Faults, given: Option<&str>) {
    if let Some(Err(message)) = given.map(names::checked) {
        faults.check(false, "display_name", message);
    }
}

fn check_limits(faults: &mut Faults, given: Option<&OwnLimits>) {
    let Some(limits) = given else { return };
    let fits = limits.max_desktops.is_none_or(|most| (0..=100_000).contains(&most));
    faults.check(fits, "limits.max_desktops", "write a number from 0 to 100000");
    let fits = limits.max_streams.is_none_or(|most| (0..=100_000).contains(&most));
    faults.check(fits, "limits.max_streams", "write a number from 0 to 100000");
    if let Some(Err(message)) = limits.start_limits.as_deref().map(parse_rates) {
        faults.check(false, "limits.start_limits", &message);
    }
}
