//! Whole workers when something breaks: the desktop, the worker, the engine.

use std::time::{Duration, Instant};

use berth_shared::domain::desktop::{ReasonCode, Status};
use berth_shared::lifecycle::Wish;
use berth_shared::queue::line::Line;
use berth_worker::runtime::Template;
use bollard::query_parameters::{KillContainerOptionsBuilder, RemoveContainerOptionsBuilder};

use crate::berth::Berth;
use crate::bridge::Bridge;
use crate::engines::{Place, Which, both_engines};
use crate::rig::{create, soon};

fn code(row: &berth_shared::store::desktops::Desktop) -> Option<ReasonCode> {
    row.view().reason.map(|reason| reason.code)
}

both_engines! {
    async fn a_user_that_logs_out_stops_the_desktop(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let d = berth.click().await;
        let row = berth.wait_for(&d.id, Status::Running).await;
        let began = Instant::now();
        berth.rig.log_out(&row.container_id.expect("a container")).await;
        let row = berth.wait_for(&d.id, Status::Stopped).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!((code(&row), berth.held().await), (Some(ReasonCode::EndedInside), (0, 0)));
    }

    async fn a_desktop_that_crashes_is_killed_or_removed_comes_up_again(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let d = berth.click().await;
        let first = berth.wait_for(&d.id, Status::Running).await;
        berth.rig.crash(first.container_id.as_deref().expect("a container")).await;
        let second = berth.wait(&d.id, "up again", |row| row.generation == 2 && row.status == Status::Running).await;
        assert_eq!(second.crashes, 1);

        let kill = KillContainerOptionsBuilder::default().signal("KILL").build();
        berth.rig.docker.kill_container(second.container_id.as_deref().expect("a container"), Some(kill)).await.expect("killed");
        let third = berth.wait(&d.id, "up again", |row| row.generation == 3 && row.status == Status::Running).await;
        assert_eq!(third.crashes, 1, "that was not its own fault");

        let force = RemoveContainerOptionsBuilder::default().force(true).build();
        berth.rig.docker.remove_container(third.container_id.as_deref().expect("a container"), Some(force)).await.expect("removed");
        berth.wait(&d.id, "up again", |row| row.generation == 4 && row.status == Status::Running).await;
        assert_eq!(berth.held().await, (1, 1));
    }

    async fn another_worker_goes_on_where_a_killed_one_was(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let killed = berth.worker();
        let (d, made) = berth.click_on_a_late_one().await;
        killed.kill();
        let at_death = berth.row(&d.id).await.expect("a row");
        assert_eq!(at_death.status, Status::Starting, "killed in the middle");
        let _next = berth.worker();
        let began = Instant::now();
        let row = berth.wait_for(&d.id, Status::Running).await;
        eprintln!("running {:?} after the kill, with a lease of 3 s", began.elapsed());
        assert_eq!((row.container_id, row.generation, row.attempt), (made.container_id, 1, 1), "adopted, and not its fault");
        assert_eq!(berth.held().await, (1, 1));
    }

    async fn a_worker_that_is_told_to_end_hands_back_what_it_cannot_finish(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &["--shutdown-limit=0s", "--lease-ttl=60s"]).await;
        let worker = berth.worker();
        let (d, _) = berth.click_on_a_late_one().await;
        worker.end().await;
        let row = berth.row(&d.id).await.expect("a row");
        assert_eq!(row.status, Status::Queued, "in line again at once, long before the lease ends");
        let _next = berth.worker();
        let row = berth.wait_for(&d.id, Status::Running).await;
        assert_eq!(row.attempt, 1);
    }

    async fn a_worker_that_is_told_to_end_finishes_what_it_can_and_takes_nothing_new(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &["--lease-ttl=60s"]).await;
        let worker = berth.worker();
        let (d, _) = berth.click_on_a_late_one().await;
        let ending = tokio::spawn(worker.end());
        tokio::time::sleep(Duration::from_millis(50)).await;
        let late = berth.click().await;
        ending.await.expect("ended");
        assert_eq!(berth.row(&d.id).await.expect("a row").status, Status::Running);
        assert_eq!(berth.row(&late.id).await.expect("a row").status, Status::Queued);
    }

    async fn what_happens_while_no_worker_listens_is_found_afterwards(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let worker = berth.worker();
        let (lost, stopped) = (berth.click().await, berth.click().await);
        let row = berth.wait_for(&lost.id, Status::Running).await;
        berth.wait_for(&stopped.id, Status::Running).await;
        berth.ask(&stopped.id, Wish::Stop).await;
        berth.wait_for(&stopped.id, Status::Stopped).await;
        worker.end().await;
        berth.rig.docker.kill_container(row.container_id.as_deref().expect("a container"), None).await.expect("killed");
        // And something is left of the stopped one, as after a call that was answered too late.
        let template = Template { memory_mib: 64, ..berth.rig.template() };
        create(&berth.rig.engine, &stopped.id, 1, &template, berth.first_port + 15).await.expect("a leftover");
        let stranger = ulid::Ulid::generate().to_string();
        create(&berth.rig.engine, &stranger, 1, &template, berth.first_port + 16).await.expect("a stranger");

        let _next = berth.worker();
        berth.wait(&lost.id, "up again", |row| row.generation == 2 && row.status == Status::Running).await;
        let began = Instant::now();
        while !berth.rig.engine.list_of(&stopped.id, soon()).await.expect("listed").is_empty() {
            assert!(began.elapsed() < Duration::from_secs(10), "what its row proves superseded is removed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(berth.rig.engine.list_of(&stranger, soon()).await.expect("listed").len(), 1, "what no row knows stays");
    }

    async fn starts_wait_for_an_engine_that_is_away_and_use_up_no_try(which: Which, db: TestDb) {
        let place = Place::of(which).await;
        let mut bridge = Bridge::to(&place.socket);
        let host = format!("--docker-host=unix://{}", bridge.path);
        let berth = Berth::on(which, db, &[&host]).await;
        let _worker = berth.worker();
        let d = berth.click().await;
        let began = Instant::now();
        loop {
            let line = Line::load(&mut berth.db.read().await.unwrap(), Duration::from_secs(10)).await.unwrap();
            let reason = line.info(&d.id).and_then(|info| info.reason).map(|reason| reason.code.as_str());
            if reason == Some("engine_down") {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{reason:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bridge.open();
        berth.wait(&d.id, "made", |row| row.container_id.is_some()).await;
        bridge.close().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        bridge.open();
        let row = berth.wait_for(&d.id, Status::Running).await;
        assert_eq!((row.attempt, row.generation, berth.held().await), (1, 1, (1, 1)));
        bridge.close().await;
    }
}
