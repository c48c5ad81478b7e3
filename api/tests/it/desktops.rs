//! Desktops: asked for, listed, renamed, started, stopped, deleted; seen by nobody else; counted exactly.
use std::collections::HashSet;

use berth_shared::{both_databases, domain::user::Role, testing};
use serde_json::{Value, json};

use crate::{
    app::TestApp,
    browser::{Answer, Browser},
    worker,
};

async fn keyed(browser: &Browser, key: &str, body: &Value) -> Answer {
    Answer::of(browser.request("POST", "/desktops").header("Idempotency-Key", key).json(body)).await
}

both_databases! {
    async fn one_is_asked_for_and_waits_in_line(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let ada = api.signed_in("ada", Role::User).await;
        let asked = ada.send("POST", "/desktops", &json!({ "template": "Light Desktop", "name": "  Thesis " })).await;
        let location = asked.header("location").to_owned();
        let desktop = asked.ok(202);
        assert_eq!(location, format!("/api/v1/desktops/{}", desktop["id"].as_str().unwrap()));
        for (field, value) in [
            ("name", json!("Thesis")), ("owner", json!("ada")), ("template", json!("light")), ("status", json!("queued")),
            ("desired", json!("running")), ("step", json!("asked")), ("connect", json!(null)), ("version", json!(1)),
        ] {
            assert_eq!(desktop[field], value, "{field}");
        }
        assert_eq!((&desktop["queue"]["position"], &desktop["queue"]["reason"]["code"]), (&json!(1), &json!("no_worker")));
        assert_eq!(ada.get(location.strip_prefix("/api/v1").unwrap()).await.ok(200), desktop);

        for none in ["none", "", "a\u{0}b"] {
            ada.send("POST", "/desktops", &json!({ "template": none })).await.refused(422, "unknown_template");
        }
        for bad in [json!({}), json!({ "template": "light", "name": "a\nb" }), json!({ "template": "light", "x": 1 })] {
            ada.send("POST", "/desktops", &bad).await.refused(422, "validation_failed");
        }
        let limits = ada.get("/limits").await.ok(200);
        assert_eq!(limits["desktops"], json!({ "limit": 3, "used": 1 }));
        assert_eq!((&limits["starts"][0]["used"], &limits["queue"]["waiting"]), (&json!(1), &json!(1)));
        let templates = ada.get("/templates").await.ok(200);
        assert_eq!((&templates["items"][0]["id"], &templates["items"][0]["ready"]), (&json!("light"), &json!(true)));
    }

    async fn the_same_key_gets_the_same_answer(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let (ada, bob) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::User).await);
        let body = json!({ "template": "light", "name": "One" });
        let answers = tokio::join!(keyed(&ada, "k", &body), keyed(&ada, "k", &body), keyed(&ada, "k", &body));
        let ids: HashSet<String> =
            [answers.0, answers.1, answers.2].map(|a| a.ok(202)["id"].as_str().unwrap().to_owned()).into();
        assert_eq!(ids.len(), 1);
        let again = keyed(&ada, "k", &body).await;
        assert!(again.header("location").ends_with(ids.iter().next().unwrap()));
        assert_eq!(again.ok(202), keyed(&ada, "k", &body).await.ok(202));
        keyed(&ada, "k", &json!({ "template": "light", "name": "Two" })).await.refused(422, "idempotency_conflict");
        keyed(&ada, "", &body).await.refused(422, "validation_failed");
        assert_ne!(keyed(&bob, "k", &body).await.ok(202)["id"], *ids.iter().next().unwrap());
        assert_eq!(ada.get("/limits").await.ok(200)["desktops"]["used"], 1);
    }

    async fn quota_and_windows_are_exact_under_a_burst(db: TestDb) {
        let api = TestApp::with(&db, &["--max-desktops-per-user=4", "--start-limits=5/minute"]).await;
        testing::template(&api.db, "berth/light").await;
        let ada = api.signed_in("ada", Role::User).await;
        let clicks = (0..12).map(|_| {
            let ada = ada.clone();
            tokio::spawn(async move { ada.send("POST", "/desktops", &json!({ "template": "light" })).await })
        });
        let mut accepted = Vec::new();
        for click in clicks.collect::<Vec<_>>() {
            let answer = click.await.unwrap();
            match answer.status {
                202 => accepted.push(answer.body["id"].as_str().unwrap().to_owned()),
                _ => answer.refused(409, "quota_exceeded"),
            }
        }
        assert_eq!(accepted.len(), 4);
        let start = format!("/desktops/{}/start", accepted[0]);
        ada.call("POST", &start).await.ok(202);
        ada.call("POST", &format!("/desktops/{}/stop", accepted[0])).await.ok(202);
        assert_eq!(ada.call("POST", &start).await.ok(202)["status"], "queued");
        ada.call("POST", &format!("/desktops/{}/stop", accepted[0])).await.ok(202);
        let refused = ada.call("POST", &start).await;
        refused.refused(429, "start_rate_limited");
        assert!((1..=60).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
        assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("5", "0"));
        assert_eq!(ada.get("/limits").await.ok(200)["starts"][0]["used"], 5);
    }

    async fn nobody_else_sees_it_but_an_administrator(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let (ada, bob) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::Operator).await);
        let admin = api.signed_in("root", Role::Admin).await;
        let id = ada.desktop().await["id"].as_str().unwrap().to_owned();
        for (method, path) in [
            ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/stop"), ("POST", "/start"), ("GET", "/events"), ("GET", "/vnc"),
        ] {
            bob.call(method, &format!("/desktops/{id}{path}")).await.refused(404, "not_found");
        }
        for garbage in ["a%00b", "%ff", "..%2F", "a b"] {
            ada.get(&format!("/desktops/{garbage}")).await.refused(404, "not_found");
        }
        bob.get("/desktops?owner=ada").await.refused(403, "forbidden");
        assert_eq!(admin.get("/desktops?owner=Ada").await.ok(200)["items"].as_array().unwrap().len(), 1);
        for nobody in ["/desktops", "/desktops?owner=nobody", "/desktops?owner=%00"] {
            assert_eq!(admin.get(nobody).await.ok(200)["items"], json!([]), "{nobody}");
        }
        let stopped = admin.call("POST", &format!("/desktops/{id}/stop")).await.ok(202);
        assert_eq!((&stopped["status"], &stopped["stopped_by"]), (&json!("stopped"), &json!("root")));
        assert_eq!(stopped["reason"]["code"], "by_admin");
    }

    async fn the_list_is_paged_newest_first(db: TestDb) {
        let api = TestApp::with(&db, &["--max-desktops-per-user=9", "--start-limits=off"]).await;
        testing::template(&api.db, "berth/light").await;
        let ada = api.signed_in("ada", Role::User).await;
        let mut made = Vec::new();
        for _ in 0..5 {
            made.insert(0, ada.desktop().await["name"].as_str().unwrap().to_owned());
        }
        assert_eq!((made[4].as_str(), made[3].as_str()), ("Light desktop", "Light desktop 2"));
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&format!("/desktops?limit=2{cursor}")).await.ok(200);
            for desktop in page["items"].as_array().unwrap() {
                seen.push(desktop["name"].as_str().unwrap().to_owned());
                assert!(desktop["queue"]["position"].is_i64(), "{desktop}");
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, made);
        for bad in ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=e30", "page=2"] {
            ada.get(&format!("/desktops?{bad}")).await.refused(422, "validation_failed");
        }
    }

    async fn it_is_renamed_stopped_started_and_deleted(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let ada = api.signed_in("ada", Role::User).await;
        let id = ada.desktop().await["id"].as_str().unwrap().to_owned();
        let path = format!("/desktops/{id}");
        assert_eq!(ada.send("PATCH", &path, &json!({ "name": "New" })).await.ok(200)["name"], "New");
        ada.send("PATCH", &path, &json!({ "name": "" })).await.refused(422, "validation_failed");
        worker::run_next(&api, &claimant, 7001).await;
        let running = ada.get(&path).await.ok(200);
        assert_eq!((&running["status"], &running["queue"]), (&json!("running"), &json!(null)));
        assert_eq!(running["connect"], json!({ "kind": "vnc", "url": format!("/api/v1/desktops/{id}/vnc") }));
        let names: Vec<&str> = running["steps"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["asked", "claimed", "created", "booted", "ready"]);

        // Twice is the same as once.
        for _ in 0..2 {
            assert_eq!(ada.call("POST", &format!("{path}/stop")).await.ok(202)["status"], "stopping");
        }
        worker::end_next(&api, &claimant).await;
        assert_eq!(ada.get(&path).await.ok(200)["status"], "stopped");
        assert_eq!(ada.call("POST", &format!("{path}/start")).await.ok(202)["status"], "queued");
        for _ in 0..2 {
            assert_eq!(ada.call("DELETE", &path).await.ok(202)["status"], "deleting");
        }
        ada.call("POST", &format!("{path}/start")).await.refused(409, "being_deleted");
        ada.send("PATCH", &path, &json!({ "name": "Late" })).await.refused(409, "being_deleted");
        let history = ada.get(&format!("{path}/events?limit=2")).await.ok(200);
        assert_eq!((&history["items"][0]["status"], &history["items"][0]["text"]), (&json!("deleting"), &json!("Deleted by")));
        let more = history["next_cursor"].as_str().unwrap();
        let more = ada.get(&format!("{path}/events?cursor={more}")).await.ok(200);
        assert_eq!(more["items"].as_array().unwrap().len() + 2, 7, "{more}");

        worker::end_next(&api, &claimant).await;
        ada.get(&path).await.refused(404, "not_found");
        ada.call("DELETE", &path).await.refused(404, "not_found");
        assert_eq!(ada.get("/limits").await.ok(200)["desktops"]["used"], 0);
    }
}
