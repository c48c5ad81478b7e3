//! `berth load`: every scenario against a pretended engine, faults meanwhile, interruptions, and what it says when it cannot.

use crate::server::{BERTH, Server, eventually, folder};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const SIM: [(&str, &str); 2] = [("BERTH_RUNTIME", "sim"), ("BERTH_SIM_START", "300ms")];
const SOON: Duration = Duration::from_secs(60);

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn own(args: &[&str], report: &Path) -> Output {
    let mut command = Command::new(BERTH);
    command.arg("load").args(args).args(["--own", "--look-every", "200ms", "--report"]).arg(report);
    command.envs(SIM).stdin(Stdio::null()).output().unwrap()
}

fn read(report: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(report.with_extension("json")).unwrap()).unwrap()
}

#[test]
fn each_scenario_reaches_its_goals_on_a_berth_of_its_own_and_leaves_nothing() {
    let folder = folder("load");
    for (scenario, more) in [
        ("burst", ["--desktops=2", "--duration=2s", "--viewers=0.5"]),
        ("day", ["--desktops=1", "--duration=12s", "--viewers=0.5"]),
        ("churn", ["--desktops=2", "--duration=8s", "--viewers=0.3"]),
        ("storm", ["--desktops=1", "--duration=8s", "--viewers=1"]),
    ] {
        let report = folder.join(scenario);
        let output = own(&[&[scenario, "--users=5"], more.as_slice()].concat(), &report);
        assert!(output.status.success(), "{scenario}: {}", text(&output));
        let said = read(&report);
        assert_eq!((&said["reached"], &said["leaks"]), (&json!(true), &json!([])), "{said}");
        assert!(said["waits"]["running"]["count"].as_u64().unwrap() >= 5, "{said}");
        assert!(said["calls"]["POST /desktops"]["p99_ms"].as_f64().unwrap() > 0.0);
        assert!(said["processes"][0]["rss_most_kib"].as_u64().unwrap() > 1000, "{}", said["processes"]);
        assert!(said["counts"]["keys"].as_u64().unwrap() > 0, "nobody typed in {scenario}");
        let page = std::fs::read_to_string(report.with_extension("md")).unwrap();
        for part in ["**All goals were reached.**", "## Waits", "## Calls of the api", "## Resources", "Nothing."] {
            assert!(page.contains(part), "{part} is missing in: {page}");
        }
    }
    assert!(read(&folder.join("storm"))["waits"]["back"]["count"].as_u64().unwrap() >= 5);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn whatever_breaks_meanwhile_nothing_is_lost_and_it_is_told() {
    let folder = folder("load-faults");
    let report = folder.join("broken");
    let faults = ["kill-worker", "cut", "engine-slow", "container-dies", "engine-errors", "engine-events-cut"];
    let faults: Vec<String> = faults.iter().map(|fault| format!("--fault={fault}")).collect();
    let mut args = vec!["churn", "--users=4", "--duration=20s", "--fault-every=2s", "--lease-ttl=2s", "--viewers=0.5"];
    args.extend(faults.iter().map(String::as_str));
    let output = own(&args, &report);
    assert!(output.status.success(), "{}", text(&output));
    let said = read(&report);
    assert!(said["faults"].as_array().unwrap().len() >= 6, "{}", said["faults"]);
    assert!(said["faults"].to_string().contains("was killed"), "{}", said["faults"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_goal_that_is_missed_is_a_failure() {
    let folder = folder("load-missed");
    let output = own(&["burst", "--users=2", "--duration=0s", "--goal=wait-p50=1ms"], &folder.join("missed"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("missed: wait-p50"), "{}", text(&output));
    std::fs::remove_dir_all(folder).unwrap();
}

/// How many users are called so.
async fn users(server: &Server) -> usize {
    let answer = server.call(Method::GET, "/admin/users?q=load-&limit=200", None).await;
    answer.json::<Value>().await.unwrap()["items"].as_array().unwrap().len()
}

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_once_everybody_leaves_and_twice_they_can_be_removed_later() {
    let mut server = Server::new("load-stop", &SIM);
    server.start().await;
    server.log_in().await;
    let someone = json!({ "username": "load-someone", "role": "user", "display_name": "Ada" });
    assert_eq!(server.call(Method::POST, "/admin/users", Some(someone)).await.status(), 201);
    let load = |server: &Server| {
        let mut command = server.command(&["load", "churn", "--users=4", "--duration=5m"]);
        command.env("BERTH_RUNTIME", "sim").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let at_work =
        async || eventually("they are at work", SOON, async || (users(&server).await == 5).then_some(())).await;

    let child = load(&server);
    at_work().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    signal("-INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("**Interrupted**"), "{}", text(&output));
    assert_eq!(users(&server).await, 1, "everybody left, and nobody else");

    let child = load(&server);
    at_work().await;
    signal("-INT", &child);
    eventually("the first word was heard", SOON, async || {
        // The second must be another one than the first.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some(())
    })
    .await;
    signal("-TERM", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let cleaned = server.command(&["load", "clean"]).output().unwrap();
    assert!(cleaned.status.success() && text(&cleaned).contains("were removed"), "{}", text(&cleaned));
    assert_eq!(users(&server).await, 1, "somebody else's name may begin like ours");
    assert_eq!(server.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_loaded_is_said_in_words() {
    let mut server = Server::new("load-words", &SIM);
    server.start().await;
    server.log_in().await;
    let mara = json!({ "username": "mara", "role": "operator", "password": "correct horse battery" });
    assert_eq!(server.call(Method::POST, "/admin/users", Some(mara)).await.status(), 201);
    let words = |args: &[&str]| {
        let output = server.command(&[&["load", "burst", "--duration=0s"], args].concat()).output().unwrap();
        assert!(!output.status.success(), "{args:?}: {}", text(&output));
        text(&output)
    };
    for (args, said) in [
        (["--address=http://127.0.0.1:9", "--users=2"], "nobody answers at http://127.0.0.1:9"),
        (["--admin-password=wrong-password", "--users=2"], "cannot sign in at"),
        (["--template=hat", "--users=2"], "there is no template \"hat\" here"),
        (["--fault=kill-worker", "--users=2"], "only of a Berth that is started for it"),
        (["--address=somewhere", "--users=2"], "write http://HOST:PORT"),
        (["--goal=luck=1", "--users=2"], "is no goal"),
        (["--users=0", "--seed=1"], "0 is not in 1.."),
        (["--viewers=2", "--users=2"], "a share from 0 to 1"),
    ] {
        let heard = words(&args);
        assert!(heard.contains(said), "{args:?} said: {heard}");
    }
    let heard = words(&["--admin-user=mara", "--admin-password=correct horse battery"]);
    assert!(heard.contains("mara may not make users here"), "{heard}");
    let heard = words(&["--own", "--apis=2"]);
    assert!(heard.contains("more than one process needs PostgreSQL"), "{heard}");
    // 20 ports, and more desktops than that: whoever finds none is told why, and nothing stays.
    let heard = words(&["--users=24", "--patience=8s"]);
    assert!(heard.contains("port"), "{heard}");
    assert_eq!(users(&server).await, 0);
    assert_eq!(server.terminate().await, Some(0));
}
