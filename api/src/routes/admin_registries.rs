//! Who Berth is at image registries, for administrators. Passwords come in and never go out.
use axum::{
    Json,
    extract::{FromRequestParts, RawPathParams, State},
    http::{StatusCode, request::Parts},
};
use berth_shared::{
    domain::{
        audit::{Action, TargetKind},
        image_ref::is_host,
    },
    store::{
        audit::Target,
        registries::{self, Registry, RegistryView},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::caller::Admin,
    extract::{Faults, RawJson},
    problem::ApiError,
    retry::retrying,
    state::App,
    trail::Trail,
};

const LONGEST: usize = 4096;

#[derive(Serialize, ToSchema)]
struct RegistryList {
    items: Vec<RegistryView>,
    /// Always null: they are all here.
    next_cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutRegistry {
    #[schema(min_length = 1)]
    username: String,
    /// Kept sealed, and shown to nobody.
    #[schema(format = Password, min_length = 1)]
    password: String,
}

/// A registry's host, as images' names carry it: in lower case.
struct Host(String);

impl<S: Send + Sync> FromRequestParts<S> for Host {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        let host = params.iter().next().map(|(_, value)| value.to_ascii_lowercase());
        host.filter(|host| is_host(host)).map(Self).ok_or_else(|| {
            ApiError::invalid("host", "write a registry's host, for example registry.example or 127.0.0.1:5000")
        })
    }
}

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, delete))
}

/// The registries that Berth has credentials for.
#[utoipa::path(get, path = "/admin/registries", operation_id = "registries", tag = "admin",
    responses((status = 200, body = RegistryList)))]
async fn list(State(app): State<App>, _: Admin) -> Result<Json<RegistryList>, ApiError> {
    let all = registries::list(&mut app.db.read().await?).await?;
    Ok(Json(RegistryList { items: all.into_iter().map(Registry::view).collect(), next_cursor: None }))
}

/// Gives Berth credentials for a registry, in place of those that it had. Docker Hub is `docker.io`.
#[utoipa::path(put, path = "/admin/registries/{host}", operation_id = "put_registry", tag = "admin",
    params(("host" = String, Path)), request_body = PutRegistry, responses((status = 200, body = RegistryView)))]
async fn put(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Host(host): Host,
    body: RawJson,
) -> Result<Json<RegistryView>, ApiError> {
    let PutRegistry { username, password } = body.parse()?;
    let fits = |text: &str| (1..=LONGEST).contains(&text.len()) && !text.contains(char::is_control);
    let mut faults = Faults::default();
    faults.check(fits(&username), "username", "write a name, on one line");
    faults.check(fits(&password), "password", "write a password or token, on one line");
    faults.done()?;
    let view = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let registry = Registry {
            host: host.clone(),
            username: username.clone(),
            password: app.key.seal(registries::PURPOSE, &host, &password),
            changed_by: caller.user.username.clone(),
            changed_at: tx.now().await?,
        };
        registries::put(&mut tx, &registry).await?;
        trail.did(&mut tx, Action::RegistryChange, target(&host), "").await?;
        tx.commit().await?;
        Ok(registry.view())
    })
    .await?;
    tracing::info!(by = caller.user.username, host, "registry credentials set");
    Ok(Json(view))
}

/// Forgets a registry's credentials. Images that are there stay.
#[utoipa::path(delete, path = "/admin/registries/{host}", operation_id = "delete_registry", tag = "admin",
    params(("host" = String, Path)), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    Admin(caller): Admin,
    trail: Trail,
    Host(host): Host,
) -> Result<StatusCode, ApiError> {
    retrying(|| async {
        let mut tx = app.db.begin().await?;
        if !registries::delete(&mut tx, &host).await? {
            return Err(ApiError::NotFound);
        }
        trail.did(&mut tx, Action::RegistryDelete, target(&host), "").await?;
        tx.commit().await?;
        Ok(())
    })
    .await?;
    tracing::info!(by = caller.user.username, host, "registry credentials forgotten");
    Ok(StatusCode::NO_CONTENT)
}

fn target(host: &str) -> Target<'_> {
    Target::new(TargetKind::Registry, host, host)
}
