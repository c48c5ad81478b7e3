//! The one list of who may call what. An operation that is not in it fails the test, and so does one that lets in
//! whom the list keeps out.
use std::collections::BTreeSet;

use berth_shared::{domain::user::Role, testing::TestDb};
use serde_json::{Value, json};

use crate::{
    app::TestApp,
    browser::{Answer, Browser},
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Anybody,
    SignedIn,
    /// Operators and administrators.
    Operator,
    Admin,
}
use Who::{Admin, Anybody, Operator, SignedIn};

const CALLS: &[(&str, &str, Who)] = &[
    ("GET", "/about", Anybody),
    ("POST", "/auth/login", Anybody),
    ("POST", "/auth/refresh", Anybody),
    ("POST", "/auth/logout", Anybody),
    ("POST", "/auth/logout-all", SignedIn),
    ("GET", "/me", SignedIn),
    ("PUT", "/me/password", SignedIn),
    ("GET", "/me/sessions", SignedIn),
    ("DELETE", "/me/sessions/{id}", SignedIn),
    ("GET", "/templates", SignedIn),
    ("GET", "/desktops", SignedIn),
    ("POST", "/desktops", SignedIn),
    ("GET", "/desktops/{id}", SignedIn),
    ("PATCH", "/desktops/{id}", SignedIn),
    ("DELETE", "/desktops/{id}", SignedIn),
    ("POST", "/desktops/{id}/start", SignedIn),
    ("POST", "/desktops/{id}/stop", SignedIn),
    ("GET", "/desktops/{id}/events", SignedIn),
    ("GET", "/desktops/{id}/vnc", SignedIn),
    ("GET", "/events", SignedIn),
    ("GET", "/limits", SignedIn),
    ("GET", "/admin/users", Admin),
    ("POST", "/admin/users", Admin),
    ("GET", "/admin/users/{id}", Admin),
    ("PATCH", "/admin/users/{id}", Admin),
    ("GET", "/admin/queue", Operator),
    ("POST", "/admin/queue/pause", Operator),
    ("POST", "/admin/queue/resume", Operator),
    ("GET", "/admin/jobs", Operator),
    ("GET", "/admin/jobs/{id}", Operator),
    ("POST", "/admin/jobs/{id}/retry", Operator),
    ("POST", "/admin/jobs/{id}/cancel", Operator),
    ("POST", "/admin/jobs/retry", Operator),
    ("POST", "/admin/jobs/cancel", Operator),
    ("GET", "/admin/workers", Operator),
    ("GET", "/admin/drift", Operator),
    ("POST", "/admin/drift/compare", Operator),
    ("POST", "/admin/drift/{id}/adopt", Operator),
    ("POST", "/admin/drift/{id}/remove", Operator),
    ("POST", "/admin/drift/{id}/forget", Operator),
    ("GET", "/admin/templates", Admin),
    ("POST", "/admin/templates", Admin),
    ("PUT", "/admin/templates/order", Admin),
    ("GET", "/admin/templates/{id}", Admin),
    ("PATCH", "/admin/templates/{id}", Admin),
    ("DELETE", "/admin/templates/{id}", Admin),
    ("POST", "/admin/templates/{id}/pull", Admin),
    ("GET", "/admin/registries", Admin),
    ("PUT", "/admin/registries/{host}", Admin),
    ("DELETE", "/admin/registries/{host}", Admin),
];

/// What these answer whatever body comes with them: they take none.
const WITHOUT_BODY: &[(&str, u16)] =
    &[("/admin/queue/pause", 200), ("/admin/queue/resume", 200), ("/admin/drift/compare", 202)];

#[test]
fn every_operation_is_in_the_list() {
    let described: Value = serde_json::to_value(berth_api::router::description()).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let operations: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            let path = path.strip_prefix("/api/v1").unwrap();
            item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.to_owned()))
        })
        .collect();
    let listed = CALLS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(operations, listed);
}

async fn call(browser: &Browser, method: &str, path: &str, body: &str) -> Answer {
    let path = path.replace("{id}", "01J00000000000000000000000").replace("{host}", "registry.example");
    let request = browser.request(method, &path).header("content-type", "application/json");
    Answer::of(if body.is_empty() { request } else { request.body(body.to_owned()) }).await
}

/// Who calls, then the thing, then the body: so garbage in the body never hides the first two.
#[tokio::test]
async fn who_calls_comes_before_the_thing_and_that_before_the_body() {
    let db = TestDb::sqlite().await;
    let api = TestApp::start(&db).await;
    let user = api.signed_in("ada", Role::User).await;
    let operator = api.signed_in("op", Role::Operator).await;
    let admin = api.signed_in("root", Role::Admin).await;
    for (method, path, who) in CALLS.iter().filter(|(_, path, _)| !path.starts_with("/auth/") && *path != "/events") {
        let body = if matches!(*method, "POST" | "PUT" | "PATCH") { "{not json" } else { "" };
        let answers = [
            call(&api.browser(), method, path, body).await,
            call(&user, method, path, body).await,
            call(&operator, method, path, body).await,
            call(&admin, method, path, body).await,
        ];
        let statuses = answers.map(|a| a.status);
        let thing = if path.contains("{id}") || (path.contains("{host}") && body.is_empty()) {
            404
        } else if let Some((_, status)) = WITHOUT_BODY.iter().find(|(without, _)| without == path) {
            *status
        } else if body.is_empty() {
            200
        } else {
            400
        };
        let expected = match who {
            Anybody => [200, 200, 200, 200],
            SignedIn => [401, thing, thing, thing],
            Operator => [401, 403, thing, thing],
            Admin => [401, 403, 403, thing],
        };
        assert_eq!(statuses, expected, "{method} {path}");
    }
    call(&api.browser(), "POST", "/auth/logout-all", "").await.refused(401, "unauthenticated");
    call(&api.browser(), "GET", "/events", "").await.refused(401, "unauthenticated");
    user.get("/events?room=admin").await.refused(403, "forbidden");
}

#[tokio::test]
async fn calls_are_limited_by_user_and_without_one_by_address() {
    let db = TestDb::sqlite().await;
    let api = TestApp::with(&db, &["--api-limits=5/minute"]).await;
    api.user("ada", Role::User).await;
    let ada = api.browser();
    let login = json!({ "username": "ada", "password": crate::app::PASSWORD });
    let from_elsewhere = ada.request("POST", "/auth/login").header("x-forwarded-for", "203.0.113.7").json(&login);
    Answer::of(from_elsewhere).await.ok(200);
    for _ in 0..5 {
        ada.get("/me").await.ok(200);
    }
    let refused = ada.get("/me").await;
    refused.refused(429, "rate_limited");
    assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("5", "0"));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 12);
    for _ in 0..5 {
        api.browser().get("/about").await.ok(200);
    }
    api.browser().get("/about").await.refused(429, "rate_limited");
}
