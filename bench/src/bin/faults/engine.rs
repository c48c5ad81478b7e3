//! The container engine of a world, pretended or real: a process of our own that is broken on purpose, asked what it has, and
//! listened to from its first start to the end.

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock};
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::process::Process;

pub(crate) const IMAGE: &str = "berth/desktop:latest";
const UP_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Engine {
    pub(crate) process: Mutex<Process>,
    pub(crate) socket: PathBuf,
    pid_file: Option<PathBuf>,
    http: reqwest::Client,
    /// Grows with each start: what an engine tells of before its end, the next one does not.
    life: AtomicU64,
    heard: Lock<Vec<Happening>>,
}

/// What the engine told.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    /// `start`, `die` or `destroy` of a desktop's container.
    Container { what: String, id: String, desktop: String, installation: String },
    /// After a start of the engine: all that run.
    Anew(Vec<Container>),
}

/// A container as the engine's list shows it.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) desktop: String,
    pub(crate) generation: i64,
    pub(crate) runs: bool,
    pub(crate) port: Option<i64>,
    pub(crate) installation: String,
}

impl Engine {
    /// The pretended one, by Berth's own binary. `start`: how long a container takes to come up.
    pub(crate) fn pretended(berth: &Path, folder: &Path, start: &str) -> anyhow::Result<Arc<Self>> {
        let socket = folder.join("engine.sock");
        let state = folder.join("engine");
        std::fs::create_dir_all(&state)?;
        let (at, state) = (socket.display().to_string(), state.display().to_string());
        let args = ["sim-engine", "--socket", &at, "--state", &state, "--start", start, "--keep"];
        let process = Process::new("engine", berth, &args, vec![("BERTH_LOG".to_owned(), "info".to_owned())], folder);
        Self::new(process, socket, None)
    }

    /// A Docker Engine of our own. Only in a network namespace of our own: a second one in the same flushes the first one's firewall.
    pub(crate) fn docker(folder: &Path) -> anyhow::Result<Arc<Self>> {
        let socket = folder.join("engine.sock");
        let pid_file = folder.join("engine.pid");
        let path = |name: &str| folder.join(name).display().to_string();
        let (data, exec, pid, host) = (
            path("engine"),
            path("engine-run"),
            pid_file.display().to_string(),
            format!("unix://{}", socket.display()),
        );
        let args = ["--data-root", &data, "--exec-root", &exec, "--pidfile", &pid, "-H", &host, "--log-level", "warn"];
        let process = Process::new("engine", Path::new("dockerd"), &args, Vec::new(), folder);
        Self::new(process, socket, Some(pid_file))
    }

    fn new(process: Process, socket: PathBuf, pid_file: Option<PathBuf>) -> anyhow::Result<Arc<Self>> {
        let http = reqwest::Client::builder().unix_socket(socket.clone()).no_proxy().build()?;
        let engine = Self {
            process: Mutex::new(process),
            socket,
            pid_file,
            http,
            life: AtomicU64::new(0),
            heard: Lock::default(),
        };
        Ok(Arc::new(engine))
    }

