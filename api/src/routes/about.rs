//! What this is, for who has not signed in.
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

#[derive(Serialize, ToSchema)]
struct About {
    #[schema(example = "Berth")]
    name: &'static str,
    version: &'static str,
    /// Ways to sign in.
    sign_in: Vec<&'static str>,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(about))
}

/// What this installation is and how one signs in.
#[utoipa::path(get, path = "/about", tag = "about", security(()), responses((status = 200, body = About)))]
async fn about() -> Json<About> {
    Json(About { name: "Berth", version: berth_shared::VERSION, sign_in: vec!["password"] })
}
