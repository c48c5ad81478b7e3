//! The operations page's figures, put together from what several processes wrote down; and errors that pages tell of.
use std::collections::BTreeMap;

use berth_shared::{
    both_databases,
    domain::user::Role,
    measure::kept::{Figures, Load},
    store::{Db, figures},
    testing,
};
use serde_json::{Value, json};

use crate::{app::TestApp, worker};

async fn told(db: &Db, process: &str, part: &str, figures: &Figures) {
    let text = serde_json::to_string(figures).unwrap();
    let mut tx = db.begin().await.unwrap();
    figures::report(&mut tx, process, part, "n1", &text).await.unwrap();
    tx.commit().await.unwrap();
}

/// So many calls in the bucket that ends at 20 ms.
fn calls(n: u64) -> BTreeMap<String, Vec<u64>> {
    let mut counts = vec![0; 18];
    counts[5] = n;
    [("GET /api/v1/desktops".to_owned(), counts)].into()
}

both_databases! {
    async fn figures_of_all_processes_are_put_together(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        worker::sign_on(&api, 2).await;
        let (ada, op) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        ada.desktop().await;
        let empty = op.get("/admin/operations").await.ok(200);
        assert_eq!((empty["processes"].clone(), empty["calls"].clone()), (json!([]), json!([])));
        assert_eq!(empty["history"].as_array().unwrap().len(), 30);

        let of_api = Figures { pool_busy: 3.0, pool_max: 40.0, event_streams: 12.0, viewers: 5.0, calls: calls(60), ..Figures::default() };
        let load = Some(Load { cpu_percent: 120.0, memory_bytes: 4096.0, ..Load::default() });
        told(&api.db, "a", "api", &of_api).await;
        told(&api.db, "b", "api", &Figures { calls: calls(40), ..of_api.clone() }).await;
        told(&api.db, "w", "worker", &Figures { pool_busy: 1.0, port_range: 100.0, load, ..Figures::default() }).await;
        told(&api.db, "idle", "worker", &Figures { load: Some(Load::default()), ..Figures::default() }).await;

        let all = op.get("/admin/operations").await.ok(200);
        let queued = all["desktops"].as_array().unwrap().iter().find(|one| one["status"] == "queued").unwrap();
        assert_eq!((queued["n"].clone(), all["desktops"].as_array().unwrap().len()), (json!(1), 7));
        assert_eq!(all["processes"].as_array().unwrap().len(), 4);
        assert_eq!(all["processes"][0]["cpu_percent"], Value::Null, "it has only just begun");
        assert_eq!((all["calls"][0]["call"].clone(), all["calls"][0]["n"].clone()), (json!("GET /api/v1/desktops"), json!(100)));
        let p99 = all["calls"][0]["p99_ms"].as_f64().unwrap();
        assert!((15.0..=20.0).contains(&p99), "{p99}");
        let now = all["history"].as_array().unwrap().iter().rev().find(|minute| minute["calls"] != 0).unwrap();
        assert_eq!((now["pool_busy"].clone(), now["event_streams"].clone(), now["viewers"].clone()), (json!(7), json!(24), json!(10)));
        assert_eq!((now["engine_cpu_percent"].clone(), now["engine_memory_bytes"].clone()), (json!(120.0), json!(4096)));
    }

    async fn what_cannot_be_read_is_left_out(db: TestDb) {
        let api = TestApp::start(&db).await;
        let op = api.signed_in("op", Role::Operator).await;
        let mut tx = api.db.begin().await.unwrap();
        figures::report(&mut tx, "newer", "api", "n1", "[\"something else\"]").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(op.get("/admin/operations").await.ok(200)["processes"], json!([]));
    }

    async fn the_whole_is_counted(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let ada = api.signed_in("ada", Role::User).await;
        ada.desktop().await;
        ada.desktop().await;
        worker::run_next(&api, &claimant, 7001).await;
        let mut tx = api.db.read().await.unwrap();
        let whole = figures::whole(&mut tx, std::time::Duration::from_secs(15)).await.unwrap();
        let desktops: BTreeMap<_, _> = whole.desktops.iter().map(|(status, n)| (status.as_str(), *n)).collect();
        assert_eq!((desktops["running"], desktops["queued"], desktops["failed"]), (1, 1, 0));
        let jobs: BTreeMap<_, _> = whole.jobs.iter().map(|((kind, state), n)| ((kind.as_str(), state.as_str()), *n)).collect();
        assert_eq!((jobs[&("desktop.create", "completed")], jobs[&("desktop.create", "available")]), (1, 1));
        assert_eq!(jobs.len(), 4 * 7);
        assert_eq!((whole.workers, whole.port_leases, whole.paused, whole.nodes.len()), (1, 1, false, 1));
    }
}
