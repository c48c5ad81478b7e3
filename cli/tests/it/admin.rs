//! `berth admin queue|jobs` beside a running Berth, on both databases: it sees what was done at the shell.

use crate::server::{Server, eventually, postgres_database};
use reqwest::Method;
use serde_json::Value;
use std::process::Output;
use std::time::Duration;

const NO_ENGINE: (&str, &str) = ("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock");

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

struct Shell<'a>(&'a Server);

impl Shell<'_> {
    async fn output(&self, args: &[&str]) -> Output {
        let mut command = tokio::process::Command::from(self.0.command(&[&["admin"], args].concat()));
        command.output().await.unwrap()
    }

    /// What it prints, if it went well.
    async fn says(&self, args: &[&str]) -> String {
        let output = self.output(args).await;
        assert!(output.status.success(), "{args:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.says(args).await).unwrap()
    }

    /// Why it does not; the exit code is 1.
    async fn refuses(&self, args: &[&str]) -> String {
        let output = self.output(args).await;
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", text(&output));
        String::from_utf8(output.stderr).unwrap()
    }
}

async fn get(server: &Server, path: &str) -> Value {
    server.call(Method::GET, path, None).await.json().await.unwrap()
}

async fn queue_and_jobs_at_the_shell(mut server: Server) {
    server.start().await;
    server.log_in().await;
    let shell = Shell(&server);
    assert!(shell.says(&["queue", "status"]).await.starts_with("Starts go on."));
    for _ in 0..2 {
        assert!(shell.says(&["queue", "pause"]).await.starts_with("Starts are held by berth admin since 20"));
    }
    let held = eventually("the running api tells of it", Duration::from_secs(5), async || {
        Some(get(&server, "/admin/queue").await["paused"].clone()).filter(|paused| !paused.is_null())
    })
    .await;
    assert_eq!(
        (&held["by"], &shell.json(&["queue", "status", "--json"]).await["paused"]),
        (&"berth admin".into(), &held)
    );
    assert_eq!(shell.json(&["queue", "resume", "--json"]).await["paused"], Value::Null);

    let desktop = server.start_desktop().await;
    let job = server.desktop(&desktop).await.unwrap()["job_id"].as_str().unwrap().to_owned();
    let listed = shell.says(&["jobs", "list", "--state", "available,running,retryable", "--user", "admin"]).await;
    assert!(listed.starts_with("ID ") && listed.contains(&job) && listed.contains("desktop.create"), "{listed}");
    assert!(shell.says(&["jobs", "list", "--user", "nobody"]).await.contains("No job is like that."));
    let mut api = get(&server, "/admin/jobs").await;
    let mut here = shell.json(&["jobs", "list", "--json"]).await;
    for list in [&mut api, &mut here] {
        // Read at two moments.
        list["items"][0]["queue"] = Value::Null;
    }
    assert_eq!(here, api);
    let shown = shell.says(&["jobs", "show", &job]).await;
    assert!(shown.contains(&desktop) && shown.contains("OUTCOME") && shown.contains("cancel"), "{shown}");

    // Many: first the number.
    let all = ["jobs", "cancel", "--all-matching", "--state", "available,scheduled,retryable"];
    let counted = shell.says(&[&all[..], &["--dry-run"]].concat()).await;
    assert!(counted.starts_with("Jobs that match: 1. That something can be done about: 1."), "{counted}");
    assert_eq!(server.desktop(&desktop).await.unwrap()["status"], "queued");
    let done = shell.json(&[&all[..], &["--json"]].concat()).await;
    assert_eq!((&done["matched"], &done["changed"]), (&1.into(), &1.into()));
    assert_eq!(server.desktop(&desktop).await.unwrap()["status"], "stopped");

    // One: the running api shows what became of it.
    let again = shell.json(&["jobs", "retry", &job, "--json"]).await;
    let new = again["id"].as_str().unwrap();
    assert_ne!(new, job, "the old one stays what it was");
    assert_eq!(get(&server, &format!("/admin/jobs/{new}")).await["desktop"]["status"], "queued");
    assert!(shell.says(&["jobs", "cancel", new]).await.contains("cancelled"));
    assert_eq!(get(&server, &format!("/admin/jobs/{new}")).await["ended_by"], "berth admin");

    // What cannot be done is said in words.
    assert!(shell.refuses(&["jobs", "cancel", new]).await.contains("It was cancelled by berth admin"));
    assert!(shell.refuses(&["jobs", "show", &desktop]).await.contains("there is no job"));
    assert!(shell.refuses(&["jobs", "retry", "garbage", &desktop]).await.contains("garbage: there is no such job"));
    for (args, words) in [
        (&["jobs", "cancel"][..], "give the ids"),
        (&["jobs", "cancel", "--all-matching"], "say which jobs"),
        (&["jobs", "list", "--state", "done"], "--state: write one or more of available"),
        (&["jobs", "list", "--cursor", "x"], "next_cursor"),
    ] {
        let said = shell.refuses(args).await;
        assert!(said.contains(words), "{args:?}: {said}");
    }
    assert_eq!(server.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_sqlite() {
    queue_and_jobs_at_the_shell(Server::new("admin-sqlite", &[NO_ENGINE])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_postgres() {
    let url = postgres_database();
    queue_and_jobs_at_the_shell(Server::new("admin-postgres", &[NO_ENGINE, ("BERTH_DATABASE_URL", &url)])).await;
}
