//! A user as administrators see one.
use berth_shared::{
    domain::{
        limits::{LimitFrom, StartWindow},
        time::Time,
        user::Role,
    },
    lifecycle::{self, UserLimits},
    store::{Tx, identities, invites, streams, two_factor, users::User},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    limits::{DesktopLimit, StreamLimit},
    user_body::OwnLimits,
};
use crate::{problem::ApiError, state::App};

/// A user as administrators see one.
#[derive(Serialize, ToSchema)]
pub(super) struct AdminUser {
    pub(super) id: String,
    pub(super) username: String,
    display_name: String,
    role: Role,
    disabled: bool,
    created_at: Time,
    last_seen_at: Option<Time>,
    group: Option<UserGroup>,
    desktops: DesktopLimit,
    starts: Vec<StartWindow>,
    streams: StreamLimit,
    /// Their own; null: the group's, or the installation's defaults.
    limits: Option<OwnLimits>,
    limits_from: LimitsFrom,
    /// Ways in which they can sign in.
    #[schema(example = json!(["password"]))]
    sign_in: Vec<String>,
    two_factor: bool,
    /// Has an invitation that was not taken yet.
    invited: bool,
    /// Goes with the last of their desktops.
    deleting: bool,
}

/// The group that somebody is in.
#[derive(Serialize, ToSchema)]
struct UserGroup {
    id: String,
    name: String,
}

/// Where each limit comes from.
#[derive(Serialize, ToSchema)]
struct LimitsFrom {
    max_desktops: LimitFrom,
    start_limits: LimitFrom,
    max_streams: LimitFrom,
}

pub(super) async fn view(app: &App, tx: &mut Tx, user: User) -> Result<AdminUser, ApiError> {
    let ((limit, used), starts) = lifecycle::limits_of(tx, &user, &app.limits).await?;
    let limits = UserLimits::of(&user, &app.limits);
    let streams = StreamLimit { limit: limits.max_streams.0, used: streams::count_of(tx, &user.id).await? };
    let invited = invites::open_of(tx, &user.id).await?;
    let two_factor = two_factor::is_on(tx, &user.id).await?;
    let providers = identities::providers_of(tx, &user.id).await?;
    let with_password = user.password_hash.iter().map(|_| "password".to_owned());
    let sign_in = with_password.chain(providers.iter().map(|provider| format!("oidc:{provider}"))).collect();
    Ok(AdminUser {
        group: user.group_id.zip(user.group_name).map(|(id, name)| UserGroup { id, name }),
        id: user.id,
        username: user.username,
        display_name: user.display_name,
        role: user.role,
        disabled: user.disabled_at.is_some(),
        created_at: user.created_at,
        last_seen_at: user.last_seen_at,
        desktops: DesktopLimit { limit, used },
        starts,
        streams,
        limits: OwnLimits::from(user.limits).unless_empty(),
        limits_from: LimitsFrom {
            max_desktops: limits.max_desktops.1,
            start_limits: limits.starts.1,
            max_streams: limits.max_streams.1,
        },
        sign_in,
        two_factor,
        invited,
        deleting: user.deleting_at.is_some(),
    })
}
