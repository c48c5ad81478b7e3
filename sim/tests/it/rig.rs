//! A pretended engine that can be killed, and calls to its socket.

use std::path::PathBuf;
use std::time::Duration;

use berth_sim::{Options, Sim};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Every wait in these tests ends by then.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
pub(crate) const PASSWORD: &str = "s3cret-7";

pub(crate) struct Rig {
    pub(crate) options: Options,
    folder: PathBuf,
    runtime: Option<tokio::runtime::Runtime>,
    end: CancellationToken,
    ended: Option<oneshot::Receiver<()>>,
}

/// An answer; a status of 0: the connection was dropped.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = std::env::temp_dir().join(format!("berth-sim-{:016x}", rand::random::<u64>()));
        let mut options = Options::at(&folder.join("engine.sock"));
        (options.start, options.linger) = (Duration::from_millis(100), None);
        change(&mut options);
        let mut rig = Self { options, folder, runtime: None, end: CancellationToken::new(), ended: None };
        rig.begin().await;
        rig
    }

    /// Starts it, once its former self has let go.
    pub(crate) async fn begin(&mut self) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        self.end = CancellationToken::new();
        let (options, end) = (self.options.clone(), self.end.clone());
        let ((tell, listens), (over, ended)) = (oneshot::channel(), oneshot::channel());
        runtime.spawn(async move {
            let began = Instant::now();
            let sim = loop {
                match Sim::open(options.clone()).await {
                    Ok(sim) => break sim,
                    Err(error) => assert!(began.elapsed() < LIMIT, "{error}"),
                }
                sleep(Duration::from_millis(10)).await;
            };
            tell.send(()).expect("somebody waits");
            sim.run(end).await;
            let _ = over.send(());
        });
        listens.await.expect("it listens");
        (self.runtime, self.ended) = (Some(runtime), Some(ended));
    }

    /// As SIGKILL does.
    pub(crate) fn kill(&mut self) {
        self.runtime.take().expect("alive").shutdown_background();
    }

    /// As SIGTERM does.
    pub(crate) async fn end(&mut self) {
        self.end.cancel();
        self.has_ended().await;
    }

    pub(crate) async fn has_ended(&mut self) {
        let ended = self.ended.take().expect("begun");
        tokio::time::timeout(LIMIT, ended).await.expect("in time").expect("ended well");
        self.kill();
    }

    pub(crate) async fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.options.socket).await.expect("its socket")
    }

    /// Sends a call and leaves the answer to be read.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> UnixStream {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = self.connect().await;
        let request = format!("{method} {path} HTTP/1.0\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.expect("sent");
        stream
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let mut stream = self.send(method, path, &body).await;
        let mut answer = String::new();
        let read = tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer)).await.expect("in time");
        let Some((head, body)) = answer.split_once("\r\n\r\n").filter(|_| read.is_ok()) else {
            return Answer { status: 0, body: String::new() };
        };
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, body: body.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.call("POST", path, Value::Null).await
    }

    pub(crate) async fn fault(&self, fault: Value) {
        let answer = self.call("POST", "/sim/faults", fault).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    pub(crate) async fn create(&self, name: &str, port: u16) -> Answer {
        let host = json!({"PortBindings": {"5900/tcp": [{"HostIp": "127.0.0.1", "HostPort": port.to_string()}]}});
        let body = json!({"Image": "desk", "OpenStdin": true, "Labels": {"who": name}, "HostConfig": host});
        self.call("POST", &format!("/containers/create?name={name}"), body).await
    }

    /// Made, started, its password handed over.
    pub(crate) async fn boot(&self, name: &str, port: u16) {
        assert_eq!(self.create(name, port).await.status, 201);
        let mut attached = self.attach(name).await;
        assert_eq!(self.post(&format!("/containers/{name}/start")).await.status, 204);
        attached.write_all(format!("{PASSWORD}\n").as_bytes()).await.expect("handed over");
        let mut said = [0; 14];
        attached.read_exact(&mut said).await.expect("ready");
        assert_eq!(&said, b"\x01\0\0\0\0\0\0\x06ready\n");
    }

    /// Both ways of a container.
    pub(crate) async fn attach(&self, name: &str) -> UnixStream {
        let mut stream = self.connect().await;
        let request = format!(
            "POST /containers/{name}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
             Upgrade: tcp\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        stream
    }

    /// The event stream, with its head read.
    pub(crate) async fn events(&self) -> BufReader<UnixStream> {
        let mut stream = BufReader::new(self.send("GET", "/events", &json!(null)).await);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.expect("a head");
            if line == "\r\n" {
                return stream;
            }
        }
    }

    pub(crate) async fn state(&self, name: &str) -> Value {
        self.get(&format!("/containers/{name}/json")).await.json()["State"].clone()
    }

    pub(crate) async fn until(&self, name: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let state = self.state(name).await;
            if is_so(&state) {
                return state;
            }
            assert!(began.elapsed() < LIMIT, "waited in vain until {name} {what}: {state}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The journal, as `GET /sim/log` gives it.
    pub(crate) async fn log(&self) -> Vec<Value> {
        let text = self.get("/sim/log").await.body;
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// What the journal says happened to this container.
    pub(crate) async fn story(&self, name: &str) -> Vec<String> {
        let of = |entry: &Value| entry["name"] == json!(name);
        self.log().await.iter().filter(|e| of(e)).map(|e| e["what"].as_str().expect("a word").to_owned()).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody listens on.
pub(crate) fn port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
