//! What administrators do about templates, and who then sees them.
use berth_shared::{
    both_databases,
    domain::{template::Audience, user::Role},
    lifecycle,
    queue::Class,
    store::{
        nodes::{self, Size},
        templates,
    },
    testing,
};
use serde_json::{Value, json};

use crate::{app::TestApp, browser::Browser, worker};

/// The least that makes one.
fn recipe(name: &str) -> Value {
    json!({ "name": name, "image": "registry.example/team/desktop:1", "memory_mib": 512, "cpus": 1.5 })
}

async fn make(root: &Browser, name: &str) -> Value {
    root.send("POST", "/admin/templates", &recipe(name)).await.ok(201)
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect()
}

both_databases! {
    async fn one_is_made_changed_and_removed(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let made = root.send("POST", "/admin/templates", &recipe("Lab")).await;
        let path = made.header("location").strip_prefix("/api/v1").unwrap().to_owned();
        let made = made.ok(201);
        for (field, value) in [
            ("name", json!("Lab")), ("description", json!("")), ("icon", json!("terminal")), ("kind", json!("vnc")),
            ("image", json!("registry.example/team/desktop:1")), ("container_port", json!(5900)), ("memory_mib", json!(512)),
            ("cpus", json!(1.5)), ("pids", json!(256)), ("shm_mib", json!(64)), ("env", json!([])), ("home", json!("kept")),
            ("audience", json!("everyone")), ("groups", json!([])), ("enabled", json!(true)), ("default", json!(false)),
            ("position", json!(0)), ("nodes", json!([])), ("desktops", json!(0)), ("desktops_on_older_image", json!(0)),
        ] {
            assert_eq!(made[field], value, "{field}");
        }
        assert_eq!(root.get(&path).await.ok(200), made);
        root.send("POST", "/admin/templates", &recipe(" lAB")).await.refused(409, "name_taken");
        let second = make(&root, "Second").await;
        assert_eq!(second["position"], 1);
        root.send("PATCH", &path, &json!({ "name": "second" })).await.refused(409, "name_taken");

        let change = json!({ "description": "For courses.", "env": [{ "name": "TZ", "value": "UTC" }], "home": "thrown_away",
            "cpus": 0.25, "enabled": false, "default": true });
        let changed = root.send("PATCH", &path, &change).await.ok(200);
        for (field, value) in change.as_object().unwrap() {
            assert_eq!(&changed[field], value, "{field}");
        }
        assert_eq!((&changed["name"], &changed["memory_mib"]), (&json!("Lab"), &json!(512)));
        // There is one default.
        let other = format!("/admin/templates/{}", second["id"].as_str().unwrap());
        root.send("PATCH", &other, &json!({ "default": true })).await.ok(200);
        assert_eq!(root.get(&path).await.ok(200)["default"], false);

        // One that is disabled is not started from, and one that has desktops is not removed.
        let ada = api.signed_in("ada", Role::User).await;
        ada.send("POST", "/desktops", &json!({ "template": "Lab" })).await.refused(422, "unknown_template");
        assert_eq!(names(&ada.get("/templates").await.ok(200)), ["Second"]);
        ada.send("POST", "/desktops", &json!({ "template": "second" })).await.ok(202);
        let refused = root.call("DELETE", &other).await;
        refused.refused(409, "template_in_use");
        assert!(refused.body["detail"].as_str().unwrap().contains('1'), "{}", refused.body);
        assert_eq!(root.get(&other).await.ok(200)["desktops"], 1);
        root.call("DELETE", &path).await.ok(204);
        root.get(&path).await.refused(404, "not_found");
        root.call("DELETE", &path).await.refused(404, "not_found");
    }

    async fn they_stand_in_the_order_that_was_given(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let mut ids = Vec::new();
        for name in ["A", "B", "C"] {
            ids.push(make(&root, name).await["id"].as_str().unwrap().to_owned());
        }
        ids.reverse();
        let ordered = root.send("PUT", "/admin/templates/order", &json!({ "ids": ids })).await.ok(200);
        assert_eq!(names(&ordered), ["C", "B", "A"]);
        assert_eq!(names(&root.get("/admin/templates").await.ok(200)), ["C", "B", "A"]);
        assert_eq!(names(&root.get("/templates").await.ok(200)), ["C", "B", "A"]);
        for bad in [json!([ids[0]]), json!([ids[0], ids[1], ids[1]]), json!([ids[0], ids[1], "x"]), json!([])] {
            root.send("PUT", "/admin/templates/order", &json!({ "ids": bad })).await.refused(422, "validation_failed");
        }
    }

    async fn every_fault_of_a_recipe_is_named(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        worker::sign_on(&api, 1).await;
        let mut tx = api.db.begin().await.unwrap();
        nodes::report_size(&mut tx, &Size { id: "here".into(), cpus: 2, memory_mib: 2048 }).await.unwrap();
        tx.commit().await.unwrap();
        let bad = json!({
            "name": "a\nb", "description": "x".repeat(301), "icon": "../x", "kind": "web", "image": "--privileged",
            "container_port": 0, "memory_mib": 4096, "cpus": 3, "pids": 1, "shm_mib": 0,
            "env": [{ "name": "PATH", "value": "" }, { "name": "A", "value": "x\ny" }, { "name": "B", "value": "" }, { "name": "B", "value": "" }],
        });
        let refused = root.send("POST", "/admin/templates", &bad).await;
        refused.refused(422, "validation_failed");
        let errors = refused.body["errors"].as_array().unwrap();
        let fields: Vec<&str> = errors.iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, [
            "name", "description", "icon", "kind", "image", "container_port", "memory_mib", "cpus", "pids", "shm_mib",
            "env[0].name", "env[1].value", "env[3].name",
        ]);
        let words = |field: &str| errors.iter().find(|e| e["field"] == field).unwrap()["message"].as_str().unwrap();
        assert_eq!((words("memory_mib"), words("cpus")), ("the server here has 2048 MiB in all", "the server here has 2 CPUs"));
        for (change, field) in [
            (json!({ "memory_mib": 63 }), "memory_mib"), (json!({ "cpus": 0 }), "cpus"), (json!({ "cpus": 1e9 }), "cpus"),
            (json!({ "env": vec![json!({ "name": "A", "value": "" }); 51] }), "env"), (json!({ "groups": ["nobody"] }), "groups"),
            (json!({ "image": "x y" }), "image"), (json!({ "home": "burnt" }), "home"), (json!({ "port": 1 }), "port"),
            (json!({ "env": [{ "name": "A" }] }), "env[0].value"),
        ] {
            let mut body = recipe("X");
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let refused = root.send("POST", "/admin/templates", &body).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field, "{}", refused.body);
        }
        // What is changed is looked at in the same way, and what is not is left alone.
        let made = make(&root, "Fine").await;
        let path = format!("/admin/templates/{}", made["id"].as_str().unwrap());
        root.send("PATCH", &path, &json!({ "image": "X" })).await.refused(422, "validation_failed");
        root.send("PATCH", &path, &json!({ "kind": "web" })).await.refused(422, "validation_failed");
        assert_eq!(root.send("PATCH", &path, &json!({})).await.ok(200), made);
    }

    async fn one_for_a_group_is_hidden_from_all_others(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let (ada, bob) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::User).await);
        let operator = api.signed_in("op", Role::Operator).await;
        testing::template(&api.db, "berth/light").await;
        testing::group_with(&api.db, "chemists", "ada").await;
        testing::group_with(&api.db, "others", "bob").await;
        let mut lab = recipe("Lab");
        lab["audience"] = json!("groups");
        lab["groups"] = json!(["chemists"]);
        let made = root.send("POST", "/admin/templates", &lab).await.ok(201);
        assert_eq!((&made["audience"], &made["groups"]), (&json!("groups"), &json!(["chemists"])));
        for (who, sees) in [(&root, true), (&ada, true), (&bob, false), (&operator, false)] {
            let listed = who.get("/templates").await.ok(200);
            assert_eq!(names(&listed).contains(&"Lab"), sees, "{listed}");
            for name in ["Lab", made["id"].as_str().unwrap()] {
                let answer = who.send("POST", "/desktops", &json!({ "template": name })).await;
                if sees { drop(answer.ok(202)) } else { answer.refused(422, "unknown_template") }
            }
        }
        // For nobody yet, and then for everyone.
        let path = format!("/admin/templates/{}", made["id"].as_str().unwrap());
        assert_eq!(root.send("PATCH", &path, &json!({ "groups": [] })).await.ok(200)["groups"], json!([]));
        assert!(!names(&ada.get("/templates").await.ok(200)).contains(&"Lab"));
        root.send("PATCH", &path, &json!({ "audience": "everyone" })).await.ok(200);
        assert!(names(&bob.get("/templates").await.ok(200)).contains(&"Lab"));
        let stored = templates::get(&mut api.db.read().await.unwrap(), made["id"].as_str().unwrap()).await.unwrap().unwrap();
        assert_eq!(stored.audience, Audience::Everyone);
    }

    async fn an_image_is_asked_for_on_every_node(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let made = make(&root, "Lab").await;
        let path = format!("/admin/templates/{}", made["id"].as_str().unwrap());
        root.call("POST", &format!("{path}/pull")).await.refused(409, "no_node");
        let by = worker::sign_on(&api, 1).await;
        let asked = root.call("POST", &format!("{path}/pull")).await.ok(202);
        assert_eq!((asked["items"].as_array().unwrap().len(), &asked["items"][0]["node"]), (1, &json!("here")));
        // Twice is the same as once.
        assert_eq!(root.call("POST", &format!("{path}/pull")).await.ok(202), asked);
        let job = root.get(&format!("/admin/jobs/{}", asked["items"][0]["job_id"].as_str().unwrap())).await.ok(200);
        assert_eq!((&job["kind"], &job["image"], &job["user"]), (&json!("image.pull"), &made["image"], &json!("root")));
        assert_eq!(job["actions"], json!(["cancel"]));
        let node = root.get(&path).await.ok(200)["nodes"][0].clone();
        assert_eq!((&node["state"], &node["progress"]["text"]), (&json!("pulling"), &json!("waits for its turn")));

        let (db, signals) = (&api.db, &api.app.signals);
        let claim = lifecycle::claim(db, signals, &by, Class::Pulls).await.unwrap().unwrap();
        lifecycle::pull_progress(db, signals, &claim, Some(42), "42 % of 285 MB").await.unwrap();
        let node = root.get(&path).await.ok(200)["nodes"][0].clone();
        assert_eq!(node["progress"], json!({ "percent": 42, "text": "42 % of 285 MB" }));
        let end = berth_shared::queue::End::Discard { words: "No.".into(), error: "no".into() };
        lifecycle::pull_ended(db, signals, &claim, &end, None).await.unwrap();
        let template = templates::get(&mut db.read().await.unwrap(), made["id"].as_str().unwrap()).await.unwrap().unwrap();
        lifecycle::image_seen(db, signals, &template, "here", None).await.unwrap();
        let node = root.get(&path).await.ok(200)["nodes"][0].clone();
        assert_eq!((&node["state"], &node["error"], &node["progress"]), (&json!("failed"), &json!("No."), &json!(null)));
        let templates = root.get("/templates").await.ok(200);
        assert_eq!((&templates["items"][0]["ready"], &templates["items"][0]["reason"]["code"]), (&json!(false), &json!("image_missing")));

        root.send("PATCH", &path, &json!({ "image": "berth/desktop:latest" })).await.ok(200);
        root.call("POST", &format!("{path}/pull")).await.refused(409, "pull_not_allowed");
    }
}
