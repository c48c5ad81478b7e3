//! kill -9 of the whole process at twenty random moments of a start, on both databases: after each restart the desktop
//! runs, once, and nothing is left over. Real engine, real desktops.

use crate::server::{Server, eventually, on_engine, postgres_database};
use reqwest::Method;
use std::time::{Duration, Instant};

const MOMENTS: u64 = 20;

async fn twenty_moments(mut server: Server, seed: u64) {
    server.start().await;
    server.log_in().await;
    let mut random = seed;
    for round in 0..MOMENTS {
        // xorshift: the moments of a seed are always the same, and the message tells which one failed.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = Duration::from_millis(random % 900);
        let what = format!("seed {seed}, round {round}, killed after {moment:?}");

        let id = server.start_desktop().await;
        tokio::time::sleep(moment).await;
        server.kill();
        let killed = Instant::now();
        server.start().await;
        eventually(&format!("it runs ({what})"), Duration::from_secs(30), async || {
            server.desktop(&id).await.filter(|desktop| desktop["status"] == "running")
        })
        .await;
        eprintln!("{what}: running {:?} after the kill", killed.elapsed());
        let filter = format!("label=berth.desktop={id}");
        let containers = on_engine(&["ps", "-a"], &filter);
        assert_eq!(containers.len(), 1, "exactly one container ({what}): {containers:?}");

        assert_eq!(server.call(Method::DELETE, &format!("/desktops/{id}"), None).await.status(), 202);
        eventually(&format!("it is gone ({what})"), Duration::from_secs(30), async || {
            let missing = server.call(Method::GET, &format!("/desktops/{id}"), None).await.status() == 404;
            missing.then_some(())
        })
        .await;
        assert!(on_engine(&["ps", "-a"], &filter).is_empty(), "no container is left ({what})");
        assert!(on_engine(&["volume", "ls"], &filter).is_empty(), "no home is left ({what})");
    }
    let limits: serde_json::Value = server.call(Method::GET, "/limits", None).await.json().await.unwrap();
    assert_eq!((&limits["desktops"]["used"], &limits["queue"]["slots"]["busy"]), (&0.into(), &0.into()));
    assert_eq!(server.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_twenty_moments_on_sqlite() {
    twenty_moments(Server::new("kill-sqlite", &[]), 0x5eed_0001).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_twenty_moments_on_postgres() {
    let url = postgres_database();
    twenty_moments(Server::new("kill-postgres", &[("BERTH_DATABASE_URL", &url)]), 0x5eed_0002).await;
}
