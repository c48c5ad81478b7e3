//! Fills a database from a backup: schema, rows and what has to be put right, in one transaction.

use super::file::{Header, Item, Reader};
use super::fill::Filler;
use super::tables::{TABLES, What};
use super::{BackupError, settle, target};
use crate::store::schema::SchemaLock;
use crate::store::{Db, Tx};
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
pub struct How<'a> {
    /// Whether what is there may go.
    pub replace: bool,
    /// Whom the audit log names.
    pub by: &'a str,
}

#[derive(Debug)]
pub struct Restored {
    pub header: Header,
    /// Jobs that were running then and go on when starts do.
    pub given_back: usize,
    pub took: Duration,
}

/// Restores a backup, which is read as a whole first: nothing is touched for a damaged one. Nobody else may use the database.
///
/// # Errors
/// When the backup is damaged or too new, the database is not empty or fails. Then it is as it was.
pub async fn restore(db: &Db, _lock: &SchemaLock, path: &Path, how: How<'_>) -> Result<Restored, BackupError> {
    let begun = Instant::now();
    let mut reader = Reader::open(path)?;
    check_names(reader.header())?;
    Reader::open(path)?.check()?;
    let mut tx = db.begin().await?;
    tx.without_limits().await?;
    target::empty(&mut tx, how.replace).await?;
    let header = reader.header().clone();
    // As it was then; what has changed since is done to the rows as to those of anybody who upgrades.
    tx.migrate_to(Some(header.schema)).await?;
    target::clear(&mut tx, &header.tables).await?;
    load(&mut tx, &mut reader, &header).await?;
    tx.migrate_to(None).await?;
    let detail = format!("From a backup of {}, made by Berth {}.", header.made_at, header.berth);
    settle::restored(&mut tx, how.by, &detail).await?;
    tx.commit().await?;
    let given_back = settle::give_back(db).await;
    Ok(Restored { header, given_back, took: begun.elapsed() })
}

/// Names go into statements: only ours do.
fn check_names(header: &Header) -> Result<(), BackupError> {
    let known = |name: &str| TABLES.iter().any(|table| table.name == name && table.fate.is_in(What::Backup));
    match header.tables.iter().find(|head| !known(&head.name)) {
        Some(head) => Err(BackupError::Damaged(format!("it tells of a table “{}”", head.name))),
        None => Ok(()),
    }
}

async fn load<R: std::io::Read>(tx: &mut Tx, reader: &mut Reader<R>, header: &Header) -> Result<(), BackupError> {
    let mut filler: Option<Filler<'_>> = None;
    loop {
        match reader.item()? {
            Some(Item::Row(row)) => {
                if let Some(filler) = &mut filler {
                    filler.add(tx, row).await?;
                }
            }
            Some(Item::Table(at)) => {
                if let Some(full) = filler.take() {
                    full.end(tx).await?;
                }
                let head = &header.tables[at];
                filler = Some(Filler::new(tx, &head.name, &head.columns).await?);
            }
            None => {
                if let Some(full) = filler.take() {
                    full.end(tx).await?;
                }
                return Ok(());
            }
        }
    }
}
