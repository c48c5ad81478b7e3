//! A server that ours needs or is measured beside: started, waited for, told to end when dropped.

use anyhow::{Context as _, bail, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Beside {
    child: Child,
    log: PathBuf,
}

impl Beside {
    /// Runs it, its words in a file of this folder, until its address takes callers.
    pub(crate) async fn start(mut command: Command, address: SocketAddr, folder: &Path) -> anyhow::Result<Self> {
        let program = Path::new(command.as_std().get_program()).to_owned();
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = folder.join(format!("{name}.log"));
        let file = std::fs::File::create(&log)?;
        command.stdin(std::process::Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("{} cannot be run", program.display()))?;
        let mut server = Self { child, log };
        let begun = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{name} ended ({status}):\n{}", server.words());
            }
            ensure!(begun.elapsed() < ANSWERS_WITHIN, "{name} does not answer:\n{}", server.words());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().with_context(|| format!("it has ended:\n{}", self.words()))
    }

    fn words(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Beside {
    /// SIGTERM: what it made has to go too.
    fn drop(&mut self) {
        if let Some(pid) = self.child.id() {
            _ = std::process::Command::new("kill").args(["-TERM", &pid.to_string()]).status();
        }
    }
}

/// A Redis that keeps nothing, and its URL.
pub(crate) async fn redis(folder: &Path) -> anyhow::Result<(Beside, String)> {
    let address = berth_bench::ports::free()?;
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--save", "", "--appendonly", "no"]);
    command.current_dir(folder);
    Ok((Beside::start(command, address, folder).await?, format!("redis://{address}/0")))
}
