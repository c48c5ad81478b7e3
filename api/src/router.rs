//! The layers, from outside in: letting go of connections when the process ends · the request's id and its problems · headers · panics · and for calls of the api,
//! who calls, what is written of refusals, the origin check, how often they call, and what their token is for · compression.
use axum::{
    Router,
    extract::Request,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    auth::{bearer, caller},
    docs, limits, origin,
    problem::ApiError,
    refusals, request_id, routes, security_headers, server,
    state::App,
    static_files,
};

pub(crate) const BASE: &str = "/api/v1";

/// Everything that `BERTH_LISTEN` answers.
pub fn router(app: App) -> Router {
    let (api, description) = described();
    // The last one is the outermost.
    let api = api
        .layer(from_fn(bearer::layer))
        .layer(from_fn_with_state(app.clone(), limits::layer))
        .layer(from_fn_with_state(app.clone(), origin::layer))
        .layer(from_fn_with_state(app.clone(), refusals::layer))
        .layer(from_fn_with_state(app.clone(), caller::layer));
    Router::new()
        .merge(docs::router(&description))
        .merge(routes::health::router(app.health()))
        .fallback(other)
        .layer(static_files::compression())
        .merge(api)
        .layer(CatchPanicLayer::custom(request_id::panicked))
        .layer(from_fn(security_headers::layer))
        .layer(from_fn(request_id::layer))
        .layer(from_fn_with_state(app.clone(), server::let_go))
        .with_state(app)
}

/// The description of the api, as `/api/openapi.json` and `docs/openapi.json` say it.
pub fn description() -> utoipa::openapi::OpenApi {
    described().1
}

fn described() -> (Router<App>, utoipa::openapi::OpenApi) {
    let all = OpenApiRouter::with_openapi(docs::Frame::openapi()).nest(BASE, routes::api());
    let (router, mut description) = all.split_for_parts();
    docs::complete(&mut description);
    (router, description)
}

async fn other(request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return ApiError::NotFound.into_response();
    }
    let (parts, _) = request.into_parts();
    static_files::serve(parts.method, parts.uri, parts.headers).await
}
