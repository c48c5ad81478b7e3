//! Images that are fetched from a registry: by the runtime alone, and by whole workers for starts that wait for them.

use std::time::Duration;

use berth_shared::domain::desktop::{QueueReasonCode, ReasonCode, Status};
use berth_shared::domain::image_ref::ImageRef;
use berth_shared::domain::job::JobState;
use berth_shared::domain::time::Time;
use berth_shared::queue::line::Line;
use berth_shared::queue::pulls::{self, NewPull, Pull};
use berth_shared::store::{desktops::Desktop, registries};
use berth_shared::testing::eventually;
use berth_worker::runtime::{Credentials, EngineError, Kind, Remedy};

use crate::berth::Berth;
use crate::engines::{Which, both_engines};
use crate::registry::{REGISTRY_PASSWORD, Registry, USERNAME, id_of};
use crate::rig::{Rig, soon};

/// Pulls to the end; what was told on the way.
async fn pull(rig: &Rig, image: &str, who: Option<Credentials>) -> Result<Vec<String>, EngineError> {
    let reference = ImageRef::parse(image).expect("a name");
    let mut pulling = rig.engine.pull(&reference, who, soon()).await?;
    let mut told = Vec::new();
    while let Some(progress) = pulling.next().await? {
        told.push(progress.text());
    }
    Ok(told)
}

fn who(host: &str, password: &str) -> Option<Credentials> {
    let (username, password) = (USERNAME.to_owned(), password.to_owned());
    Some(Credentials { host: host.to_owned(), username, password })
}

both_engines! {
    async fn an_image_is_pulled_and_pulled_again_when_there_is_a_newer_one(rig: Rig) {
        let registry = Registry::open(&rig).await;
        let name = registry.name("team/tiny:1");
        registry.has(&rig, &name).await;
        assert_eq!(id_of(&rig, &name).await, None);
        let told = pull(&rig, &name, None).await.expect("pulled");
        assert_eq!(told.last().map(String::as_str), Some("all of it is here, and being unpacked"), "{told:?}");
        let first = id_of(&rig, &name).await.expect("it is there");
        pull(&rig, &name, None).await.expect("up to date");
        assert_eq!(id_of(&rig, &name).await.as_ref(), Some(&first));
    }

    async fn a_registry_that_asks_who_we_are_is_told(rig: Rig) {
        let registry = Registry::closed(&rig).await;
        let name = registry.name("tiny:1");
        registry.has(&rig, &name).await;
        let nobody = pull(&rig, &name, None).await.expect_err("nobody");
        let wrong = pull(&rig, &name, who(&registry.host, "wrong")).await.expect_err("the wrong password");
        for error in [nobody, wrong] {
            assert_eq!((error.kind, error.kind.remedy()), (Kind::PullDenied, Remedy::Discard), "{error}");
        }
        pull(&rig, &name, who(&registry.host, REGISTRY_PASSWORD)).await.expect("pulled");
        assert!(id_of(&rig, &name).await.is_some());
    }
}

#[tokio::test]
async fn what_is_not_at_a_registry_is_missing_and_a_registry_that_is_not_there_may_come_back() {
    let rig = Rig::new().await;
    let registry = Registry::open(&rig).await;
    let error = pull(&rig, &registry.name("nothing:1"), None).await.expect_err("not there");
    assert_eq!((error.kind, error.kind.remedy()), (Kind::ImageMissing, Remedy::Discard), "{error}");
    let host = registry.host.clone();
    drop(registry);
    let error = pull(&rig, &format!("{host}/tiny:1"), None).await.expect_err("nobody listens");
    assert_eq!((error.kind, error.kind.remedy()), (Kind::RegistryAway, Remedy::Retry), "{error}");
}

impl Berth {
    async fn last_pull(&self, image: &str) -> Option<Pull> {
        let mut tx = self.db.read().await.expect("a transaction");
        pulls::last_ended(&mut tx, &pulls::subject("here", image)).await.expect("read")
    }

    async fn ask_for(&self, image: &str) {
        let mut tx = self.db.begin().await.expect("a transaction");
        let user_id = &self.user.id;
        let new = NewPull { node: "here", image, user_id, again: true, max_attempts: 2, trace_id: None };
        pulls::ask(&mut tx, &new).await.expect("asked");
        tx.commit().await.expect("a commit");
        self.signals.changed();
    }

    /// Why a desktop waits, if it does.
    async fn waits_for(&self, id: &str) -> Option<(QueueReasonCode, String)> {
        let mut tx = self.db.read().await.expect("a transaction");
        let line = Line::load(&mut tx, Duration::from_secs(10)).await.expect("the line");
        line.info(id).and_then(|info| info.reason).map(|reason| (reason.code, reason.text))
    }
}

