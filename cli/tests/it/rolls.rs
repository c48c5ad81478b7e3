//! Two apis on one database, each ended and started again while people call: whoever finds one closed asks the other, as a proxy does,
//! and no call is lost.

use crate::server::{Server, client, postgres_database};
use berth_shared::testing::RedisServer;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Calls without an end, and counts. Whoever takes the connection must answer.
async fn calls(addresses: [String; 2], stop: Arc<AtomicBool>, done: Arc<AtomicU64>) {
    let http = client().build().unwrap();
    let mut first = 0;
    while !stop.load(Ordering::Relaxed) {
        first = 1 - first;
        let mut answered = false;
        for turn in 0..2 {
            let address = &addresses[(first + turn) % 2];
            // A POST is not asked twice by anybody.
            let request = http.post(format!("http://{address}/api/v1/auth/refresh"));
            match request.send().await {
                Ok(answer) => {
                    assert_eq!(answer.status(), 401, "as for anybody without a cookie");
                    answered = true;
                    break;
                }
                Err(error) if error.is_connect() => {}
                Err(error) => panic!("a call was lost: {error:?}"),
            }
        }
        assert!(answered, "nobody was there");
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apis_are_replaced_one_by_one_and_no_call_is_lost() {
    let (database, redis) = (postgres_database(), RedisServer::start());
    let (key, redis_url) = ("k".repeat(40), redis.url());
    let env = [
        ("BERTH_DATABASE_URL", database.as_str()),
        ("BERTH_REDIS_URL", &redis_url),
        ("BERTH_SECRET_KEY", &key),
        ("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock"),
    ];
    let mut apis = [Server::new("roll-one", &env), Server::new("roll-two", &env)];
    for api in &mut apis {
        api.start_as("api").await;
    }
    let addresses = [apis[0].address.clone(), apis[1].address.clone()];
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let people: Vec<_> = (0..4).map(|_| tokio::spawn(calls(addresses.clone(), stop.clone(), done.clone()))).collect();
    for api in &mut apis {
        let before = done.load(Ordering::Relaxed);
        assert_eq!(api.terminate().await, Some(0));
        api.start_as("api").await;
        assert!(done.load(Ordering::Relaxed) > before + 20, "calls went on meanwhile");
    }
    stop.store(true, Ordering::Relaxed);
    for person in people {
        person.await.expect("every call was answered");
    }
}
