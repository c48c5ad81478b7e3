//! The audit log: what is in it, who reads it, how it is narrowed, paged and exported.
use berth_shared::{
    both_databases,
    domain::{
        audit::{Action, TargetKind},
        user::Role,
    },
    store::audit::{self, Entry, Target},
    testing,
};
use serde_json::{Value, json};

use crate::{
    app::{PASSWORD, TestApp},
    browser::{Answer, Browser},
    groups::path_of,
    worker,
};

async fn lines(root: &Browser, query: &str) -> Vec<Value> {
    root.get(&format!("/admin/audit?limit=200&{query}")).await.ok(200)["items"].as_array().unwrap().clone()
}

/// What was done, oldest first: action, actor, target's name, result.
fn told(lines: &[Value]) -> Vec<String> {
    let word = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
    let target = |line: &Value| line["target"]["name"].as_str().unwrap_or("-").to_owned();
    let line = |line: &Value| {
        format!("{} {} {} {}", word(line, "action"), word(line, "actor"), target(line), word(line, "result"))
    };
    lines.iter().rev().map(line).collect()
}

both_databases! {
    async fn what_people_do_is_written(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        worker::sign_on(&api, 2).await;
        let root = api.signed_in("root", Role::Admin).await;
        root.send("POST", "/admin/users", &json!({ "username": "ada", "password": PASSWORD, "role": "user" })).await.ok(201);
        let path = path_of(&root, "ada").await;
        let ada = api.browser();
        ada.log_in("ada", "wrong password").await.refused(401, "bad_credentials");
        ada.log_in("ada", PASSWORD).await.ok(200);
        let desktop = ada.send("POST", "/desktops", &json!({ "template": "light", "name": "D" })).await.ok(202);
        let id = desktop["id"].as_str().unwrap();
        ada.send("PATCH", &format!("/desktops/{id}"), &json!({ "name": "E" })).await.ok(200);
        ada.send("PATCH", &format!("/desktops/{id}"), &json!({ "name": "E" })).await.ok(200);
        root.call("POST", &format!("/admin/jobs/{}/cancel", desktop["job_id"].as_str().unwrap())).await.ok(202);
        for _ in 0..2 {
            ada.call("POST", &format!("/desktops/{id}/start")).await.ok(202);
            root.call("POST", "/admin/queue/pause").await.ok(200);
        }
        root.call("POST", "/admin/queue/resume").await.ok(200);
        ada.call("POST", &format!("/desktops/{id}/stop")).await.ok(202);
        ada.call("DELETE", &format!("/desktops/{id}")).await.ok(202);
        let password = json!({ "current_password": "wrong password", "new_password": "a new password" });
        ada.send("PUT", "/me/password", &password).await.refused(401, "bad_credentials");
        let password = json!({ "current_password": PASSWORD, "new_password": "a new password" });
        ada.send("PUT", "/me/password", &password).await.ok(204);
        ada.call("POST", "/auth/logout").await.ok(204);
        let change = json!({ "role": "operator", "display_name": "A", "limits": { "max_desktops": 1 }, "password": PASSWORD });
        root.send("PATCH", &path, &change).await.ok(200);
        root.send("PATCH", &path, &json!({ "role": "operator" })).await.ok(200);
        root.send("PATCH", &path, &json!({ "disabled": true })).await.ok(200);
        let all = lines(&root, "").await;
        let told = told(&all);
        let job = desktop["job_id"].as_str().unwrap();
        let expected = [
            "sign_in root root ok", "user.create root ada ok", "sign_in.refused ada - refused", "sign_in ada ada ok",
            "desktop.start ada D ok", "desktop.rename ada E ok", "job.cancel root desktop.create ok", "desktop.start ada E ok",
            "queue.pause root queue ok", "queue.resume root queue ok", "desktop.stop ada E ok", "desktop.delete ada E ok",
            "password.change ada ada refused", "password.change ada ada ok", "sign_out ada ada ok", "role.change root ada ok",
            "password.change root ada ok", "user.change root ada ok", "user.disable root ada ok",
        ];
        assert_eq!(told, expected);
        let cancel = all.iter().find(|line| line["action"] == "job.cancel").unwrap();
        assert_eq!((&cancel["target"]["id"], &cancel["address"]), (&json!(job), &json!("127.0.0.1")));
        assert!(all.iter().all(|line| line["request_id"].as_str().unwrap().len() == 26), "{all:?}");
        for secret in [PASSWORD, "wrong password", "a new password"] {
            assert!(!json!(all).to_string().contains(secret));
        }
        let changed = all.iter().find(|line| line["action"] == "user.change").unwrap();
        assert_eq!(changed["detail"], "Changed: display name, limits.");
    }

    async fn what_is_done_to_templates_is_written(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let recipe = json!({ "name": "Lab", "image": "registry.example/lab:1", "memory_mib": 512, "cpus": 1 });
        let id = root.send("POST", "/admin/templates", &recipe).await.ok(201)["id"].as_str().unwrap().to_owned();
        let path = format!("/admin/templates/{id}");
        root.send("PATCH", &path, &json!({ "name": "Labs" })).await.ok(200);
        // What changes nothing is no change.
        root.send("PATCH", &path, &json!({ "name": "Labs" })).await.ok(200);
        let change = json!({ "image": "registry.example/lab:2", "memory_mib": 512, "cpus": 2, "env": [{ "name": "A", "value": "s3cret" }], "enabled": false });
        root.send("PATCH", &path, &change).await.ok(200);
        root.send("PUT", "/admin/templates/order", &json!({ "ids": [id] })).await.ok(200);
        root.call("DELETE", &path).await.ok(204);
        let registry = "/admin/registries/registry.example";
        root.send("PUT", registry, &json!({ "username": "berth", "password": "s3cret" })).await.ok(200);
        root.call("DELETE", registry).await.ok(204);
        let all = lines(&root, "action=template.,registry.").await;
        assert_eq!(told(&all), [
            "template.create root Lab ok", "template.change root Labs ok", "template.change root Labs ok", "template.order root - ok",
            "template.delete root Labs ok", "registry.change root registry.example ok", "registry.delete root registry.example ok",
        ]);
        assert_eq!((&all[5]["detail"], &all[4]["detail"]), (&json!("Changed: name."), &json!("Changed: image, CPUs, environment, enabled.")));
        assert!(!json!(all).to_string().contains("s3cret"));
    }

    async fn what_is_refused_is_written(db: TestDb) {
        let api = TestApp::with(&db, &["--max-desktops-per-user=1", "--start-limits=1/day"]).await;
        testing::template(&api.db, "berth/light").await;
        let (root, ada) = (api.signed_in("root", Role::Admin).await, api.signed_in("ada", Role::User).await);
        let id = ada.desktop().await["id"].as_str().unwrap().to_owned();
        ada.get("/admin/users").await.refused(403, "forbidden");
        ada.send("POST", "/desktops", &json!({ "template": "light" })).await.refused(409, "quota_exceeded");
        ada.call("POST", &format!("/desktops/{id}/stop")).await.ok(202);
        ada.call("POST", &format!("/desktops/{id}/start")).await.refused(429, "start_rate_limited");
        for _ in 0..3 {
            let elsewhere = ada.request("POST", "/auth/logout-all").header("origin", "http://evil.test");
            Answer::of(elsewhere).await.refused(403, "origin_refused");
        }
        // A stranger's word is shown as it is, and turns no text around.
        api.browser().log_in("a\u{202e}b", "wrong password").await.refused(401, "bad_credentials");
        let refused = lines(&root, "result=refused").await;
        let details: Vec<&str> = refused.iter().rev().map(|line| line["detail"].as_str().unwrap()).collect();
        assert_eq!(told(&refused), [
            "access.refused ada GET /api/v1/admin/users refused", "start.refused ada POST /api/v1/desktops refused",
            "start.refused ada Light desktop refused", "access.refused ada POST /api/v1/auth/logout-all refused",
            "sign_in.refused a b - refused",
        ]);
        assert_eq!(details[..2], ["Your role does not allow this.", "You have 1 of 1 desktops: delete one to make room."]);
    }

    async fn it_is_narrowed_paged_and_exported(db: TestDb) {
        let api = TestApp::start(&db).await;
        let (root, op) = (api.signed_in("root", Role::Admin).await, api.signed_in("op", Role::Operator).await);
        let mut tx = api.db.begin().await.unwrap();
        for n in 0..1_201 {
            let name = format!("g-{n}%");
            let target = Target::new(TargetKind::Group, "some-id", &name);
            let entry = Entry::at_the_shell("Berth Admin", Action::GroupCreate, target, "With_a detail.");
            audit::write(&mut tx, &entry).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (query, count) in [
            ("actor=berth%20admin&action=group.create&q=g-12", 12), ("q=G-1200%25", 1), ("q=h_a&limit=7", 7), ("q=h-a", 0),
            ("target=G-3%25", 1), ("target=some-id&limit=5", 5), ("action=group.,sign_in&q=op", 1), ("action=user.", 0),
            ("since=1h&until=30m", 0), ("until=1h", 0), ("since=1h&limit=3", 3), ("result=refused", 0), ("actor=nobody", 0),
            ("since=2020-01-01T00:00:00Z&limit=2", 2),
        ] {
            let found = root.get(&format!("/admin/audit?{query}")).await.ok(200);
            assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
        }
        for (bad, field) in [
            ("action=dance", "action"), ("action=nothing.", "action"), ("result=maybe", "result"), ("since=soon", "since"),
            ("until=x", "until"), ("limit=0", "limit"), ("cursor=e30", "cursor"), ("user=x", "user"), ("actor=%00", "actor"), ("q=%07", "q"),
        ] {
            let refused = root.get(&format!("/admin/audit?{bad}")).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field, "{bad}");
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = root.get(&format!("/admin/audit?limit=200&action=group.create{cursor}")).await.ok(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|line| line["target"]["name"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let expected: Vec<String> = (0..1_201).rev().map(|n| format!("g-{n}%")).collect();
        assert_eq!(seen, expected);

        let exported = root.request("GET", "/admin/audit/export?action=group.create").send().await.unwrap();
        assert_eq!(exported.headers()["content-type"], "application/x-ndjson");
        let text = exported.text().await.unwrap();
        let names: Vec<String> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["target"]["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, expected.into_iter().rev().collect::<Vec<_>>());
        assert_eq!(root.request("GET", "/admin/audit/export?actor=nobody").send().await.unwrap().text().await.unwrap(), "");
        for path in ["/admin/audit", "/admin/audit/export", "/admin/users", "/admin/groups"] {
            op.get(path).await.refused(403, "forbidden");
        }
    }
}
