//! The journal: one line of JSON for each thing that changed, appended and never rewritten.
//!
//! It is the whole state on disk (the engine reads it from its beginning when it starts), and what a checker reads to see what really
//! happened. A line is written before what it says becomes visible; a last line that was cut off by a kill never happened and is dropped.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::network::Network;
use super::registry::Offer;
use crate::output::Channel;
use crate::program::Program;

/// One thing that changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Counts from 1, without gaps.
    pub(crate) n: u64,
    #[serde(with = "rfc3339")]
    pub(crate) at: Timestamp,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// Which container, said so fully that each line can be read alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Who {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) labels: HashMap<String, String>,
    /// Host ports.
    pub(crate) ports: Vec<u16>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum What {
    EngineStarted {
        pid: u32,
    },
    /// It ended by itself or was told to; a killed one says nothing.
    EngineEnded,
    ContainerCreated {
        #[serde(flatten)]
        who: Who,
        image: String,
        /// As it was asked for.
        body: Value,
    },
    ContainerStarted {
        #[serde(flatten)]
        who: Who,
        network: String,
        address: String,
    },
    /// It could not be started.
    StartRefused {
        #[serde(flatten)]
        who: Who,
        exit_code: i64,
        error: String,
    },
    ContainerSaid {
        id: String,
        channel: Channel,
        text: String,
    },
    ContainerDied {
        #[serde(flatten)]
        who: Who,
        exit_code: i64,
        oom: bool,
    },
    ContainerRemoved {
        #[serde(flatten)]
        who: Who,
        /// Nobody asked for it.
        vanished: bool,
    },
    NetworkCreated {
        network: Network,
    },
    NetworkRemoved {
        id: String,
        name: String,
    },
    VolumeCreated {
        name: String,
        labels: HashMap<String, String>,
    },
    VolumeRemoved {
        name: String,
    },
    ImageMade {
        name: String,
        program: Program,
    },
    ImageRemoved {
        name: String,
    },
    ImageOffered {
        name: String,
        offer: Offer,
    },
    ImagePulled {
        name: String,
        version: u32,
    },
}

#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Where the last whole line ends.
    length: u64,
    last: u64,
}

impl Journal {
    /// Opens the journal in this folder and gives what it says to `tell`, line by line.
    pub(crate) fn open(folder: &Path, mut tell: impl FnMut(Entry)) -> io::Result<Self> {
        let path = folder.join("journal.jsonl");
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let (mut length, mut last) = (0, 0);
        for line in text.split_inclusive('\n') {
            let Some(whole) = line.strip_suffix('\n') else { break };
            let entry: Entry = serde_json::from_str(whole).map_err(|error| {
                let why = format!("{} cannot be read after line {last}: {error}", path.display());
                io::Error::new(io::ErrorKind::InvalidData, why)
            })?;
            last = entry.n;
            length += line.len() as u64;
            tell(entry);
        }
        file.set_len(length)?;
        Ok(Self { path, file, length, last })
    }

    /// Writes it down. When that fails, it did not happen.
    pub(crate) fn append(&mut self, what: What) -> io::Result<Entry> {
        let entry = Entry { n: self.last + 1, at: Timestamp::now(), what };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            self.file.set_len(self.length)?; // half a line, on a full disk
            return Err(error);
        }
        self.length += line.len() as u64;
        self.last = entry.n;
        Ok(entry)
    }

    /// The lines after the one of this number, as they stand in the file.
    pub(crate) fn after(&self, n: u64) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        let mut text = String::new();
        file.seek(SeekFrom::Start(0))?;
        file.take(self.length).read_to_string(&mut text)?;
        let skipped = usize::try_from(n).unwrap_or(usize::MAX);
        let at = text.split_inclusive('\n').take(skipped).map(str::len).sum();
        Ok(text.split_off(at))
    }
}

mod rfc3339 {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
