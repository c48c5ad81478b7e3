//! What this is, for who has not signed in.
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

#[derive(Serialize, ToSchema)]
struct About {
    #[schema(example = "Berth")]
    name: &'static str,
    version: &'static str,
    /// Ways to sign in: `password`, and `oidc:` with a provider's id.
    sign_in: Vec<String>,
    /// Those of them that are elsewhere, at `/auth/oidc/{id}/start`.
    providers: Vec<SignInProvider>,
}

#[derive(Serialize, ToSchema)]
struct SignInProvider {
    id: String,
    #[schema(example = "Example Corp")]
    name: String,
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(about))
}

/// What this installation is and how one signs in.
#[utoipa::path(get, path = "/about", tag = "about", security(()), responses((status = 200, body = About)))]
async fn about(State(app): State<App>) -> Json<About> {
    let ways = app.oidc.settings().map(|provider| format!("oidc:{}", provider.id));
    let sign_in = std::iter::once("password".to_owned()).chain(ways).collect();
    let providers = app.oidc.settings().map(|p| SignInProvider { id: p.id.clone(), name: p.name.clone() }).collect();
    Json(About { name: "Berth", version: berth_shared::VERSION, sign_in, providers })
}
