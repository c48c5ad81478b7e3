//! What leaves a process that others look at: known traffic becomes known figures, on one process and on several; one click is one
//! trace; errors go where they are to go without secrets; and a receiver that hangs is in nobody's way.

use crate::server::{Server, eventually, postgres_database};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const SOON: Duration = Duration::from_secs(30);

/// Speaks enough HTTP to be sent something: keeps each call's body, or keeps its sender waiting for ever.
struct Receiver {
    url: String,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Receiver {
    async fn start(hangs: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = listener.local_addr().unwrap().to_string();
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    loop {
                        let mut more = [0; 16_384];
                        match stream.read(&mut more).await {
                            Ok(n) if n > 0 => read.extend_from_slice(&more[..n]),
                            _ => return,
                        }
                        while let Some((body, end)) = body(&read) {
                            kept.lock().unwrap().push(body);
                            read.drain(..end);
                            if hangs {
                                std::future::pending::<()>().await;
                            }
                            _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
                        }
                    }
                });
            }
        });
        Self { url, bodies }
    }

    fn all(&self) -> Vec<Vec<u8>> {
        self.bodies.lock().unwrap().clone()
    }
}

/// The first call's body, and where the call ends.
fn body(read: &[u8]) -> Option<(Vec<u8>, usize)> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    (read.len() >= head + length).then(|| (read[head..head + length].to_vec(), head + length))
}

