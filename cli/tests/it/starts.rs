//! What is wrong with the surroundings is said in words at start, before anything is served.

use crate::server::{Server, postgres_database};
use berth_shared::testing::RedisServer;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const NO_ENGINE: (&str, &str) = ("BERTH_DOCKER_HOST", "unix:///nowhere/docker.sock");

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a command that must fail with these words, soon, without a panic.
fn refused(server: &Server, args: &[&str], words: &str) {
    let begun = Instant::now();
    let output = server.command(args).output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
    assert!(said.contains(words) && !said.contains("panicked"), "{args:?}, expected “{words}”: {said}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{args:?}: {:?}", begun.elapsed());
}

fn sql(database: &str, sql: &str) {
    assert!(Command::new("psql").args([database, "-qc", sql]).status().unwrap().success());
}

#[test]
fn servers_that_are_other_servers() {
    let (database, redis) = (postgres_database(), RedisServer::start());
    let server = Server::new("others", &[NO_ENGINE, ("BERTH_DATABASE_URL", &database)]);
    let at = |scheme: &str, rest: &str| format!("{scheme}://{rest}");
    let postgres = database.split('/').nth(2).unwrap().rsplit('@').next().unwrap().to_owned();
    refused(&server, &["api", "--redis-url", &at("redis", &postgres)], "is a PostgreSQL, no Redis");
    let wrong = format!("redis://:wrong@127.0.0.1:{}", redis.port());
    refused(&server, &["worker", "--redis-url", &wrong], "does not let us in");
    let no_database = at("postgres", &format!("u:hidden@127.0.0.1:{}/berth", redis.port()));
    refused(&server, &["api", "--database-url", &no_database], "is a Redis, no PostgreSQL");
    let missing = format!("{}/nowhere", database.rsplit_once('/').unwrap().0);
    refused(&server, &["api", "--database-url", &missing], "does not exist");
    let other = postgres_database();
    refused(&server, &["api", "--database-direct-url", &other], "lead to two databases");
    let key = "another".repeat(8);
    assert!(server.command(&["migrate"]).status().unwrap().success());
    refused(&server, &["worker", "--secret-key", &key], "another secret key (fingerprint ");
}

#[test]
fn data_folders_that_cannot_be_written_to() {
    let server = Server::new("unwritable", &[NO_ENGINE]);
    refused(&server, &["serve", "--data-dir", "/dev/null/berth"], "cannot be made; set BERTH_DATA_DIR");
    refused(&server, &["serve", "--data-dir", "/proc"], "cannot be written");
    let (database, key) = (postgres_database(), "k".repeat(40));
    // Who has no need of it does not look at it.
    let args = ["migrate", "--data-dir", "/proc", "--secret-key", &key, "--database-url", &database];
    let output = server.command(&args).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_schema_is_looked_at_without_being_changed() {
    let database = postgres_database();
    let server = Server::new("schema", &[NO_ENGINE, ("BERTH_DATABASE_URL", &database)]);
    refused(&server, &["migrate", "--check"], "the database lacks 0001 first");
    refused(&server, &["migrate", "--check"], "run `berth migrate`");
    assert!(server.command(&["migrate"]).status().unwrap().success());
    let check = server.command(&["migrate", "--check"]).output().unwrap();
    assert!(check.status.success() && said(&check).contains("up to date"), "{}", said(&check));

    let later = "INSERT INTO _sqlx_migrations VALUES (9001, 'later', now(), true, '\\x00', 0)";
    sql(&database, later);
    let check = server.command(&["migrate", "--check"]).output().unwrap();
    assert!(check.status.success() && said(&check).contains("may still use it"), "{}", said(&check));
    sql(&database, "UPDATE schema_needs SET oldest = 9001");
    refused(&server, &["migrate", "--check"], "too new for this binary");
    refused(&server, &["api"], "too new for this binary");
}

#[test]
fn doctor_looks_at_redis_and_at_the_clock() {
    let (database, redis) = (postgres_database(), RedisServer::with_tls());
    let certificate = redis.certificate().display().to_string();
    let env = [NO_ENGINE, ("BERTH_DATABASE_URL", database.as_str()), ("SSL_CERT_FILE", &certificate)];
    let server = Server::new("doctor-redis", &env);
    let doctor = |url: &str| said(&server.command(&["doctor", "--redis-url", url]).output().unwrap());
    let all = doctor(&redis.url());
    assert!(all.contains("ok    Redis      version ") && all.contains("ok    Clock "), "{all}");
    let all = doctor(&redis.url().replace("rediss:", "redis:"));
    assert!(all.contains("  Redis ") && all.contains("rediss://") && !all.contains("ok    Redis"), "{all}");
    let all = doctor("redis://127.0.0.1:1");
    assert!(all.contains("warn  Redis ") && all.contains("works without"), "{all}");
}