both_engines! {
    async fn a_start_waits_for_its_image_and_goes_on_when_it_is_there(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let registry = Registry::open(&berth.rig).await;
        let name = registry.name("team/tiny:1");
        registry.has(&berth.rig, &name).await;
        let template = berth.another_template(&name).await;
        let [one, two] = [berth.click_on(&template, 1).await, berth.click_on(&template, 1).await];
        let worker = berth.worker();
        if which == Which::Pretended {
            eventually("a start that waits for its image", async || {
                let (code, _) = berth.waits_for(&one.id).await?;
                (code == QueueReasonCode::ImagePulling).then_some(())
            })
            .await;
            eventually("how far it is", async || {
                let (_, text) = berth.waits_for(&one.id).await?;
                text.contains("% of 100 MB").then_some(())
            })
            .await;
            for d in [&one, &two] {
                let row = berth.wait_for(&d.id, Status::Running).await;
                assert_eq!((row.attempt, row.image_id), (1, id_of(&berth.rig, &name).await));
            }
        } else {
            // There is nothing in it that could run: but it was there to be tried.
            for d in [&one, &two] {
                let reason = berth.wait_for(&d.id, Status::Failed).await.view().reason.expect("a reason");
                assert_eq!(reason.code, ReasonCode::ImageBroken, "{}", reason.text);
            }
        }
        let pull = berth.last_pull(&name).await.expect("a pull");
        assert_eq!((pull.state, pull.again), (JobState::Completed, false));
        worker.end().await;
    }

    async fn a_pull_that_is_given_up_fails_the_starts_that_wait_and_the_next_start_tries_again(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &["--job-max-attempts=2"]).await;
        let registry = Registry::closed(&berth.rig).await;
        let name = registry.name("tiny:1");
        registry.has(&berth.rig, &name).await;
        let template = berth.another_template(&name).await;
        let d = berth.click_on(&template, 3).await;
        let worker = berth.worker();
        let reason = berth.wait_for(&d.id, Status::Failed).await.view().reason.expect("a reason");
        assert_eq!(reason.code, ReasonCode::ImageMissing);
        assert_eq!(
            reason.text,
            "Its image could not be downloaded to the server. The registry does not give this template's image to the server."
        );
        assert_eq!(berth.last_pull(&name).await.expect("a pull").state, JobState::Discarded);

        // With credentials it is there the next time.
        let mut tx = berth.db.begin().await.expect("a transaction");
        let password = berth.key().seal(registries::PURPOSE, &registry.host, REGISTRY_PASSWORD);
        let (host, username) = (registry.host.clone(), USERNAME.to_owned());
        let row = registries::Registry { host, username, password, changed_by: "root".into(), changed_at: Time::default() };
        registries::put(&mut tx, &row).await.expect("written");
        tx.commit().await.expect("a commit");
        berth.ask(&d.id, berth_shared::lifecycle::Wish::Start).await;
        let row = berth.wait(&d.id, "past its image", |row| match which {
            Which::Pretended => row.status == Status::Running,
            Which::Docker => row.status == Status::Failed && row.reason_code.as_deref() == Some("image_broken"),
        });
        row.await;
        worker.end().await;
    }

    async fn desktops_that_run_on_an_older_image_are_told(which: Which, db: TestDb) {
        if which == Which::Docker {
            return; // nothing runs in the tiny image
        }
        let berth = Berth::on(which, db, &[]).await;
        let registry = Registry::open(&berth.rig).await;
        let name = registry.name("tiny");
        registry.has(&berth.rig, &name).await;
        let template = berth.another_template(&name).await;
        let worker = berth.worker();
        let d = berth.click_on(&template, 1).await;
        let before = berth.wait_for(&d.id, Status::Running).await;
        assert!(!before.view().newer_image);
        registry.has(&berth.rig, &name).await;
        berth.ask_for(&name).await;
        let told = |row: &Desktop| row.view().newer_image && row.version > before.version;
        assert_eq!(berth.wait(&d.id, "on an older image, and told", told).await.image_id, before.image_id);
        berth.ask(&d.id, berth_shared::lifecycle::Wish::Stop).await;
        berth.wait_for(&d.id, Status::Stopped).await;
        berth.ask(&d.id, berth_shared::lifecycle::Wish::Start).await;
        let row = berth.wait_for(&d.id, Status::Running).await;
        assert!(!row.view().newer_image && row.image_id != before.image_id);
        worker.end().await;
    }

    async fn a_pull_that_somebody_ends_lets_nobody_wait(which: Which, db: TestDb) {
        if which == Which::Docker {
            return; // a real one is over before anybody could
        }
        let berth = Berth::on(which, db, &[]).await;
        let registry = Registry::open(&berth.rig).await;
        let name = registry.name("slow:1");
        let offer = serde_json::json!({ "name": name, "offer": { "ms": 60_000 } });
        crate::http::sim(&berth.rig.place.socket, "POST", "/sim/registry", &offer).await;
        let template = berth.another_template(&name).await;
        let d = berth.click_on(&template, 1).await;
        let worker = berth.worker();
        let id = eventually("a pull", async || {
            let mut tx = berth.db.read().await.expect("a transaction");
            let pull = pulls::newest(&mut tx).await.expect("read").into_iter().next()?;
            pull.progress.is_some().then_some(pull.id)
        })
        .await;
        let by = berth_shared::lifecycle::Steerer {
            username: "root",
            job_max_attempts: 1,
            trace_id: None,
            user_id: None,
            address: None,
        };
        let action = berth_shared::domain::steer::Action::Cancel;
        berth_shared::lifecycle::steer(&berth.db, &berth.signals, &id, action, by).await.expect("steered");
        let reason = berth.wait_for(&d.id, Status::Failed).await.view().reason.expect("a reason");
        assert_eq!(reason.text, "Its image could not be downloaded to the server. root ended the download.");
        assert_eq!(berth.last_pull(&name).await.expect("a pull").state, JobState::Cancelled);
        worker.end().await;
    }
}
