//! Starts the pretended engine when nobody listens on its socket.
//!
//! It is a process of its own in a session of its own, as a real engine is: neither `kill -9` of the worker nor Ctrl+C takes it along.
//! Two workers that begin at once may both start one; the engine's lock on its state lets only one of them live.

use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use berth_shared::config::{Runtime, Settings};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

const LISTENS_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why there is no pretended engine.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    #[error("the pretended engine could not be started: {0}")]
    Start(#[source] io::Error),
    #[error("the pretended engine does not listen on {} within {LISTENS_WITHIN:?}; {} may say why", socket.display(), log.display())]
    Silent { socket: PathBuf, log: PathBuf },
}

/// With `BERTH_RUNTIME=sim`: returns when an engine listens. Otherwise at once.
///
/// # Errors
/// [`SimError`], when none can be had.
pub async fn ensure(settings: &Settings) -> Result<(), SimError> {
    match settings.runtime {
        Runtime::Docker => Ok(()),
        Runtime::Sim => {
            let socket = &settings.sim.socket;
            tracing::warn!(socket = %socket.display(), "the container engine is a pretended one: desktops are small moving pictures");
            if UnixStream::connect(socket).await.is_ok() {
                return Ok(());
            }
            start(settings).await
        }
    }
}

async fn start(settings: &Settings) -> Result<(), SimError> {
    let socket = &settings.sim.socket;
    let log = socket.with_extension("log");
    if let Some(folder) = socket.parent() {
        std::fs::create_dir_all(folder).map_err(SimError::Start)?;
    }
    let writes = || OpenOptions::new().create(true).append(true).open(&log).map_err(SimError::Start);
    let mut engine = Command::new(std::env::current_exe().map_err(SimError::Start)?)
        .args(["sim-engine", "--detached", "--log-format=text"])
        .arg("--socket")
        .arg(socket)
        .arg(format!("--start={}", humantime::format_duration(settings.sim.start)))
        .arg(format!("--fail={}", settings.sim.fail))
        .stdin(Stdio::null())
        .stdout(writes()?)
        .stderr(writes()?)
        .spawn()
        .map_err(SimError::Start)?;
    tracing::info!(pid = engine.id(), log = %log.display(), "a pretended engine was started");
    // Whoever outlives the other: it is not left behind as a zombie.
    tokio::spawn(async move { engine.wait().await });
    let ends = Instant::now() + LISTENS_WITHIN;
    while UnixStream::connect(socket).await.is_err() {
        if Instant::now() >= ends {
            return Err(SimError::Silent { socket: socket.clone(), log });
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}
