//! What the event stream tells, and how it lives through an engine that goes away.

use std::time::Duration;

use berth_worker::runtime::{Engine, EngineEvent, Happening};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout};

use crate::bridge::Bridge;
use crate::engines::both_engines;
use crate::programs::Program;
use crate::rig::{LIMIT, PASSWORD, Rig, desktop_id, port, soon};

async fn next(events: &mut Receiver<EngineEvent>) -> EngineEvent {
    timeout(LIMIT, events.recv()).await.expect("in time").expect("the stream goes on")
}

async fn died(events: &mut Receiver<EngineEvent>, of: &str) -> i64 {
    loop {
        if let EngineEvent::Desktop { happening: Happening::Died { exit_code }, desktop, .. } = next(events).await
            && desktop == of
        {
            return exit_code;
        }
    }
}

both_engines! {
    async fn an_end_is_told_within_two_seconds_with_its_exit_code(rig: Rig) {
        let mut events = rig.engine.events();
        assert_eq!(next(&mut events).await, EngineEvent::EngineUp);
        let (desktop, other) = (desktop_id(), desktop_id());
        let id = rig.up(&desktop, port()).await;
        let quits = rig.template_of(Program::Quits { code: 0, words: "" }).await;

        rig.boot(&other, &quits, port()).await.expect("started");
        let ended = Instant::now();
        assert_eq!(died(&mut events, &other).await, 0);
        assert!(ended.elapsed() < Duration::from_secs(2));

        rig.docker.kill_container(&id, None).await.expect("killed");
        let ended = Instant::now();
        assert_eq!(died(&mut events, &desktop).await, 137);
        assert!(ended.elapsed() < Duration::from_secs(2));
        rig.stop(&id, &desktop).await.expect("removed");
        let gone = EngineEvent::Desktop { happening: Happening::Destroyed, container_id: id, desktop, generation: 1 };
        while next(&mut events).await != gone {}
    }

    async fn an_engine_that_goes_and_comes_back_is_told_and_nothing_after_is_missed(rig: Rig) {
        let mut bridge = Bridge::to(&rig.place.socket);
        let engine = Engine::new(Some(&format!("unix://{}", bridge.path)), rig.engine.installation().clone());
        let mut events = engine.events();
        assert!(matches!(next(&mut events).await, EngineEvent::EngineDown { .. }), "not there to begin with");
        bridge.open();
        assert_eq!(next(&mut events).await, EngineEvent::EngineUp);
        engine.ping(soon()).await.expect("there");

        bridge.close().await;
        let EngineEvent::EngineDown { detail } = next(&mut events).await else { panic!("not told") };
        assert!(detail.contains("cannot be reached"), "{detail}");
        bridge.open();
        assert_eq!(next(&mut events).await, EngineEvent::EngineUp);
        let (desktop, quits) = (desktop_id(), rig.template_of(Program::Quits { code: 3, words: "" }).await);
        let created = rig.create(&desktop, &quits, port()).await.expect("created");
        engine.start(created.id(), Some(PASSWORD), soon()).await.expect("started through the bridge");
        assert_eq!(died(&mut events, &desktop).await, 3);
        bridge.close().await;
    }
}
