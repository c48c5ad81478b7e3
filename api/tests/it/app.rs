//! A whole api on a port of its own over a test's database.
use berth_api::{Parts, auth::password, server, state::App};
use berth_shared::{
    config::{Settings, flags},
    domain::user::Role,
    events::{Fanout, Signals},
    secrets::SecretKey,
    store::{
        Db, installation,
        users::{self, User},
    },
    testing::{self, TestDb},
};
use secrecy::ExposeSecret;
use std::{sync::LazyLock, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::browser::Browser;

pub(crate) const PASSWORD: &str = "correct horse";
/// One hash for all: each costs 25 ms.
static HASH: LazyLock<String> = LazyLock::new(|| password::hash(PASSWORD).unwrap());

pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) db: Db,
    pub(crate) host: String,
    pub(crate) server: JoinHandle<()>,
}

impl TestApp {
    pub(crate) async fn start(db: &TestDb) -> Self {
        Self::with(db, &[]).await
    }

    /// With flags as on the command line.
    pub(crate) async fn with(db: &TestDb, more: &[&str]) -> Self {
        // What went wrong inside is only in the log. The first test to come sets it up for all.
        _ = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN).try_init();
        let args = ["berth", "--trusted-proxies=127.0.0.1", "--shutdown-limit=5s"];
        let matches = flags(clap::Command::new("berth")).try_get_matches_from(args.iter().chain(more)).unwrap();
        let settings = Settings::read(&matches).unwrap();
        let db = db.db.clone();
        let key = SecretKey::new(&SecretKey::random_text()).unwrap();
        Self::on(db, settings, key, Duration::ZERO).await
    }

    /// One beside others: told to end, it goes on answering for a while.
    pub(crate) async fn draining(db: &TestDb, drain: Duration) -> Self {
        let matches = flags(clap::Command::new("berth")).try_get_matches_from(["berth"]).unwrap();
        let key = SecretKey::new(&SecretKey::random_text()).unwrap();
        Self::on(db.db.clone(), Settings::read(&matches).unwrap(), key, drain).await
    }

    /// One more process of the same installation.
    pub(crate) async fn beside(&self, more: &[&str]) -> Self {
        let matches = flags(clap::Command::new("berth")).try_get_matches_from(["berth"].iter().chain(more)).unwrap();
        Self::on(self.db.clone(), Settings::read(&matches).unwrap(), self.app.key.clone(), Duration::ZERO).await
    }

    async fn on(db: Db, settings: Settings, key: SecretKey, drain: Duration) -> Self {
        let mut tx = db.begin().await.unwrap();
        let installation = installation::ensure(&mut tx, &key.check()).await.unwrap();
        tx.commit().await.unwrap();
        let redis = settings.redis_url.as_ref();
        let redis = redis.map(|url| Fanout::new(url.expose_secret(), &installation.id).unwrap());
        let signals = Signals::over(redis);
        if signals.redis().is_some() {
            tokio::spawn(signals.clone().run(db.clone(), CancellationToken::new()));
        }
        let parts = Parts { settings, db: db.clone(), signals, key, installation, drain };
        let app = App::new(parts, CancellationToken::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(server::serve(app.clone(), listener));
        Self { app, db, host, server }
    }

    /// A new user with `PASSWORD`.
    pub(crate) async fn user(&self, name: &str, role: Role) -> User {
        let mut user = testing::user(&self.db, name, role).await;
        user.password_hash = Some(HASH.clone());
        let mut tx = self.db.begin().await.unwrap();
        users::update(&mut tx, &user).await.unwrap();
        tx.commit().await.unwrap();
        user
    }

    /// A browser that nobody has signed in with.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.host)
    }

    /// A new user's browser, signed in.
    pub(crate) async fn signed_in(&self, name: &str, role: Role) -> Browser {
        self.user(name, role).await;
        let browser = self.browser();
        browser.log_in(name, PASSWORD).await.ok(200);
        browser
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.app.ending.cancel();
    }
}
