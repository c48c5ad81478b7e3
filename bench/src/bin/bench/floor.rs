//! The least that a start can cost: the same container, made and started by the engine's API (v1.41) with nothing around it.
//!
//! What is asked for is copied from a container of Berth's as the engine shows it, so both have the same limits,
//! hardening, network and kind of volume; `differences` proves it. HTTP/1.0 by hand: a handful of calls, and the answer
//! ends where the connection does.

use anyhow::{Context as _, bail, ensure};
use berth_bench::ports;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

const LIMIT: Duration = Duration::from_secs(60);
const STANDARD_OUTPUT: u8 = 1;

pub(crate) struct Floor {
    socket: PathBuf,
    /// `5900/tcp`
    port_key: String,
    /// What the engine is asked for, as `docker inspect` shows it.
    pub(crate) wanted: Value,
}

/// A container that is ready.
pub(crate) struct Bare {
    pub(crate) container: String,
    volume: String,
    /// Create, attach, start, until `ready`, until the greeting.
    pub(crate) parts_ms: Vec<f64>,
}

impl Bare {
    pub(crate) fn total_ms(&self) -> f64 {
        self.parts_ms.iter().sum()
    }
}

impl Floor {
    /// For containers like this one of Berth's (`docker inspect`).
    pub(crate) fn like(container: &Value, socket: &Path) -> anyhow::Result<Self> {
        let mut wanted = container["Config"].clone();
        wanted["HostConfig"] = container["HostConfig"].clone();
        // Not Berth's: it would wonder about a desktop that it does not know.
        wanted["Labels"] = json!({ "berth.bench": "floor" });
        let ports = wanted["HostConfig"]["PortBindings"].as_object().context("it publishes no port")?;
        let port_key = ports.keys().next().context("it publishes no port")?.clone();
        Ok(Self { socket: socket.to_owned(), port_key, wanted })
    }

    pub(crate) async fn start(&self) -> anyhow::Result<Bare> {
        self.start_at(ports::free()?).await
    }

    /// With its port published at this address.
    pub(crate) async fn start_at(&self, address: SocketAddr) -> anyhow::Result<Bare> {
        let volume = format!("berth-bench-{:016x}", rand::random::<u64>());
        let mut wanted = self.wanted.clone();
        let host = &mut wanted["HostConfig"];
        host["PortBindings"][&self.port_key] =
            json!([{ "HostIp": address.ip().to_string(), "HostPort": address.port().to_string() }]);
        host["Mounts"][0]["Source"] = json!(volume);
        host["Mounts"][0]["VolumeOptions"]["Labels"] = json!({ "berth.bench": "floor" });

        let mut marks = vec![Instant::now()];
        let id =
            self.call("POST", "/containers/create", Some(&wanted)).await?["Id"].as_str().context("no id")?.to_owned();
        marks.push(Instant::now());
        let run = async {
            let mut terminal = self.attach(&id).await?;
            marks.push(Instant::now());
            self.call("POST", &format!("/containers/{id}/start"), None).await?;
            marks.push(Instant::now());
            terminal.write_all(b"password\n").await?;
            until_ready(&mut terminal).await?;
            marks.push(Instant::now());
            let mut greeting = [0; 12];
            TcpStream::connect(address).await?.read_exact(&mut greeting).await?;
            ensure!(greeting.starts_with(b"RFB 003."), "no greeting");
            marks.push(Instant::now());
            anyhow::Ok(())
        };
        let ran = tokio::time::timeout(LIMIT, run).await.context("the floor took too long").flatten();
        let parts_ms = marks.windows(2).map(|two| (two[1] - two[0]).as_secs_f64() * 1e3).collect();
        let bare = Bare { container: id, volume, parts_ms };
        match ran {
            Ok(()) => Ok(bare),
            Err(error) => {
                self.remove(bare).await?;
                Err(error)
            }
        }
    }

    pub(crate) async fn remove(&self, bare: Bare) -> anyhow::Result<()> {
        self.call("DELETE", &format!("/containers/{}?force=1", bare.container), None).await?;
        self.call("DELETE", &format!("/volumes/{}", bare.volume), None).await?;
        Ok(())
    }

    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = UnixStream::connect(&self.socket).await?;
        let head = format!("{method} /v1.41{path} HTTP/1.0\r\nContent-Type: application/json\r\n");
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("half an answer")?;
        ensure!(head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')), "{method} {path}: {answer}");
        Ok(serde_json::from_str(body).unwrap_or_default())
    }

    /// Standard input and output, before the start.
    async fn attach(&self, id: &str) -> anyhow::Result<UnixStream> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        let path = format!("/v1.41/containers/{id}/attach?stream=1&stdin=1&stdout=1&stderr=1");
        let head = format!("POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await?);
        }
        ensure!(answer.starts_with(b"HTTP/1.1 101"), "attach: {}", String::from_utf8_lossy(&answer));
        Ok(stream)
    }
}

/// Reads frames (stream, three zeros, length, bytes) until standard output says `ready`.
async fn until_ready(terminal: &mut UnixStream) -> anyhow::Result<()> {
    loop {
        let mut head = [0; 8];
        terminal.read_exact(&mut head).await.context("it ended before it was ready")?;
        let mut said = vec![0; u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize];
        terminal.read_exact(&mut said).await?;
        match (head[0], said.as_slice()) {
            (STANDARD_OUTPUT, b"ready\n") => return Ok(()),
            (STANDARD_OUTPUT, other) => bail!("it said {:?}", String::from_utf8_lossy(other)),
            _ => {}
        }
    }
}

/// What two containers (`docker inspect`) were asked for and got differently, but for what must differ: names, port, volume.
pub(crate) fn differences(ours: &Value, theirs: &Value) -> Vec<String> {
    let own = ["/HostConfig/PortBindings", "/HostConfig/Mounts/0/Source", "/HostConfig/Mounts/0/VolumeOptions/Labels"];
    let bare = |container: &Value| {
        let mut container = container.clone();
        for pointer in own.into_iter().chain(["/Config/Labels"]) {
            container.pointer_mut(pointer).map(Value::take);
        }
        container
    };
    let (ours, theirs) = (bare(ours), bare(theirs));
    let mut found = Vec::new();
    for part in ["HostConfig", "Config"] {
        for (key, value) in ours[part].as_object().into_iter().flatten() {
            if theirs[part][key] != *value {
                found.push(format!("{part}.{key}: {value}, floor {}", theirs[part][key]));
            }
        }
    }
    found
}
