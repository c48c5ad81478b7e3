//! Groups: made, changed and deleted; whose limits hold for whom; who is found in the list of people.
use berth_shared::{both_databases, domain::user::Role, store::groups, testing};
use serde_json::{Value, json};

use crate::{
    app::{PASSWORD, TestApp},
    browser::Browser,
};

/// The path of a user by name.
pub(crate) async fn path_of(root: &Browser, name: &str) -> String {
    let found = root.get(&format!("/admin/users?q={name}")).await.ok(200);
    let items = found["items"].as_array().unwrap();
    let user = items.iter().find(|user| user["username"] == name).expect("this user");
    format!("/admin/users/{}", user["id"].as_str().unwrap())
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap()).collect()
}

both_databases! {
    async fn groups_are_made_changed_and_deleted(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let root = api.signed_in("root", Role::Admin).await;
        let new = json!({ "name": " Course ", "description": "Week 3", "limits": { "max_desktops": 1 }, "templates": ["light"] });
        let made = root.send("POST", "/admin/groups", &new).await;
        let path = made.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        let made = made.ok(201);
        assert_eq!((&made["name"], &made["members"], &made["templates"]), (&json!("Course"), &json!(0), &json!(["light"])));
        assert_eq!(made["limits"], json!({ "max_desktops": 1, "start_limits": null, "max_streams": null }));
        assert_eq!(root.get(&path).await.ok(200), made);
        root.send("POST", "/admin/groups", &json!({ "name": "cOURSE" })).await.refused(409, "name_taken");
        let other = root.send("POST", "/admin/groups", &json!({ "name": "Anglers" })).await.ok(201);
        assert_eq!((&other["limits"], &other["templates"], &other["description"]), (&json!(null), &json!([]), &json!("")));
        let other = format!("/admin/groups/{}", other["id"].as_str().unwrap());
        root.send("PATCH", &other, &json!({ "name": "Course" })).await.refused(409, "name_taken");
        let changed = root.send("PATCH", &path, &json!({ "name": "course", "limits": null, "templates": [] })).await.ok(200);
        assert_eq!((&changed["name"], &changed["description"], &changed["limits"]), (&json!("course"), &json!("Week 3"), &json!(null)));
        let listed = root.get("/admin/groups").await.ok(200);
        let listed: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|group| &group["name"]).collect();
        assert_eq!(listed, ["Anglers", "course"]);
        for (body, field) in [
            (json!({ "name": "" }), "name"),
            (json!({ "name": "x", "limits": { "max_streams": -1 } }), "limits.max_streams"),
            (json!({ "name": "x", "templates": ["none"] }), "templates"),
            (json!({ "name": "x", "description": "x".repeat(501) }), "description"),
            (json!({ "name": "x", "color": "red" }), "color"),
        ] {
            let refused = root.send("POST", "/admin/groups", &body).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field);
        }
        root.call("DELETE", &path).await.ok(204);
        root.call("DELETE", &path).await.refused(404, "not_found");
        root.send("PATCH", &path, &json!({})).await.refused(404, "not_found");
    }

    async fn one_that_is_deleted_in_this_moment_is_unknown(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let root = api.signed_in("root", Role::Admin).await;
        let group = root.send("POST", "/admin/groups", &json!({ "name": "Course" })).await.ok(201)["id"].clone();
        let mut tx = api.db.begin().await.unwrap();
        groups::delete(&mut tx, group.as_str().unwrap()).await.unwrap();
        let person = json!({ "username": "ada", "role": "user", "group": group });
        let recipe = json!({ "audience": "groups", "groups": [group] });
        let (person, recipe, ()) = tokio::join!(
            root.send("POST", "/admin/users", &person),
            root.send("PATCH", "/admin/templates/light", &recipe),
            async {
                testing::wait_for_locks(&api.db, 2).await;
                tx.commit().await.unwrap();
            },
        );
        for (refused, field) in [(person, "group"), (recipe, "groups")] {
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field);
        }
    }

    async fn each_limit_is_ones_own_or_the_groups_or_the_default(db: TestDb) {
        let api = TestApp::with(&db, &["--max-desktops-per-user=5", "--max-streams-per-user=7"]).await;
        testing::template(&api.db, "berth/light").await;
        let root = api.signed_in("root", Role::Admin).await;
        let group = json!({ "name": "Course", "limits": { "max_desktops": 1, "start_limits": "9/day" } });
        let group = root.send("POST", "/admin/groups", &group).await.ok(201);
        let (id, group) = (group["id"].clone(), format!("/admin/groups/{}", group["id"].as_str().unwrap()));
        let new = json!({ "username": "ada", "password": PASSWORD, "role": "user", "group": id, "limits": { "start_limits": "8/day" } });
        let ada = root.send("POST", "/admin/users", &new).await.ok(201);
        assert_eq!(ada["group"], json!({ "id": id, "name": "Course" }));
        assert_eq!(ada["limits_from"], json!({ "max_desktops": "group", "start_limits": "own", "max_streams": "default" }));
        assert_eq!((&ada["desktops"]["limit"], &ada["starts"][0]["limit"], &ada["streams"]["limit"]), (&json!(1), &json!(8), &json!(7)));
        assert_eq!((&ada["sign_in"], &ada["invited"], &ada["deleting"]), (&json!(["password"]), &json!(false), &json!(false)));
        assert_eq!(root.get(&group).await.ok(200)["members"], 1);

        let browser = api.browser();
        browser.log_in("ada", PASSWORD).await.ok(200);
        browser.desktop().await;
        browser.send("POST", "/desktops", &json!({ "template": "light" })).await.refused(409, "quota_exceeded");
        let limits = browser.get("/limits").await.ok(200);
        assert_eq!((&limits["desktops"]["limit"], &limits["streams"]), (&json!(1), &json!({ "limit": 7, "used": 0 })));
        // A group's limit holds at once for everybody in it.
        root.send("PATCH", &group, &json!({ "limits": { "max_desktops": 2 } })).await.ok(200);
        browser.desktop().await;
        let path = path_of(&root, "ada").await;
        let own = root.send("PATCH", &path, &json!({ "limits": { "max_desktops": 3, "max_streams": 0 } })).await.ok(200);
        assert_eq!(own["limits_from"], json!({ "max_desktops": "own", "start_limits": "default", "max_streams": "own" }));
        root.send("PATCH", &path, &json!({ "limits": null })).await.ok(200);
        // Without the group they fall back to the defaults.
        root.call("DELETE", &group).await.ok(204);
        let alone = root.get(&path).await.ok(200);
        assert_eq!((&alone["group"], &alone["desktops"]["limit"]), (&json!(null), &json!(5)));
        for nothing in [json!(id), json!("none"), json!("a\u{0}b")] {
            let refused = root.send("PATCH", &path, &json!({ "group": nothing })).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], "group");
        }
        assert_eq!(root.send("PATCH", &path, &json!({ "group": null })).await.ok(200)["group"], json!(null));
    }

    async fn people_are_found_by_name_role_group_and_state(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let group = root.send("POST", "/admin/groups", &json!({ "name": "G" })).await.ok(201)["id"].clone();
        for new in [
            json!({ "username": "Ada", "role": "user", "display_name": "Countess", "group": group }),
            json!({ "username": "bob_1", "role": "operator" }),
            json!({ "username": "bobx1", "role": "user", "disabled": true }),
        ] {
            root.send("POST", "/admin/users", &new).await.ok(201);
        }
        root.call("POST", &format!("{}/invite", path_of(&root, "Ada").await)).await.ok(201);
        for (query, found) in [
            ("q=COUNT", vec!["Ada"]),
            ("q=b_1", vec!["bob_1"]),
            ("q=%25", vec![]),
            ("q=%00", vec![]),
            ("role=operator", vec!["bob_1"]),
            (&format!("group={}", group.as_str().unwrap()), vec!["Ada"]),
            ("group=none", vec![]),
            ("state=disabled", vec!["bobx1"]),
            ("state=invited", vec!["Ada"]),
            ("state=active", vec!["bob_1", "root"]),
            ("q=bob&state=active&role=operator", vec!["bob_1"]),
        ] {
            assert_eq!(names(&root.get(&format!("/admin/users?{query}")).await.ok(200)), found, "{query}");
        }
        for (bad, field) in [("role=god", "role"), ("state=asleep", "state"), ("name=x", "name"), ("limit=0", "limit")] {
            let refused = root.get(&format!("/admin/users?{bad}")).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field, "{bad}");
        }
    }
}
