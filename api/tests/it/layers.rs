//! What every call meets before its handler: the request id, problems, the origin check, headers.
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use berth_api::{origin, problem::ApiError, request_id, security_headers};
use berth_shared::testing::TestDb;
use serde_json::Value;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{app::TestApp, browser::client};

async fn call(request: Request<Body>) -> Response<Body> {
    let db = TestDb::sqlite().await;
    let api = TestApp::with(&db, &["--public-url=http://berth.test"]).await;
    let router: Router = Router::new()
        .route("/api/v1/thing", get(|| async { "thing" }))
        .route("/api/v1/down", get(|| async { ApiError::DatabaseDown("password=hunter2".into()) }))
        .route("/api/v1/change", post(|| async { StatusCode::NO_CONTENT }))
        .route(
            "/api/v1/panic",
            get(|| async {
                if true {
                    panic!("oh no")
                }
            }),
        )
        .layer(from_fn_with_state(api.app.clone(), origin::layer))
        .layer(CatchPanicLayer::custom(request_id::panicked))
        .layer(from_fn(security_headers::layer))
        .layer(from_fn(request_id::layer));
    router.oneshot(request).await.unwrap()
}

async fn problem(method: &str, path: &str) -> (Response<()>, Value) {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "berth.test");
    let (parts, body) = call(request.body(Body::empty()).unwrap()).await.into_parts();
    let body = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    (Response::from_parts(parts, ()), body)
}

#[tokio::test]
async fn whatever_is_refused_is_a_problem_with_its_request_id() {
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("DELETE", "/api/v1/thing", 405, "method_not_allowed"),
        ("GET", "/api/v1/panic", 500, "internal"),
        ("GET", "/api/v1/down", 503, "database_down"),
    ] {
        let (answer, problem) = problem(method, path).await;
        assert_eq!((answer.status().as_u16(), problem["code"].as_str()), (status, Some(code)), "{path}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.headers()["x-request-id"].to_str().unwrap(), problem["request_id"]);
        assert_eq!(problem["request_id"].as_str().unwrap().len(), 26, "a ULID");
        assert_eq!(problem["type"], format!("urn:berth:problem:{code}"));
        assert_eq!(problem["status"], status);
        for secret in ["hunter2", "oh no"] {
            assert!(!problem.to_string().contains(secret), "what happened inside stays inside: {problem}");
        }
    }
}

#[tokio::test]
async fn the_problem_keeps_its_headers() {
    let (answer, _) = problem("DELETE", "/api/v1/thing").await;
    assert_eq!(answer.headers()[header::ALLOW], "GET,HEAD");
    assert_eq!(answer.headers()[header::X_FRAME_OPTIONS], "DENY");
    let (answer, _) = problem("GET", "/api/v1/down").await;
    assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_is_not() {
    for (sent, kept) in [("proxy-7.a_B", true), ("a b", false), ("", false), (&"x".repeat(65), false)] {
        let request = Request::get("/api/v1/thing").header("x-request-id", sent).body(Body::empty()).unwrap();
        let answered = call(request).await.headers()["x-request-id"].clone();
        assert_eq!(answered == sent, kept, "{sent}");
    }
}

#[tokio::test]
async fn another_site_cannot_change_anything() {
    for (origin, status) in [("http://berth.test", 204), ("http://evil.test", 403), ("null", 403)] {
        let request = Request::post("/api/v1/change").header("origin", origin).header("host", "berth.test");
        assert_eq!(call(request.body(Body::empty()).unwrap()).await.status().as_u16(), status, "{origin}");
    }
    let read = Request::get("/api/v1/thing").header("origin", "http://evil.test").header("host", "berth.test");
    assert_eq!(call(read.body(Body::empty()).unwrap()).await.status(), StatusCode::OK);
    let upgrade = Request::get("/api/v1/thing").header("origin", "http://evil.test").header("upgrade", "websocket");
    assert_eq!(call(upgrade.body(Body::empty()).unwrap()).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_whole_stack_serves_page_api_and_health() {
    let db = TestDb::sqlite().await;
    let api = TestApp::start(&db).await;
    let get = async |path: &str, accept: &str| {
        let request = client().build().unwrap().get(format!("http://{}{path}", api.host)).header("accept", accept);
        request.header("accept-encoding", "br").send().await.unwrap()
    };
    let page = get("/desktops/any", "text/html").await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let described = get("/api/openapi.json", "*/*").await;
    assert_eq!((described.status().as_u16(), described.headers()["content-encoding"].as_bytes()), (200, &b"br"[..]));
    assert_eq!(get("/api/v2/thing", "text/html").await.status(), 404);
    assert_eq!(get("/healthz", "*/*").await.status(), 200);
    let ready = get("/readyz", "*/*").await;
    assert_eq!(ready.status(), 200);
    assert_eq!(ready.text().await.unwrap(), r#"{"degraded":["engine"],"status":"ready"}"#);
}
