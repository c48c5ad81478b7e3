//! `berth admin backup`, `restore` and `move-database`: beside a running Berth, into a new place, and killed in the middle.

use crate::server::{Server, eventually, postgres_database};
use berth_shared::backup::file::Reader;
use berth_shared::domain::audit::{Action, TargetKind};
use berth_shared::store::audit::{self, Entry, Target};
use berth_shared::store::{Db, PoolSize};
use reqwest::Method;
use serde_json::Value;
use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

const NO_ENGINE: (&str, &str) = ("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock");
const SOON: Duration = Duration::from_secs(30);

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn admin(server: &Server, args: &[&str]) -> Output {
    server.command(&[&["admin"], args].concat()).output().unwrap()
}

/// What it prints, if it went well.
fn does(server: &Server, args: &[&str]) -> String {
    let output = admin(server, args);
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

fn refuses(server: &Server, args: &[&str], words: &str) {
    let output = admin(server, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", said(&output));
    assert!(said(&output).contains(words), "{args:?}: “{words}” is missing in: {}", said(&output));
}

async fn get(server: &Server, path: &str) -> Value {
    server.call(Method::GET, path, None).await.json().await.unwrap()
}

async fn running(server: &Server, id: &str) -> Value {
    eventually("the desktop runs", SOON, async || {
        server.desktop(id).await.filter(|desktop| desktop["status"] == "running")
    })
    .await
}

/// The pretended engine's containers.
async fn containers(server: &Server) -> Vec<String> {
    let socket = server.folder.join("sim.sock");
    let client = reqwest::Client::builder().unix_socket(socket).timeout(SOON).build().unwrap();
    let all: Value = client.get("http://engine/containers/json?all=true").send().await.unwrap().json().await.unwrap();
    all.as_array().unwrap().iter().map(|one| one["Id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_backup_comes_back_and_nothing_that_it_does_not_know_is_removed() {
    let mut server = Server::new("backup", &[("BERTH_RUNTIME", "sim"), ("BERTH_SIM_START", "200ms")]);
    server.start().await;
    server.log_in().await;
    let known = server.start_desktop().await;
    let before = running(&server, &known).await;
    let file = server.folder.join("one.backup");
    let path = file.to_str().unwrap();

    let words = does(&server, &["backup", path]);
    assert!(words.contains("1 users, 1 desktops") && words.contains("Not in it: people's files"), "{words}");
    assert!(words.contains("the secret key, without which it cannot be restored"), "{words}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    refuses(&server, &["backup", path], "is there already");
    refuses(&server, &["restore", path], "another Berth runs on the data folder");
    let piped = admin(&server, &["backup", "-"]);
    assert_eq!(Reader::new(&piped.stdout[..]).unwrap().check().unwrap().rows_of("desktops"), 1);

    let unknown = server.start_desktop().await;
    running(&server, &unknown).await;
    let both = containers(&server).await;
    assert_eq!(both.len(), 2);
    assert_eq!(server.terminate().await, Some(0));

    let words = does(&server, &["restore", path, "--dry-run"]);
    assert!(words.contains("It is whole.") && words.contains("it has 1 users and 2 desktops"), "{words}");
    assert!(words.contains("1 desktops and 1 ports agree; 1 differences"), "{words}");
    assert!(words.contains("container_without_desktop") && words.contains("Adopt gives it back to"), "{words}");
    assert!(words.contains("Nothing was changed."), "{words}");
    refuses(&server, &["restore", path], "the database is not empty: it has 1 users and 2 desktops");
    refuses(&server, &["restore", path, "--replace"], "give --yes with --replace");
    let words = does(&server, &["restore", path, "--replace", "--yes"]);
    assert!(words.contains("Starts are held") && words.contains("berth admin queue resume"), "{words}");

    server.start().await;
    assert_eq!(server.call(Method::GET, "/me", None).await.status(), 401, "everyone signs in anew");
    server.log_in().await;
    assert_eq!(get(&server, "/admin/queue").await["paused"]["by"], "restore");
    assert_eq!(running(&server, &known).await["started_at"], before["started_at"], "it ran all the time");
    let item = eventually("the other container is listed", SOON, async || {
        let drift = get(&server, "/admin/drift").await;
        drift["items"].as_array()?.iter().find(|item| item["kind"] == "container_without_desktop").cloned()
    })
    .await;
    assert_eq!(item["engine"]["desktop_id"], unknown);
    assert_eq!(containers(&server).await, both, "nothing was removed");
    does(&server, &["drift", "adopt", item["id"].as_str().unwrap()]);
    running(&server, &unknown).await;
    assert!(does(&server, &["queue", "resume"]).contains("Starts go on."));
    assert_eq!(containers(&server).await, both);
    for id in [&known, &unknown] {
        server.call(Method::DELETE, &format!("/desktops/{id}"), None).await;
    }
    eventually("both are gone", SOON, async || containers(&server).await.is_empty().then_some(())).await;
    assert_eq!(server.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sqlite_to_postgres_and_what_the_old_one_says_then() {
    let url = postgres_database();
    let mut server = Server::new("move", &[NO_ENGINE]);
    server.start().await;
    let to = ["move-database", "--to", &url];
    refuses(&server, &to, "another Berth runs on the data folder");
    does(&server, &["create-user", "mara"]);
    assert_eq!(server.terminate().await, Some(0));
    refuses(&server, &["move-database", "--to", "mysql://x"], "write postgres://… or sqlite://FILE");
    refuses(&server, &["move-database", "--undo"], "is not marked as moved");

    let words = does(&server, &to);
    assert!(words.contains("each table was read back and is the same on both sides"), "{words}");
    assert!(words.contains("users") && words.contains("Set BERTH_DATABASE_URL"), "{words}");
    for args in [&["serve"][..], &["admin", "queue", "status"], &["migrate"]] {
        let old = server.command(args).output().unwrap();
        assert_eq!(old.status.code(), Some(1), "{}", said(&old));
        assert!(said(&old).contains("was moved to postgres://…@127.0.0.1"), "{}", said(&old));
        assert!(said(&old).contains("move-database --undo"), "{}", said(&old));
    }

    server.set("BERTH_DATABASE_URL", &url);
    server.start().await;
    server.log_in().await;
    assert_eq!(get(&server, "/admin/users").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(get(&server, "/admin/queue").await["paused"], Value::Null, "a move holds nothing");
    // Beside the running one.
    let file = server.folder.join("pg.backup");
    let path = file.to_str().unwrap();
    assert!(does(&server, &["backup", path, "--with-secret-key"]).contains("(postgres, schema"));
    refuses(&server, &["restore", path, "--replace", "--yes"], "is in use");
    let here = format!("sqlite://{}", server.folder.join("elsewhere.db").display());
    refuses(&server, &["move-database", "--to", &here], "wants a folder of its own");
    let folder = server.folder.join("new");
    let back = format!("sqlite://{}", folder.join("berth.db").display());
    refuses(&server, &["move-database", "--to", &back], "there is no folder");
    std::fs::create_dir(&folder).unwrap();
    refuses(&server, &["move-database", "--to", &back], "is in use");
    assert_eq!(server.terminate().await, Some(0));

    // The backup alone makes another one, on SQLite, with the key in it.
    let mut other = Server::new("moved-back", &[NO_ENGINE]);
    does(&other, &["restore", path]);
    let key = other.folder.join("secret.key");
    assert_eq!(std::fs::read(&key).unwrap(), std::fs::read(server.folder.join("secret.key")).unwrap());
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    other.start().await;
    other.log_in().await;
    assert_eq!(get(&other, "/admin/users").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(other.terminate().await, Some(0));

    // And back again, straight.
    eventually("nobody is heard of any more", SOON, async || {
        admin(&server, &["move-database", "--to", &back]).status.success().then_some(())
    })
    .await;
    let undone = does(&server, &["move-database", "--undo"]);
    assert!(undone.contains("The mark is gone"), "{undone}");
    does(&server, &["queue", "status"]);
}

#[test]
fn keys_and_places_that_are_wrong_are_said() {
    let server = Server::new("backup-words", &[NO_ENGINE]);
    refuses(&server, &["backup", "x.backup"], "there is no database at");
    assert!(server.command(&["migrate"]).output().unwrap().status.success());
    refuses(&server, &["backup", "/nowhere/x.backup"], "/nowhere/x.backup was not written: No such file");
    let inside = server.folder.join("secret.key/x.backup");
    refuses(&server, &["backup", inside.to_str().unwrap()], "was not written: Not a directory");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = server.command(&["admin", "backup", "-"]).stdout(full).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("No space left on device"), "{}", said(&output));

    let file = server.folder.join("x.backup");
    let path = file.to_str().unwrap();
    does(&server, &["backup", path]);
    let left: Vec<_> = std::fs::read_dir(&server.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".part")), "{left:?}");
    let other = Server::new("backup-other", &[NO_ENGINE]);
    refuses(&other, &["restore", path], "the secret key of the backup's installation is needed");
    assert!(!other.folder.join("secret.key").exists(), "none was made up");
    assert!(other.command(&["migrate"]).output().unwrap().status.success());
    refuses(&other, &["restore", path], "the secret key here is not the one of the backup");
    refuses(&other, &["restore", "/nowhere"], "No such file");
    refuses(&other, &["restore", other.folder.join("secret.key").to_str().unwrap()], "this is no backup of Berth");
    let key = "other".repeat(8);
    let mut wrong = server.command(&["admin", "backup", "y", "--with-secret-key", "--secret-key", &key]);
    let output = wrong.current_dir(&server.folder).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("another secret key"), "{}", said(&output));
}

async fn many_lines(folder: &Path) {
    let url = format!("sqlite://{}", folder.join("berth.db").display());
    let db = Db::open(&url, &url, PoolSize { min: 0, max: 2 }).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for _ in 0..10_000 {
        let target = Target::new(TargetKind::Queue, "queue", "queue");
        audit::write(&mut tx, &Entry::at_the_shell("test", Action::QueuePause, target, "For length.")).await.unwrap();
    }
    tx.commit().await.unwrap();
    db.close().await;
}

async fn killed_in_the_middle(name: &str, url: Option<String>) {
    let source = Server::new(name, &[NO_ENGINE]);
    assert!(source.command(&["migrate"]).output().unwrap().status.success());
    many_lines(&source.folder).await;
    let file = source.folder.join("x.backup");
    let path = file.to_str().unwrap();
    does(&source, &["backup", path]);
    let mut target = Server::new(&format!("{name}-target"), &[NO_ENGINE]);
    if let Some(url) = &url {
        target.set("BERTH_DATABASE_URL", url);
    }
    std::fs::copy(source.folder.join("secret.key"), target.folder.join("secret.key")).unwrap();
    for ms in [30, 100, 200, 300, 400, 500, 700, 900] {
        let mut child = target.command(&["admin", "restore", path]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(ms));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        let words = does(&target, &["restore", path, "--dry-run"]);
        if words.contains("it has 1 users") {
            break; // killed after its commit
        }
        assert!(words.contains("it is empty") || words.contains("not there yet"), "after {ms} ms: {words}");
    }
    let finished = admin(&target, &["restore", path]);
    assert!(finished.status.success() || said(&finished).contains("it has 1 users"), "{}", said(&finished));
    target.start().await;
    target.log_in().await;
    assert_eq!(target.terminate().await, Some(0));
    let again = admin(&target, &["backup", "-"]).stdout;
    assert!(Reader::new(&again[..]).unwrap().check().unwrap().rows_of("audit") > 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_restore_leaves_sqlite_empty() {
    killed_in_the_middle("killed-restore", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_restore_leaves_postgres_empty() {
    killed_in_the_middle("killed-restore-pg", Some(postgres_database())).await;
}
