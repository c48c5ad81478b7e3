//! `berth admin move-database --to URL`: everything into a database of the other kind (or the same), while no Berth runs.

use super::alone::{self, Alone, seconds};
use super::table::table;
use super::{BY, say};
use crate::open::{self, without_password};
use anyhow::{Context as _, bail};
use berth_shared::backup::{self, How, Moved};
use berth_shared::config::Settings;
use berth_shared::store::installation;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use std::path::{Path, PathBuf};

pub(super) fn command() -> Command {
    Command::new("move-database")
        .about("Moves everything from the database of the settings into another one, while no Berth runs; the old one stays as it was, and marked")
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("URL")
                .help("postgres://… or sqlite://FILE; a password may stand in PGPASSWORD or ~/.pgpass instead"),
        )
        .arg(alone::replace_flag().requires("to"))
        .arg(alone::yes_flag().requires("to"))
        .arg(
            Arg::new("undo")
                .long("undo")
                .action(ArgAction::SetTrue)
                .help("Take the mark away from the database of the settings, to go on with it after all"),
        )
        .group(ArgGroup::new("which").args(["to", "undo"]).required(true))
}

pub(super) async fn run(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<()> {
    let from = alone::url_of(settings);
    alone::must_be_there(from)?;
    if matches.get_flag("undo") {
        return undo(from, settings).await;
    }
    let to = absolute(matches.get_one::<String>("to").context("where to")?)?;
    if to == from {
        bail!("that is the database it is in already");
    }
    let folder = folder_of(&to, settings)?;
    // Up to date, not moved before, and the right key.
    open::open(settings, false).await?.db.close().await;
    let old = Alone::open(from, &settings.data_dir, settings).await?;
    let new = Alone::open(&to, &folder, settings).await?;
    let replace = matches.get_flag("replace");
    alone::may_replace(&new.found().await?, &to, replace, matches.get_flag("yes"))?;
    // A password may stand behind the question mark too.
    let words = without_password(to.split('?').next().unwrap_or_default());
    let how = How { replace, by: BY };
    let moved = backup::transfer((&old.db, &old.lock), (&new.db, &new.lock), &words, how).await;
    old.close().await;
    new.close().await;
    tell(&moved?, from, &words);
    Ok(())
}

/// A relative path would mean another file to a Berth that is started elsewhere.
fn absolute(url: &str) -> anyhow::Result<String> {
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(url.to_owned()),
        Some(("sqlite", file)) if !file.is_empty() => {
            let path: PathBuf = std::path::absolute(file).context("where that file is cannot be told")?;
            Ok(format!("sqlite://{}", path.display()))
        }
        _ => bail!("--to: write postgres://… or sqlite://FILE"),
    }
}

/// Where the lock of a new SQLite database is. Two of them in one folder would have the same.
fn folder_of(url: &str, settings: &Settings) -> anyhow::Result<PathBuf> {
    let Some(file) = alone::sqlite_file(url) else { return Ok(PathBuf::new()) };
    let folder = file.parent().unwrap_or(Path::new("/"));
    let folder = folder.canonicalize().with_context(|| format!("there is no folder {}", folder.display()))?;
    if settings.data_dir.canonicalize().is_ok_and(|data| data == folder) {
        bail!("{} is the data folder: the new database wants a folder of its own", folder.display());
    }
    Ok(folder)
}

fn tell(moved: &Moved, from: &str, to: &str) {
    let rows: Vec<[String; 2]> = moved
        .tables
        .iter()
        .filter(|(_, rows)| *rows > 0)
        .map(|(name, rows)| [name.clone(), rows.to_string()])
        .collect();
    say(&format!(
        "{}\nMoved to {to} in {}; each table was read back and is the same on both sides.\n\n\
         Set BERTH_DATABASE_URL to the new one (and keep BERTH_SECRET_KEY, or the data folder's secret.key), then start Berth.\n\
         {} is as it was, and marked: a Berth that is started on it says so and stops. `berth admin move-database --undo` goes \
         back to it.",
        table(["TABLE", "ROWS"], &rows),
        seconds(moved.took),
        without_password(from),
    ));
}

async fn undo(url: &str, settings: &Settings) -> anyhow::Result<()> {
    let old = Alone::open(url, &settings.data_dir, settings).await?;
    let mut tx = old.db.begin().await?;
    backup::schema_of(&mut tx).await?;
    let was = installation::unmark_moved(&mut tx).await?;
    tx.commit().await?;
    old.close().await;
    if !was {
        bail!("{} is not marked as moved", without_password(url));
    }
    say(
        "The mark is gone: Berth starts on it again, with everything as it was when it was moved. What was done on the new one since is not in it.",
    );
    Ok(())
}
