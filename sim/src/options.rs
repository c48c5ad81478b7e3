//! How a pretended engine is to be: where it listens and keeps its state, how long starts take, how often calls fail.

use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Options {
    pub socket: PathBuf,
    /// Folder of the journal. One engine at a time has it.
    pub state: PathBuf,
    /// From a container's start to its being ready, a fifth more or less from one container to the next.
    pub start: Duration,
    /// Share of calls that fail, from 0 to 1.
    pub fail: f64,
    /// What it says that it has.
    pub cpus: u32,
    /// What chance is made of: the same seed gives each container the same start time.
    pub seed: u64,
    /// How long after its last client it ends by itself; none: never.
    pub linger: Option<Duration>,
}

impl Options {
    /// With everything but the place left as it usually is.
    #[must_use]
    pub fn at(socket: &Path) -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            socket: socket.to_owned(),
            // Beside the socket, so that whoever names the same socket means the same engine.
            state: socket.with_extension("state"),
            start: Duration::from_secs(2),
            fail: 0.0,
            cpus: u32::try_from(cpus).unwrap_or(1),
            seed: 0,
            linger: Some(Duration::from_secs(60)),
        }
    }
}
