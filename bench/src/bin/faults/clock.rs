//! A clock that can be moved while its process runs, by libfaketime.

use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// Where a process with a clock that can be moved reads how far.
pub(crate) fn clock_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.clock"))
}

/// What gives a process such a clock. Only the time of day moves: no step of it moves the time since boot.
pub(crate) fn clock(folder: &Path, name: &str) -> anyhow::Result<Vec<(String, String)>> {
    let file = clock_file(folder, name);
    std::fs::write(&file, "+0\n")?;
    let library = library()?;
    let given = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    Ok(given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Where the distribution keeps it: in a folder named after the machine.
fn library() -> anyhow::Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").context("no libraries here")?;
    let found =
        folders.flatten().map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|file| file.exists());
    found.context("libfaketime is not installed")
}
