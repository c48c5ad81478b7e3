//! Two apis that tell each other over Redis whose rights changed: sooner than the database is asked again, and never later when
//! Redis is away.
use std::time::{Duration, Instant};

use berth_shared::{
    domain::user::Role,
    store::users,
    testing::{RedisServer, TestDb, eventually},
};
use serde_json::{Value, json};

use crate::{
    app::{PASSWORD, TestApp},
    browser::{Browser, client},
};

/// What a process says is degraded.
async fn degraded(api: &TestApp) -> Vec<String> {
    let answer = client().build().unwrap().get(format!("http://{}/readyz", api.host)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], "ready");
    serde_json::from_value(body["degraded"].clone()).unwrap()
}

async fn redis_is(api: &TestApp, up: bool) {
    eventually("Redis is seen", async || (degraded(api).await.iter().any(|what| what == "redis") != up).then_some(()))
        .await;
}

/// Changes a name behind every api's back.
async fn rename(api: &TestApp, id: &str, name: &str) {
    let mut tx = api.db.begin().await.unwrap();
    let mut user = users::get(&mut tx, id).await.unwrap().unwrap();
    user.display_name = name.to_owned();
    users::update(&mut tx, &user).await.unwrap();
    tx.commit().await.unwrap();
}

async fn name(browser: &Browser) -> Value {
    browser.get("/me").await.ok(200)["display_name"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_looked_up_is_known_for_longer_and_forgotten_at_once() {
    let (db, mut redis) = (TestDb::postgres().await, RedisServer::start());
    let flag = format!("--redis-url={}", redis.url());
    let (one, two) = (TestApp::with(&db, &[&flag]).await, TestApp::with(&db, &[&flag]).await);
    redis_is(&one, true).await;
    redis_is(&two, true).await;
    let id = one.user("ada", Role::User).await.id;
    let root = one.signed_in("root", Role::Admin).await;
    let ada = two.browser();
    ada.log_in("ada", PASSWORD).await.ok(200);
    tokio::time::sleep(Duration::from_millis(100)).await; // what root did is told by now
    assert_eq!(name(&ada).await, "ada");

    // Nobody said anything: it is still what was looked up, a second and more ago.
    rename(&one, &id, "Ada L.").await;
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert_eq!(name(&ada).await, "ada");

    // The other api says so.
    let path = format!("/admin/users/{id}");
    root.send("PATCH", &path, &json!({ "role": "operator" })).await.ok(200);
    let begun = Instant::now();
    eventually("the role is known", async || (ada.get("/me").await.ok(200)["role"] == "operator").then_some(())).await;
    // Untold, it would be fifteen seconds.
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    assert_eq!(name(&ada).await, "Ada L.");

    // Redis goes: within a second, who was looked up is looked up again.
    rename(&one, &id, "Ada King").await;
    redis.kill();
    let begun = Instant::now();
    eventually("the name is known", async || (name(&ada).await == "Ada King").then_some(())).await;
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    redis_is(&two, false).await;

    // And what ends ends everywhere, without it as with it.
    for up in [false, true] {
        if up {
            redis.again();
            redis_is(&one, true).await;
            redis_is(&two, true).await;
        }
        let there = two.browser();
        there.log_in("ada", PASSWORD).await.ok(200);
        there.get("/me").await.ok(200);
        root.call("POST", &format!("{path}/sign-out")).await.ok(204);
        let begun = Instant::now();
        eventually("the log-in has ended", async || (there.get("/me").await.status == 401).then_some(())).await;
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    }
}
