//! A worker that dies in the middle, and the next one that goes on.

use berth_worker::runtime::{Created, Kind, Readiness, State};
use std::time::Duration;
use tokio::time::Instant;

use crate::engines::both_engines;
use crate::rig::{PASSWORD, Rig, address, create, desktop_id, port, ready, soon};

both_engines! {
    async fn a_container_that_was_made_already_is_adopted(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        let first = rig.create(&desktop, &rig.template(), port).await.expect("created");
        let second = create(&rig.second_worker(), &desktop, 1, &rig.template(), port).await.expect("adopted");
        assert_eq!(first.id(), second.id());
        let Created::Adopted(container) = second else { panic!("not adopted: {second:?}") };
        assert_eq!(container.state, State::Created);
        assert_eq!((container.desktop.as_str(), container.generation), (desktop.as_str(), 1));
    }

    async fn a_container_of_another_port_or_one_that_ended_makes_way(rig: Rig) {
        let (desktop, first_port, port) = (desktop_id(), port(), port());
        let first = rig.create(&desktop, &rig.template(), first_port).await.expect("created");
        let second = rig.create(&desktop, &rig.template(), port).await.expect("made anew");
        assert!(matches!(second, Created::New(_)) && first.id() != second.id());
        rig.engine.start(second.id(), Some(PASSWORD), soon()).await.expect("started");
        rig.docker.kill_container(second.id(), None).await.expect("killed");
        while !matches!(rig.engine.inspect(second.id(), soon()).await, Ok(Some(c)) if matches!(c.state, State::Exited(_))) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let error = rig.engine.start(second.id(), Some(PASSWORD), soon()).await.expect_err("it ended");
        assert_eq!(error.kind, Kind::Ended, "{error}");
        let third = rig.create(&desktop, &rig.template(), port).await.expect("made anew");
        assert!(matches!(third, Created::New(_)) && third.id() != second.id());
    }

    async fn a_worker_that_died_before_the_start_leaves_a_container_that_the_next_one_starts(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        rig.create(&desktop, &rig.template(), port).await.expect("created");
        let next = rig.second_worker();
        let found = next.find(&desktop, 1, soon()).await.expect("looked").expect("there");
        let booting = next.start(&found.id, Some(PASSWORD), soon()).await.expect("started");
        ready(booting, port).await.expect("ready");
    }

    async fn a_worker_that_died_before_the_password_leaves_standard_input_open_for_the_next(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        let created = rig.create(&desktop, &rig.template(), port).await.expect("created");
        // Started, attached, and dead before it said the password.
        drop(rig.engine.start(created.id(), None, soon()).await.expect("started"));
        let attached = bollard::query_parameters::AttachContainerOptionsBuilder::default().stream(true).stdin(true).build();
        drop(rig.docker.attach_container(created.id(), Some(attached)).await.expect("attached"));
        let mut waiting = rig.engine.start(created.id(), None, soon()).await.expect("taken over");
        let within = Instant::now() + Duration::from_secs(2);
        let error = waiting.answers(&Readiness::SaysReady, address(port), within).await.expect_err("no password yet");
        assert_eq!(error.kind, Kind::NoAnswer, "{error}");
        drop(waiting);

        let booting = rig.second_worker().start(created.id(), Some(PASSWORD), soon()).await.expect("taken over");
        ready(booting, port).await.expect("ready");
    }

    async fn a_worker_that_died_after_the_password_is_followed_by_one_that_reads_ready_in_the_log(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        // In the middle of the boot.
        let booting = rig.boot(&desktop, &rig.template(), port).await.expect("started");
        let id = booting.container_id().to_owned();
        drop(booting);
        let next = rig.second_worker();
        let booting = next.start(&id, Some(PASSWORD), soon()).await.expect("taken over");
        ready(booting, port).await.expect("ready");
        // And once more when all is said already: at once.
        assert!(next.said_ready(&id, None, soon()).await.expect("log"));
        let began = Instant::now();
        let booting = next.start(&id, Some(PASSWORD), soon()).await.expect("taken over");
        ready(booting, port).await.expect("ready");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}
