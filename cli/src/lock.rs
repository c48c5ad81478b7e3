//! One process on one SQLite data folder: a lock file, held as long as the process lives, freed by the system when it
//! dies. On PostgreSQL several processes share the database and no lock is taken.

use anyhow::Context as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Keeps other processes off the data folder until it is dropped.
pub(crate) struct FolderLock(#[allow(dead_code)] File);

pub(crate) fn take(folder: &Path) -> anyhow::Result<FolderLock> {
    let path = folder.join("berth.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("the data folder {} cannot be written to", folder.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another Berth runs on the data folder {}; stop it first, or give this one a folder of its own with \
             BERTH_DATA_DIR (several processes share a database only on PostgreSQL)",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).context("the data folder's lock cannot be taken"),
    }
}
