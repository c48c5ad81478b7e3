//! Where records and engines do not agree, as operators see it and decide about it.
use berth_shared::{
    both_databases,
    domain::{
        drift::{DriftAction, DriftKind, DriftSide},
        time::Time,
        user::Role,
    },
    store::{
        Db,
        drift::{self, Found},
        nodes::{self, Node},
    },
};
use serde_json::{Value, json};
use std::time::Duration;

use crate::app::TestApp;

fn found(subject: &str, kind: DriftKind, actions: &[DriftAction]) -> Found {
    Found {
        kind,
        subject: subject.to_owned(),
        record: None,
        engine: Some(DriftSide { title: format!("berth-{subject}"), port: Some(7044), ..DriftSide::default() }),
        actions: actions.to_vec(),
        explains: "Adopt gives it back to Ada.".to_owned(),
    }
}

async fn node(db: &Db, id: &str, engine_up: bool) {
    let mut tx = db.begin().await.unwrap();
    let seen_at = tx.now().await.unwrap();
    let node = Node { id: id.to_owned(), engine_up, engine_error: None, start_slots: 2, seen_at };
    nodes::report(&mut tx, &node).await.unwrap();
    tx.commit().await.unwrap();
}

/// As a worker of this node writes what it found.
async fn compared(db: &Db, node: &str, found: &[Found], matched: (i64, i64)) -> Time {
    let mut tx = db.begin().await.unwrap();
    nodes::ask_compare(&mut tx, node).await.unwrap();
    let turn = nodes::take_compare(&mut tx, node, "w", Duration::ZERO).await.unwrap().expect("nobody else compares");
    drift::write(&mut tx, node, found).await.unwrap();
    assert!(nodes::end_compare(&mut tx, node, turn, Duration::from_secs(30), Some(matched)).await.unwrap());
    tx.commit().await.unwrap();
    comparison(db, node).await.compared_at.expect("just now")
}

async fn comparison(db: &Db, id: &str) -> nodes::Comparison {
    nodes::comparison(&mut db.read().await.unwrap(), id).await.unwrap().expect("a node")
}

async fn asked_to_compare(db: &Db, id: &str) -> bool {
    comparison(db, id).await.compare_asked_at.is_some()
}

fn time(json: &Value) -> Option<Time> {
    serde_json::from_value(json.clone()).unwrap()
}

both_databases! {
    async fn differences_are_listed_and_decided_about(db: TestDb) {
        use DriftAction::{Adopt, Forget, Remove};
        let api = TestApp::start(&db).await;
        let operator = api.signed_in("olga", Role::Operator).await;
        let empty = operator.get("/admin/drift").await.ok(200);
        assert_eq!(empty, json!({ "items": [], "matched": { "desktops": 0, "ports": 0 }, "compared_at": null, "next_compare_at": null, "nodes": [] }));

        node(&api.db, "dock-01", true).await;
        node(&api.db, "dock-02", false).await;
        let orphan = found("5b2e", DriftKind::ContainerWithoutDesktop, &[Adopt, Remove, Forget]);
        let port = found("7114", DriftKind::PortInUse, &[Forget]);
        let first = compared(&api.db, "dock-01", &[port, orphan.clone()], (147, 147)).await;
        compared(&api.db, "dock-02", std::slice::from_ref(&orphan), (3, 4)).await;
        let list = operator.get("/admin/drift").await.ok(200);
        assert_eq!(list["matched"], json!({ "desktops": 150, "ports": 151 }));
        assert_eq!(time(&list["compared_at"]), Some(first), "the oldest node's");
        assert!(time(&list["next_compare_at"]) > Some(first));
        assert_eq!((list["nodes"].as_array().unwrap().len(), &list["nodes"][1]["engine_up"]), (2, &json!(false)));
        let items = list["items"].as_array().unwrap();
        let kinds: Vec<_> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["container_without_desktop", "container_without_desktop", "port_in_use"]);
        let (here, there) = (&items[0], &items[1]);
        assert_eq!((&here["node"], &here["record"], &here["asked"]), (&json!("dock-01"), &json!(null), &json!(null)));
        assert_eq!((&here["engine"]["port"], &here["engine"]["owner"]), (&json!(7044), &json!(null)));
        assert_eq!((&here["actions"], &there["node"]), (&json!(["adopt", "remove", "forget"]), &json!("dock-02")));

        let path = |item: &Value, action: &str| format!("/admin/drift/{}/{action}", item["id"].as_str().unwrap());
        let asked = operator.call("POST", &path(here, "adopt")).await.ok(202);
        assert_eq!((&asked["asked"]["action"], &asked["asked"]["by"], &asked["asked"]["error"]), (&json!("adopt"), &json!("olga"), &json!(null)));
        assert!(asked_to_compare(&api.db, "dock-01").await, "its worker is woken");
        let admin = api.signed_in("root", Role::Admin).await;
        assert_eq!(admin.call("POST", &path(here, "adopt")).await.ok(202), asked, "twice is the same as once");
        let refused = operator.call("POST", &path(&items[2], "adopt")).await;
        refused.refused(409, "not_offered");
        assert_eq!(refused.body["detail"], "This is not offered for it; what is: forget.");
        let refused = operator.call("POST", &path(there, "remove")).await;
        refused.refused(409, "engine_down");
        assert!(refused.body["detail"].as_str().unwrap().contains("dock-02"));
        // Taking something from the list needs no engine.
        assert_eq!(operator.call("POST", &path(there, "forget")).await.ok(202)["asked"]["action"], "forget");

        // What could not be done says why, and is tried again when it is asked again.
        let decided = drift::decided(&mut api.db.read().await.unwrap(), "dock-01").await.unwrap();
        assert_eq!(decided.len(), 1);
        let mut tx = api.db.begin().await.unwrap();
        drift::failed(&mut tx, &decided[0], "It cannot be adopted: it has ended.").await.unwrap();
        tx.commit().await.unwrap();
        let list = operator.get("/admin/drift").await.ok(200);
        assert_eq!(list["items"][0]["asked"]["error"], "It cannot be adopted: it has ended.");
        let again = admin.call("POST", &path(here, "adopt")).await.ok(202);
        assert_eq!((&again["asked"]["by"], &again["asked"]["error"]), (&json!("root"), &json!(null)));

        // Gone from a comparison is gone from the list.
        compared(&api.db, "dock-01", &[], (148, 148)).await;
        let settled = operator.call("POST", &path(here, "adopt")).await;
        settled.refused(404, "not_found");
        assert_eq!(settled.body["detail"], "It is settled already, or never was.");
        let list = operator.call("POST", "/admin/drift/compare").await.ok(202);
        assert_eq!((list["items"].as_array().unwrap().len(), &list["matched"]["desktops"]), (1, &json!(151)));
        assert!(asked_to_compare(&api.db, "dock-01").await && asked_to_compare(&api.db, "dock-02").await);
    }
}
