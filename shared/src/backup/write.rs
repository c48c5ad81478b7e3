//! Reads every table at one moment and writes the backup. Changes nothing, and stops nobody: SQLite's readers and PostgreSQL's
//! snapshots see the moment at which they began, whatever is written meanwhile.

use super::file::{FORMAT, Header, KeyText, TableHead, Writer};
use super::tables::{TABLES, What};
use super::{BackupError, columns, rows};
use crate::store::{Db, Tx, installation, schema};
use std::io::Write;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Written {
    pub header: Header,
    pub took: Duration,
}

/// Writes a backup, with the secret key in it when one is given, and gives back what was written to.
///
/// # Errors
/// When the database or what is written to fails, or the schema is not one that this binary knows.
pub async fn write<W: Write>(db: &Db, out: W, secret_key: Option<String>) -> Result<(W, Written), BackupError> {
    let begun = Instant::now();
    let mut tx = db.read().await?;
    tx.without_limits().await?;
    let header = header(&mut tx, secret_key).await?;
    let mut writer = Writer::new(out, &header)?;
    for head in &header.tables {
        writer.table(&head.name)?;
        rows::each(&mut tx, &head.name, &head.columns, async |row| writer.row(&row)).await?;
    }
    tx.rollback().await?;
    Ok((writer.end()?, Written { header, took: begun.elapsed() }))
}

async fn header(tx: &mut Tx, secret_key: Option<String>) -> Result<Header, BackupError> {
    let schema = schema_of(tx).await?;
    let ours = installation::get(tx).await?.ok_or(BackupError::NoBerth)?;
    Ok(Header {
        berth_backup: FORMAT,
        berth: crate::VERSION.to_owned(),
        schema,
        installation: ours.id,
        key_check: ours.key_check,
        made_at: tx.now().await?,
        database: if matches!(tx, Tx::Sqlite(_)) { "sqlite" } else { "postgres" }.to_owned(),
        tables: heads(tx, What::Backup).await?,
        secret_key: secret_key.map(KeyText::new),
    })
}

/// The schema's version, when it is one that this binary knows.
///
/// # Errors
/// When it is newer, or there is none.
pub async fn schema_of(tx: &mut Tx) -> Result<i64, BackupError> {
    let found = tx.schema_version().await?.ok_or(BackupError::NoBerth)?;
    let known = schema::newest();
    if found > known {
        return Err(BackupError::NewerSchema { what: "the database", found, known });
    }
    Ok(found)
}

/// The tables to be taken along, of those that this version of the schema has.
pub(super) async fn heads(tx: &mut Tx, what: What) -> Result<Vec<TableHead>, BackupError> {
    let mut heads = Vec::new();
    for table in TABLES.iter().filter(|table| table.fate.is_in(what)) {
        let columns = columns::of_table(tx, table.name).await?;
        if !columns.is_empty() {
            let rows = u64::try_from(rows::count(tx, table.name).await?).unwrap_or_default();
            heads.push(TableHead { name: table.name.to_owned(), rows, columns });
        }
    }
    Ok(heads)
}
