//! A worker that sleeps through its lease (SIGSTOP) and wakes when another has done its work: it makes no further engine
//! call and writes nothing. Real processes, the pretended engine, PostgreSQL.

use crate::server::{Server, eventually, postgres_database};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);

/// One answer of the database, its columns with `|` between them.
fn ask(url: &str, sql: &str) -> String {
    let output = Command::new("psql").args([url, "-XqAtc", sql]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn signal(name: &str, child: u32) {
    assert!(Command::new("kill").args([name, &child.to_string()]).status().unwrap().success());
}

/// Every call that changed something in the engine.
async fn changes(server: &Server) -> String {
    let client = crate::server::client().unix_socket(server.folder.join("sim.sock")).build().unwrap();
    client.get("http://engine/sim/log").send().await.unwrap().text().await.unwrap()
}

struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wakes_after_its_lease_touches_nothing() {
    let url = postgres_database();
    let extra = [("BERTH_RUNTIME", "sim"), ("BERTH_SIM_START", "1500ms"), ("BERTH_DATABASE_URL", &url)];
    let mut server = Server::new("frozen", &extra);
    server.start().await;
    server.log_in().await;
    let id = server.start_desktop().await;
    let query = format!("SELECT status FROM desktops WHERE id = '{id}' AND container_id IS NOT NULL");
    eventually("its container is made", SOON, async || (ask(&url, &query) == "starting").then_some(())).await;
    let sleeper = ask(&url, "SELECT worker_id FROM jobs WHERE state = 'running'");
    signal("-STOP", server.process());

    let other = server.command(&["worker"]).env("BERTH_METRICS_LISTEN", "127.0.0.1:0").stderr(Stdio::null()).spawn();
    let _other = Worker(other.unwrap());
    let query = format!("SELECT status FROM desktops WHERE id = '{id}'");
    eventually("the other brings it up", SOON, async || (ask(&url, &query) == "running").then_some(())).await;
    let facts = format!(
        "SELECT d.version, d.container_id, (SELECT string_agg(outcome, ',' ORDER BY n) FROM attempts), \
         (SELECT count(*) FROM events), (SELECT count(*) FROM history) FROM desktops d WHERE id = '{id}'"
    );
    let (before, engine_before) = (ask(&url, &facts), changes(&server).await);
    assert!(before.contains("|lost,done|"), "{before}");

    let seen = format!("SELECT last_seen_at FROM workers WHERE id = '{sleeper}'");
    let mut last = ask(&url, &seen);
    signal("-CONT", server.process());
    // It is awake, has looked round and worked on: three signs of life, each after the one before.
    for n in 1..=3 {
        last = eventually(&format!("sign of life {n}"), SOON, async || Some(ask(&url, &seen)).filter(|s| *s != last))
            .await;
    }
    assert_eq!(ask(&url, &facts), before, "it wrote something");
    assert_eq!(changes(&server).await, engine_before, "it called the engine");
    assert_eq!(server.desktop(&id).await.unwrap()["status"], "running");
    assert!(engine_before.lines().count() > 1, "{engine_before}");
}
