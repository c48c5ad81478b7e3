//! Whole workers: from a click to a desktop, and back, on both databases.

use std::collections::HashSet;
use std::net::TcpListener;
use std::time::Duration;

use berth_shared::domain::desktop::{ReasonCode, Status};
use berth_shared::domain::user::Role;
use berth_shared::lifecycle::Wish;
use berth_shared::testing;
use berth_worker::runtime::rfb_greets;
use futures_util::future::join_all;

use crate::berth::Berth;
use crate::engines::{Which, both_engines};
use crate::programs::Program;
use crate::rig::{address, in_home};

both_engines! {
    async fn from_click_to_gone(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let worker = berth.worker();
        let d = berth.click().await;
        let row = berth.wait_for(&d.id, Status::Running).await;
        let steps = row.view().steps;
        assert_eq!(steps.len(), 5, "{steps:?}");
        assert!(steps.windows(2).all(|two| two[0].at <= two[1].at), "{steps:?}");
        eprintln!("click to running: {:?}", steps[4].at.since(steps[0].at));
        let port = berth.port(&d.id).await.expect("a lease");
        assert_eq!(port.port, i64::from(berth.first_port));
        assert!(rfb_greets(address(berth.first_port), Duration::from_secs(5)).await);
        let container = row.container_id.expect("a container");
        if which == Which::Docker {
            berth.rig.inside(&container, &format!("echo kept > {}", in_home("note"))).await;
        }

        berth.ask(&d.id, Wish::Stop).await;
        let row = berth.wait_for(&d.id, Status::Stopped).await;
        assert_eq!((row.container_id, berth.held().await), (None, (0, 0)));

        berth.ask(&d.id, Wish::Start).await;
        let row = berth.wait_for(&d.id, Status::Running).await;
        assert_eq!(row.generation, 2);
        let container = row.container_id.expect("a container");
        if which == Which::Docker {
            assert_eq!(berth.rig.inside(&container, &format!("cat {}", in_home("note"))).await.0.trim(), "kept");
        }

        berth.ask(&d.id, Wish::Delete).await;
        berth.wait_until_gone(&d.id).await;
        assert_eq!(berth.held().await, (0, 0));
        let home = berth.rig.engine.installation().volume_name(&d.id);
        assert!(berth.rig.docker.inspect_volume(&home).await.is_err(), "the home is gone too");
        worker.end().await;
    }

    async fn a_wish_in_the_middle_of_a_start_wins(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let [stopped, deleted, restarted] = [berth.click().await, berth.click().await, berth.click().await];
        for d in [&stopped, &deleted, &restarted] {
            berth.wait(&d.id, "made", |row| row.container_id.is_some()).await;
        }
        berth.ask(&stopped.id, Wish::Stop).await;
        berth.ask(&deleted.id, Wish::Delete).await;
        berth.ask(&restarted.id, Wish::Stop).await;
        berth.ask(&restarted.id, Wish::Start).await;
        berth.wait_for(&stopped.id, Status::Stopped).await;
        berth.wait_until_gone(&deleted.id).await;
        let row = berth.wait_for(&restarted.id, Status::Running).await;
        assert_eq!(row.generation, 2);
        assert_eq!(berth.held().await, (1, 1), "of three desktops only the running one holds anything");
    }

    async fn a_port_that_a_stranger_has_is_passed_over(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _stranger = TcpListener::bind(address(berth.first_port)).expect("bound");
        let _worker = berth.worker();
        let d = berth.click().await;
        let row = berth.wait_for(&d.id, Status::Running).await;
        assert_eq!((row.attempt, berth.port(&d.id).await.map(|l| l.port)), (1, Some(i64::from(berth.first_port) + 1)));
    }

    async fn an_image_that_is_missing_fails_at_once_in_plain_words(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let template = berth.another_template("berth/no-such-image:latest").await;
        let d = berth.click_on(&template, 2).await;
        let row = berth.wait_for(&d.id, Status::Failed).await;
        let reason = row.view().reason.expect("a reason");
        assert_eq!((reason.code, row.attempt), (ReasonCode::ImageMissing, 1));
        assert_eq!(reason.text, "This template's image is not on the server.");
        assert_eq!(berth.held().await, (0, 0));
    }

    async fn a_desktop_that_never_answers_is_given_up_after_its_tries(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &["--start-timeout=2s"]).await;
        let _worker = berth.worker();
        let image = berth.rig.template_of(Program::Sleeps).await.image;
        let template = berth.another_template(&image).await;
        let d = berth.click_on(&template, 2).await;
        let row = berth.wait_for(&d.id, Status::Failed).await;
        let reason = row.view().reason.expect("a reason");
        assert_eq!((reason.code, row.attempt), (ReasonCode::NoAnswer, 2), "{reason:?}");
        assert_eq!(berth.held().await, (0, 0));
        berth.ask(&d.id, Wish::Delete).await;
        berth.wait_until_gone(&d.id).await;
    }

    async fn two_workers_bring_up_twenty_desktops_of_five_users(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let workers = [berth.worker(), berth.worker()];
        let mut clicks = Vec::new();
        for name in ["bo", "cy", "di", "ed", "fe"] {
            let user = testing::user(&berth.db, name, Role::User).await;
            clicks.extend(std::iter::repeat_n(user, 4));
        }
        let clicked = join_all(clicks.iter().map(|user| berth.click_by(user))).await;
        let mut ports = HashSet::new();
        for d in &clicked {
            berth.wait_for(&d.id, Status::Running).await;
            ports.insert(berth.port(&d.id).await.expect("a lease").port);
        }
        assert_eq!((ports.len(), berth.held().await), (20, (20, 20)), "each has a port of its own");
        for port in ports {
            let port = u16::try_from(port).expect("a port");
            assert!(rfb_greets(address(port), Duration::from_secs(5)).await, "port {port} greets");
        }
        for d in &clicked {
            berth.ask(&d.id, Wish::Delete).await;
        }
        for d in &clicked {
            berth.wait_until_gone(&d.id).await;
        }
        assert_eq!(berth.held().await, (0, 0));
        for worker in workers {
            worker.end().await;
        }
    }
}
