//! A whole installation for one test: a database, a user, a template, and workers that can be ended or killed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use berth_shared::config::{Settings, flags};
use berth_shared::domain::desktop::{DesktopView, Status};
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Actor, Asked, Limits, NewDesktop, Wish};
use berth_shared::secrets::SecretKey;
use berth_shared::store::desktops::{self, Desktop};
use berth_shared::store::ports::{self, PortLease};
use berth_shared::store::templates::{self, Template};
use berth_shared::store::users::{self, User};
use berth_shared::store::{Db, installation};
use berth_shared::testing::{self, TestDb, limits};
use clap::Command;
use tokio_util::sync::CancellationToken;

use crate::engines::Which;
use crate::programs::Program;
use crate::rig::{IMAGE, LIMIT, Rig, port_block};

pub(crate) struct Berth {
    pub(crate) rig: Rig,
    pub(crate) db: Db,
    pub(crate) first_port: u16,
    pub(crate) user: User,
    pub(crate) signals: Signals,
    key: SecretKey,
    settings: Vec<String>,
    template: Template,
    test: TestDb,
}

/// A worker in a runtime of its own, so that it can be killed as a process is.
pub(crate) struct Worker {
    runtime: Option<tokio::runtime::Runtime>,
    end: CancellationToken,
    ended: tokio::sync::oneshot::Receiver<()>,
}

impl Berth {
    /// `settings` as flags, after those that every test wants.
    pub(crate) async fn new(test: TestDb, settings: &[&str]) -> Self {
        Self::on(Which::Docker, test, settings).await
    }

    /// On this engine.
    pub(crate) async fn on(which: Which, test: TestDb, settings: &[&str]) -> Self {
        let (db, key) = (test.db.clone(), SecretKey::new(&SecretKey::random_text()).expect("a key"));
        let mut tx = db.begin().await.expect("a transaction");
        let installation = installation::ensure(&mut tx, &key.check()).await.expect("an installation");
        tx.commit().await.expect("a commit");
        let rig = Rig::of(which, &installation.id).await;
        let first_port = port_block(20);
        let user = testing::user(&db, "ada", Role::User).await;
        let template = testing::template(&db, IMAGE).await;
        let range = format!("--port-range={first_port}-{}", first_port + 19);
        let host = format!("--docker-host={}", rig.place.host());
        let usual = [
            "--node=here",
            "--lease-ttl=3s",
            "--job-backoff=100ms..500ms",
            "--starts-per-host=4",
            "--port-rest=0s",
            host.as_str(),
        ];
        let name = |setting: &str| setting.split('=').next().map(str::to_owned);
        let mut all = vec!["test".to_owned(), range];
        all.extend(usual.iter().filter(|u| settings.iter().all(|s| name(s) != name(u))).map(|u| (*u).to_owned()));
        all.extend(settings.iter().map(|setting| (*setting).to_owned()));
        Self { rig, db, first_port, user, signals: Signals::default(), key, settings: all, template, test }
    }

    /// Another image for the template of this installation's desktops.
    pub(crate) async fn another_template(&self, image: &str) -> Template {
        let mut tx = self.db.begin().await.expect("a transaction");
        let template = Template {
            id: "other".into(),
            name: "Other".into(),
            image: image.to_owned(),
            is_default: false,
            ..self.template.clone()
        };
        templates::insert(&mut tx, &template).await.expect("a template");
        tx.commit().await.expect("a commit");
        template
    }

    /// A click on a template whose desktops are long in coming up, and its row once the container is made.
    pub(crate) async fn click_on_a_late_one(&self) -> (DesktopView, Desktop) {
        let image = self.rig.template_of(Program::ComesUpLate).await.image;
        let template = self.another_template(&image).await;
        let d = self.click_on(&template, 8).await;
        let made = self.wait(&d.id, "made", |row| row.container_id.is_some()).await;
        (d, made)
    }

    pub(crate) fn worker(&self) -> Worker {
        let matches = flags(Command::new("test")).try_get_matches_from(&self.settings).expect("flags");
        let settings = Arc::new(Settings::read(&matches).expect("settings"));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let (end, (tell, ended)) = (CancellationToken::new(), tokio::sync::oneshot::channel());
        let (url, signals, key, until) = (self.test.url.clone(), self.signals.clone(), self.key.clone(), end.clone());
        runtime.spawn(async move {
            // Connections of its own, that die with it.
            let db = TestDb::connect(&url).await.expect("the database");
            berth_worker::run(db, signals, settings, key, until).await.expect("a worker");
            let _ = tell.send(());
        });
        Worker { runtime: Some(runtime), end, ended }
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.key
    }

