//! A Berth of our own: started on free ports in a given data folder, waited for, ended as an operator would.

use anyhow::{Context as _, bail, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::client::Client;
use crate::ports;

const READY_WITHIN: Duration = Duration::from_secs(30);
const ENDS_WITHIN: Duration = Duration::from_secs(40);

/// A folder that is removed with all that is in it when dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("berth-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running Berth.
pub struct Server {
    child: Child,
    /// How it is started again.
    command: Command,
    pub address: SocketAddr,
    pub metrics: SocketAddr,
    log: PathBuf,
    /// Where `/readyz` is asked: a worker has only its metrics' address.
    ready_at: SocketAddr,
    /// From the exec to the first 200 of `/readyz`.
    pub ready_after: Duration,
}

/// The administrator's password in every Berth of ours, as good as none: it listens on the loopback address for a moment.
/// The first start on a folder sets it.
#[must_use]
pub fn random_password() -> String {
    format!("{:032x}", rand::random::<u128>())
}

impl Server {
    /// Starts `berth <part>` and waits until it is ready.
    ///
    /// # Errors
    /// When it ends or is not ready in time; with what it said.
    pub async fn start(
        binary: &Path,
        part: &str,
        folder: &Path,
        password: &str,
        more: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let (address, metrics) = (ports::free()?, ports::free()?);
        let log = folder.join("log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let mut command = Command::new(binary);
        command
            .arg(part)
            .env("BERTH_DATA_DIR", folder)
            .env("BERTH_LISTEN", address.to_string())
            .env("BERTH_METRICS_LISTEN", metrics.to_string())
            .env("BERTH_ADMIN_PASSWORD", password)
            .env("BERTH_LOG_FORMAT", "text")
            .envs(more.iter().map(|(name, value)| (name, value)))
            .stdin(std::process::Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            // Ctrl+C in a terminal is for us; we then end it in order.
            .process_group(0)
            .kill_on_drop(true);
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("{} cannot be run", binary.display()))?;
        let ready_at = if part == "worker" { metrics } else { address };
        let mut server = Self { child, command, address, metrics, log, ready_at, ready_after: Duration::ZERO };
        server.wait_until_ready(begun).await?;
        Ok(server)
    }

    /// `kill -9`, and after a pause the same again at the same addresses.
    ///
    /// # Errors
    /// When it cannot be started, or is not ready in time.
    pub async fn die_and_come_back(&mut self, pause: Duration) -> anyhow::Result<()> {
        self.child.kill().await?;
        tokio::time::sleep(pause).await;
        self.live().await
    }

    /// Starts it again when it is dead, and waits until it is ready, whatever was broken off in the middle.
    ///
    /// # Errors
    /// When it cannot be started, or is not ready in time.
    pub async fn live(&mut self) -> anyhow::Result<()> {
        if self.child.try_wait()?.is_some() {
            self.child = self.command.spawn()?;
        }
        self.wait_until_ready(Instant::now()).await
    }

    async fn wait_until_ready(&mut self, begun: Instant) -> anyhow::Result<()> {
        loop {
            if get(self.ready_at, "/readyz").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                self.ready_after = begun.elapsed();
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("berth ended ({status}):\n{}", self.last_words());
            }
            ensure!(begun.elapsed() < READY_WITHIN, "berth is not ready:\n{}", self.last_words());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// # Errors
    /// As [`Client::sign_in`].
    pub async fn admin(&self, password: &str) -> anyhow::Result<Client> {
        Client::sign_in(&self.origin(), "admin", password).await
    }

    /// A gauge of `/metrics`, by its name without labels.
    ///
    /// # Errors
    /// When the metrics address does not answer. None: there is no such gauge.
    pub async fn gauge(&self, name: &str) -> anyhow::Result<Option<f64>> {
        let text = metrics(self.metrics).await?;
        Ok(text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok()))
    }

    /// Resident memory, in KiB.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident_kib(&self) -> anyhow::Result<u64> {
        let pid = self.child.id().context("berth has ended")?;
        Ok(crate::resources::of(pid).context("berth has ended")?.rss_kib)
    }

    /// The process's id. None: it has ended.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// When it does not end in time, or not well.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("berth has ended already")?.to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await?;
        let ended = tokio::time::timeout(ENDS_WITHIN, self.child.wait()).await;
        let status = ended.with_context(|| format!("berth did not end:\n{}", self.last_words()))??;
        ensure!(status.success(), "berth ended with {status}:\n{}", self.last_words());
        Ok(())
    }

    /// What it wrote.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of its log.
    #[must_use]
    pub fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

/// What `/metrics` says at this address.
///
/// # Errors
/// When nobody answers.
pub async fn metrics(address: SocketAddr) -> anyhow::Result<String> {
    get(address, "/metrics").await
}

/// One GET on a connection of its own: the answer, head and body.
async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
