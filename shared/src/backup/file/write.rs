//! Writes a backup, line by line.

use super::{End, EndLine, Header, TableLine, hex};
use crate::backup::{BackupError, Value};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::io::Write;

pub struct Writer<W: Write> {
    out: GzEncoder<W>,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// # Errors
    /// [`BackupError::Write`] here and below.
    pub fn new(out: W, header: &Header) -> Result<Self, BackupError> {
        let mut writer = Self { out: GzEncoder::new(out, Compression::default()), hash: Sha256::new(), rows: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    /// What follows are rows of this table.
    ///
    /// # Errors
    /// As above.
    pub fn table(&mut self, name: &str) -> Result<(), BackupError> {
        self.line(&TableLine { table: name.to_owned() })
    }

    /// # Errors
    /// As above.
    pub fn row(&mut self, row: &[Value]) -> Result<(), BackupError> {
        self.rows += 1;
        self.line(row)
    }

    /// Writes the last line, and gives back what was written to.
    ///
    /// # Errors
    /// As above.
    pub fn end(mut self) -> Result<W, BackupError> {
        let end = EndLine { end: End { rows: self.rows, sha256: hex(std::mem::take(&mut self.hash)) } };
        self.line(&end)?;
        let mut out = self.out.finish().map_err(BackupError::Write)?;
        out.flush().map_err(BackupError::Write)?;
        Ok(out)
    }

    fn line<T: Serialize + ?Sized>(&mut self, line: &T) -> Result<(), BackupError> {
        let mut bytes = serde_json::to_vec(line).map_err(|error| BackupError::Write(error.into()))?;
        bytes.push(b'\n');
        self.hash.update(&bytes);
        self.out.write_all(&bytes).map_err(BackupError::Write)
    }
}
