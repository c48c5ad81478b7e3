//! `berth admin backup FILE`: everything in the database, of one moment, while Berth runs.

use super::alone::{self, seconds};
use crate::open;
use anyhow::{Context as _, bail};
use berth_shared::backup::{self, Written};
use berth_shared::config::Settings;
use berth_shared::secrets::SecretKey;
use berth_shared::store::Db;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, IsTerminal as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

pub(super) fn command() -> Command {
    Command::new("backup")
        .about("Writes everything in the database to one file, while Berth runs; `berth admin restore` reads it on either database")
        .arg(Arg::new("file").required(true).value_name("FILE").help("A file that is not there yet; - for standard output"))
        .arg(
            Arg::new("with-secret-key")
                .long("with-secret-key")
                .action(ArgAction::SetTrue)
                .help("Also the installation's secret key: whoever has the file then has everything"),
        )
}

pub(super) async fn run(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<()> {
    let file = matches.get_one::<String>("file").context("a file")?;
    let url = alone::url_of(settings);
    alone::must_be_there(url)?;
    let with_key = matches.get_flag("with-secret-key");
    let key = if with_key { Some(key_of(settings)?) } else { None };
    let written = if file == "-" {
        to_output(&alone::open(url).await?, key).await?
    } else {
        let path = Path::new(file);
        if path.exists() {
            bail!("{file} is there already; a backup is written to a new file");
        }
        let db = alone::open(url).await?;
        to_file(&db, path, key).await.with_context(|| format!("{file} was not written"))?
    };
    tell(&written, file, with_key);
    Ok(())
}

fn key_of(settings: &Settings) -> anyhow::Result<String> {
    open::key_text(settings)?.with_context(|| {
        format!("there is no secret key in {}; BERTH_SECRET_KEY gives it", open::key_file(settings).display())
    })
}

async fn to_output(db: &Db, key: Option<String>) -> anyhow::Result<Written> {
    let out = std::io::stdout();
    if out.is_terminal() {
        bail!("a backup is nothing to read: send it into a file or a program");
    }
    check_key(db, key.as_deref()).await?;
    Ok(backup::write(db, BufWriter::new(out), key).await?.1)
}

/// Under another name until it is whole and on the disk.
async fn to_file(db: &Db, path: &Path, key: Option<String>) -> anyhow::Result<Written> {
    check_key(db, key.as_deref()).await?;
    let part = Part::new(path)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part.0)?;
    let (out, written) = backup::write(db, BufWriter::new(file), key).await?;
    out.into_inner().map_err(|failed| failed.into_error())?.sync_all()?;
    if path.exists() {
        bail!("somebody else has written it meanwhile");
    }
    std::fs::rename(&part.0, path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(written)
}

/// A key that is not this database's is of no use in its backup.
async fn check_key(db: &Db, key: Option<&str>) -> anyhow::Result<()> {
    let Some(key) = key else { return Ok(()) };
    let check = SecretKey::new(key).context("the secret key is shorter than 32 characters")?.check();
    let mut tx = db.read().await?;
    backup::schema_of(&mut tx).await?;
    let ours = berth_shared::store::installation::get(&mut tx).await?;
    if ours.is_some_and(|ours| ours.key_check != check) {
        bail!("this database was set up with another secret key than the one that is given");
    }
    Ok(())
}

/// The file while it is not whole; what is left of it goes.
struct Part(PathBuf);

impl Part {
    fn new(path: &Path) -> anyhow::Result<Self> {
        let mut name = path.file_name().context("it has no name")?.to_owned();
        name.push(format!(".{}.part", std::process::id()));
        Ok(Self(path.with_file_name(name)))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

/// On standard error: the backup itself may be on the other.
fn tell(written: &Written, file: &str, with_key: bool) {
    let header = &written.header;
    let place = if file == "-" { "standard output" } else { file };
    eprintln!(
        "Backup of installation {} ({}, schema {}) as of {}, written to {place} in {}.\n\
         In it: {} users, {} desktops, {} templates, {} lines of the audit log; {} rows in {} tables.\n\
         Not in it: people's files (the Docker volumes berth-…), images, log-ins and what runs right now.",
        header.installation,
        header.database,
        header.schema,
        header.made_at,
        seconds(written.took),
        header.rows_of("users"),
        header.rows_of("desktops"),
        header.rows_of("templates"),
        header.rows_of("audit"),
        header.rows(),
        header.tables.len(),
    );
    if with_key {
        eprintln!("The secret key is in it too: keep the file as secret as the key.");
    } else {
        eprintln!(
            "Not in it either: the secret key, without which it cannot be restored. Keep that apart, or use --with-secret-key."
        );
    }
}
