//! Signing in, staying signed in, and every way in which that ends.
use std::time::Duration;

use berth_api::{
    auth::{sessions::begin, tokens::Token},
    ear::Family,
};
use berth_shared::{both_databases, domain::user::Role, store::sessions, testing::eventually};
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

    async fn refreshing_renews(db: TestDb) {
        let api = TestApp::start(&db).await;
        api.user("ada", Role::User).await;
        let browser = api.browser();
        let first = browser.log_in("ada", PASSWORD).await;
        let old_session = cookie(&first, "berth_session");
        browser.get("/me").await.ok(200);
        browser.call("POST", "/auth/refresh").await.ok(200);
        browser.get("/me").await.ok(200);
        with_cookie(&api, "GET", "/me", &format!("berth_session={old_session}")).await.refused(401, "session_ended");
    }

    async fn a_second_tab_is_given_the_same_successor(db: TestDb) {
        let api = TestApp::start(&db).await;
        api.user("ada", Role::User).await;
        let first = api.browser().log_in("ada", PASSWORD).await;
        let refresh = format!("berth_refresh={}", cookie(&first, "berth_refresh"));
        // Many tabs wake up at once.
        let tabs = (0..8).map(|_| with_cookie(&api, "POST", "/auth/refresh", &refresh));
        let answers = futures_util::future::join_all(tabs).await;
        let tokens: Vec<_> = answers.iter().map(|a| (cookie(a, "berth_session"), cookie(a, "berth_refresh"))).collect();
        assert!(tokens.iter().all(|pair| *pair == tokens[0]), "{tokens:?}");
        for answer in answers {
            answer.ok(200);
        }
        let (session, next) = &tokens[0];
        with_cookie(&api, "GET", "/me", &format!("berth_session={session}")).await.ok(200);
        with_cookie(&api, "POST", "/auth/refresh", &format!("berth_refresh={next}")).await.ok(200);
        // There is one log-in, whatever the tabs did.
        let list = with_cookie(&api, "GET", "/me/sessions", &format!("berth_session={session}")).await;
        list.refused(401, "session_ended");
    }

    async fn a_refresh_token_that_comes_again_later_ends_its_family(db: TestDb) {
        let api = TestApp::start(&db).await;
        let user = api.user("ada", Role::User).await;
        // A moment later; and after more refreshes, however soon.
        for refreshes in [1, 3] {
            let (browser, other) = (api.browser(), api.browser());
            let first = browser.log_in("ada", PASSWORD).await;
            other.log_in("ada", PASSWORD).await.ok(200);
            let old = format!("berth_refresh={}", cookie(&first, "berth_refresh"));
            for _ in 0..refreshes {
                browser.call("POST", "/auth/refresh").await.ok(200);
            }
            let mut tx = api.db.begin().await.unwrap();
            let all = sessions::of_user(&mut tx, &user.id).await.unwrap();
            let mut session = all.into_iter().find(|session| session.rotated_at.is_some()).unwrap();
            session.rotated_at = session.rotated_at.map(|at| at.minus(Duration::from_secs(11)));
            sessions::rotate(&mut tx, &session).await.unwrap();
            tx.commit().await.unwrap();
            browser.get("/me").await.ok(200);
            with_cookie(&api, "POST", "/auth/refresh", &old).await.refused(401, "session_ended");
            browser.get("/me").await.refused(401, "session_ended");
            browser.call("POST", "/auth/refresh").await.refused(401, "session_ended");
            browser.call("POST", "/auth/refresh").await.refused(401, "unauthenticated");
            other.get("/me").await.ok(200);
        }
    }

    async fn nothing_secret_is_stored_as_it_is(db: TestDb) {
        let api = TestApp::start(&db).await;
        let user = api.user("ada", Role::User).await;
        let browser = api.browser();
        browser.log_in("ada", PASSWORD).await;
        let renewed = browser.call("POST", "/auth/refresh").await;
        let mut tx = api.db.read().await.unwrap();
        let row = format!("{:?}", sessions::of_user(&mut tx, &user.id).await.unwrap());
        for name in ["berth_session", "berth_refresh"] {
            let token = cookie(&renewed, name);
            assert!(!row.contains(&token) && row.contains(&Token::parse(&token).unwrap().hash()), "{row}");
        }
    }

    async fn what_ends_here_ends_at_another_api_within_a_second(db: TestDb) {
        let (api, elsewhere) = (TestApp::start(&db).await, TestApp::start(&db).await);
        api.user("ada", Role::User).await;
        let root = api.signed_in("root", Role::Admin).await;
        let first = api.browser().log_in("ada", PASSWORD).await;
        let session = format!("berth_session={}", cookie(&first, "berth_session"));
        let there = async || with_cookie(&elsewhere, "GET", "/me", &session).await;
        let id = there().await.ok(200)["id"].as_str().unwrap().to_owned();
        let path = format!("/admin/users/{id}");
        root.send("PATCH", &path, &json!({ "role": "operator" })).await.ok(200);
        assert_eq!(with_cookie(&api, "GET", "/me", &session).await.ok(200)["role"], "operator");
        let begun = std::time::Instant::now();
        eventually("the role is known", async || (there().await.ok(200)["role"] == "operator").then_some(())).await;
        assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());

        root.send("PATCH", &path, &json!({ "disabled": true })).await.ok(200);
        with_cookie(&api, "GET", "/me", &session).await.refused(401, "session_ended");
        let begun = std::time::Instant::now();
        eventually("the log-in has ended", async || (there().await.status == 401).then_some(())).await;
        assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    }

    async fn a_log_in_under_way_with_what_was_right_until_now_counts_no_more(db: TestDb) {
        let api = TestApp::start(&db).await;
        let before = api.user("ada", Role::User).await;
        let mut tx = api.db.begin().await.unwrap();
        sessions::end_all(&mut tx, &before.id, None).await.unwrap();
        tx.commit().await.unwrap();
        // It read the user before all was ended, and writes after.
        let mut tx = api.db.begin().await.unwrap();
        let late = begin(&api.app, &mut tx, &before, "Test".to_owned(), [127, 0, 0, 1].into()).await.unwrap();
        tx.commit().await.unwrap();
        with_cookie(&api, "GET", "/me", &format!("berth_session={}", late.session.reveal())).await.refused(401, "session_ended");
        let refresh = format!("berth_refresh={}", late.refresh.reveal());
        with_cookie(&api, "POST", "/auth/refresh", &refresh).await.refused(401, "session_ended");
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
        // Who called just now is known for a second.
        eventually("it is over", async || (browser.get("/me").await.status == 401).then_some(())).await;
        browser.get("/me").await.refused(401, "session_ended");
        browser.call("POST", "/auth/refresh").await.ok(200);
        browser.get("/me").await.ok(200);
    }

    async fn a_log_in_that_ran_out_has_vanished_for_its_streams(db: TestDb) {
        let api = TestApp::start(&db).await;
        let user = api.user("ada", Role::User).await;
        let browser = api.browser();
        browser.log_in("ada", PASSWORD).await.ok(200);
        browser.call("POST", "/auth/refresh").await.ok(200);
        let mut tx = api.db.begin().await.unwrap();
        let mut session = sessions::of_user(&mut tx, &user.id).await.unwrap().remove(0);
        let family = Family { user_id: user.id.clone(), session_id: session.id.clone() };
        assert!(!family.has_vanished(&api.app).await);
        session.refresh_expires_at = session.created_at.minus(Duration::from_secs(1));
        sessions::rotate(&mut tx, &session).await.unwrap();
        tx.commit().await.unwrap();
        assert!(family.has_vanished(&api.app).await);
        browser.call("POST", "/auth/refresh").await.refused(401, "session_ended");
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
        for bad in ["nine char", "password123", "adaadaada1", "qwertyuiop123"] {
            put(PASSWORD, bad).await.refused(422, "validation_failed");
        }
        put(PASSWORD, "a new password").await.ok(204);
        here.get("/me").await.ok(200);
        there.get("/me").await.refused(401, "session_ended");
        there.log_in("ada", PASSWORD).await.refused(401, "bad_credentials");
        there.log_in("ada", "a new password").await.ok(200);
    }
}
