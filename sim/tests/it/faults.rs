//! Each fault, as its client sees it and as it leaves the engine.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use crate::rig::{LIMIT, Rig, port};

#[tokio::test]
async fn an_error_is_answered_as_often_as_was_asked_for() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "create", "kind": "error500", "times": 2, "only": "one"})).await;
    assert_eq!(rig.create("two", port()).await.status, 201, "another one's");
    for status in [500, 500, 201] {
        assert_eq!(rig.create("one", port()).await.status, status);
    }
    let all = rig.get("/sim/faults").await.json();
    assert_eq!((all[0]["hits"].clone(), all[0]["times"].clone()), (json!(2), json!(2)));
    assert_eq!(rig.call("DELETE", "/sim/faults", Value::Null).await.status, 204);
    assert_eq!(rig.get("/sim/faults").await.json(), json!([]));
}

#[tokio::test]
async fn a_dropped_connection_comes_before_the_work_or_after_it() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "create", "kind": "refuse", "times": 1})).await;
    assert_eq!(rig.create("one", port()).await.status, 0);
    assert_eq!(rig.get("/containers/one/json").await.status, 404, "nothing was done");
    rig.fault(json!({"on": "create", "kind": "refuse", "times": 1, "after": true})).await;
    assert_eq!(rig.create("one", port()).await.status, 0);
    assert_eq!(rig.get("/containers/one/json").await.status, 200, "it was done, and nobody heard");
}

#[tokio::test]
async fn a_slow_call_takes_its_time() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "list", "kind": "slow", "ms": 150})).await;
    let began = Instant::now();
    assert_eq!(rig.get("/containers/json").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_hung_call_is_carried_out_later_though_its_client_has_gone() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "create", "kind": "hang"})).await;
    let body = json!({"Image": "desk"});
    let client = rig.send("POST", "/containers/create?name=late", &body).await;
    let began = Instant::now();
    while rig.get("/sim/faults").await.json()[0]["hits"] != 1 {
        assert!(began.elapsed() < LIMIT, "the call came");
        sleep(Duration::from_millis(5)).await;
    }
    // Not before: a connection that is closed at once may be gone before anybody reads from it.
    drop(client);
    assert_eq!(rig.get("/containers/late/json").await.status, 404);
    rig.call("DELETE", "/sim/faults", Value::Null).await;
    rig.until("late", "is there after all", |state| state["Status"] == "created").await;
}

#[tokio::test]
async fn a_hung_call_goes_on_when_its_time_is_over() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "any", "kind": "hang", "ms": 100, "times": 1})).await;
    let began = Instant::now();
    assert_eq!(rig.get("/_ping").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn ports_are_taken_and_images_missing_in_docker_s_words() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "start", "kind": "port_taken", "times": 1})).await;
    rig.fault(json!({"on": "any", "kind": "image_missing", "times": 2})).await;
    let at = port();
    let missing = rig.create("one", at).await;
    assert_eq!((missing.status, missing.json()["message"].clone()), (404, json!("No such image: desk")));
    let missing = rig.get("/images/desk/json").await;
    assert_eq!(missing.json()["message"], "no such image: desk: No such image: desk");
    assert_eq!(rig.create("one", at).await.status, 201);
    let taken = rig.post("/containers/one/start").await;
    let words = taken.json()["message"].as_str().expect("words").to_owned();
    assert!(
        taken.status == 500 && words.ends_with(&format!("Bind for 127.0.0.1:{at} failed: port is already allocated"))
    );
    assert_eq!(rig.state("one").await["Status"], "created");
    assert_eq!(rig.post("/containers/one/start").await.status, 204);
}

#[tokio::test]
async fn containers_die_on_demand() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "start", "kind": "dies", "ms": 20, "exit_code": 9, "times": 1})).await;
    rig.create("one", port()).await;
    assert_eq!(rig.post("/containers/one/start").await.status, 204);
    let state = rig.until("one", "has died", |state| state["Status"] == "exited").await;
    assert_eq!((state["ExitCode"].clone(), state["OOMKilled"].clone()), (json!(9), json!(false)));

    rig.boot("two", port()).await;
    assert_eq!(rig.call("POST", "/sim/containers/two/die", json!({"oom": true})).await.status, 204);
    let state = rig.state("two").await;
    assert_eq!((state["ExitCode"].clone(), state["OOMKilled"].clone()), (json!(137), json!(true)));
    assert_eq!(rig.post("/sim/containers/two/die").await.status, 409, "dead already");
}

#[tokio::test]
async fn a_container_vanishes_and_nobody_is_told() {
    let (rig, at) = (Rig::new().await, port());
    rig.boot("one", at).await;
    let mut events = rig.events().await;
    assert_eq!(rig.post("/sim/containers/one/vanish").await.status, 204);
    assert_eq!(rig.get("/containers/one/json").await.status, 404);
    assert!(std::net::TcpListener::bind(("127.0.0.1", at)).is_ok(), "its port is free");
    rig.post("/sim/events/cut").await;
    let mut told = String::new();
    events.read_to_string(&mut told).await.expect("an end");
    assert_eq!(told, "");
    assert_eq!(rig.story("one").await, ["container_created", "container_started", "container_removed"]);
}

#[tokio::test]
async fn by_chance_a_share_of_the_calls_fails_but_it_never_seems_dead() {
    let rig = Rig::with(|options| options.fail = 1.0).await;
    for _ in 0..10 {
        assert_eq!(rig.get("/_ping").await.status, 200);
        assert!([0, 500].contains(&rig.get("/containers/json").await.status));
    }
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused_in_words() {
    let rig = Rig::new().await;
    for (fault, word) in [
        (json!({"on": "creat", "kind": "slow"}), "network_create"),
        (json!({"on": "create", "kind": "boom"}), "port_taken"),
        (json!({"on": "any", "kind": "slow", "probability": 7}), "from 0 to 1"),
        (json!({"kind": "slow"}), "missing field `on`"),
    ] {
        let answer = rig.call("POST", "/sim/faults", fault).await;
        assert!(answer.status == 400 && answer.body.contains(word), "{answer:?}");
    }
}
