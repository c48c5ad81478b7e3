//! What backup, restore and move share: a database opened for one command, and nobody else on it; words and questions.

use crate::lock::{self, FolderLock};
use crate::open::without_password;
use anyhow::{Context as _, bail};
use berth_shared::backup::{self, Found};
use berth_shared::config::Settings;
use berth_shared::store::schema::SchemaLock;
use berth_shared::store::{Db, PoolSize};
use clap::{Arg, ArgAction};
use secrecy::ExposeSecret as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(100);
const MOMENTS: u32 = 10;

/// One connection, and never through a pooler: one transaction is open for as long as it takes.
pub(super) async fn open(url: &str) -> anyhow::Result<Db> {
    let opened = Db::open(url, url, PoolSize { min: 0, max: 1 }).await;
    opened.with_context(|| format!("the database {} cannot be opened", without_password(url)))
}

pub(super) fn url_of(settings: &Settings) -> &str {
    settings.database_direct_url.expose_secret()
}

/// The file of a SQLite URL.
pub(super) fn sqlite_file(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite://").map(Path::new)
}

/// Opening a SQLite file makes it: what is to be read must be there.
pub(super) fn must_be_there(url: &str) -> anyhow::Result<()> {
    match sqlite_file(url) {
        Some(file) if !file.exists() => {
            bail!("there is no database at {}; BERTH_DATA_DIR or BERTH_DATABASE_URL says where it is", file.display())
        }
        Some(_) | None => Ok(()),
    }
}

/// A database that nobody else works on until this is dropped.
pub(super) struct Alone {
    pub(super) db: Db,
    pub(super) lock: SchemaLock,
    _folder: Option<FolderLock>,
}

impl Alone {
    /// `folder`: where the lock of a SQLite database is.
    pub(super) async fn open(url: &str, folder: &Path, settings: &Settings) -> anyhow::Result<Self> {
        let folder_lock = sqlite_file(url).map(|_| lock::take(folder)).transpose()?;
        let db = open(url).await?;
        let lock = db.lock_schema().await?;
        let mut tries = 0;
        while let Some(who) = backup::others(&db, settings.lease_ttl).await? {
            tries += 1;
            // A connection that was closed just now is there for a moment still.
            if tries > MOMENTS {
                bail!("{} is in use: {who}; stop every api and worker first", without_password(url));
            }
            tokio::time::sleep(MOMENT).await;
        }
        Ok(Self { db, lock, _folder: folder_lock })
    }

    pub(super) async fn found(&self) -> anyhow::Result<Found> {
        Ok(backup::look_at(&mut self.db.read().await?).await?)
    }

    pub(super) async fn close(self) {
        self.lock.release().await;
        self.db.close().await;
    }
}

pub(super) fn replace_flag() -> Arg {
    Arg::new("replace")
        .long("replace")
        .action(ArgAction::SetTrue)
        .help("Remove what the database holds, and put the other in its place")
}

pub(super) fn yes_flag() -> Arg {
    Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do not ask back")
}

/// Asks before something is removed that somebody may miss.
pub(super) fn may_replace(found: &Found, url: &str, replace: bool, yes: bool) -> anyhow::Result<()> {
    let Found::Berth { users, desktops, .. } = found else { return Ok(()) };
    if !replace || found.is_empty() || yes {
        return Ok(());
    }
    let what = format!("{users} users and {desktops} desktops in {}", without_password(url));
    if !std::io::stdin().is_terminal() {
        bail!("this removes {what}: give --yes with --replace when nobody can be asked");
    }
    eprint!("This removes {what}. Type “replace” to go on: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() != "replace" {
        bail!("nothing was changed");
    }
    Ok(())
}

/// In words.
pub(super) fn holds(found: &Found) -> String {
    match found {
        Found::Nothing => "it is empty".to_owned(),
        Found::Strangers(tables) => format!("it has tables of something else: {}", tables.join(", ")),
        Found::Berth { users, desktops, .. } => format!("it has {users} users and {desktops} desktops"),
    }
}

pub(super) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
