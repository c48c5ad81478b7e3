//! A registry for images: a real one on this machine for the real engine (Debian's docker-registry on a free port of 127.0.0.1,
//! which engines ask without TLS), the pretended engine's own for that one. Each has one tiny image at a time.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bollard::Docker;
use bollard::auth::DockerCredentials;
use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::net::TcpStream;

use crate::engines::Which;
use crate::http;
use crate::rig::{Rig, address, desktop_id};

pub(crate) const USERNAME: &str = "berth";
pub(crate) const REGISTRY_PASSWORD: &str = "harbour";
/// The same, as the registry keeps it.
const HTPASSWD: &str = "berth:$2b$04$IqrnGvRYUQYwJj2Vo5baBORMkRAUpifaekHi1.4aj3TOWXLxyf6PC\n";

pub(crate) struct Registry {
    pub(crate) host: String,
    /// Only for who knows the password.
    closed: bool,
    server: Option<(Child, PathBuf)>,
}

impl Registry {
    pub(crate) async fn open(rig: &Rig) -> Self {
        Self::new(rig, false).await
    }

    /// One that asks for [`USERNAME`] and [`REGISTRY_PASSWORD`].
    pub(crate) async fn closed(rig: &Rig) -> Self {
        Self::new(rig, true).await
    }

    async fn new(rig: &Rig, closed: bool) -> Self {
        if rig.which() == Which::Pretended {
            let host = format!("{}.example:5000", desktop_id().to_lowercase());
            return Self { host, closed, server: None };
        }
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port();
        let folder = std::env::temp_dir().join(format!("berth-test-{}", desktop_id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("htpasswd"), HTPASSWD).expect("written");
        let auth = format!("auth: {{htpasswd: {{realm: berth, path: {}}}}}\n", folder.join("htpasswd").display());
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n{}",
            folder.join("images").display(),
            if closed { &auth } else { "" }
        );
        std::fs::write(folder.join("config.yml"), config).expect("written");
        let server = Command::new("docker-registry")
            .args(["serve", &folder.join("config.yml").to_string_lossy()])
            .env_remove("OTEL_TRACES_EXPORTER")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need docker-registry (apt-get install docker-registry)");
        let registry = Self { host: format!("127.0.0.1:{port}"), closed, server: Some((server, folder)) };
        for _ in 0..200 {
            if TcpStream::connect(address(port)).await.is_ok() {
                return registry;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the registry does not listen");
    }

    /// The name of an image here.
    pub(crate) fn name(&self, path: &str) -> String {
        format!("{}/{path}", self.host)
    }

    /// Puts an image here under this name, another one each time. The engine does not have it.
    pub(crate) async fn has(&self, rig: &Rig, name: &str) {
        match rig.which() {
            Which::Pretended => {
                let only_for = self.closed.then(|| format!("{USERNAME}:{REGISTRY_PASSWORD}"));
                let offer = json!({ "name": name, "offer": { "ms": 1_500, "only_for": only_for } });
                http::sim(&rig.place.socket, "POST", "/sim/registry", &offer).await;
            }
            Which::Docker => {
                push(&rig.docker, name, self.closed).await;
                rig.images.lock().expect("lock").push(name.to_owned());
            }
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if let Some((server, folder)) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Makes an image of one small file, pushes it, and lets the engine forget it.
async fn push(docker: &Docker, name: &str, closed: bool) {
    let mut tar = file_in_tar("hello", &desktop_id());
    tar.extend([0; 1024]);
    let body = bollard::body_full(Bytes::from(tar));
    let (repository, tag) = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((name, "latest"));
    let options = query::CreateImageOptionsBuilder::default().from_src("-").repo(repository).tag(tag).build();
    let mut made = Box::pin(docker.create_image(Some(options), Some(body), None));
    while let Some(said) = made.next().await {
        said.expect("imported");
    }
    let credentials = closed.then(|| DockerCredentials {
        username: Some(USERNAME.to_owned()),
        password: Some(REGISTRY_PASSWORD.to_owned()),
        ..DockerCredentials::default()
    });
    let options = query::PushImageOptionsBuilder::default().tag(tag).build();
    let mut pushed = Box::pin(docker.push_image(repository, Some(options), credentials));
    while let Some(said) = pushed.next().await {
        said.expect("pushed");
    }
    drop(pushed);
    docker.remove_image(name, None::<query::RemoveImageOptions>, None).await.expect("forgotten");
}

/// One file, as tar keeps it (POSIX ustar).
fn file_in_tar(name: &str, text: &str) -> Vec<u8> {
    let mut head = [0_u8; 512];
    let mut put = |at: usize, text: &str| head[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", text.len()));
    put(136, "00000000000");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\u{0}00");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\u{0} ").as_bytes());
    let mut tar = head.to_vec();
    tar.extend(text.as_bytes());
    tar.resize(tar.len().next_multiple_of(512), 0);
    tar
}

/// What an engine says of an image: its id.
pub(crate) async fn id_of(rig: &Rig, name: &str) -> Option<String> {
    rig.engine.image(name, crate::rig::soon()).await.expect("asked").map(|image| image.id)
}
