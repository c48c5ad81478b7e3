//! Opens the installation: data folder, secret key, database and its first rows.

use crate::built_in;
use crate::lock::{self, FolderLock};
use anyhow::Context as _;
use berth_shared::config::Settings;
use berth_shared::domain::user::{Role, username_key};
use berth_shared::secrets::SecretKey;
use berth_shared::store::clock;
use berth_shared::store::installation::{self, Installation, MovedTo};
use berth_shared::store::users::{self, User};
use berth_shared::store::{Db, StoreError, Tx};
use secrecy::ExposeSecret as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::Duration;

/// One a second.
const TRIES: u32 = 30;

/// An open installation.
pub(crate) struct Opened {
    pub(crate) db: Db,
    pub(crate) key: SecretKey,
    pub(crate) installation: Installation,
    /// The first administrator's name and password, when they were made just now at random.
    pub(crate) first_admin: FirstAdmin,
    _lock: Option<FolderLock>,
}

impl Opened {
    /// Whether no other process works on this database: it holds the lock of its folder.
    pub(crate) const fn is_alone(&self) -> bool {
        self._lock.is_some()
    }
}

/// Opens everything. `lock`: this process is the one that serves.
pub(crate) async fn open(settings: &Settings, lock: bool) -> anyhow::Result<Opened> {
    let url = settings.database_url.expose_secret();
    let on_sqlite = url.starts_with("sqlite:");
    if on_sqlite || settings.secret_key.is_none() {
        make_folder(settings)?;
    }
    let lock = if lock && on_sqlite { Some(lock::take(&settings.data_dir)?) } else { None };
    let key = secret_key(settings)?;
    let mut tries = 0;
    let (db, (installation, first_admin)) = loop {
        let db = connect(settings).await?;
        match enter(&db, settings, &key).await {
            Ok(entered) => break (db, entered),
            Err(error) if tries < TRIES && is_away(&error) => {
                tries += 1;
                tracing::warn!("the database went away again; trying again: {error:#}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error),
        }
    };
    Ok(Opened { db, key, installation, first_admin, _lock: lock })
}

/// What may have been done, in a commit that nobody confirmed, is none of these.
fn is_away(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::Unavailable(_)))
}

type FirstAdmin = Option<(String, String)>;

/// Brings the schema up to date and reads, or makes, what every process must know.
async fn enter(db: &Db, settings: &Settings, key: &SecretKey) -> anyhow::Result<(Installation, FirstAdmin)> {
    db.migrate().await.context("the database's schema")?;
    let mut tx = db.begin().await?;
    let apart = clock::apart(&mut tx).await?;
    if apart.is_wide() {
        tracing::warn!("{apart}; let a time service keep both");
    }
    is_here(&mut tx).await?;
    let installation = installation::ensure(&mut tx, &key.check()).await?;
    anyhow::ensure!(
        installation.key_check == key.check(),
        "this process has another secret key (fingerprint {}) than the one this database was set up with (fingerprint {}): either \
         the database is another installation's, or an api and a worker have not the same BERTH_SECRET_KEY (without it, each \
         data folder makes its own: {})",
        key.check(),
        installation.key_check,
        settings.data_dir.join("secret.key").display()
    );
    let first_admin = first_rows(&mut tx, settings).await?;
    tx.commit().await?;
    Ok((installation, first_admin))
}

/// A database that everything was moved out of is not worked on by mistake.
async fn is_here(tx: &mut Tx) -> anyhow::Result<()> {
    let Some(MovedTo { moved_to, moved_at }) = installation::moved_to(tx).await? else { return Ok(()) };
    anyhow::bail!(
        "everything of this database was moved to {moved_to} at {moved_at}: set BERTH_DATABASE_URL to that one. To go on with \
         this one instead, as it was then: `berth admin move-database --undo`"
    )
}

/// Connects, and waits a little for a database that is just starting.
pub(crate) async fn connect(settings: &Settings) -> anyhow::Result<Db> {
    let url = settings.database_url.expose_secret();
    let direct = settings.database_direct_url.expose_secret();
    let mut tries = 0;
    loop {
        match Db::open(url, direct, settings.pool).await {
            Ok(db) => return Ok(db),
            Err(error) if error.passing() && tries < TRIES => {
                tries += 1;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the database does not answer yet; trying again"
                );
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => {
                return Err(error).context(format!("the database {} cannot be opened", without_password(url)));
            }
        }
    }
}

/// A URL without the password in it.
pub(crate) fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| rest.rsplit_once('@').map(|(_, host)| (scheme, host))) {
        Some((scheme, host)) => format!("{scheme}://…@{host}"),
        None => url.to_owned(),
    }
}

pub(crate) fn make_folder(settings: &Settings) -> anyhow::Result<()> {
    let folder = &settings.data_dir;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| {
        format!("the data folder {} cannot be made; set BERTH_DATA_DIR to one that can", folder.display())
    })
}

/// The key from the settings, or from the data folder, where the first start makes one.
fn secret_key(settings: &Settings) -> anyhow::Result<SecretKey> {
    let path = key_file(settings);
    let text = match key_text(settings)? {
        Some(text) => text,
        None => {
            let text = SecretKey::random_text();
            write_key(settings, &text)?;
            text
        }
    };
    SecretKey::new(&text).with_context(|| format!("the secret key in {} is shorter than 32 characters", path.display()))
}

pub(crate) fn key_file(settings: &Settings) -> PathBuf {
    settings.data_dir.join("secret.key")
}

/// None: there is none yet.
pub(crate) fn key_text(settings: &Settings) -> anyhow::Result<Option<String>> {
    if let Some(key) = &settings.secret_key {
        return Ok(Some(key.expose_secret().to_owned()));
    }
    let path = key_file(settings);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

pub(crate) fn write_key(settings: &Settings, text: &str) -> anyhow::Result<()> {
    let path = key_file(settings);
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = new.with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

/// On an empty database: the administrator and the built-in template.
async fn first_rows(tx: &mut Tx, settings: &Settings) -> anyhow::Result<Option<(String, String)>> {
    let now = tx.now().await?;
    built_in::seed(tx, settings, now).await?;
    if users::count(tx).await? > 0 {
        return Ok(None);
    }
    let given = settings.admin_password.as_ref().map(|password| password.expose_secret().to_owned());
    let password = given.clone().unwrap_or_else(|| SecretKey::random_text()[..16].to_owned());
    let password_hash = Some(berth_api::auth::password::hash(&password)?);
    let user = User { password_hash, ..User::new(&settings.admin_user, Role::Admin, now) };
    let key = username_key(&settings.admin_user).map_err(anyhow::Error::msg)?;
    users::insert(tx, &user, &key).await?;
    Ok(given.is_none().then(|| (settings.admin_user.clone(), password)))
}
