//! What administrators do about people.
use berth_shared::{both_databases, domain::user::Role, testing};
use serde_json::json;

use crate::app::{PASSWORD, TestApp};

both_databases! {
    async fn people_are_made_changed_and_shut_out(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let root = api.signed_in("root", Role::Admin).await;
        let new = json!({ "username": "Ada", "password": PASSWORD, "role": "user", "limits": { "max_desktops": 1, "start_limits": "2/day", "max_streams": null } });
        let made = root.send("POST", "/admin/users", &new).await;
        let location = made.header("location").to_owned();
        let made = made.ok(201);
        assert_eq!((&made["display_name"], &made["disabled"], &made["last_seen_at"]), (&json!("Ada"), &json!(false), &json!(null)));
        assert_eq!((&made["desktops"], &made["limits"]), (&json!({ "limit": 1, "used": 0 }), &new["limits"]));
        let path = location.strip_prefix("/api/v1").unwrap();
        assert_eq!(root.get(path).await.ok(200), made);
        root.send("POST", "/admin/users", &json!({ "username": "aDA", "role": "user" })).await.refused(409, "username_taken");

        let ada = api.browser();
        ada.log_in("ada", PASSWORD).await.ok(200);
        ada.desktop().await;
        ada.send("POST", "/desktops", &json!({ "template": "light" })).await.refused(409, "quota_exceeded");
        ada.get(path).await.refused(403, "forbidden");
        let listed = root.get("/admin/users?limit=1").await.ok(200);
        assert_eq!((&listed["items"][0]["username"], &listed["items"][0]["desktops"]["used"]), (&json!("Ada"), &json!(1)));
        assert!(listed["items"][0]["last_seen_at"].is_string());
        let next = listed["next_cursor"].as_str().unwrap();
        let rest = root.get(&format!("/admin/users?cursor={next}")).await.ok(200);
        assert_eq!((&rest["items"][0]["username"], &rest["next_cursor"]), (&json!("root"), &json!(null)));

        // What is left out stays; null goes back to the default.
        let changed = root.send("PATCH", path, &json!({ "display_name": "Ada L.", "limits": null })).await.ok(200);
        assert_eq!((&changed["display_name"], &changed["limits"], &changed["role"]), (&json!("Ada L."), &json!(null), &json!("user")));
        assert_eq!(changed["desktops"]["limit"], 3);
        assert_eq!(root.send("PATCH", path, &json!({ "display_name": null })).await.ok(200)["display_name"], "Ada");
        ada.get("/me").await.ok(200);
        // Rights that are taken away end the log-ins that had them.
        root.send("PATCH", path, &json!({ "role": "operator" })).await.ok(200);
        assert_eq!(ada.get("/me").await.ok(200)["role"], "operator");
        root.send("PATCH", path, &json!({ "role": "user" })).await.ok(200);
        ada.get("/me").await.refused(401, "session_ended");
        ada.log_in("ada", PASSWORD).await.ok(200);
        root.send("PATCH", path, &json!({ "disabled": true })).await.ok(200);
        ada.get("/me").await.refused(401, "session_ended");
        ada.log_in("ada", PASSWORD).await.refused(401, "bad_credentials");
        root.send("PATCH", path, &json!({ "disabled": false, "password": "another one" })).await.ok(200);
        ada.log_in("ada", "another one").await.ok(200);
    }

    async fn the_last_administrator_stays(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let me = format!("/admin/users/{}", root.get("/me").await.ok(200)["id"].as_str().unwrap());
        for change in [json!({ "role": "user" }), json!({ "disabled": true })] {
            root.send("PATCH", &me, &change).await.refused(409, "last_admin");
        }
        // One who has no way in yet is none who could stay.
        root.send("POST", "/admin/users", &json!({ "username": "invited", "role": "admin" })).await.ok(201);
        root.send("PATCH", &me, &json!({ "role": "user" })).await.refused(409, "last_admin");
        root.send("PATCH", &me, &json!({ "password": "my new password" })).await.ok(200);
        root.get("/me").await.ok(200);
        // Two who remove each other at once: one of them stays.
        let second = api.signed_in("second", Role::Admin).await;
        let other = format!("/admin/users/{}", second.get("/me").await.ok(200)["id"].as_str().unwrap());
        let gone = json!({ "disabled": true });
        let (a, b) = tokio::join!(root.send("PATCH", &other, &gone), second.send("PATCH", &me, &gone));
        let statuses = [a.status, b.status];
        assert!(statuses.contains(&200) && statuses != [200, 200], "{statuses:?}");
    }

    async fn every_fault_of_a_body_is_named(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let bad = json!({
            "username": "a b", "password": "short", "role": "user", "display_name": "\u{202e}",
            "limits": { "max_desktops": -1, "start_limits": "5/fortnight" },
        });
        let refused = root.send("POST", "/admin/users", &bad).await;
        refused.refused(422, "validation_failed");
        let fields: Vec<&str> = refused.body["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["username", "password", "display_name", "limits.max_desktops", "limits.start_limits"]);
        for (body, field) in [
            (json!({ "username": "x" }), "role"),
            (json!({ "username": "x", "role": "god" }), "role"),
            (json!({ "username": "x", "role": "user", "limits": { "y": 1 } }), "limits.y"),
        ] {
            let refused = root.send("POST", "/admin/users", &body).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field);
        }
    }
}
