//! A `berth serve` of its own for a test: a throw-away folder, free ports, a log-in. Killed and cleaned up when dropped.

use reqwest::{Client, ClientBuilder, Method, Response};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

pub(crate) const BERTH: &str = env!("CARGO_BIN_EXE_berth");
const PASSWORD: &str = "a-password-for-tests";

/// Ranges of 20 ports that no two tests share.
static NEXT_RANGE: AtomicU16 = AtomicU16::new(0);

pub(crate) struct Server {
    pub(crate) folder: PathBuf,
    pub(crate) address: String,
    env: Vec<(String, String)>,
    child: Option<Child>,
    http: Client,
}

/// Built with the api, reqwest takes the cryptography that the process has chosen, though nothing here is encrypted.
pub(crate) fn client() -> ClientBuilder {
    _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder that nobody else has.
pub(crate) fn folder(name: &str) -> PathBuf {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let folder = std::env::temp_dir().join(format!("berth-{name}-{}-{nanos}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A database of its own on the test PostgreSQL.
pub(crate) fn postgres_database() -> String {
    let server = std::env::var("BERTH_TEST_POSTGRES_URL")
        .expect("BERTH_TEST_POSTGRES_URL names no PostgreSQL to test on; `make test` starts one");
    let name = format!("cli_{}_{}", std::process::id(), free_port());
    let created = Command::new("psql").args([&server, "-qc", &format!("CREATE DATABASE {name}")]).status().unwrap();
    assert!(created.success());
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

impl Server {
    /// Prepares one; `extra` are more settings.
    pub(crate) fn new(name: &str, extra: &[(&str, &str)]) -> Self {
        let folder = folder(name);
        let address = format!("127.0.0.1:{}", free_port());
        let first = 22_000 + NEXT_RANGE.fetch_add(1, Ordering::Relaxed) * 20 + (std::process::id() % 100) as u16 * 100;
        let mut env = vec![
            ("BERTH_LISTEN", address.clone()),
            ("BERTH_METRICS_LISTEN", format!("127.0.0.1:{}", free_port())),
            ("BERTH_DATA_DIR", folder.display().to_string()),
            ("BERTH_ADMIN_PASSWORD", PASSWORD.to_owned()),
            ("BERTH_PORT_RANGE", format!("{first}-{}", first + 19)),
            ("BERTH_PORT_REST", "0s".to_owned()),
            ("BERTH_LEASE_TTL", "2s".to_owned()),
            ("BERTH_START_LIMITS", "off".to_owned()),
            ("BERTH_API_LIMITS", "off".to_owned()),
            ("BERTH_DATABASE_POOL_MIN", "2".to_owned()),
            ("BERTH_LOG", "info".to_owned()),
        ];
        env.extend(extra.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let http = client().cookie_store(true).timeout(Duration::from_secs(10)).build().unwrap();
        Self { folder, address, env, child: None, http }
    }

    /// Another value for one of its settings, from the next start on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// What it was given for a setting.
    pub(crate) fn setting(&self, name: &str) -> String {
        self.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap()
    }

    /// A command with this server's settings.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BERTH);
        command.args(args).envs(self.env.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(&mut self) {
        self.start_as("serve").await;
    }

    /// As this part of Berth.
    pub(crate) async fn start_as(&mut self, part: &str) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log")).unwrap();
        self.child = Some(self.command(&[part]).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let ready = format!("http://{}/readyz", self.address);
        eventually("the server is ready", Duration::from_secs(30), async || {
            self.http.get(&ready).send().await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and its exit code within the time.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let status = eventually("it ends", Duration::from_secs(30), async || child.try_wait().unwrap()).await;
        status.code()
    }

    pub(crate) async fn log_in(&self) {
        let answer =
            self.call(Method::POST, "/auth/login", Some(json!({"username": "admin", "password": PASSWORD}))).await;
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, format!("http://{}/api/v1{path}", self.address));
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    /// None: it is gone, or the server does not answer yet.
    pub(crate) async fn desktop(&self, id: &str) -> Option<Value> {
        let request = self.http.get(format!("http://{}/api/v1/desktops/{id}", self.address));
        let answer = request.send().await.ok()?;
        if answer.status().is_success() { answer.json().await.ok() } else { None }
    }

    pub(crate) async fn start_desktop(&self) -> String {
        let answer = self.call(Method::POST, "/desktops", Some(json!({"template": "light"}))).await;
        assert_eq!(answer.status(), 202, "{:?}", answer.text().await);
        answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the server's log: {}", self.log());
        }
        // Networks stay as long as an installation does; this one ends here.
        if let Some((_, rest)) = self.log().split_once("\"installation\":\"") {
            let id = rest.split('"').next().unwrap_or_default();
            for network in on_engine(&["network", "ls"], &format!("label=berth.installation={id}")) {
                _ = Command::new("docker").args(["network", "rm", &network]).stdout(Stdio::null()).status();
            }
        }
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Names of what the engine has of one desktop: `kind` is `ps -a` for containers or `volume ls`.
pub(crate) fn on_engine(kind: &[&str], filter: &str) -> Vec<String> {
    let output = Command::new("docker").args(kind).args(["--filter", filter, "-q"]).output().expect("docker answers");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

pub(crate) async fn eventually<T>(what: &str, limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(begun.elapsed() < limit, "waited {limit:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}
