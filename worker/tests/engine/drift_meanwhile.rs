//! Differences between records and engine while something else goes on: an engine that is away, a second worker, jobs under way.

use std::time::{Duration, Instant};

use berth_shared::domain::desktop::Status;
use berth_shared::domain::drift::{DriftAction, DriftKind};
use berth_shared::lifecycle::Wish;
use berth_shared::store::drift::Answer;
use berth_shared::store::{desktops, history};

use crate::berth::Berth;
use crate::bridge::Bridge;
use crate::engines::{Place, Which, both_engines};
use crate::rig::{LIMIT, soon};

use DriftAction::{Adopt, Remove};
use DriftKind as K;

both_engines! {
    async fn what_was_decided_waits_for_an_engine_that_is_away_and_for_a_worker(which: Which, db: TestDb) {
        let place = Place::of(which).await;
        let mut bridge = Bridge::to(&place.socket);
        bridge.open();
        let host = format!("--docker-host=unix://{}", bridge.path);
        let berth = Berth::on(which, db, &[&host]).await;
        let first = berth.worker();
        let (removed, adopted) = (berth.running().await, berth.running().await);
        berth.lose_row(&removed.id).await;
        berth.lose_row(&adopted.id).await;
        berth.compared().await;
        first.kill();
        let items = berth.items().await;
        let of = |row: &desktops::Desktop| {
            items.iter().find(|i| i.engine.as_ref().is_some_and(|e| e.container_id == row.container_id)).cloned().expect("listed")
        };
        let asked = berth.decide(&of(&removed).id, Remove).await;
        assert!(matches!(asked, Answer::Asked(_)), "{asked:?}");
        assert_eq!(berth.decide(&of(&removed).id, Remove).await, asked, "twice is the same as once");
        bridge.close().await;

        let _second = berth.worker();
        let began = Instant::now();
        while berth.comparison().await.engine_up {
            assert!(began.elapsed() < LIMIT, "the engine is away");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(berth.decide(&of(&adopted).id, Adopt).await, Answer::EngineDown { node: "here".to_owned() });
        assert_eq!(berth.rig.engine.list_ours(soon()).await.expect("listed").len(), 2, "nothing was touched");
        bridge.open();
        let began = Instant::now();
        while !berth.rig.engine.list_of(&removed.id, soon()).await.expect("listed").is_empty() {
            assert!(began.elapsed() < LIMIT, "done once the engine is back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        berth.compared().await;
        berth.settle(&of(&adopted), Adopt).await;
        assert_eq!(berth.row(&adopted.id).await.map(|row| row.status), Some(Status::Running));
        drop(bridge);
    }

    async fn two_workers_neither_flap_nor_do_anything_twice(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _workers = [berth.worker(), berth.worker()];
        let mut rows = Vec::new();
        for _ in 0..4 {
            rows.push(berth.click().await);
        }
        for row in &mut rows {
            *row = berth.wait_for(&row.id, Status::Running).await.view();
        }
        for row in &rows {
            berth.lose_row(&row.id).await;
        }
        berth.compared().await;
        let seen = async || -> Vec<_> { berth.items().await.into_iter().map(|i| (i.id, i.since)).collect() };
        let before = seen().await;
        assert_eq!(before.len(), 8, "four containers and their ports: {:?}", berth.items().await);
        for _ in 0..6 {
            berth.compared().await;
            assert_eq!(seen().await, before);
        }
        let containers = berth.items().await.into_iter().filter(|i| i.kind == K::ContainerWithoutDesktop);
        let (mut adopted, mut removed) = (Vec::new(), Vec::new());
        for (n, item) in containers.enumerate() {
            let action = if n % 2 == 0 { Adopt } else { Remove };
            assert!(matches!(berth.decide(&item.id, action).await, Answer::Asked(_)));
            let desktop = item.engine.and_then(|e| e.desktop_id).expect("a desktop");
            if n % 2 == 0 { adopted.push(desktop) } else { removed.push(desktop) }
        }
        berth.compared().await;
        assert_eq!(berth.held().await, (2, 2));
        for id in &adopted {
            assert_eq!(berth.row(id).await.map(|row| row.status), Some(Status::Running));
            let told = history::page(&mut berth.db.read().await.unwrap(), id, "", 9).await.unwrap();
            let adoptions = told.iter().filter(|line| line.actor.as_deref() == Some("root")).count();
            assert_eq!(adoptions, 1, "{told:?}");
        }
        let mut homes: Vec<_> = berth.items().await.into_iter().filter_map(|i| i.engine.and_then(|e| e.desktop_id)).collect();
        homes.sort();
        removed.sort();
        assert_eq!(homes, removed, "only the homes of those that were removed are left to decide about");
    }

    async fn what_is_in_the_middle_of_a_job_is_never_listed(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _workers = [berth.worker(), berth.worker()];
        berth.running().await;
        let listed = async {
            let mut seen = Vec::new();
            loop {
                berth.compared().await;
                seen.extend(berth.items().await);
                if !seen.is_empty() {
                    break seen;
                }
            }
        };
        let jobs = async {
            for _ in 0..2 {
                let mut clicked = Vec::new();
                for _ in 0..4 {
                    clicked.push(berth.click().await);
                }
                for d in &clicked[..2] {
                    berth.wait_for(&d.id, Status::Running).await;
                    berth.ask(&d.id, Wish::Stop).await;
                }
                for d in &clicked {
                    berth.ask(&d.id, Wish::Delete).await;
                }
                for d in &clicked {
                    berth.wait_until_gone(&d.id).await;
                }
            }
        };
        tokio::select! {
            seen = listed => panic!("no difference, only work under way: {seen:?}"),
            () = jobs => {}
        }
        assert_eq!(berth.held().await, (1, 1));
    }
}