    /// Starts it, unless it runs, and waits until it answers.
    pub(crate) async fn up(&self, process: &mut Process) -> anyhow::Result<()> {
        if process.runs() {
            return Ok(());
        }
        // A number in a file of a killed one may be somebody else's by now.
        if let Some(pid_file) = &self.pid_file {
            _ = std::fs::remove_file(pid_file);
        }
        process.start()?;
        let begun = Instant::now();
        while self.ask(Method::GET, "/_ping", None).await.is_err() {
            ensure!(process.runs(), "the engine ended:\n{}", process.last_words());
            ensure!(begun.elapsed() < UP_WITHIN, "the engine does not answer:\n{}", process.last_words());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.life.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Brings the desktops' image over from the engine that everybody uses.
    pub(crate) async fn load_image(&self) -> anyhow::Result<()> {
        if self.ask(Method::GET, &format!("/images/{IMAGE}/json"), None).await.is_ok() {
            return Ok(());
        }
        let copy = format!("docker save {IMAGE} | docker -H unix://{} load", self.socket.display());
        let done = Command::new("bash").args(["-o", "pipefail", "-c", &copy]).output().await?;
        ensure!(done.status.success(), "the image was not copied: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// One call; anything but success is an error.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("http://engine{path}")).timeout(Duration::from_secs(10));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        ensure!(status.is_success(), "engine: {path}: {status} {}", String::from_utf8_lossy(&bytes));
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    fn filter(installation: &str) -> String {
        escaped(&json!({ "label": [format!("berth.installation={installation}")] }).to_string())
    }

    /// The containers of an installation, in the order of their desktops.
    pub(crate) async fn containers(&self, installation: &str) -> anyhow::Result<Vec<Container>> {
        let path = format!("/containers/json?all=true&filters={}", Self::filter(installation));
        let listed = self.ask(Method::GET, &path, None).await?;
        let mut containers: Vec<Container> = listed.as_array().into_iter().flatten().map(container).collect();
        containers.sort_by(|a, b| (&a.desktop, a.generation).cmp(&(&b.desktop, b.generation)));
        Ok(containers)
    }

    /// Desktops that have a home.
    pub(crate) async fn homes(&self, installation: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.ask(Method::GET, &format!("/volumes?filters={}", Self::filter(installation)), None).await?;
        let volumes = listed["Volumes"].as_array().cloned().unwrap_or_default();
        Ok(volumes.iter().map(|v| v["Labels"]["berth.desktop"].as_str().unwrap_or("nobody").to_owned()).collect())
    }

    /// Names of the networks.
    pub(crate) async fn networks(&self, installation: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.ask(Method::GET, &format!("/networks?filters={}", Self::filter(installation)), None).await?;
        let networks = listed.as_array().cloned().unwrap_or_default();
        Ok(networks.iter().map(|network| network["Name"].as_str().unwrap_or_default().to_owned()).collect())
    }

    pub(crate) async fn remove(&self, id: &str) -> anyhow::Result<()> {
        self.ask(Method::DELETE, &format!("/containers/{id}?force=true&v=true"), None).await.map(drop)
    }

    /// It is gone, and only we know.
    pub(crate) async fn vanish(&self, container: &Container) -> anyhow::Result<()> {
        self.ask(Method::POST, &format!("/sim/containers/{}/vanish", container.id), None).await?;
        let Container { id, desktop, installation, .. } = container.clone();
        self.hear(Happening::Container { what: "vanish".to_owned(), id, desktop, installation });
        Ok(())
    }

    pub(crate) async fn kill_container(&self, id: &str) -> anyhow::Result<()> {
        self.ask(Method::POST, &format!("/containers/{id}/kill?signal=KILL"), None).await.map(drop)
    }

    /// Removes all of an installation; the engine goes on for the next world.
    pub(crate) async fn clear(&self, installation: &str) -> anyhow::Result<()> {
        for container in self.containers(installation).await? {
            self.remove(&container.id).await?;
        }
        let filter = Self::filter(installation);
        let listed = self.ask(Method::GET, &format!("/volumes?filters={filter}"), None).await?;
        for volume in listed["Volumes"].as_array().into_iter().flatten() {
            let name = volume["Name"].as_str().context("a volume without a name")?;
            self.ask(Method::DELETE, &format!("/volumes/{name}"), None).await?;
        }
        for network in self.networks(installation).await? {
            self.ask(Method::DELETE, &format!("/networks/{network}"), None).await?;
        }
        Ok(())
    }

    pub(crate) fn heard(&self) -> Vec<Happening> {
        self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn hear(&self, happening: Happening) {
        self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(happening);
    }

    /// Listens for ever; whoever started it ends it.
    pub(crate) async fn listen(self: Arc<Self>) {
        let mut life = 0;
        let mut since = String::from("0");
        loop {
            if let Err(error) = self.listen_once(&mut life, &mut since).await {
                let text = error.to_string();
                if !text.is_empty() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    async fn listen_once(&self, life: &mut u64, since: &mut String) -> anyhow::Result<()> {
        let now = self.life.load(Ordering::SeqCst);
        ensure!(now > 0, "it was never started");
        if now != *life {
            // The stream first, then the list: what happens in between is told by both.
            *since = format!("{}", jiff::Timestamp::now().as_second());
        }
        let filters = escaped(&json!({ "type": ["container"], "event": ["start", "die", "destroy"] }).to_string());
        let url = format!("http://engine/events?since={since}&filters={filters}");
        let answer = self.http.get(url).send().await?.error_for_status()?;
        if now != *life {
            let listed = self.ask(Method::GET, "/containers/json", None).await?;
            self.hear(Happening::Anew(listed.as_array().into_iter().flatten().map(container).collect()));
            *life = now;
        }
        let (mut chunks, mut rest) = (answer.bytes_stream(), Vec::new());
        while let Some(chunk) = chunks.next().await {
            rest.extend_from_slice(&chunk?);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let event: Value = serde_json::from_slice(&line).unwrap_or_default();
                let nanos = event["timeNano"].as_i64().unwrap_or_default();
                *since = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000 + 1);
                let of = |label: &str| event["Actor"]["Attributes"][label].as_str().unwrap_or_default().to_owned();
                self.hear(Happening::Container {
                    what: event["Action"].as_str().unwrap_or_default().to_owned(),
                    id: event["Actor"]["ID"].as_str().unwrap_or_default().to_owned(),
                    desktop: of("berth.desktop"),
                    installation: of("berth.installation"),
                });
            }
        }
        Ok(())
    }
}

fn container(listed: &Value) -> Container {
    let label = |name: &str| listed["Labels"][name].as_str().unwrap_or_default().to_owned();
    Container {
        id: listed["Id"].as_str().unwrap_or_default().to_owned(),
        desktop: label("berth.desktop"),
        generation: label("berth.generation").parse().unwrap_or(-1),
        runs: listed["State"] == "running",
        port: listed["Ports"].as_array().and_then(|ports| ports.iter().find_map(|port| port["PublicPort"].as_i64())),
        installation: label("berth.installation"),
    }
}

/// For a place in an address.
fn escaped(text: &str) -> String {
    let each = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(each).collect()
}
