//! The one list of who may call what. An operation that is not in it fails the test, and so does one that answers anybody
//! otherwise than the list says.
//!
//! Who calls comes before the thing and that before the body: bodies are garbage, and every `{id}` but a desktop's is of nothing.
use std::collections::BTreeSet;

use berth_shared::{both_databases, domain::user::Role, testing, testing::TestDb};
use serde_json::{Value, json};

use crate::{
    app::TestApp,
    browser::{Answer, Browser},
    tokens::token,
};

/// What nobody, an ended session, a user, another user, an operator, an administrator, and three tokens of an administrator are
/// answered: `read`, `desktops`, `admin`.
type Answers = [u16; 9];

/// Without signing in; it has nothing to do with tokens.
const fn open(s: u16) -> Answers {
    [s; 9]
}
/// Signing in: not with a token.
const fn sign_in(s: u16) -> Answers {
    [s, s, s, s, s, s, 403, 403, 403]
}
/// Whoever is signed in, and every token.
const fn all(s: u16) -> Answers {
    [401, 401, s, s, s, s, s, s, s]
}
/// Whoever is signed in, and no token.
const fn no_token(s: u16) -> Answers {
    [401, 401, s, s, s, s, 403, 403, 403]
}
const fn operators_read(s: u16) -> Answers {
    [401, 401, 403, 403, s, s, s, s, s]
}
const fn operators_write(s: u16) -> Answers {
    [401, 401, 403, 403, s, s, 403, 403, s]
}
const fn admins_read(s: u16) -> Answers {
    [401, 401, 403, 403, 403, s, s, s, s]
}
const fn admins_write(s: u16) -> Answers {
    [401, 401, 403, 403, 403, s, 403, 403, s]
}
/// The first user's desktop: hidden from another user and from operators.
const fn desktop_read(s: u16) -> Answers {
    [401, 401, s, 404, 404, s, s, s, s]
}
const fn desktop_write(s: u16) -> Answers {
    [401, 401, s, 404, 404, s, 403, s, s]
}

/// In the order in which they are called: what ends a desktop or a log-in comes last.
const CALLS: &[(&str, &str, Answers)] = &[
    ("GET", "/about", open(200)),
    ("GET", "/me", all(200)),
    ("GET", "/me/sessions", no_token(200)),
    ("PUT", "/me/password", no_token(400)),
    ("DELETE", "/me/sessions/{id}", no_token(404)),
    ("GET", "/me/two-factor", no_token(200)),
    ("POST", "/me/two-factor", no_token(400)),
    ("POST", "/me/two-factor/confirm", no_token(400)),
    ("DELETE", "/me/two-factor", no_token(400)),
    ("GET", "/tokens", no_token(200)),
    ("POST", "/tokens", no_token(400)),
    ("DELETE", "/tokens/{id}", no_token(404)),
    ("GET", "/templates", all(200)),
    ("POST", "/page-errors", no_token(400)),
    ("GET", "/limits", all(200)),
    ("GET", "/events", all(200)),
    ("GET", "/desktops", all(200)),
    ("POST", "/desktops", [401, 401, 400, 400, 400, 400, 403, 400, 400]),
    ("GET", "/desktops/{id}", desktop_read(200)),
    ("GET", "/desktops/{id}/events", desktop_read(200)),
    ("PATCH", "/desktops/{id}", desktop_write(400)),
    // An administrator does not look into it.
    ("GET", "/desktops/{id}/vnc", [401, 401, 409, 404, 404, 404, 403, 404, 404]),
    ("POST", "/desktops/{id}/stop", desktop_write(202)),
    ("POST", "/desktops/{id}/start", desktop_write(202)),
    ("DELETE", "/desktops/{id}", desktop_write(202)),
    ("GET", "/admin/users", admins_read(200)),
    ("POST", "/admin/users", admins_write(400)),
    ("GET", "/admin/users/{id}", admins_read(404)),
    ("PATCH", "/admin/users/{id}", admins_write(404)),
    ("DELETE", "/admin/users/{id}", admins_write(404)),
    ("POST", "/admin/users/{id}/invite", admins_write(404)),
    ("POST", "/admin/users/{id}/sign-out", admins_write(404)),
    ("GET", "/admin/users/{id}/sessions", admins_read(404)),
    ("DELETE", "/admin/users/{id}/sessions/{session}", admins_write(404)),
    ("DELETE", "/admin/users/{id}/two-factor", admins_write(404)),
    ("GET", "/admin/groups", admins_read(200)),
    ("POST", "/admin/groups", admins_write(400)),
    ("GET", "/admin/groups/{id}", admins_read(404)),
    ("PATCH", "/admin/groups/{id}", admins_write(404)),
    ("DELETE", "/admin/groups/{id}", admins_write(404)),
    ("GET", "/admin/templates", admins_read(200)),
    ("POST", "/admin/templates", admins_write(400)),
    ("PUT", "/admin/templates/order", admins_write(400)),
    ("GET", "/admin/templates/{id}", admins_read(404)),
    ("PATCH", "/admin/templates/{id}", admins_write(404)),
    ("DELETE", "/admin/templates/{id}", admins_write(404)),
    ("POST", "/admin/templates/{id}/pull", admins_write(404)),
    ("GET", "/admin/registries", admins_read(200)),
    ("PUT", "/admin/registries/{host}", admins_write(400)),
    ("DELETE", "/admin/registries/{host}", admins_write(404)),
    ("GET", "/admin/audit", admins_read(200)),
    ("GET", "/admin/audit/export", admins_read(200)),
    ("GET", "/admin/queue", operators_read(200)),
    ("POST", "/admin/queue/pause", operators_write(200)),
    ("POST", "/admin/queue/resume", operators_write(200)),
    ("GET", "/admin/jobs", operators_read(200)),
    ("GET", "/admin/jobs/{id}", operators_read(404)),
    ("POST", "/admin/jobs/{id}/retry", operators_write(404)),
    ("POST", "/admin/jobs/{id}/cancel", operators_write(404)),
    ("POST", "/admin/jobs/retry", operators_write(400)),
    ("POST", "/admin/jobs/cancel", operators_write(400)),
    ("GET", "/admin/workers", operators_read(200)),
    ("GET", "/admin/operations", operators_read(200)),
    ("GET", "/admin/drift", operators_read(200)),
    ("POST", "/admin/drift/compare", operators_write(202)),
    ("POST", "/admin/drift/{id}/adopt", operators_write(404)),
    ("POST", "/admin/drift/{id}/remove", operators_write(404)),
    ("POST", "/admin/drift/{id}/forget", operators_write(404)),
    ("POST", "/auth/login", sign_in(400)),
    ("POST", "/auth/invite", sign_in(400)),
    ("POST", "/auth/invite/accept", sign_in(400)),
    ("GET", "/auth/oidc/{id}/start", sign_in(404)),
    ("GET", "/auth/oidc/{id}/callback", sign_in(404)),
    ("POST", "/auth/refresh", [401, 401, 200, 200, 200, 200, 403, 403, 403]),
    ("POST", "/auth/logout-all", no_token(204)),
    ("POST", "/auth/logout", sign_in(204)),
];

