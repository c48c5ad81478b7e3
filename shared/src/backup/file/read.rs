//! Reads a backup, line by line, and believes none of it: what is not as the first line said, or does not come to the sum in the last
//! one, is damage.

use super::{EndLine, FORMAT, Header, TableLine, damaged, hex};
use crate::backup::{BackupError, Type, Value};
use crate::store::schema;
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Take};
use std::path::Path;

/// More than any row of ours can have: a line without an end must not fill the memory.
const LONGEST_LINE: u64 = 64 << 20;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// What follows are rows of the table at this place of [`Header::tables`].
    Table(usize),
    Row(Vec<Value>),
}

pub struct Reader<R: Read> {
    lines: Take<BufReader<GzDecoder<R>>>,
    header: Header,
    hash: Sha256,
    /// The next table, and how many rows of the one before it are still to come.
    next: usize,
    left: u64,
    rows: u64,
    over: bool,
}

#[derive(Deserialize)]
struct Format {
    berth_backup: u32,
}

impl Reader<BufReader<File>> {
    /// # Errors
    /// As [`Reader::new`].
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        Self::new(BufReader::new(File::open(path).map_err(BackupError::Read)?))
    }
}

impl<R: Read> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When it is no backup, or one that this binary cannot read.
    pub fn new(from: R) -> Result<Self, BackupError> {
        let mut lines = BufReader::new(GzDecoder::new(from)).take(LONGEST_LINE);
        let mut hash = Sha256::new();
        let first = match line(&mut lines, &mut hash) {
            Err(BackupError::Damaged(_)) => return Err(BackupError::NoBackup),
            other => other?,
        };
        let format: Format = serde_json::from_slice(&first).map_err(|_| BackupError::NoBackup)?;
        if format.berth_backup > FORMAT {
            return Err(BackupError::NewerFormat(format.berth_backup));
        }
        let header: Header =
            serde_json::from_slice(&first).map_err(|error| damaged(format!("its first line: {error}")))?;
        let known = schema::newest();
        if header.schema > known {
            return Err(BackupError::NewerSchema { what: "the backup", found: header.schema, known });
        }
        Ok(Self { lines, header, hash, next: 0, left: 0, rows: 0, over: false })
    }

    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// None: that was all of it, and it is whole.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn item(&mut self) -> Result<Option<Item>, BackupError> {
        if self.over {
            return Ok(None);
        }
        if self.left > 0 {
            self.left -= 1;
            self.rows += 1;
            return self.row().map(|row| Some(Item::Row(row)));
        }
        let before = self.hash.clone();
        let bytes = line(&mut self.lines, &mut self.hash)?;
        let Some(head) = self.header.tables.get(self.next) else {
            self.end(&bytes, before)?;
            return Ok(None);
        };
        let told: TableLine =
            serde_json::from_slice(&bytes).map_err(|_| damaged(format!("where {} begins", head.name)))?;
        if told.table != head.name {
            return Err(damaged(format!("{} stands where {} begins", told.table, head.name)));
        }
        self.left = head.rows;
        self.next += 1;
        Ok(Some(Item::Table(self.next - 1)))
    }

    fn row(&mut self) -> Result<Vec<Value>, BackupError> {
        let bytes = line(&mut self.lines, &mut self.hash)?;
        let head = &self.header.tables[self.next - 1];
        let row: Vec<Value> =
            serde_json::from_slice(&bytes).map_err(|error| damaged(format!("a row of {}: {error}", head.name)))?;
        let fits = row.len() == head.columns.len()
            && head.columns.iter().zip(&row).all(|(column, value)| match (column.of, value) {
                (_, Value::Null)
                | (Type::Text, Value::Text(_))
                | (Type::Integer, Value::Integer(_))
                | (Type::Boolean, Value::Boolean(_)) => true,
                (Type::Text | Type::Integer | Type::Boolean, _) => false,
            });
        if fits { Ok(row) } else { Err(damaged(format!("a row of {} is not as its columns are", head.name))) }
    }

    fn end(&mut self, bytes: &[u8], before: Sha256) -> Result<(), BackupError> {
        let EndLine { end } = serde_json::from_slice(bytes).map_err(|_| damaged("its last line"))?;
        if end.rows != self.rows || end.sha256 != hex(before) {
            return Err(damaged("its contents do not come to the sum that it tells"));
        }
        // The compression has a sum of its own, behind the last line.
        self.lines.set_limit(1);
        match self.lines.read(&mut [0]) {
            Ok(0) => {}
            Ok(_) => return Err(damaged("something follows its last line")),
            Err(error) => return Err(told(error)),
        }
        self.over = true;
        Ok(())
    }

    /// Reads all that is left.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn check(mut self) -> Result<Header, BackupError> {
        while self.item()?.is_some() {}
        Ok(self.header)
    }
}

fn line<R: Read>(lines: &mut Take<BufReader<GzDecoder<R>>>, hash: &mut Sha256) -> Result<Vec<u8>, BackupError> {
    let mut bytes = Vec::new();
    lines.set_limit(LONGEST_LINE);
    lines.read_until(b'\n', &mut bytes).map_err(told)?;
    if bytes.last() != Some(&b'\n') {
        return Err(damaged("it ends too early"));
    }
    hash.update(&bytes);
    Ok(bytes)
}

/// What the decompression finds is damage; what the disk says is not.
fn told(error: std::io::Error) -> BackupError {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::InvalidData => damaged(format!("its compression ({error})")),
        ErrorKind::UnexpectedEof => damaged("it ends too early"),
        _ => BackupError::Read(error),
    }
}
