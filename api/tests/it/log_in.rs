//! Signing in, staying signed in, and every way in which that ends.
use std::time::Duration;

use berth_api::auth::tokens::Token;
use berth_shared::{both_databases, domain::user::Role, store::sessions};
use serde_json::json;

use crate::{
    app::{PASSWORD, TestApp},
    browser::{Answer, Browser},
};

fn cookie(answer: &Answer, name: &str) -> String {
    let line = answer.cookies().into_iter().find(|line| line.starts_with(&format!("{name}="))).unwrap();
    line.split(['=', ';']).nth(1).unwrap().to_owned()
}

/// A call with this one cookie, as from another browser.
async fn with_cookie(api: &TestApp, method: &str, path: &str, cookie: &str) -> Answer {
    Answer::of(api.browser().request(method, path).header("cookie", cookie)).await
}

async fn wrong(browser: &Browser, from: &str, name: &str) -> Answer {
    let body = json!({ "username": name, "password": "wrong password" });
    Answer::of(browser.request("POST", "/auth/login").header("x-forwarded-for", from).json(&body)).await
}

both_databases! {
    async fn a_session_begins_and_ends(db: TestDb) {
        let api = TestApp::start(&db).await;
        api.user("Ada", Role::User).await;
        let browser = api.browser();
        browser.get("/me").await.refused(401, "unauthenticated");
        let answer = browser.log_in("ada", PASSWORD).await;
        for name in ["berth_session", "berth_refresh"] {
            let line = answer.cookies().into_iter().find(|line| line.starts_with(name)).unwrap();
            assert!(line.contains("; Path=/; HttpOnly; SameSite=Lax") && !line.contains("Secure"), "{line}");
        }
        let body = answer.ok(200);
        assert_eq!((body["user"]["username"].as_str(), body["user"]["role"].as_str()), (Some("Ada"), Some("user")));
        assert!(body["expires_at"].as_str().unwrap().ends_with('Z'));
        assert_eq!(browser.get("/me").await.ok(200), body["user"]);

        let out = browser.call("POST", "/auth/logout").await;
        assert!(out.cookies().iter().all(|line| line.contains("Max-Age=0")), "{:?}", out.cookies());
        out.ok(204);
        browser.get("/me").await.refused(401, "unauthenticated");
        browser.call("POST", "/auth/logout").await.ok(204);
    }

    async fn wrong_passwords_are_throttled_where_they_come_from(db: TestDb) {
        let api = TestApp::start(&db).await;
        api.user("ada", Role::User).await;
        let browser = api.browser();
        wrong(&browser, "203.0.113.1", "nobody").await.refused(401, "bad_credentials");
        wrong(&browser, "203.0.113.1", "no such\u{0}name").await.refused(401, "bad_credentials");
        for _ in 0..5 {
            wrong(&browser, "203.0.113.1", "ada").await.refused(401, "bad_credentials");
        }
        let refused = wrong(&browser, "203.0.113.1", "ADA").await;
        refused.refused(429, "too_many_failures");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        // The owner, elsewhere, is not locked out.
        wrong(&browser, "203.0.113.2", "ada").await.refused(401, "bad_credentials");
        browser.log_in("ada", PASSWORD).await.ok(200);
    }

    async fn refreshing_renews_and_a_stolen_token_ends_the_family(db: TestDb) {
        let api = TestApp::start(&db).await;
        let user = api.user("ada", Role::User).await;
        let browser = api.browser();
        let first = browser.log_in("ada", PASSWORD).await;
        let (old_session, old_refresh) = (cookie(&first, "berth_session"), cookie(&first, "berth_refresh"));
        browser.call("POST", "/auth/refresh").await.ok(200);
        browser.get("/me").await.ok(200);
        with_cookie(&api, "GET", "/me", &format!("berth_session={old_session}")).await.refused(401, "session_ended");
        // A second tab was late: it is served, and the first tab's token still is good for a refresh.
        let late = format!("berth_refresh={old_refresh}");
        with_cookie(&api, "POST", "/auth/refresh", &late).await.ok(200);
        browser.call("POST", "/auth/refresh").await.ok(200);
        browser.get("/me").await.ok(200);

        // Much later it is a thief, or the thief was first: everybody of this log-in is out.
        let mut tx = api.db.begin().await.unwrap();
        let mut session = sessions::of_user(&mut tx, &user.id).await.unwrap().remove(0);
        session.previous_refresh_hash = Some(Token::parse(&old_refresh).unwrap().hash());
        session.rotated_at = session.rotated_at.map(|at| at.minus(Duration::from_secs(31)));
        sessions::rotate(&mut tx, &session).await.unwrap();
        tx.commit().await.unwrap();
        with_cookie(&api, "POST", "/auth/refresh", &late).await.refused(401, "session_ended");
        browser.get("/me").await.refused(401, "session_ended");
        browser.call("POST", "/auth/refresh").await.refused(401, "session_ended");
        browser.call("POST", "/auth/refresh").await.refused(401, "unauthenticated");
    }

    async fn a_session_that_ran_out_says_so(db: TestDb) {
        let api = TestApp::start(&db).await;
        let browser = api.signed_in("ada", Role::User).await;
        let user = browser.get("/me").await.ok(200);
        let mut tx = api.db.begin().await.unwrap();
        let mut session = sessions::of_user(&mut tx, user["id"].as_str().unwrap()).await.unwrap().remove(0);
        let past = session.created_at.minus(Duration::from_secs(1));
        session.expires_at = past;
        sessions::rotate(&mut tx, &session).await.unwrap();
        tx.commit().await.unwrap();
        browser.get("/me").await.refused(401, "session_ended");
        browser.call("POST", "/auth/refresh").await.ok(200);
        browser.get("/me").await.ok(200);
    }

    async fn log_ins_are_listed_and_ended(db: TestDb) {
        let api = TestApp::start(&db).await;
        let here = api.signed_in("ada", Role::User).await;
        let (there, other) = (api.browser(), api.signed_in("bob", Role::User).await);
        there.log_in("ada", PASSWORD).await.ok(200);
        let list = here.get("/me/sessions").await.ok(200);
        let items = list["items"].as_array().unwrap();
        assert_eq!((items.len(), &list["next_cursor"]), (2, &json!(null)));
        let id = items.iter().find(|s| s["current"] == false).unwrap()["id"].as_str().unwrap();
        other.call("DELETE", &format!("/me/sessions/{id}")).await.refused(404, "not_found");
        here.call("DELETE", &format!("/me/sessions/{id}")).await.ok(204);
        here.call("DELETE", &format!("/me/sessions/{id}")).await.refused(404, "not_found");
        there.get("/me").await.refused(401, "session_ended");
        there.log_in("ada", PASSWORD).await.ok(200);
        here.call("POST", "/auth/logout-all").await.ok(204);
        there.get("/me").await.refused(401, "session_ended");
        other.get("/me").await.ok(200);
    }

    async fn a_new_password_ends_the_other_log_ins(db: TestDb) {
        let api = TestApp::start(&db).await;
        let (here, there) = (api.signed_in("ada", Role::User).await, api.browser());
        there.log_in("ada", PASSWORD).await.ok(200);
        let put = async |current: &str, new: &str| {
            here.send("PUT", "/me/password", &json!({ "current_password": current, "new_password": new })).await
        };
        put("wrong password", "a new password").await.refused(401, "bad_credentials");
        let short = put(PASSWORD, "short").await;
        short.refused(422, "validation_failed");
        assert_eq!(short.body["errors"][0]["field"], "new_password");
        put(PASSWORD, "a new password").await.ok(204);
        here.get("/me").await.ok(200);
        there.get("/me").await.refused(401, "session_ended");
        there.log_in("ada", PASSWORD).await.refused(401, "bad_credentials");
        there.log_in("ada", "a new password").await.ok(200);
    }
}
