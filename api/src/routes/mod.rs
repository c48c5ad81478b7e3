//! The contract's calls, a file per resource. A handler says who may call by the extractor it asks for, loads, asks the
//! domain, writes in one transaction and answers; it never waits for the engine.

mod about;
mod admin_audit;
mod admin_drift;
mod admin_groups;
mod admin_jobs;
mod admin_leaving;
mod admin_operations;
mod admin_queue;
mod admin_registries;
mod admin_sessions;
mod admin_templates;
mod admin_users;
mod admin_workers;
mod auth;
mod desktop_wishes;
mod desktops;
mod events;
mod group_body;
pub mod health;
mod history;
mod invites;
mod limits;
mod me;
mod oidc;
mod page_errors;
mod template_body;
mod templates;
mod tokens;
mod two_factor;
mod user_body;
mod user_view;
mod vnc;

pub use admin_jobs::{BulkResult, RefusedJob};
pub(crate) use desktops::with_places;
use utoipa_axum::router::OpenApiRouter;

use crate::{state::App, static_files::compression};

/// Everything below `/api/v1`.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(about::router())
        .merge(auth::router())
        .merge(oidc::router())
        .merge(me::router())
        .merge(two_factor::router())
        .merge(templates::router())
        .merge(desktops::router())
        .merge(desktop_wishes::router())
        .merge(history::router())
        .merge(vnc::router())
        .merge(limits::router())
        .merge(tokens::router())
        .merge(page_errors::router())
        .merge(invites::router())
        .merge(admin_users::router())
        .merge(admin_leaving::router())
        .merge(admin_sessions::router())
        .merge(admin_groups::router())
        .merge(admin_audit::router())
        .merge(admin_queue::router())
        .merge(admin_jobs::router())
        .merge(admin_workers::router())
        .merge(admin_operations::router())
        .merge(admin_drift::router())
        .merge(admin_templates::router())
        .merge(admin_registries::router())
        .layer(compression())
        // Not even wrapped: a compressor has room for its tables as long as the answer lasts, and that is hours here.
        .merge(events::router())
}
