//! Jobs as administrators find, read and steer them. Every state and action: `shared/tests/it/steer.rs`.
use berth_shared::{both_databases, domain::user::Role, testing};
use serde_json::{Value, json};

use crate::{app::TestApp, browser::scrubbed, worker};

both_databases! {
    async fn a_job_is_found_and_read(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        ada.desktop().await;
        ada.desktop().await;
        let lease = worker::run_next(&api, &claimant, 7001).await;
        let mut list = op.get("/admin/jobs").await.ok(200);
        // The line is drawn up at times: the first start is in it still, or is not.
        let place = list["items"][0]["queue"].take();
        assert_eq!(place["position"].as_i64().unwrap(), place["ahead"].as_i64().unwrap() + 1, "{place}");
        insta::assert_json_snapshot!("jobs", scrubbed(list));
        let detail = op.get(&format!("/admin/jobs/{}", lease.job_id)).await.ok(200);
        insta::assert_json_snapshot!("job", scrubbed(detail));
    }

    async fn lists_are_paged_and_say_what_they_cannot_read(db: TestDb) {
        let api = TestApp::with(&db, &["--max-desktops-per-user=9", "--start-limits=off"]).await;
        testing::template(&api.db, "berth/light").await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        let mut made = Vec::new();
        for _ in 0..5 {
            made.insert(0, ada.desktop().await["job_id"].clone());
        }
        for filter in ["", "state=available", "state=available,running&kind=desktop.create&user=ada&since=1h&q=light"] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = op.get(&format!("/admin/jobs?limit=2&{filter}{cursor}")).await.ok(200);
                seen.extend(page["items"].as_array().unwrap().iter().map(|job| job["id"].clone()));
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen, made, "{filter}");
        }
        for (bad, field) in [
            ("state=done", "state"), ("kind=noop", "kind"), ("since=soon", "since"), ("limit=0", "limit"), ("limit=201", "limit"),
            ("cursor=x", "cursor"), ("cursor=e30", "cursor"), ("page=2", "page"), ("state=a&state=b", "state"),
        ] {
            let refused = op.get(&format!("/admin/jobs?{bad}")).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field, "{bad}");
        }
        let words = op.get("/admin/jobs?state=done").await.body["detail"].clone();
        assert!(words.as_str().unwrap().contains("retryable"), "{words}");
        let long = "x".repeat(101);
        op.get(&format!("/admin/jobs?q={long}")).await.refused(422, "validation_failed");
        for none in ["user=nobody", "user=%00", "desktop=%07", "worker=none", "q=%00", "state=running", &format!("desktop={long}{long}")] {
            assert_eq!(op.get(&format!("/admin/jobs?{none}")).await.ok(200)["items"], json!([]), "{none}");
        }
        assert_eq!(op.get("/admin/jobs?state=&kind=&q=").await.ok(200)["items"].as_array().unwrap().len(), 5);
        for garbage in ["garbage", "%00", &"x".repeat(1_000), "01J00000000000000000000000"] {
            for (method, action) in [("GET", ""), ("POST", "/retry"), ("POST", "/cancel")] {
                op.call(method, &format!("/admin/jobs/{garbage}{action}")).await.refused(404, "not_found");
            }
        }
        let desktop = ada.get("/desktops").await.ok(200)["items"][0]["id"].as_str().unwrap().to_owned();
        op.get(&format!("/admin/jobs/{desktop}")).await.refused(404, "not_found");
    }

    async fn one_is_retried_and_cancelled(db: TestDb) {
        let api = TestApp::with(&db, &["--start-limits=2/day"]).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        let desktop = ada.desktop().await;
        let job = format!("/admin/jobs/{}", desktop["job_id"].as_str().unwrap());
        let cancelled = op.call("POST", &format!("{job}/cancel")).await.ok(202);
        assert_eq!((&cancelled["state"], &cancelled["ended_by"], &cancelled["actions"]), (&json!("cancelled"), &json!("op"), &json!(["retry"])));
        assert_eq!((&cancelled["desktop"]["status"], &cancelled["desktop"]["reason"]["code"]), (&json!("stopped"), &json!("by_admin")));
        let again = op.call("POST", &format!("{job}/cancel")).await;
        again.refused(409, "job_finished");
        assert!(again.body["detail"].as_str().unwrap().contains("by op"), "{}", again.body);

        // More often than its owner might ask.
        let mut path = job.clone();
        for _ in 0..3 {
            let retried = op.call("POST", &format!("{path}/retry")).await.ok(202);
            assert_eq!((&retried["state"], &retried["queue"]["position"]), (&json!("available"), &json!(1)));
            op.call("POST", &format!("{job}/retry")).await.refused(409, "live_job");
            path = format!("/admin/jobs/{}", retried["id"].as_str().unwrap());
            assert_eq!(op.call("POST", &format!("{path}/cancel")).await.ok(202)["state"], "cancelled");
        }
        assert_eq!(ada.get("/limits").await.ok(200)["starts"][0]["used"], 1);
        op.call("POST", &format!("{path}/retry")).await.ok(202);
        worker::run_next(&api, &claimant, 7001).await;
        op.call("POST", &format!("{job}/retry")).await.refused(409, "nothing_to_do");
        ada.call("DELETE", &format!("/desktops/{}", desktop["id"].as_str().unwrap())).await.ok(202);
        worker::end_next(&api, &claimant).await;
        op.call("POST", &format!("{job}/retry")).await.refused(409, "desktop_gone");
        let gone = op.get(&job).await.ok(200);
        assert_eq!((&gone["desktop"], &gone["desktop_name"]), (&Value::Null, &Value::Null));
        assert_eq!(gone["history"][0]["status"], "deleting", "what happened to it can still be read");
    }

    async fn many_are_counted_first_and_then_dealt_with(db: TestDb) {
        let api = TestApp::with(&db, &["--max-desktops-per-user=9", "--start-limits=off"]).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        for _ in 0..4 {
            ada.desktop().await;
        }
        worker::run_next(&api, &claimant, 7001).await;
        let ask = |dry_run: bool| json!({ "filter": { "user": "ada" }, "dry_run": dry_run });
        let said = op.send("POST", "/admin/jobs/cancel", &ask(true)).await.ok(200);
        insta::assert_json_snapshot!("bulk_dry_run", scrubbed(without_time(said)));
        let done = op.send("POST", "/admin/jobs/cancel", &ask(false)).await.ok(200);
        assert_eq!((&done["matched"], &done["eligible"], &done["changed"]), (&json!(4), &json!(3), &json!(3)));
        let nothing = op.send("POST", "/admin/jobs/retry", &json!({ "filter": { "state": "running" } })).await.ok(200);
        assert_eq!(nothing, json!({ "matched": 0, "eligible": 0, "changed": 0, "refused": [] }));
        for (body, field) in [
            (json!({ "filter": {} }), "filter"),
            (json!({ "filter": { "state": "" } }), "filter"),
            (json!({}), "filter"),
            (json!({ "filter": { "state": "done" } }), "filter.state"),
            (json!({ "filter": { "state": "running", "color": "red" } }), "filter.color"),
            (json!({ "filter": { "state": "running" }, "dry_run": 1 }), "dry_run"),
        ] {
            let refused = op.send("POST", "/admin/jobs/cancel", &body).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field, "{body}");
        }
        ada.send("POST", "/admin/jobs/cancel", &ask(true)).await.refused(403, "forbidden");
    }
}

/// Words that tell when.
fn without_time(mut bulk: Value) -> Value {
    for refused in bulk["refused"].as_array_mut().unwrap() {
        let words = refused["detail"].as_str().unwrap().split(" at 20").next().unwrap().to_owned();
        refused["detail"] = json!(words);
    }
    bulk
}
