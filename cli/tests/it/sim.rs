//! The pretended engine as a process: who starts it, what it outlives, and that there is only one.

use crate::server::{BERTH, Server, eventually, folder};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

/// What it says of itself; none: nobody listens.
async fn about(socket: &Path) -> Option<Value> {
    let client = crate::server::client().unix_socket(socket).timeout(SOON).build().unwrap();
    client.get("http://engine/sim").send().await.ok()?.json().await.ok()
}

async fn its_process(socket: &Path) -> u64 {
    eventually("an engine listens", SOON, async || about(socket).await?["pid"].as_u64()).await
}

fn signal(name: &str, pid: u64) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

async fn is_gone(pid: u64) {
    let stat = format!("/proc/{pid}/stat");
    // A zombie is gone too: its parent has yet to look.
    let over = || std::fs::read_to_string(&stat).map_or(true, |text| text.contains(") Z "));
    eventually("the engine has ended", SOON, async || over().then_some(())).await;
}

async fn runs(server: &Server, id: &str, container_changes: Option<&str>) -> String {
    eventually("the desktop runs", SOON, async || {
        let desktop = server.desktop(id).await.filter(|desktop| desktop["status"] == "running")?;
        let started_at = desktop["started_at"].as_str()?.to_owned();
        (container_changes != Some(started_at.as_str())).then_some(started_at)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_outlives_a_killed_worker_and_a_killed_one_is_healed_from() {
    let mut server = Server::new("sim", &[("BERTH_RUNTIME", "sim"), ("BERTH_SIM_START", "200ms")]);
    let socket = server.folder.join("sim.sock");
    server.start().await;
    server.log_in().await;
    let engine = its_process(&socket).await;
    let stat = std::fs::read_to_string(format!("/proc/{engine}/stat")).unwrap();
    let session: u64 = stat.rsplit_once(") ").unwrap().1.split(' ').nth(3).unwrap().parse().unwrap();
    assert_eq!(session, engine, "it has a session of its own");
    let id = server.start_desktop().await;
    let first = runs(&server, &id, None).await;

    server.kill();
    assert_eq!(its_process(&socket).await, engine, "it does not go with the worker");
    server.start().await;
    assert_eq!(runs(&server, &id, None).await, first, "and the desktop ran all the time");
    assert_eq!(its_process(&socket).await, engine, "the next worker found it");

    signal("-KILL", engine);
    is_gone(engine).await;
    assert!(about(&socket).await.is_none());
    let mut again = server.command(&["sim-engine"]).stderr(Stdio::null()).spawn().unwrap();
    runs(&server, &id, Some(&first)).await;
    assert_eq!(its_process(&socket).await, u64::from(again.id()));
    assert_eq!(server.terminate().await, Some(0));
    signal("-TERM", again.id().into());
    assert!(again.wait().unwrap().success());
    assert!(!socket.exists());
}

#[tokio::test]
async fn of_many_started_at_once_one_lives_and_the_others_mind_nothing() {
    let folder = folder("sim-many");
    let socket = folder.join("sim.sock");
    let start = || {
        let mut command = Command::new(BERTH);
        command.args(["sim-engine", "--detached", "--socket"]).arg(&socket);
        command.stderr(Stdio::null()).spawn().unwrap()
    };
    let mut all: Vec<_> = (0..6).map(|_| start()).collect();
    let alive = its_process(&socket).await;
    let (mut living, others): (Vec<_>, Vec<_>) = all.drain(..).partition(|child| u64::from(child.id()) == alive);
    for mut other in others {
        let status = eventually("it ends", SOON, async || other.try_wait().unwrap()).await;
        assert!(status.success(), "{status}");
    }
    let mut one = living.pop().expect("one of ours");
    assert_eq!(its_process(&socket).await, alive);
    signal("-TERM", alive);
    assert!(one.wait().unwrap().success());
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn wrong_options_are_said_in_words_and_doctor_says_what_it_is() {
    let server = Server::new("sim-words", &[("BERTH_RUNTIME", "sim")]);
    for (flag, word) in [("--fail=7", "from 0 to 1"), ("--start=soon", "soon"), ("--cpus=0", "--cpus")] {
        let answer = server.command(&["sim-engine", flag]).output().unwrap();
        let words = String::from_utf8_lossy(&answer.stderr);
        assert!(!answer.status.success() && words.contains(word), "{words}");
    }
    let words = server.command(&["doctor"]).output().unwrap().stdout;
    let words = String::from_utf8_lossy(&words);
    assert!(words.contains("BERTH_RUNTIME=sim: a pretended one, which nobody has started yet"), "{words}");
    let mut engine = server.command(&["sim-engine"]).stderr(Stdio::null()).spawn().unwrap();
    its_process(&server.folder.join("sim.sock")).await;
    let words = server.command(&["doctor"]).output().unwrap().stdout;
    let words = String::from_utf8_lossy(&words);
    assert!(words.contains("a pretended one (20.10.24+pretended) answers at"), "{words}");
    signal("-TERM", engine.id().into());
    assert!(engine.wait().unwrap().success());
}
