//! A small disk of one's own for the database's folder, that can be filled to the last byte and emptied again.

use anyhow::ensure;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tokio::process::Command;

const SIZE: &str = "size=24m";

pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) async fn mount(folder: &Path) -> anyhow::Result<Self> {
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "berth-faults"]).arg(folder).status().await?;
        ensure!(mount.success(), "{} cannot be made a disk of its own", folder.display());
        Ok(Self(folder.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = std::fs::File::create(self.ballast())?;
        let block = [0; 4096];
        while ballast.write_all(&block).is_ok() {}
        Ok(())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.ballast().exists()
    }

    pub(crate) fn free(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