    pub(crate) async fn click(&self) -> DesktopView {
        self.click_on(&self.template, 8).await
    }

    /// A click on this template, for a start with so many tries.
    pub(crate) async fn click_on(&self, template: &Template, tries: i64) -> DesktopView {
        self.click_of(&self.user, template, tries).await
    }

    /// A click on the usual template, for a start with so many tries.
    pub(crate) async fn click_with_tries(&self, tries: i64) -> DesktopView {
        self.click_on(&self.template, tries).await
    }

    /// A click of another user.
    pub(crate) async fn click_by(&self, user: &User) -> DesktopView {
        self.click_of(user, &self.template, 8).await
    }

    async fn click_of(&self, user: &User, template: &Template, tries: i64) -> DesktopView {
        let mut tx = self.db.begin().await.expect("a transaction");
        let owner = users::lock(&mut tx, &user.id).await.expect("locked").expect("there");
        let new = NewDesktop { template, name: None, trace_id: None };
        let limits = Limits { job_max_attempts: tries, ..limits() };
        let asked = lifecycle::create(&mut tx, &owner, new, &limits).await.expect("asked");
        tx.commit().await.expect("a commit");
        self.accepted(asked)
    }

    fn accepted(&self, asked: Asked) -> DesktopView {
        self.signals.changed();
        match asked {
            Asked::Accepted(view) => *view,
            refused => panic!("refused: {refused:?}"),
        }
    }

    pub(crate) async fn ask(&self, id: &str, wish: Wish) -> DesktopView {
        let mut tx = self.db.begin().await.expect("a transaction");
        let desktop = desktops::lock(&mut tx, id).await.expect("locked").expect("there");
        let actor = Actor { user_id: &self.user.id, username: &self.user.username };
        let asked = lifecycle::ask(&mut tx, desktop, wish, actor, &limits(), None).await.expect("asked");
        tx.commit().await.expect("a commit");
        self.accepted(asked)
    }

    pub(crate) async fn row(&self, id: &str) -> Option<Desktop> {
        desktops::get(&mut self.db.read().await.expect("a transaction"), id).await.expect("read")
    }

    pub(crate) async fn port(&self, id: &str) -> Option<PortLease> {
        ports::of_desktop(&mut self.db.read().await.expect("a transaction"), id).await.expect("read")
    }

    /// Waits until a desktop is so, for as long as these tests wait for anything.
    pub(crate) async fn wait(&self, id: &str, what: &str, is_so: impl Fn(&Desktop) -> bool) -> Desktop {
        let began = Instant::now();
        loop {
            let row = self.row(id).await;
            if let Some(row) = row.as_ref().filter(|row| is_so(row)) {
                return row.clone();
            }
            assert!(began.elapsed() < LIMIT, "waited in vain for a desktop that is {what}: {row:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn wait_for(&self, id: &str, status: Status) -> Desktop {
        self.wait(id, status.as_str(), |row| row.status == status).await
    }

    pub(crate) async fn wait_until_gone(&self, id: &str) {
        let began = Instant::now();
        while self.row(id).await.is_some() {
            assert!(began.elapsed() < LIMIT, "waited in vain for a desktop to be gone");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many containers and how many port leases there are.
    pub(crate) async fn held(&self) -> (usize, i64) {
        let containers = self.rig.engine.list_ours(crate::rig::soon()).await.expect("listed").len();
        let leases = ports::count(&mut self.db.read().await.expect("a transaction")).await.expect("counted");
        (containers, leases)
    }
}

impl Worker {
    /// As SIGTERM does; waits until it has ended.
    pub(crate) async fn end(mut self) {
        self.end.cancel();
        tokio::time::timeout(LIMIT, &mut self.ended).await.expect("in time").expect("ended well");
    }

    /// As SIGKILL does: nothing of it goes on, nothing is tidied up.
    pub(crate) fn kill(mut self) {
        self.runtime.take().expect("alive").shutdown_background();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
