//! Tokens for programs: shown once, good for what their scopes say, never for what is about signing in.
use berth_shared::{both_databases, domain::user::Role, testing, testing::Clock};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{
    app::TestApp,
    browser::{Answer, Browser},
    groups::path_of,
};

/// A call with a token and nothing else.
pub(crate) async fn call(api: &TestApp, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let mut request = api.browser().request(method, path).header("authorization", format!("Bearer {token}"));
    if let Some(body) = body {
        request = request.json(body);
    }
    Answer::of(request).await
}

/// A new token with one scope.
pub(crate) async fn token(browser: &Browser, scope: &str) -> String {
    let made =
        browser.send("POST", "/tokens", &json!({ "name": scope, "scopes": [scope], "expires_in_days": null })).await;
    made.ok(201)["token"].as_str().unwrap().to_owned()
}

both_databases! {
    async fn a_token_is_shown_once_and_taken_back(db: TestDb) {
        let api = TestApp::start(&db).await;
        let (ada, bob) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::User).await);
        let new = json!({ "name": " CI ", "scopes": ["desktops", "read"], "expires_in_days": 30 });
        let made = ada.send("POST", "/tokens", &new).await.ok(201);
        let secret = made["token"].as_str().unwrap();
        assert!(secret.starts_with("berth_") && secret.len() == 49, "{secret}");
        assert_eq!((&made["name"], &made["scopes"], &made["last_used_at"]), (&json!("CI"), &json!(["read", "desktops"]), &json!(null)));
        assert_eq!(call(&api, secret, "GET", "/me", None).await.ok(200)["username"], "ada");
        let listed = ada.get("/tokens").await.ok(200);
        assert!(listed["items"][0]["last_used_at"].is_string() && !listed.to_string().contains(secret));
        assert_eq!(bob.get("/tokens").await.ok(200)["items"], json!([]));
        let path = format!("/tokens/{}", made["id"].as_str().unwrap());
        bob.call("DELETE", &path).await.refused(404, "not_found");
        ada.call("DELETE", &path).await.ok(204);
        ada.call("DELETE", &path).await.refused(404, "not_found");
        call(&api, secret, "GET", "/me", None).await.refused(401, "token_invalid");
        for garbage in ["", "berth_", "x", &format!("berth_{}", "x".repeat(43)), &secret[6..]] {
            call(&api, garbage, "GET", "/me", None).await.refused(401, "token_invalid");
        }
        // A cookie beside it does not count.
        let both = ada.request("GET", "/me").header("authorization", "Bearer berth_no");
        Answer::of(both).await.refused(401, "token_invalid");
    }

    async fn what_does_not_fit_is_named(db: TestDb) {
        let api = TestApp::start(&db).await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        let ask = |name: &str, scopes: Value, days: Value| json!({ "name": name, "scopes": scopes, "expires_in_days": days });
        for (body, field) in [
            (ask("", json!(["read"]), json!(1)), "name"),
            (ask("x", json!([]), json!(1)), "scopes"),
            (ask("x", json!(["admin"]), json!(1)), "scopes"),
            (ask("x", json!(["root"]), json!(1)), "scopes[0]"),
            (ask("x", json!(["read"]), json!(0)), "expires_in_days"),
            (ask("x", json!(["read"]), json!(366)), "expires_in_days"),
            (json!({ "name": "x" }), "scopes"),
        ] {
            let refused = ada.send("POST", "/tokens", &body).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field, "{body}");
        }
        op.send("POST", "/tokens", &ask("x", json!(["admin"]), json!(null))).await.ok(201);
        for _ in 0..20 {
            token(&ada, "read").await;
        }
        ada.send("POST", "/tokens", &ask("x", json!(["read"]), json!(1))).await.refused(409, "too_many_tokens");
    }

    async fn it_ends_with_time_and_with_its_owner(db: TestDb) {
        let api = TestApp::start(&db).await;
        let (ada, root) = (api.signed_in("ada", Role::User).await, api.signed_in("root", Role::Admin).await);
        let new = json!({ "name": "x", "scopes": ["read"], "expires_in_days": 1 });
        let short = ada.send("POST", "/tokens", &new).await.ok(201)["token"].as_str().unwrap().to_owned();
        let long = token(&ada, "read").await;
        let mut clock = Clock::new(&api.db).await;
        clock.pass(Duration::from_secs(24 * 3600 + 1)).await;
        call(&api, &short, "GET", "/me", None).await.refused(401, "token_invalid");
        call(&api, &long, "GET", "/me", None).await.ok(200);
        root.call("POST", "/auth/refresh").await.ok(200);
        let path = path_of(&root, "ada").await;
        // Signing out is about log-ins.
        root.call("POST", &format!("{path}/sign-out")).await.ok(204);
        call(&api, &long, "GET", "/me", None).await.ok(200);
        root.send("PATCH", &path, &json!({ "disabled": true })).await.ok(200);
        call(&api, &long, "GET", "/me", None).await.refused(401, "token_invalid");
        root.send("PATCH", &path, &json!({ "disabled": false })).await.ok(200);
        call(&api, &long, "GET", "/me", None).await.refused(401, "token_invalid");
    }

    async fn it_does_what_its_scopes_say_from_wherever_it_comes(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let root = api.signed_in("root", Role::Admin).await;
        let [read, desktops, admin] = [token(&root, "read").await, token(&root, "desktops").await, token(&root, "admin").await];
        let new = json!({ "template": "light" });
        call(&api, &read, "POST", "/desktops", Some(&new)).await.refused(403, "token_not_allowed");
        let id = call(&api, &desktops, "POST", "/desktops", Some(&new)).await.ok(202)["id"].as_str().unwrap().to_owned();
        call(&api, &read, "GET", &format!("/desktops/{id}"), None).await.ok(200);
        call(&api, &read, "GET", &format!("/desktops/{id}/vnc"), None).await.refused(403, "token_not_allowed");
        call(&api, &desktops, "GET", &format!("/desktops/{id}/vnc"), None).await.refused(409, "not_running");
        call(&api, &read, "GET", "/admin/users", None).await.ok(200);
        call(&api, &desktops, "POST", "/admin/queue/pause", None).await.refused(403, "token_not_allowed");
        call(&api, &admin, "POST", "/admin/queue/pause", None).await.ok(200);
        for (method, path) in [
            ("PUT", "/me/password"), ("GET", "/tokens"), ("POST", "/tokens"), ("GET", "/me/sessions"), ("POST", "/auth/logout-all"),
            ("DELETE", "/me/sessions/x"), ("POST", "/auth/refresh"), ("DELETE", "/tokens/x"),
        ] {
            call(&api, &admin, method, path, None).await.refused(403, "token_not_allowed");
        }
        let elsewhere = api.browser().request("POST", &format!("/desktops/{id}/stop"));
        let elsewhere = elsewhere.header("authorization", format!("Bearer {desktops}")).header("origin", "http://evil.test");
        Answer::of(elsewhere).await.ok(202);
        // The audit log says which token it was.
        let lines = root.get("/admin/audit?action=desktop.stop").await.ok(200);
        assert_eq!((&lines["items"][0]["actor"], &lines["items"][0]["detail"]), (&json!("root"), &json!("With the token “desktops”.")));
    }
}
