//! The command line: what it says of wrong settings, and the commands that end by themselves.

use crate::server::{BERTH, Server, exists, folder};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn all_wrong_settings_are_told_at_once_and_nothing_is_opened() {
    let folder = folder("settings");
    let data = folder.join("data");
    let output = Command::new(BERTH)
        .args(["serve", "--lease-ttl", "soon"])
        .env("BERTH_DATA_DIR", &data)
        .env("BERTH_LISTEN", "somewhere")
        .env("BERTH_PORT_RANGE", "9000-7000")
        .env("BERTH_SECRET_KEY", "too-short-but-secret")
        .output()
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for name in ["BERTH_LISTEN", "BERTH_PORT_RANGE", "BERTH_LEASE_TTL", "BERTH_SECRET_KEY"] {
        assert!(said.contains(name), "{name} is missing in: {said}");
    }
    assert!(!said.contains("too-short-but-secret"), "a secret was printed: {said}");
    assert!(!exists(&data));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn help_names_every_setting_with_its_default() {
    let said = text(&Command::new(BERTH).args(["serve", "--help"]).output().unwrap());
    for key in berth_shared::config::KEYS {
        assert!(said.contains(key.env), "{}", key.env);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_them_on_one_sqlite_folder_do_not_start() {
    let mut server = Server::new("twice", &[("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock")]);
    server.start().await;
    let second = server.command(&["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second).contains("another Berth runs on the data folder"), "{}", text(&second));
    assert_eq!(server.terminate().await, Some(0));
}

#[test]
fn users_are_made_and_get_new_passwords_at_the_shell() {
    let server = Server::new("users", &[]);
    let made = server.command(&["admin", "create-user", "mara", "--role", "operator"]).output().unwrap();
    assert!(made.status.success() && text(&made).contains("Password"), "{}", text(&made));
    let again = server.command(&["admin", "create-user", "MARA"]).output().unwrap();
    assert!(!again.status.success() && text(&again).contains("already"), "{}", text(&again));
    let mut reset = server.command(&["admin", "reset-password", "mara", "--password-stdin"]);
    let mut reset = reset.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    reset.stdin.take().unwrap().write_all(b"short\n").unwrap();
    let refused = reset.wait_with_output().unwrap();
    assert!(!refused.status.success() && text(&refused).contains("at least"), "{}", text(&refused));
    let nobody = server.command(&["admin", "reset-password", "nobody"]).output().unwrap();
    assert!(text(&nobody).contains("there is no user"), "{}", text(&nobody));
    let check = server.command(&["migrate", "--check"]).output().unwrap();
    assert!(check.status.success(), "{}", text(&check));
}

#[test]
fn a_key_that_is_not_this_databases_is_noticed() {
    let server = Server::new("key", &[]);
    assert!(server.command(&["migrate"]).output().unwrap().status.success());
    let other = server.command(&["migrate", "--secret-key", &"another".repeat(8)]).output().unwrap();
    assert!(text(&other).contains("another secret key"), "{}", text(&other));
}

#[test]
fn doctor_says_what_is_wrong() {
    let server = Server::new("doctor", &[("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock")]);
    let said = server.command(&["doctor"]).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(text(&said).contains("BAD   Engine") && text(&said).contains("ok    Database"), "{}", text(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_asks_the_running_process() {
    let mut server = Server::new("health", &[("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock")]);
    let healthy = |server: &Server| server.command(&["doctor", "--ready"]).output().unwrap().status.code();
    assert_eq!(healthy(&server), Some(1), "nobody is there yet");
    server.start().await;
    assert_eq!(healthy(&server), Some(0));
    assert_eq!(server.terminate().await, Some(0));
}

#[test]
fn the_firewalls_rules_need_neither_database_nor_engine() {
    let server = Server::new("firewall", &[("BERTH_DATABASE_URL", "postgres://nowhere.invalid/berth")]);
    let rules =
        server.command(&["admin", "firewall", "--dns", "10.0.0.53", "--allow", "10.1.0.0/16"]).output().unwrap();
    assert!(rules.status.success(), "{}", text(&rules));
    for part in ["iifname \"berth-*\" jump from_desktops", "ip daddr { 10.1.0.0/16 } accept", "{ 10.0.0.53 } accept"] {
        assert!(text(&rules).contains(part), "{part} is missing in {}", text(&rules));
    }
    for wrong in [["--allow", "everything"], ["--let-in", "10.0.0.0/33"], ["--ports-network", "10.0.0.1 } accept"]] {
        let refused = server.command(&["admin", "firewall"]).args(wrong).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{wrong:?}");
        assert!(text(&refused).contains("is no IPv4 address and no network"), "{}", text(&refused));
    }
    let no_address = server.command(&["admin", "firewall", "--dns", "resolver"]).output().unwrap();
    assert_eq!(no_address.status.code(), Some(2));
}
