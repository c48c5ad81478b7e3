//! What the api can do, for programs (`/api/openapi.json`) and for people (`/api/docs`, Swagger UI out of this
//! binary: nothing is loaded from elsewhere).
use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use bytes::Bytes;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, RefOr,
        content::ContentBuilder,
        response::ResponseBuilder,
        schema::{Ref, Schema, SchemaType, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::Config;

use crate::{problem, security_headers::CONTENT_SECURITY_POLICY};

pub const OPENAPI_PATH: &str = "/api/openapi.json";

/// The frame of the description; the router adds the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Berth",
        description = "Self-hosted Linux desktops in the browser. Errors are RFC 9457 problems; look at their `code`. \
            Lists are paged by `cursor`. Times are RFC 3339 in UTC.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(problem::Problem, problem::FieldError)),
    security(("session" = []), ("token" = [])),
    modifiers(&SessionCookie)
)]
pub struct Frame;

/// A session's cookie or a token: one of them.
struct SessionCookie;

impl Modify for SessionCookie {
    fn modify(&self, api: &mut openapi::OpenApi) {
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            "berth_session",
            "Set by `POST /api/v1/auth/login`. Under https its name is `__Host-berth_session`.",
        ));
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("berth_…")
            .description(Some("Made by `POST /api/v1/tokens`. Never for what is about signing in."))
            .build();
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// Adds what holds for every operation and every answer.
pub fn complete(api: &mut openapi::OpenApi) {
    add_problems(api);
    require_what_is_always_there(api);
}

/// What clients send; a field that may be null may be left out there.
const ASKED: &[&str] = &[
    "LoginRequest",
    "ChangePassword",
    "TwoFactorPassword",
    "TwoFactorCode",
    "CreateDesktop",
    "RenameDesktop",
    "CreateUser",
    "PatchUser",
    "DeleteUser",
    "CreateGroup",
    "PatchGroup",
    "InviteToken",
    "AcceptInvite",
    "CreateToken",
    "OwnLimits",
    "BulkRequest",
    "JobFilter",
    "CreateTemplate",
    "PatchTemplate",
    "TemplateOrder",
    "PutRegistry",
    "PageError",
    "Problem",
];

/// Answers always carry their fields, null or not: so a field that may be null is there all the same.
fn require_what_is_always_there(api: &mut openapi::OpenApi) {
    let Some(components) = &mut api.components else { return };
    for (name, schema) in &mut components.schemas {
        if ASKED.contains(&name.as_str()) {
            continue;
        }
        require_all_of(schema);
    }
}

fn require_all_of(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let nullable = object.properties.iter().filter(|(_, property)| may_be_null(property));
            let missing: Vec<String> =
                nullable.map(|(name, _)| name.clone()).filter(|name| !object.required.contains(name)).collect();
            object.required.extend(missing);
        }
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter_mut().for_each(require_all_of),
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

fn may_be_null(property: &RefOr<Schema>) -> bool {
    let is_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => false,
    };
    match property {
        RefOr::T(Schema::Object(object)) => is_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => is_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter().any(may_be_null),
        RefOr::T(_) | RefOr::Ref(_) => false,
    }
}

/// Every operation may answer with a problem: said once, here, as each one's `default` answer.
fn add_problems(api: &mut openapi::OpenApi) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let answer = ResponseBuilder::new()
        .description("A problem; its `code` says which.")
        .content(problem::CONTENT_TYPE, content)
        .build();
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(answer.clone()));
        }
    }
}

/// The two addresses, serving `api` as it is now.
pub fn router<S: Clone + Send + Sync + 'static>(api: &openapi::OpenApi) -> Router<S> {
    let json = Bytes::from(api.to_json().unwrap_or_default());
    let config = Arc::new(Config::from(OPENAPI_PATH).use_base_layout().try_it_out_enabled(false).validator_url("none"));
    let page = move |path: Option<Path<String>>| {
        let config = Arc::clone(&config);
        async move { file(path.as_ref().map_or("", |Path(path)| path.as_str()), config) }
    };
    Router::new()
        .route(OPENAPI_PATH, get(|| async { ([(header::CONTENT_TYPE, "application/json")], json) }))
        // Its files are named relative to the page, so it needs the slash.
        .route("/api/docs", get(|| async { Redirect::permanent("/api/docs/") }))
        .route("/api/docs/", get(page.clone()))
        .route("/api/docs/{*file}", get(page))
}

fn file(path: &str, config: Arc<Config<'static>>) -> Response {
    let Ok(Some(found)) = utoipa_swagger_ui::serve(path, config) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Swagger UI writes `style` attributes; scripts stay ours only.
    let policy = CONTENT_SECURITY_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");
    let headers: [(HeaderName, String); 3] = [
        (header::CONTENT_TYPE, found.content_type),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "max-age=3600".to_owned()),
    ];
    (headers, found.bytes.into_owned()).into_response()
}