#[test]
fn every_operation_is_in_the_list() {
    let described: Value = serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let operations: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            let path = path.strip_prefix("/api/v1").unwrap();
            item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.to_owned()))
        })
        .collect();
    let listed: BTreeSet<_> =
        CALLS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(operations, listed);
    assert_eq!(listed.len(), CALLS.len(), "each of them once");
}

/// The status alone: a stream of events has no end.
async fn status(who: &(Browser, Option<String>), method: &str, path: &str) -> u16 {
    let (browser, token) = who;
    let mut request = browser.request(method, path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if matches!(method, "POST" | "PUT" | "PATCH" | "DELETE") {
        request = request.body("{not json");
    }
    request.send().await.unwrap().status().as_u16()
}

both_databases! {
    async fn who_may_call_what(db: TestDb) {
        let api = TestApp::with(&db, &["--start-limits=off", "--api-limits=off"]).await;
        testing::template(&api.db, "berth/light").await;
        let (user, another) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::User).await);
        let ended = api.signed_in("eve", Role::User).await;
        let (operator, admin) = (api.signed_in("op", Role::Operator).await, api.signed_in("root", Role::Admin).await);
        let other_admin = api.signed_in("second", Role::Admin).await;
        let desktop = user.desktop().await["id"].as_str().unwrap().to_owned();
        let eve = ended.get("/me").await.ok(200)["id"].as_str().unwrap().to_owned();
        admin.call("POST", &format!("/admin/users/{eve}/sign-out")).await.ok(204);
        let mut who: Vec<(Browser, Option<String>)> =
            [api.browser(), ended, user, another, operator, admin].map(|browser| (browser, None)).into();
        for scope in ["read", "desktops", "admin"] {
            who.push((api.browser(), Some(token(&other_admin, scope).await)));
        }
        for (method, path, expected) in CALLS {
            let of = if path.starts_with("/desktops/") { desktop.as_str() } else { "01J00000000000000000000000" };
            let path = path.replace("{id}", of).replace("{session}", "01J00000000000000000000001");
            let path = path.replace("{host}", "registry.example");
            let mut answers = [0; 9];
            for (who, answer) in who.iter().zip(&mut answers) {
                *answer = status(who, method, &path).await;
            }
            assert_eq!(answers, *expected, "{method} {path}");
        }
        // What the path does not say.
        let operator = api.signed_in("op2", Role::Operator).await;
        operator.get("/desktops?owner=ada").await.refused(403, "forbidden");
        let user = api.signed_in("uli", Role::User).await;
        user.get("/events?room=admin").await.refused(403, "forbidden");
    }
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
