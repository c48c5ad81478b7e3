//! Starts that do not come to anything, and what is said about each.

use std::collections::HashMap;
use std::net::TcpListener;
use std::time::Duration;

use berth_worker::runtime::{Engine, EngineError, Installation, Kind, Readiness, Remedy, Template};
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::CreateContainerOptionsBuilder;
use tokio::time::Instant;

use crate::engines::both_engines;
use crate::programs::Program;
use crate::rig::{IMAGE, Rig, address, desktop_id, port, soon};

async fn comes_to(rig: &Rig, template: &Template, how: &Readiness, within: Duration) -> EngineError {
    let port = port();
    match rig.boot(&desktop_id(), template, port).await {
        Ok(mut booting) => {
            let until = Instant::now() + within;
            match booting.answers(how, address(port), until).await {
                Ok(()) => booting.ready(how, until).await.expect_err("never ready"),
                Err(error) => error,
            }
        }
        Err(error) => error,
    }
}

both_engines! {
    async fn a_program_that_ends_at_once_is_told_with_its_last_words(rig: Rig) {
        let template = rig.template_of(Program::Quits { code: 7, words: "no screen for you" }).await;
        let error = comes_to(&rig, &template, &Readiness::SaysReady, Duration::from_secs(20)).await;
        assert_eq!((error.kind, error.kind.remedy()), (Kind::Ended, Remedy::Retry), "{error}");
        assert!(error.detail.contains("exit code 7") && error.detail.contains("no screen for you"), "{error}");
    }

    async fn a_program_that_is_not_there_is_the_images_fault(rig: Rig) {
        let template = rig.template_of(Program::NotThere).await;
        let error = comes_to(&rig, &template, &Readiness::SaysReady, Duration::from_secs(20)).await;
        assert_eq!((error.kind, error.kind.remedy()), (Kind::ImageBroken, Remedy::Discard), "{error}");
        let template = rig.template_of(Program::FindsNothing).await;
        let error = comes_to(&rig, &template, &Readiness::SaysReady, Duration::from_secs(20)).await;
        assert_eq!(error.kind, Kind::ImageBroken, "{error}");
    }

    async fn a_program_that_says_nothing_is_not_ready_and_one_without_a_screen_does_not_answer(rig: Rig) {
        let silent = rig.template_of(Program::Sleeps).await;
        let within = Duration::from_secs(3);
        assert_eq!(comes_to(&rig, &silent, &Readiness::SaysReady, within).await.kind, Kind::NoAnswer);
        assert_eq!(comes_to(&rig, &silent, &Readiness::Greets, within).await.kind, Kind::NoAnswer);
        let boastful = rig.template_of(Program::OnlySaysReady).await;
        let error = comes_to(&rig, &boastful, &Readiness::SaysReady, within).await;
        assert_eq!(error.kind, Kind::NoAnswer, "{error}");
        let unpainted = rig.template_of(Program::OnlyGreets).await;
        let error = comes_to(&rig, &unpainted, &Readiness::SaysReady, within).await;
        assert_eq!(error.kind, Kind::NotReady, "{error}");
        let how = Readiness::Answers { path: "/".to_owned() };
        assert_eq!(comes_to(&rig, &boastful, &how, within).await.kind, Kind::NoAnswer);
    }

    async fn an_image_that_is_not_there_is_missing(rig: Rig) {
        let template = Template { image: "berth/no-such-image:latest".to_owned(), ..rig.template() };
        let error = rig.create(&desktop_id(), &template, port()).await.expect_err("no image");
        assert_eq!((error.kind, error.kind.remedy()), (Kind::ImageMissing, Remedy::Discard), "{error}");
        assert_eq!(rig.engine.image(&template.image, soon()).await.expect("asked"), None);
    }

    async fn a_port_that_a_stranger_has_is_taken_and_another_one_works(rig: Rig) {
        let (desktop, taken) = (desktop_id(), port());
        let stranger = TcpListener::bind(address(taken)).expect("bound");
        let error = rig.boot(&desktop, &rig.template(), taken).await.expect_err("taken");
        assert_eq!((error.kind, error.kind.remedy()), (Kind::PortTaken, Remedy::AnotherPort), "{error}");

        // The same attempt, the same generation, another port: the useless container makes way.
        let other = port();
        let id = rig.up(&desktop, other).await;
        assert_eq!(rig.engine.list_ours(soon()).await.expect("listed").len(), 1);

        // And between two of ours, it is the engine itself that says no.
        let error = rig.boot(&desktop_id(), &rig.template(), other).await.expect_err("taken");
        assert_eq!(error.kind, Kind::PortTaken, "{error}");
        rig.stop(&id, &desktop).await.expect("removed");
        drop(stranger);
    }

    async fn a_desktop_that_eats_its_memory_is_told_so(rig: Rig) {
        let eater = rig.template_of(Program::EatsMemory).await;
        let template = Template { memory_mib: 16, ..eater };
        let error = comes_to(&rig, &template, &Readiness::SaysReady, Duration::from_secs(30)).await;
        assert_eq!(error.kind, Kind::OutOfMemory, "{error}");
    }

    async fn nothing_of_a_stranger_is_touched(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        let name = rig.engine.installation().container_name(&desktop, 1);
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        let ours = ("berth.installation".to_owned(), rig.engine.installation().id().to_owned());
        let body = ContainerCreateBody {
            image: Some(IMAGE.to_owned()),
            labels: Some(HashMap::from([
                ours,
                ("berth.desktop".into(), "x".into()),
                ("berth.generation".into(), "9".into()),
            ])),
            ..Default::default()
        };
        let id = rig.docker.create_container(Some(options), body).await.expect("a stranger").id;
        let error = rig.create(&desktop, &rig.template(), port).await.expect_err("a stranger has the name");
        assert_eq!(error.kind, Kind::NotOurs, "{error}");
        let error = rig.stop(&id, &desktop).await.expect_err("another desktop's");
        assert_eq!(error.kind, Kind::NotOurs, "{error}");
        let others = Engine::new(Some(&rig.place.host()), Installation::new("somebody-else"));
        let error = others.stop_and_remove(&id, "x", Duration::ZERO, soon()).await.expect_err("another installation's");
        assert_eq!(error.kind, Kind::NotOurs, "{error}");
        assert!(rig.engine.inspect(&id, soon()).await.expect("looked").is_some());
    }
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_down_and_a_call_never_outlives_its_time() {
    let engine = Engine::new(Some("unix:///no/such/socket"), Installation::new("x"));
    assert_eq!(engine.ping(soon()).await.expect_err("down").kind, Kind::EngineDown);
    let port = port();
    let engine = Engine::new(Some(&format!("tcp://127.0.0.1:{port}")), Installation::new("x"));
    assert_eq!(engine.ping(soon()).await.expect_err("refused").kind, Kind::EngineDown);
    let _silent = TcpListener::bind(address(port)).expect("bound");
    let began = Instant::now();
    let error = engine.list_ours(began + Duration::from_millis(200)).await.expect_err("silent");
    assert_eq!(error.kind, Kind::TimedOut, "{error}");
    assert!(began.elapsed() < Duration::from_secs(2));
}
