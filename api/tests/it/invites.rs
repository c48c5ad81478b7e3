//! Invitations: a link that works once, for a week, until there is a newer one.
use berth_shared::{both_databases, domain::user::Role, testing::Clock};
use serde_json::json;
use std::time::Duration;

use crate::{
    app::{PASSWORD, TestApp},
    browser::Browser,
    groups::path_of,
};

/// A link's secret.
pub(crate) async fn invite(root: &Browser, path: &str) -> String {
    let link = root.call("POST", &format!("{path}/invite")).await.ok(201);
    let (before, token) = link["url"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!(before, "http://127.0.0.1:8080/invite");
    token.to_owned()
}

both_databases! {
    async fn by_a_link_somebody_sets_their_password_and_is_in(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        root.send("POST", "/admin/users", &json!({ "username": "ada", "role": "user", "display_name": "Ada L." })).await.ok(201);
        let path = path_of(&root, "ada").await;
        let old = invite(&root, &path).await;
        let token = invite(&root, &path).await;
        assert_eq!(root.get(&path).await.ok(200)["invited"], true);
        let ada = api.browser();
        ada.send("POST", "/auth/invite", &json!({ "token": old })).await.refused(404, "invite_invalid");
        let seen = ada.send("POST", "/auth/invite", &json!({ "token": token })).await.ok(200);
        assert_eq!((&seen["username"], &seen["display_name"]), (&json!("ada"), &json!("Ada L.")));
        for garbage in ["", "x", &"x".repeat(43), "\u{0}"] {
            ada.send("POST", "/auth/invite", &json!({ "token": garbage })).await.refused(404, "invite_invalid");
            let accept = json!({ "token": garbage, "password": PASSWORD });
            ada.send("POST", "/auth/invite/accept", &accept).await.refused(404, "invite_invalid");
        }
        let weak = ada.send("POST", "/auth/invite/accept", &json!({ "token": token, "password": "short" })).await;
        weak.refused(422, "validation_failed");
        assert_eq!(weak.body["errors"][0]["field"], "password");
        // Of two at once one is in.
        let body = json!({ "token": token, "password": PASSWORD });
        let other = api.browser();
        let (a, b) = tokio::join!(ada.send("POST", "/auth/invite/accept", &body), other.send("POST", "/auth/invite/accept", &body));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404]);
        let signed_in = if a.status == 200 { ada } else { other };
        assert_eq!(signed_in.get("/me").await.ok(200)["username"], "ada");
        signed_in.send("POST", "/auth/invite", &json!({ "token": token })).await.refused(404, "invite_invalid");
        assert_eq!(root.get(&path).await.ok(200)["invited"], false);

        // A new one for who has a password ends the log-ins that used it.
        let token = invite(&root, &path).await;
        let body = json!({ "token": token, "password": "another password" });
        api.browser().send("POST", "/auth/invite/accept", &body).await.ok(200);
        signed_in.get("/me").await.refused(401, "session_ended");
        signed_in.log_in("ada", PASSWORD).await.refused(401, "bad_credentials");
    }

    async fn it_is_good_for_nothing_once_there_is_another_password(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let ada = api.signed_in("ada", Role::User).await;
        let path = path_of(&root, "ada").await;
        let token = json!({ "token": invite(&root, &path).await });
        let change = json!({ "current_password": PASSWORD, "new_password": "one of her own" });
        ada.send("PUT", "/me/password", &change).await.ok(204);
        api.browser().send("POST", "/auth/invite", &token).await.refused(404, "invite_invalid");
        let token = json!({ "token": invite(&root, &path).await });
        root.send("PATCH", &path, &json!({ "display_name": "Ada L." })).await.ok(200);
        api.browser().send("POST", "/auth/invite", &token).await.ok(200);
        root.send("PATCH", &path, &json!({ "password": "one from above" })).await.ok(200);
        api.browser().send("POST", "/auth/invite", &token).await.refused(404, "invite_invalid");
        assert_eq!(root.get(&path).await.ok(200)["invited"], false);
    }

    async fn it_ends_with_time_and_with_the_user(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        root.send("POST", "/admin/users", &json!({ "username": "ada", "role": "user" })).await.ok(201);
        let path = path_of(&root, "ada").await;
        let token = json!({ "token": invite(&root, &path).await });
        root.send("PATCH", &path, &json!({ "disabled": true })).await.ok(200);
        api.browser().send("POST", "/auth/invite", &token).await.refused(404, "invite_invalid");
        root.call("POST", &format!("{path}/invite")).await.refused(409, "user_disabled");
        root.send("PATCH", &path, &json!({ "disabled": false })).await.ok(200);
        api.browser().send("POST", "/auth/invite", &token).await.ok(200);
        let mut clock = Clock::new(&api.db).await;
        clock.pass(Duration::from_secs(7 * 24 * 3600 + 1)).await;
        api.browser().send("POST", "/auth/invite", &token).await.refused(404, "invite_invalid");
    }

    async fn administrators_end_log_ins(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let (here, there) = (api.signed_in("ada", Role::User).await, api.browser());
        there.log_in("ada", PASSWORD).await.ok(200);
        let path = path_of(&root, "ada").await;
        let list = root.get(&format!("{path}/sessions")).await.ok(200);
        let items = list["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["current"]), (2, &json!(false)));
        // The last used one first.
        let id = items[0]["id"].as_str().unwrap();
        root.call("DELETE", &format!("{path}/sessions/{id}")).await.ok(204);
        root.call("DELETE", &format!("{path}/sessions/{id}")).await.refused(404, "not_found");
        there.get("/me").await.refused(401, "session_ended");
        here.get("/me").await.ok(200);
        root.call("POST", &format!("{path}/sign-out")).await.ok(204);
        here.get("/me").await.refused(401, "session_ended");
        assert_eq!(root.get(&format!("{path}/sessions")).await.ok(200)["items"], json!([]));
    }
}
