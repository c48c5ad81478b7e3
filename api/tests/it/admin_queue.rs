//! The queue in figures, holding it, and who works.
use std::time::{Duration, Instant};

use berth_shared::{both_databases, domain::user::Role, testing};
use serde_json::{Value, json};

use crate::{app::TestApp, browser::scrubbed, events::Stream, worker};

both_databases! {
    async fn figures_and_workers(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        for _ in 0..3 {
            ada.desktop().await;
        }
        worker::run_next(&api, &claimant, 7001).await;
        let mut figures = op.get("/admin/queue").await.ok(200);
        let history = figures.as_object_mut().unwrap().remove("history").unwrap();
        assert_eq!(history.as_array().unwrap().len(), 30);
        let finished: i64 = history.as_array().unwrap().iter().map(|minute| minute["finished"].as_i64().unwrap()).sum();
        assert_eq!(finished, 1);
        // The minute may have turned between the job's end and the call.
        figures["per_minute"] = json!("[n]");
        insta::assert_json_snapshot!("admin_queue", scrubbed(figures));
        insta::assert_json_snapshot!("workers", scrubbed(op.get("/admin/workers").await.ok(200)));
        for path in ["/admin/queue", "/admin/jobs", "/admin/workers"] {
            ada.get(path).await.refused(403, "forbidden");
            api.browser().get(path).await.refused(401, "unauthenticated");
        }
    }

    async fn the_queue_is_held_and_let_go(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        worker::sign_on(&api, 2).await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        let root = api.signed_in("root", Role::Admin).await;
        ada.call("POST", "/admin/queue/pause").await.refused(403, "forbidden");
        let mut all = Stream::open(&op, "?room=admin", None).await;
        let mut own = Stream::open(&ada, "", None).await;
        all.stored().await;
        own.stored().await;
        let first = all.queue().await;
        assert_eq!((&first["paused"], first.get("history"), &first["workers"]), (&Value::Null, None, &json!(1)));
        assert_eq!(ada.get("/limits").await.ok(200)["queue"]["held"], Value::Null);

        let asked = Instant::now();
        let paused = op.call("POST", "/admin/queue/pause").await.ok(200);
        assert_eq!(paused["paused"]["by"], "op");
        assert_eq!(root.call("POST", "/admin/queue/pause").await.ok(200)["paused"], paused["paused"], "the first stays named");
        while all.queue().await["paused"] != paused["paused"] {}
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        // The page of a user who has nothing in line is told too, and since when.
        let held = loop {
            let told = own.queue().await;
            if !told["held"].is_null() {
                break told;
            }
        };
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        assert_eq!((&held["items"], &held["held"]["code"]), (&json!([]), &json!("paused")));
        assert_eq!(held["held"]["since"], paused["paused"]["at"]);
        let waiting = ada.desktop().await;
        assert_eq!(waiting["queue"]["reason"]["code"], "paused");
        assert_eq!(ada.get("/limits").await.ok(200)["queue"]["held"]["code"], "paused");

        for _ in 0..2 {
            assert_eq!(root.call("POST", "/admin/queue/resume").await.ok(200)["paused"], Value::Null);
        }
        while !own.queue().await["held"].is_null() {}
        while !all.queue().await["paused"].is_null() {}
    }

    async fn what_holds_starts_is_told_without_anybody_asking(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        let mut own = Stream::open(&ada, "", None).await;
        own.stored().await;
        assert_eq!(own.queue().await["held"]["code"], "no_worker");
        worker::sign_on(&api, 2).await;
        while !own.queue().await["held"].is_null() {}
    }
}
