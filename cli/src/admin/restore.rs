//! `berth admin restore FILE`: fills an empty database, of either kind, from a backup; with `--dry-run` only says what would come.

use super::alone::{self, Alone, holds, seconds};
use super::{BY, say};
use crate::open::{self, without_password};
use anyhow::{Context as _, bail};
use berth_shared::backup::file::{Header, Reader};
use berth_shared::backup::{self, How, Restored};
use berth_shared::config::Settings;
use berth_shared::secrets::SecretKey;
use berth_shared::store::drift::Found;
use berth_worker::preview::{self, Differences};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) fn command() -> Command {
    Command::new("restore")
        .about("Fills an empty database from a backup, while no Berth runs; starts are held afterwards until somebody has looked")
        .arg(Arg::new("file").required(true).value_name("FILE").help("What `berth admin backup` wrote"))
        .arg(alone::replace_flag())
        .arg(alone::yes_flag())
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Only say what is in it, and where it and the container engine of this node do not agree"),
        )
}

pub(super) async fn run(matches: &ArgMatches, settings: Settings) -> anyhow::Result<()> {
    let path = PathBuf::from(matches.get_one::<String>("file").context("a file")?);
    let header = Reader::open(&path).with_context(|| path.display().to_string())?.header().clone();
    let key = Key::of(&header, &settings)?;
    if matches.get_flag("dry-run") {
        return dry_run(&path, &key, settings).await;
    }
    let url = alone::url_of(&settings);
    open::make_folder(&settings)?;
    let replace = matches.get_flag("replace");
    let target = Alone::open(url, &settings.data_dir, &settings).await?;
    alone::may_replace(&target.found().await?, url, replace, matches.get_flag("yes"))?;
    // Before the rows that need it: a key without them does no harm.
    if let Key::FromBackup(text) = &key {
        open::write_key(&settings, text)?;
    }
    let restored = backup::restore(&target.db, &target.lock, &path, How { replace, by: BY }).await;
    target.close().await;
    tell(&restored?, url);
    Ok(())
}

/// The installation's secret key: what is sealed in the backup opens with no other.
enum Key {
    Here(String),
    FromBackup(String),
}

impl Key {
    fn of(header: &Header, settings: &Settings) -> anyhow::Result<Self> {
        let file = open::key_file(settings);
        let is_it = |text: &str| SecretKey::new(text).is_some_and(|key| key.check() == header.key_check);
        match (open::key_text(settings)?, header.secret_key.as_ref()) {
            (Some(here), _) if is_it(&here) => Ok(Self::Here(here)),
            (None, Some(text)) if is_it(text.expose()) => Ok(Self::FromBackup(text.expose().to_owned())),
            (None, Some(_)) => bail!("the backup is damaged: the secret key in it is not its own"),
            (Some(_), Some(_)) => bail!(
                "the secret key here is not the one of the backup, which has its own in it: move {} away, or unset BERTH_SECRET_KEY",
                file.display()
            ),
            (Some(_), None) => bail!(
                "the secret key here is not the one of the backup: put the right one into {}, or set BERTH_SECRET_KEY",
                file.display()
            ),
            (None, None) => bail!(
                "the secret key of the backup's installation is needed: put it into {}, or set BERTH_SECRET_KEY",
                file.display()
            ),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Here(text) | Self::FromBackup(text) => text,
        }
    }
}

fn tell(restored: &Restored, url: &str) {
    let header = &restored.header;
    say(&format!(
        "{}\nRestored into {} in {}.\n\n\
         Starts are held, everyone signs in anew, and {} jobs that were under way go on when starts do. What was taken back \
         since then (tokens, passwords, invitations) holds again.\n\
         1. Start Berth. It compares the records with the engines, and removes nothing that it does not know.\n\
         2. Look at the differences: on the page, or `berth admin drift list`.\n\
         3. Let starts go on: `berth admin queue resume`.",
        what(header),
        without_password(url),
        seconds(restored.took),
        restored.given_back,
    ));
}

fn what(header: &Header) -> String {
    format!(
        "Backup of installation {} as of {}, made by Berth {} on {} (schema {}): {} users, {} desktops, {} rows in {} tables.",
        header.installation,
        header.made_at,
        header.berth,
        header.database,
        header.schema,
        header.rows_of("users"),
        header.rows_of("desktops"),
        header.rows(),
        header.tables.len(),
    )
}

/// Into a database of its own, which goes again; the worker's comparison tells the rest.
async fn dry_run(path: &Path, key: &Key, settings: Settings) -> anyhow::Result<()> {
    let folder = TemporaryFolder::new()?;
    let copy = alone::open(&format!("sqlite://{}", folder.0.join("berth.db").display())).await?;
    let lock = copy.lock_schema().await?;
    let restored = backup::restore(&copy, &lock, path, How { replace: false, by: BY }).await?;
    let url = alone::url_of(&settings);
    let target = if alone::sqlite_file(url).is_some_and(|file| !file.exists()) {
        "which is not there yet".to_owned()
    } else {
        let db = alone::open(url).await?;
        let found = backup::look_at(&mut db.read().await?).await?;
        db.close().await;
        holds(&found)
    };
    let key = SecretKey::new(key.text()).context("the secret key is too short")?;
    let node = settings.node.clone();
    let mut text =
        format!("{}\nIt is whole. It would go into {}: {target}.\n", what(&restored.header), without_password(url));
    match preview::differences(copy.clone(), Arc::new(settings), key).await {
        Ok(differences) => text.push_str(&in_words(&differences, &node)),
        Err(error) => text.push_str(&format!("\nNot compared with the engine of {node}: {error}.\n")),
    }
    copy.close().await;
    say(&format!("{text}\nNothing was changed."));
    Ok(())
}

fn in_words(differences: &Differences, node: &str) -> String {
    let Differences { found, removed, desktops, ports } = differences;
    let mut text = format!(
        "\nWith the engine of {node} (other nodes were not looked at) {desktops} desktops and {ports} ports agree; {} differences \
         would wait for your word:\n",
        found.len()
    );
    for Found { kind, record, engine, explains, .. } in found {
        let side = |side: &Option<_>| super::drift::side(side.as_ref());
        text.push_str(&format!("\n{kind}\n  backup  {}\n  engine  {}\n  {explains}\n", side(record), side(engine)));
    }
    if !removed.is_empty() {
        text.push_str(&format!(
            "\nRemoved by itself, because the backup proves that it was replaced, stopped or deleted: {}\n",
            removed.join(", ")
        ));
    }
    text
}

/// Goes when it is dropped.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> anyhow::Result<Self> {
        let name = format!("berth-restore-{}", SecretKey::random_text());
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}
