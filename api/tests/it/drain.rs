//! An api that is told to end beside others: not ready at once, and for a while all goes on, one answer a connection; then its streams
//! are told to come back elsewhere, and what is under way is finished.
use std::time::{Duration, Instant};

use berth_shared::{
    domain::user::Role,
    testing::{TestDb, eventually},
};
use serde_json::Value;

use crate::{app::TestApp, browser::client, events::Stream};

#[tokio::test(flavor = "multi_thread")]
async fn it_lets_go_before_it_ends() {
    let db = TestDb::postgres().await;
    let drain = Duration::from_secs(1);
    let mut api = TestApp::draining(&db, drain).await;
    let ada = api.signed_in("ada", Role::User).await;
    let mut stream = Stream::open(&ada, "", None).await;
    stream.stored().await;
    assert!(ada.get("/me").await.headers.get("connection").is_none(), "connections are kept");

    let begun = Instant::now();
    api.app.told_to_end.cancel();
    let http = client().build().unwrap();
    let ready = http.get(format!("http://{}/readyz", api.host)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let said: Value = ready.json().await.unwrap();
    assert_eq!((&said["status"], &said["reason"]), (&Value::from("not_ready"), &Value::from("this process ends")));
    // Who has not noticed yet is answered, and sent away.
    let answer = ada.get("/me").await;
    assert_eq!(answer.header("connection"), "close");
    answer.ok(200);
    assert!(!api.app.ending.is_cancelled() && begun.elapsed() < drain, "{:?}", begun.elapsed());

    stream.ends().await;
    assert!(begun.elapsed() >= drain, "not before: {:?}", begun.elapsed());
    assert!(stream.said().ends_with("retry: 100\n: this server ends, come back\n\n"), "{}", stream.said());
    (&mut api.server).await.unwrap();
    assert!(begun.elapsed() < drain * 3, "{:?}", begun.elapsed());
    eventually("nobody answers", async || http.get(format!("http://{}/healthz", api.host)).send().await.err()).await;
}
