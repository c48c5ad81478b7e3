//! People who are deleted: with their desktops, or after these were given to somebody else.
use berth_shared::{
    both_databases,
    domain::user::Role,
    lifecycle,
    store::{desktops, users},
    testing,
};
use serde_json::{Value, json};

use crate::{
    app::{PASSWORD, TestApp},
    events::Stream,
    groups::path_of,
    worker,
};

both_databases! {
    async fn whoever_has_nothing_goes_at_once(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let ada = api.signed_in("ada", Role::User).await;
        let path = path_of(&root, "ada").await;
        let gone = root.call("DELETE", &path).await.ok(202);
        assert_eq!((&gone["username"], &gone["deleting"], &gone["disabled"]), (&json!("ada"), &json!(true), &json!(true)));
        root.get(&path).await.refused(404, "not_found");
        root.call("DELETE", &path).await.refused(404, "not_found");
        ada.get("/me").await.refused(401, "session_ended");
        // The name is free again.
        root.send("POST", "/admin/users", &json!({ "username": "ADA", "role": "user" })).await.ok(201);
    }

    async fn one_is_not_to_delete_oneself_or_the_last_administrator(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        root.call("DELETE", &path_of(&root, "root").await).await.refused(409, "own_account");
        let second = api.signed_in("second", Role::Admin).await;
        let (a, b) = (path_of(&root, "root").await, path_of(&root, "second").await);
        let (x, y) = tokio::join!(root.call("DELETE", &b), second.call("DELETE", &a));
        let statuses = [x.status, y.status];
        assert!(statuses.contains(&202) && statuses != [202, 202], "{statuses:?}");
    }

    async fn desktops_go_with_their_owner(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let root = api.signed_in("root", Role::Admin).await;
        let ada = api.signed_in("ada", Role::User).await;
        let path = path_of(&root, "ada").await;
        let running = ada.desktop().await["id"].as_str().unwrap().to_owned();
        worker::run_next(&api, &claimant, 7001).await;
        ada.desktop().await;
        let refused = root.call("DELETE", &path).await;
        refused.refused(409, "has_desktops");
        assert_eq!(refused.body["count"], 2);
        for (body, field) in [
            (json!({}), "desktops"), (json!({ "desktops": "burn" }), "desktops"), (json!({ "desktops": "delete", "to": "root" }), "to"),
            (json!({ "desktops": "give" }), "to"), (json!({ "desktops": "give", "to": "nobody" }), "to"),
            (json!({ "desktops": "give", "to": "ada" }), "to"), (json!({ "desktops": "delete", "x": 1 }), "x"),
        ] {
            let refused = root.send("DELETE", &path, &body).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field, "{body}");
        }
        ada.get("/me").await.ok(200);
        let leaving = root.send("DELETE", &path, &json!({ "desktops": "delete" })).await.ok(202);
        assert_eq!((&leaving["deleting"], &leaving["disabled"]), (&json!(true), &json!(true)));
        ada.get("/me").await.refused(401, "session_ended");
        ada.log_in("ada", PASSWORD).await.refused(401, "bad_credentials");
        assert_eq!(root.get(&format!("/desktops/{running}")).await.ok(200)["status"], "deleting");
        root.send("PATCH", &path, &json!({ "disabled": false })).await.refused(409, "being_deleted");
        root.call("POST", &format!("{path}/invite")).await.refused(409, "being_deleted");
        root.send("DELETE", &path, &json!({ "desktops": "delete" })).await.ok(202);
        worker::end_next(&api, &claimant).await;
        root.get(&path).await.ok(200);
        worker::end_next(&api, &claimant).await;
        root.get(&path).await.refused(404, "not_found");
    }

    async fn what_is_left_over_is_swept_up(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let root = api.signed_in("root", Role::Admin).await;
        let ada = api.signed_in("ada", Role::User).await;
        let path = path_of(&root, "ada").await;
        let job = ada.desktop().await;
        let id = job["id"].as_str().unwrap();
        worker::run_next(&api, &claimant, 7001).await;
        root.send("DELETE", &path, &json!({ "desktops": "delete" })).await.ok(202);
        // Somebody takes the deletion back: it is asked for again.
        let job = root.get(&format!("/desktops/{id}")).await.ok(200)["job_id"].as_str().unwrap().to_owned();
        root.call("POST", &format!("/admin/jobs/{job}/cancel")).await.ok(202);
        assert_eq!(root.get(&format!("/desktops/{id}")).await.ok(200)["status"], "running");
        lifecycle::heal(&api.db, &api.app.signals, 8).await.unwrap();
        assert_eq!(root.get(&format!("/desktops/{id}")).await.ok(200)["status"], "deleting");
        // Its row went without anybody looking at its owner: as after a crash.
        let mut tx = api.db.begin().await.unwrap();
        desktops::delete(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        root.get(&path).await.ok(200);
        lifecycle::heal(&api.db, &api.app.signals, 8).await.unwrap();
        root.get(&path).await.refused(404, "not_found");
    }

    async fn desktops_are_given_to_somebody_else(db: TestDb) {
        let api = TestApp::with(&db, &["--max-desktops-per-user=2"]).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let root = api.signed_in("root", Role::Admin).await;
        let (ada, bob) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::User).await);
        let path = path_of(&root, "ada").await;
        let running = ada.desktop().await["id"].as_str().unwrap().to_owned();
        worker::run_next(&api, &claimant, 7001).await;
        let waiting = ada.desktop().await["id"].as_str().unwrap().to_owned();
        let mut stream = Stream::open(&bob, "", None).await;
        stream.stored().await;
        root.send("DELETE", &path, &json!({ "desktops": "give", "to": "BOB" })).await.ok(202);
        root.get(&path).await.refused(404, "not_found");
        ada.get("/me").await.refused(401, "session_ended");
        let mut told: Vec<Value> = Vec::new();
        for _ in 0..3 {
            told.push(stream.stored().await.data);
        }
        assert!(told[..2].iter().all(|desktop| desktop["owner"] == "bob"), "{told:?}");
        assert_eq!(told[2], json!({ "code": "desktops_received", "text": "You were given ada’s 2 desktops." }));
        for id in [&running, &waiting] {
            assert_eq!(bob.get(&format!("/desktops/{id}")).await.ok(200)["owner"], "bob");
        }
        let history = bob.get(&format!("/desktops/{running}/events")).await.ok(200);
        assert_eq!((&history["items"][0]["kind"], &history["items"][0]["actor"]), (&json!("given"), &json!("root")));
        // They work on: the one that waited runs, and can be stopped and deleted by its new owner.
        worker::run_next(&api, &claimant, 7002).await;
        assert_eq!(bob.get(&format!("/desktops/{waiting}")).await.ok(200)["status"], "running");
        bob.call("DELETE", &format!("/desktops/{running}")).await.ok(202);
        worker::end_next(&api, &claimant).await;
        bob.get(&format!("/desktops/{running}")).await.refused(404, "not_found");
        let key = users::by_key(&mut api.db.read().await.unwrap(), "ada").await.unwrap();
        assert!(key.is_none());
    }
}
