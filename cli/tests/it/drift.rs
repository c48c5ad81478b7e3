//! `berth admin drift …`: the page's list and decisions at the shell.

use crate::server::Server;
use berth_shared::domain::drift::{DriftAction, DriftKind, DriftSide};
use berth_shared::store::drift::{self, Found};
use berth_shared::store::nodes::{self, Node};
use berth_shared::store::{Db, PoolSize};
use serde_json::Value;
use std::process::Output;
use std::time::Duration;

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// As a worker leaves it behind that found a container without a desktop, and a port that somebody else has.
async fn compared(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    let seen_at = tx.now().await.unwrap();
    let node = Node { id: "dock-01".into(), engine_up: true, engine_error: None, start_slots: 2, seen_at };
    nodes::report(&mut tx, &node).await.unwrap();
    let turn =
        nodes::take_compare(&mut tx, "dock-01", "w", Duration::ZERO).await.unwrap().expect("nobody else compares");
    let found = |kind, actions: &[DriftAction], title: &str, explains: &str| Found {
        kind,
        subject: title.to_owned(),
        record: None,
        engine: Some(DriftSide { title: title.to_owned(), detail: "up 3 h".into(), ..DriftSide::default() }),
        actions: actions.to_vec(),
        explains: explains.to_owned(),
    };
    let all = [
        found(DriftKind::ContainerWithoutDesktop, DriftAction::ALL, "berth-5b2e", "Adopt gives it back to Ada."),
        found(DriftKind::PortInUse, &[DriftAction::Forget], "Port 7114 in use", "Starts skip it."),
    ];
    drift::write(&mut tx, "dock-01", &all).await.unwrap();
    assert!(nodes::end_compare(&mut tx, "dock-01", turn, Duration::from_secs(30), Some((7, 8))).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_listed_and_decided_about_at_the_shell() {
    let server = Server::new("drift", &[]);
    let run = |args: &[&str]| {
        let all: Vec<&str> = ["admin", "drift"].iter().chain(args).copied().collect();
        server.command(&all).output().unwrap()
    };
    let none = run(&["list"]);
    assert!(none.status.success() && said(&none).contains("0 differences"), "{}", said(&none));
    assert!(said(&none).contains("compared never yet"), "{}", said(&none));

    let url = format!("sqlite://{}", server.folder.join("berth.db").display());
    let db = Db::open(&url, &url, PoolSize { min: 0, max: 2 }).await.unwrap();
    compared(&db).await;
    let some = said(&run(&["list"]));
    for words in
        ["container_without_desktop", "berth-5b2e (up 3 h)", "adopt, remove, forget: Adopt gives it back to Ada."]
    {
        assert!(some.contains(words), "{words} is missing in: {some}");
    }
    assert!(some.contains("forget (“Try again”)") && some.contains("7 desktops and 8 ports agree"), "{some}");
    let json: Value = serde_json::from_slice(&run(&["list", "--json"]).stdout).unwrap();
    let id = |n: usize| json["items"][n]["id"].as_str().unwrap().to_owned();

    let asked = run(&["adopt", &id(0)]);
    assert!(asked.status.success() && said(&asked).contains("dock-01"), "{}", said(&asked));
    let again: Value = serde_json::from_slice(&run(&["adopt", &id(0), "--json"]).stdout).unwrap();
    assert_eq!((&again["asked"]["action"], &again["asked"]["by"]), (&"adopt".into(), &"berth admin".into()));
    assert!(said(&run(&["list"])).contains("asked to adopt by berth admin: not done yet"));
    for (args, words) in [
        (vec!["adopt".to_owned(), id(1)], "this is not offered for it; what is: forget"),
        (vec!["forget".to_owned(), "01JNEVER".to_owned()], "settled already, or never was"),
    ] {
        let refused = run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!refused.status.success() && said(&refused).contains(words), "{}", said(&refused));
    }
    let asked_at =
        async || nodes::comparison(&mut db.read().await.unwrap(), "dock-01").await.unwrap().unwrap().compare_asked_at;
    let before = asked_at().await.expect("a decision wakes the node's workers");
    assert!(run(&["compare"]).status.success());
    assert!(asked_at().await > Some(before));
}
