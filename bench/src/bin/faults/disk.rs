//! A small disk of one's own for the database's folder, that can be filled to the last byte and emptied again.

use anyhow::ensure;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::process::Command;

const SIZE: &str = "size=24m";

/// Whoever ended because it was full may be found a moment after it is not any more.
const A_MOMENT: Duration = Duration::from_secs(2);

pub(crate) struct Disk {
    folder: PathBuf,
    freed: Mutex<Option<Instant>>,
}

impl Disk {
    pub(crate) async fn mount(folder: &Path) -> anyhow::Result<Self> {
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "berth-faults"]).arg(folder).status().await?;
        ensure!(mount.success(), "{} cannot be made a disk of its own", folder.display());
        Ok(Self { folder: folder.to_owned(), freed: Mutex::default() })
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = std::fs::File::create(self.ballast())?;
        let block = [0; 4096];
        while ballast.write_all(&block).is_ok() {}
        Ok(())
    }

    /// Whether it is, or has just been.
    pub(crate) fn is_full(&self) -> bool {
        let freed = *self.freed.lock().unwrap_or_else(PoisonError::into_inner);
        self.ballast().exists() || freed.is_some_and(|at| at.elapsed() < A_MOMENT)
    }

    pub(crate) fn free(&self) -> anyhow::Result<()> {
        *self.freed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(std::fs::remove_file(self.ballast())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = std::process::Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}
