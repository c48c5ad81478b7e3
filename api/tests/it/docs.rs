//! The description of the api and the page that shows it.
use std::path::Path;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use berth_api::docs;
use tower::ServiceExt;
use utoipa::OpenApi;

async fn get(path: &str) -> (StatusCode, HeaderMap, String) {
    let router: Router = docs::router(&docs::Frame::openapi());
    let answer = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let (status, headers, _) = get("/api/docs").await;
    assert_eq!((status, &headers[header::LOCATION]), (StatusCode::PERMANENT_REDIRECT, &"/api/docs/".parse().unwrap()));

    let (status, headers, page) = get("/api/docs/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src 'self';"));
    assert!(!page.contains("http"), "{page}");
    for file in page.split("src=\"./").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let (status, headers, _) = get(&format!("/api/docs/{file}")).await;
        assert_eq!(
            (status, &headers[header::CONTENT_TYPE]),
            (StatusCode::OK, &"text/javascript".parse().unwrap()),
            "{file}"
        );
    }
    let (_, _, start) = get("/api/docs/swagger-initializer.js").await;
    assert!(start.contains(docs::OPENAPI_PATH), "{start}");
    assert_eq!(get("/api/docs/../secret").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_description_is_json_and_knows_problems() {
    let (status, _, body) = get(docs::OPENAPI_PATH).await;
    assert_eq!(status, StatusCode::OK);
    let api: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(api["components"]["schemas"]["Problem"]["required"].as_array().unwrap().len(), 6);
    assert_eq!(api["components"]["securitySchemes"]["session"]["in"], "cookie");
}

#[test]
fn words_and_fields_are_described_as_they_are_sent() {
    let api = serde_json::to_value(berth_api::router::description()).unwrap();
    let schemas = &api["components"]["schemas"];
    assert_eq!(schemas["DesktopStatus"]["enum"][0], "queued");
    assert_eq!(schemas["StepName"]["enum"][4], "ready");
    // What may be null is sent all the same, and may be left out of what is asked.
    let required = |name: &str| schemas[name]["required"].as_array().unwrap().len();
    let fields = |name: &str| schemas[name]["properties"].as_object().unwrap().len();
    assert_eq!(required("Desktop"), fields("Desktop"));
    assert_eq!((required("CreateDesktop"), fields("CreateDesktop")), (1, 2));
}

/// `docs/openapi.json` is what the page's types are made from. `UPDATE_OPENAPI=1` writes it anew.
#[test]
fn the_written_description_is_this_one() {
    let mut now = serde_json::to_string_pretty(&berth_api::router::description()).unwrap();
    now.push('\n');
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == now,
        "docs/openapi.json is stale: UPDATE_OPENAPI=1 cargo test --release -p berth-api-tests written"
    );
}
