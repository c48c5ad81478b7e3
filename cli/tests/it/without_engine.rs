//! No engine, no image: Berth starts all the same, says so, and starts wait or fail with words.

use crate::server::{Server, eventually};
use serde_json::Value;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_starts_wait_and_can_be_cancelled() {
    let mut server = Server::new("no-engine", &[("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock")]);
    server.start().await;
    server.log_in().await;
    let id = server.start_desktop().await;
    let reason = eventually("the reason is told", Duration::from_secs(10), async || {
        let desktop = server.desktop(&id).await?;
        (desktop["queue"]["reason"]["code"] == "engine_down").then(|| desktop["queue"].clone())
    })
    .await;
    assert_eq!((&reason["position"], &reason["eta_seconds"]), (&1.into(), &Value::Null));
    let stopped = server.call(reqwest::Method::POST, &format!("/desktops/{id}/stop"), None).await;
    assert_eq!(stopped.json::<Value>().await.unwrap()["status"], "stopped");
    assert_eq!(server.terminate().await, Some(0));
    let told = server.log().lines().filter(|line| line.contains("engine")).count();
    assert!((1..10).contains(&told), "said in the log, but not over and over: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_image_fails_the_start_with_words() {
    let mut server = Server::new("no-image", &[("BERTH_DESKTOP_IMAGE", "berth/no-such-image:1")]);
    server.start().await;
    server.log_in().await;
    let id = server.start_desktop().await;
    let failed = eventually("it fails", Duration::from_secs(20), async || {
        server.desktop(&id).await.filter(|desktop| desktop["status"] == "failed")
    })
    .await;
    assert_eq!(failed["reason"]["code"], "image_missing");
    let templates: Value = eventually("the template says so too", Duration::from_secs(20), async || {
        let all: Value = server.call(reqwest::Method::GET, "/templates", None).await.json().await.ok()?;
        let it = all["items"].as_array()?.iter().find(|template| template["default"] == true)?;
        (it["ready"] == false).then(|| it.clone())
    })
    .await;
    assert_eq!(templates["reason"]["code"], "image_missing");
}
