//! Streams: what they carry, and how they are cut.

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::rig::{LIMIT, Rig, port};

async fn next(stream: &mut BufReader<UnixStream>) -> String {
    let mut line = String::new();
    timeout(LIMIT, stream.read_line(&mut line)).await.expect("in time").expect("a line");
    line
}

#[tokio::test]
async fn events_are_told_as_they_happen_until_they_are_cut() {
    let rig = Rig::new().await;
    let (mut one, mut two) = (rig.events().await, rig.events().await);
    rig.create("desk", port()).await;
    for stream in [&mut one, &mut two] {
        assert!(next(stream).await.contains(r#""Action":"create""#));
    }
    assert_eq!(rig.post("/sim/events/cut").await.status, 204);
    assert_eq!((next(&mut one).await, next(&mut two).await), (String::new(), String::new()));
    let mut again = rig.events().await;
    rig.post("/containers/desk/start").await;
    assert!(next(&mut again).await.contains(r#""Action":"start""#));
}

#[tokio::test]
async fn a_stream_ends_after_the_time_that_was_asked_for() {
    let rig = Rig::new().await;
    rig.fault(json!({"on": "events", "kind": "cut", "ms": 30, "times": 1})).await;
    assert_eq!(next(&mut rig.events().await).await, "");
    rig.create("desk", port()).await;
    rig.post("/containers/desk/start").await;
    rig.fault(json!({"on": "any", "kind": "cut", "ms": 30})).await;
    let mut attached = rig.attach("desk").await;
    assert_eq!(timeout(LIMIT, attached.read(&mut [0; 8])).await.expect("in time").unwrap_or(0), 0);
    assert_eq!(rig.get("/containers/desk/logs?follow=1&stdout=1").await.body, "");
    assert_eq!(rig.state("desk").await["Status"], "running", "only the streams were cut");
}

#[tokio::test]
async fn who_attaches_anew_can_still_hand_the_password_over() {
    use tokio::io::AsyncWriteExt;
    let rig = Rig::new().await;
    rig.create("desk", port()).await;
    drop(rig.attach("desk").await);
    rig.post("/containers/desk/start").await;
    drop(rig.attach("desk").await);
    let mut third = rig.attach("desk").await;
    third.write_all(b"pass").await.expect("half");
    third.write_all(b"word\n").await.expect("the rest");
    let mut said = [0; 14];
    third.read_exact(&mut said).await.expect("ready");
    assert!(said.ends_with(b"ready\n"));
    let log = rig.get("/containers/desk/logs?stdout=1").await.body;
    assert!(log.ends_with("ready\n"), "{log:?}");
}
