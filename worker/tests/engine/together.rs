//! Many at once, and two installations in one engine.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::engines::both_engines;
use crate::rig::{PASSWORD, Rig, desktop_id, port, ready, soon};

both_engines! {
    async fn two_installations_do_not_see_each_other(rig: Rig) {
        let (theirs, ours) = (rig.another().await, rig);
        let (desktop, other) = (desktop_id(), desktop_id());
        let created = ours.create(&desktop, &ours.template(), port()).await.expect("created");
        theirs.create(&other, &theirs.template(), port()).await.expect("created");
        let seen = ours.engine.list_ours(soon()).await.expect("listed");
        assert_eq!(seen.iter().map(|container| container.desktop.as_str()).collect::<Vec<_>>(), [desktop.as_str()]);
        assert_eq!(theirs.engine.list_ours(soon()).await.expect("listed").len(), 1);
        assert!(theirs.engine.inspect(created.id(), soon()).await.is_err());
        assert_eq!(theirs.engine.find(&desktop, 1, soon()).await.expect("looked"), None);
    }

    async fn eight_at_once_come_up_and_go(rig: Rig) {
        let desktops: Vec<(String, u16)> = (0..8).map(|_| (desktop_id(), port())).collect();
        let template = rig.template();
        let starts = desktops.iter().map(|(desktop, port)| async {
            let clock = Instant::now();
            let created = rig.create(desktop, &template, *port).await.expect("created");
            let made = clock.elapsed();
            let booting = rig.engine.start(created.id(), Some(PASSWORD), soon()).await.expect("started");
            let started = clock.elapsed();
            ready(booting, *port).await.expect("ready");
            (created.id().to_owned(), [made, started - made, clock.elapsed() - started])
        });
        let clock = Instant::now();
        let up = join_all(starts).await;
        eprintln!(
            "eight at once: {:?}; create, start, ready each: {:?}",
            clock.elapsed(),
            up.iter().map(|u| u.1).collect::<Vec<_>>()
        );
        assert_eq!(rig.engine.list_ours(soon()).await.expect("listed").len(), 8);
        let clock = Instant::now();
        let stops = up.iter().zip(&desktops).map(|((id, _), (desktop, _))| rig.stop(id, desktop));
        for stopped in join_all(stops).await {
            stopped.expect("removed");
        }
        eprintln!("eight gone: {:?}", clock.elapsed());
        assert_eq!(rig.engine.list_ours(soon()).await.expect("listed"), []);
    }

    async fn two_workers_that_remove_the_same_container_both_succeed(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        let id = rig.up(&desktop, port).await;
        let other = rig.second_worker();
        let grace = Duration::from_secs(2);
        let (one, two) = tokio::join!(
            rig.engine.stop_and_remove(&id, &desktop, grace, soon()),
            other.stop_and_remove(&id, &desktop, grace, soon())
        );
        one.expect("removed");
        two.expect("removed");
        assert_eq!(rig.engine.inspect(&id, soon()).await.expect("looked"), None);
    }
}