async fn metrics(address: &str) -> String {
    crate::server::client()
        .build()
        .unwrap()
        .get(format!("http://{address}/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

/// The sum of all series of a name that carry these labels.
fn value(text: &str, name: &str, labels: &[&str]) -> f64 {
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
    let lines = text.lines().filter(of_name).filter(|line| labels.iter().all(|label| line.contains(label)));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
}

async fn until_running(server: &Server, id: &str) {
    eventually("it runs", SOON, async || server.desktop(id).await.filter(|d| d["status"] == "running")).await;
}

fn sim<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("BERTH_RUNTIME", "sim"), ("BERTH_SIM_START", "300ms"), ("BERTH_MAX_DESKTOPS_PER_USER", "2")];
    all.extend_from_slice(more);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn known_traffic_makes_known_figures() {
    let mut server = Server::new("figures", &sim(&[]));
    let address = server.setting("BERTH_METRICS_LISTEN");
    server.start().await;
    server.log_in().await;
    let before = metrics(&address).await;
    assert_eq!(value(&before, "berth_starts_denied_total", &["quota_exceeded"]), 0.0, "{before}");
    let mut events = server.call(Method::GET, "/events", None).await;
    events.chunk().await.unwrap();
    let ids = [server.start_desktop().await, server.start_desktop().await];
    for id in &ids {
        until_running(&server, id).await;
    }
    let refused = server.call(Method::POST, "/desktops", Some(json!({"template": "light"}))).await;
    assert_eq!(refused.status(), 409);
    server.call(Method::POST, &format!("/desktops/{}/stop", ids[0]), None).await;
    eventually("it is stopped", SOON, async || server.desktop(&ids[0]).await.filter(|d| d["status"] == "stopped"))
        .await;
    server.call(Method::GET, "/nowhere/at/all", None).await;
    tokio::time::sleep(Duration::from_secs(1)).await; // the whole is counted once a second at most

    let text = metrics(&address).await;
    let is =
        |name: &str, labels: &[&str], n: f64| assert_eq!(value(&text, name, labels), n, "{name} {labels:?}\n{text}");
    is("berth_desktops", &["running"], 1.0);
    is("berth_desktops", &["stopped"], 1.0);
    is("berth_jobs", &["desktop.create", "completed"], 2.0);
    is("berth_jobs", &["desktop.stop", "completed"], 1.0);
    is("berth_jobs", &["available"], 0.0);
    is("berth_job_attempts_total", &["desktop.create", "\"done\""], 2.0);
    is("berth_job_attempts_total", &["desktop.stop", "\"done\""], 1.0);
    is("berth_job_duration_seconds_count", &["desktop.create", "\"done\""], 2.0);
    is("berth_job_wait_seconds_count", &["desktop.create"], 2.0);
    is("berth_start_seconds_count", &[], 2.0);
    is("berth_starts_denied_total", &["quota_exceeded"], 1.0);
    is("berth_sse_connections", &[], 1.0);
    is("berth_stream_connections", &[], 0.0);
    is("berth_port_leases", &[], 1.0);
    is("berth_port_range_size", &[], 20.0);
    is("berth_workers", &[], 1.0);
    is("berth_engine_up", &[], 1.0);
    is("http_requests_total", &["POST", "\"/api/v1/desktops\"", "\"202\""], 2.0);
    is("http_requests_total", &["POST", "\"/api/v1/desktops\"", "\"409\""], 1.0);
    is("http_requests_total", &["\"unknown\"", "\"404\""], 1.0);
    is("http_request_duration_seconds_count", &["POST", "\"/api/v1/desktops/{id}/stop\""], 1.0);
    let started = value(&text, "berth_start_seconds_sum", &[]);
    // 300 ms each, a fifth more or less.
    assert!((0.45..20.0).contains(&started), "two starts took {started} s");
    assert!(value(&text, "berth_docker_request_seconds_count", &["\"ok\""]) > 4.0);
    assert!(value(&text, "process_resident_memory_bytes", &[]) > 1e6);
    assert!(value(&text, "berth_db_pool_max", &[]) > 1.0);
    assert!(!ids.iter().any(|id| text.contains(id.as_str())), "labels have an end");

    // Twenty at once, and all get all of it.
    let all: Vec<_> = (0..20)
        .map(|_| {
            let address = address.clone();
            tokio::spawn(async move { metrics(&address).await })
        })
        .collect();
    for one in all {
        assert_eq!(value(&one.await.unwrap(), "berth_start_seconds_count", &[]), 2.0);
    }
    let told = eventually("the operations page knows", SOON, async || {
        let answer: Value = server.call(Method::GET, "/admin/operations", None).await.json().await.unwrap();
        let starts = answer["calls"].as_array()?.iter().find(|call| call["call"] == "POST /api/v1/desktops")?["n"] == 3;
        (starts && answer["engines"][0]["memory_bytes"].as_i64().is_some_and(|bytes| bytes > 0)).then_some(answer)
    })
    .await;
    assert_eq!((told["processes"].as_array().unwrap().len(), told["history"].as_array().unwrap().len()), (1, 30));
    assert!(told["processes"][0]["memory_bytes"].as_i64().unwrap() > 1_000_000);
    assert_eq!(told["engines"][0]["port_range"], 20);
}

struct Part(Child);

impl Drop for Part {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_apis_and_two_workers_count_their_own_and_agree_on_the_whole() {
    const STARTS: usize = 6;
    let url = postgres_database();
    let settings = [("BERTH_DATABASE_URL", url.as_str()), ("BERTH_MAX_DESKTOPS_PER_USER", "10")];
    let mut server = Server::new("figures-several", &sim(&settings));
    let socket = server.folder.join("sim.sock");
    let mut engine = server.command(&["sim-engine"]);
    let _engine = Part(engine.stderr(Stdio::null()).spawn().unwrap());
    eventually("the pretended engine listens", SOON, async || socket.exists().then_some(())).await;
    server.start_as("api").await;
    server.log_in().await;
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let others = [("api", free()), ("worker", free()), ("worker", free())];
    let mut parts = Vec::new();
    for (part, metrics) in &others {
        let mut command = server.command(&[part]);
        command.envs([("BERTH_METRICS_LISTEN", metrics), ("BERTH_LISTEN", &free())]);
        parts.push(Part(command.stderr(Stdio::null()).spawn().unwrap()));
    }
    let of = |part: &str| {
        let own = server.setting("BERTH_METRICS_LISTEN");
        let first = (part == "api").then_some(own);
        first.into_iter().chain(others.iter().filter(|other| other.0 == part).map(|other| other.1.clone())).collect()
    };
    let (apis, workers): (Vec<String>, Vec<String>) = (of("api"), of("worker"));
    let client = crate::server::client().build().unwrap();
    for address in apis.iter().chain(&workers) {
        eventually("it is ready", SOON, async || {
            client
                .get(format!("http://{address}/readyz"))
                .send()
                .await
                .ok()
                .filter(|answer| answer.status().is_success())
        })
        .await;
    }
    eventually("both workers have said that they live", SOON, async || {
        (value(&metrics(&apis[0]).await, "berth_workers", &[]) == 2.0).then_some(())
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..STARTS {
        ids.push(server.start_desktop().await);
    }
    for id in &ids {
        until_running(&server, id).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await; // the whole is counted once a second at most
    let (mut of_apis, mut of_workers) = (Vec::new(), Vec::new());
    for address in &apis {
        of_apis.push(metrics(address).await);
    }
    for address in &workers {
        of_workers.push(metrics(address).await);
    }
    let all = STARTS as f64;
    for text in of_apis.iter().chain(&of_workers) {
        for (name, labels) in [
            ("berth_desktops", ["running", ""]),
            ("berth_jobs", ["desktop.create", "completed"]),
            ("berth_port_leases", ["", ""]),
        ] {
            assert_eq!(value(text, name, &labels), all, "{name}\n{text}");
        }
        assert_eq!(value(text, "berth_workers", &[]), 2.0);
    }
    let each = |texts: &[String], name, labels: &[&str]| -> Vec<f64> {
        texts.iter().map(|text| value(text, name, labels)).collect()
    };
    // Who did it counts it, once.
    for name in ["berth_start_seconds_count", "berth_job_wait_seconds_count"] {
        assert_eq!(each(&of_workers, name, &[]).iter().sum::<f64>(), all, "{name}");
        assert_eq!(each(&of_apis, name, &[]), [0.0, 0.0], "{name}");
    }
    let done = each(&of_workers, "berth_job_attempts_total", &["desktop.create", "\"done\""]);
    assert_eq!(done.iter().sum::<f64>(), all);
    assert_eq!(each(&of_apis, "http_requests_total", &["POST", "\"/api/v1/desktops\""]), [all, 0.0]);
    assert_eq!(each(&of_workers, "berth_port_range_size", &[]), [20.0, 20.0]);
    let told = eventually("all four are on the operations page", SOON, async || {
        let answer: Value = server.call(Method::GET, "/admin/operations", None).await.json().await.unwrap();
        answer["processes"].as_array().filter(|all| all.len() == 4).cloned()
    })
    .await;
    assert_eq!(told.iter().filter(|one| one["part"] == "worker").count(), 2);
}

/// Texts of some length in a message of protobuf; ids are raw bytes there.
fn has(bodies: &[Vec<u8>], text: &[u8]) -> usize {
    bodies.iter().map(|body| body.windows(text.len()).filter(|part| *part == text).count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_is_one_trace() {
    let collector = Receiver::start(false).await;
    let endpoint = format!("http://{}", collector.url);
    let mut server = Server::new("trace", &sim(&[("BERTH_OTLP_ENDPOINT", &endpoint)]));
    server.start().await;
    server.log_in().await;
    let mut events = server.call(Method::GET, "/events", None).await;
    events.chunk().await.unwrap();
    let id = server.start_desktop().await;
    until_running(&server, &id).await;
    let jobs: Value = server.call(Method::GET, &format!("/admin/jobs?desktop={id}"), None).await.json().await.unwrap();
    let trace = jobs["items"][0]["trace_id"].as_str().unwrap().to_owned();
    assert!(trace.len() == 32 && trace.bytes().all(|b| b.is_ascii_hexdigit()), "{trace}");
    let bytes: Vec<u8> = (0..32).step_by(2).map(|at| u8::from_str_radix(&trace[at..at + 2], 16).unwrap()).collect();
    let names: [&[u8]; 5] = [b"POST /api/v1/desktops", b"desktop.create", b"docker create", b"docker start", b"event"];
    // The request, the job, its calls to the engine, and an event for each step that the page was told of.
    let all = eventually("the trace is whole", SOON, async || {
        let all = collector.all();
        (has(&all, &bytes) >= 8 && names.iter().all(|name| has(&all, name) > 0)).then_some(all)
    })
    .await;
    assert!(has(&all, b"berth-serve") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_pages_are_told_without_secrets() {
    let sentry = Receiver::start(false).await;
    let dsn = format!("http://0123456789abcdef0123456789abcdef@{}/7", sentry.url);
    let mut server = Server::new("sentry", &sim(&[("BERTH_SENTRY_DSN", &dsn)]));
    let address = server.setting("BERTH_METRICS_LISTEN");
    server.start().await;
    server.log_in().await;
    let told = json!({
        "message": "cannot read anna.smith@example.org of undefined",
        "stack": "at https://berth.example/assets/x.js?token=very-secret",
        "page": "/queue",
    });
    assert_eq!(server.call(Method::POST, "/page-errors", Some(told)).await.status(), 204);
    let body = eventually("it is told", SOON, async || sentry.all().pop()).await;
    let text = String::from_utf8_lossy(&body).into_owned();
    for there in
        ["a page failed", "request_id", concat!("berth@", env!("CARGO_PKG_VERSION")), "/queue", "\"part\":\"page\""]
    {
        assert!(text.contains(there), "{there}: {text}");
    }
    for gone in ["anna.smith", "very-secret", "127.0.0.1", "admin", "a-password-for-tests"] {
        assert!(!text.replace(&sentry.url, "").contains(gone), "{gone}: {text}");
    }
    assert_eq!(value(&metrics(&address).await, "berth_page_errors_total", &[]), 1.0);
    // However much a page says, it is heard ten times a minute.
    let mut last = 204;
    for _ in 0..10 {
        last = server.call(Method::POST, "/page-errors", Some(json!({"message": "again"}))).await.status().as_u16();
    }
    assert_eq!(last, 429);
    assert_eq!(server.call(Method::POST, "/page-errors", Some(json!({"words": 1}))).await.status(), 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_that_hang_are_in_nobodys_way() {
    let (traces, errors) = (Receiver::start(true).await, Receiver::start(true).await);
    let (endpoint, dsn) = (format!("http://{}", traces.url), format!("http://key@{}/7", errors.url));
    let mut server = Server::new("hang", &sim(&[("BERTH_OTLP_ENDPOINT", &endpoint), ("BERTH_SENTRY_DSN", &dsn)]));
    server.start().await;
    server.log_in().await;
    for _ in 0..5 {
        server.call(Method::POST, "/page-errors", Some(json!({"message": "x"}))).await;
    }
    let begun = Instant::now();
    let id = server.start_desktop().await;
    until_running(&server, &id).await;
    eventually("both were called", SOON, async || (!traces.all().is_empty() && !errors.all().is_empty()).then_some(()))
        .await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(server.terminate().await, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?} to end", begun.elapsed());
}

#[test]
fn wrong_receivers_are_said_before_anything_is_opened() {
    for (setting, bad) in [("BERTH_OTLP_ENDPOINT", "collector:4317"), ("BERTH_SENTRY_DSN", "http://nothing")] {
        let server = Server::new("wrong-receiver", &[(setting, bad)]);
        let ended = server.command(&["serve"]).stdout(Stdio::null()).output().unwrap();
        assert_eq!(ended.status.code(), Some(2));
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(said.contains(setting) && !server.folder.join("berth.db").exists(), "{said}");
    }
}
