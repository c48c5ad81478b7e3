//! Killed and begun again: what the journal says is what there is.

use std::io::Write;

use serde_json::json;

use crate::rig::{Rig, port};

#[tokio::test]
async fn after_a_kill_everything_is_there_and_what_ran_has_ended() {
    let (mut rig, at) = (Rig::new().await, port());
    rig.boot("runs", at).await;
    rig.create("made", port()).await;
    rig.create("gone", port()).await;
    rig.call("DELETE", "/containers/gone", json!(null)).await;
    let network = json!({"Name": "net", "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}]}, "Labels": {"a": "b"}});
    rig.call("POST", "/networks/create", network).await;
    let before = rig.log().await;
    rig.kill();
    rig.begin().await;
    let state = rig.state("runs").await;
    assert_eq!((state["Status"].clone(), state["ExitCode"].clone()), (json!("exited"), json!(137)));
    assert_eq!(rig.state("made").await["Status"], "created");
    assert_eq!(rig.get("/containers/gone/json").await.status, 404);
    assert_eq!(rig.get("/networks/net").await.json()["Labels"]["a"], "b");
    assert_eq!(rig.get("/networks").await.json().as_array().map(Vec::len), Some(4), "bridge, host and none only once");
    let log = rig.log().await;
    assert_eq!(log[..before.len()], before[..], "nothing was rewritten");
    assert!(log.iter().enumerate().all(|(at, entry)| entry["n"] == at as u64 + 1), "numbered without gaps");
    let after = rig.get(&format!("/sim/log?after={}", before.len())).await.body;
    assert_eq!(after.lines().count(), log.len() - before.len());
    assert_eq!(rig.post("/containers/runs/start").await.status, 204, "its port is free again");
}

#[tokio::test]
async fn a_line_cut_off_by_a_kill_never_happened() {
    let mut rig = Rig::new().await;
    rig.create("one", port()).await;
    rig.kill();
    let path = rig.options.state.join("journal.jsonl");
    let mut journal = std::fs::OpenOptions::new().append(true).open(&path).expect("the journal");
    journal.write_all(br#"{"n":99,"at":"2026-01-01T00:00:00Z","what":"container_re"#).expect("half a line");
    rig.begin().await;
    assert_eq!(rig.state("one").await["Status"], "created");
    rig.kill();
    rig.begin().await;
    assert_eq!(rig.log().await.iter().filter(|entry| entry["what"] == "engine_started").count(), 3);
}

#[tokio::test]
async fn told_to_end_it_tells_its_containers() {
    let mut rig = Rig::new().await;
    rig.boot("one", port()).await;
    let deaf = json!({"name": "deaf", "program": {"does": "sleeps", "says": null, "deaf": true}});
    assert_eq!(rig.call("POST", "/sim/images", deaf).await.status, 201);
    rig.call("POST", "/containers/create?name=two", json!({"Image": "deaf"})).await;
    rig.post("/containers/two/start").await;
    rig.end().await;
    rig.begin().await;
    assert_eq!(rig.state("one").await["ExitCode"], 143);
    assert_eq!(rig.state("two").await["ExitCode"], 137, "it would not listen");
    let ends: Vec<_> = rig.log().await.into_iter().filter(|entry| entry["what"] == "engine_ended").collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(rig.story("one").await, ["container_created", "container_started", "container_died"]);
}

#[tokio::test]
async fn a_journal_that_is_no_journal_is_refused() {
    let mut rig = Rig::new().await;
    rig.kill();
    let path = rig.options.state.join("journal.jsonl");
    std::fs::write(&path, "nonsense\n").expect("written");
    let options = rig.options.clone();
    let began = std::time::Instant::now();
    let error = loop {
        match berth_sim::Sim::open(options.clone()).await {
            // Its former self has not let go yet.
            Err(berth_sim::SimError::Taken(_)) => assert!(began.elapsed() < crate::rig::LIMIT),
            Err(error) => break error,
            Ok(_) => panic!("opened"),
        }
        tokio::task::yield_now().await;
    };
    assert!(error.to_string().contains("journal.jsonl cannot be read after line 0"), "{error}");
}
