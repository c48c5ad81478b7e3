//! Records and engine that do not agree: each kind of difference made for real, listed, and settled.

use std::collections::HashMap;
use std::net::TcpListener;
use std::time::Duration;

use berth_shared::domain::desktop::{ReasonCode, Status};
use berth_shared::domain::drift::{DriftAction, DriftItem, DriftKind};
use berth_shared::lifecycle::Wish;
use berth_shared::store::drift::Answer;
use berth_shared::store::ports::PortRange;
use berth_shared::store::{desktops, drift, history, ports};
use bollard::models::{NetworkConnectRequest, NetworkCreateRequest};
use bollard::query_parameters::RemoveContainerOptionsBuilder;

use crate::berth::Berth;
use crate::engines::{Which, both_engines};
use crate::rig::{address, create, soon};

use DriftAction::{Adopt, Forget, Remove};
use DriftKind as K;

both_engines! {
    async fn a_container_that_lost_its_desktop_gets_it_back(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let (kept, lost) = (berth.running().await, berth.running().await);
        let port = berth.port(&lost.id).await.expect("a lease").port;
        assert_eq!(berth.compared().await.matched_desktops, 2);
        assert_eq!(berth.kinds().await, [], "nothing that Berth made itself is drift");
        // Once the lease is lost as well, once it is not.
        berth.lose_row(&kept.id).await;
        berth.lose_row(&lost.id).await;
        let mut tx = berth.db.begin().await.unwrap();
        ports::release(&mut tx, &lost.id, Duration::from_secs(60)).await.unwrap();
        tx.commit().await.unwrap();

        let state = berth.compared().await;
        assert_eq!((state.matched_desktops, state.matched_ports), (0, 0));
        let kinds = [K::ContainerWithoutDesktop, K::ContainerWithoutDesktop, K::PortLeaseWithoutDesktop];
        assert_eq!(berth.kinds().await, kinds, "{:?}", berth.items().await);
        for row in [&kept, &lost] {
            let item = berth.items().await.into_iter().find(|i| i.engine.as_ref().is_some_and(|e| e.container_id == row.container_id)).expect("listed");
            let engine = item.engine.clone().expect("a side");
            assert_eq!((item.record.clone(), item.actions.as_slice()), (None, [Adopt, Remove, Forget].as_slice()));
            assert_eq!((engine.owner.as_deref(), engine.status.as_deref()), (Some("ada"), Some("running")));
            assert!(engine.memory_bytes.is_some_and(|bytes| bytes > 1 << 20), "{engine:?}");
            assert!(engine.detail.contains("Light desktop") && engine.detail.ends_with("Label says owner: ada"), "{engine:?}");
            assert_eq!(item.explains, "Adopt gives it back to ada as a running desktop.");
            berth.settle(&item, Adopt).await;
            assert_eq!(berth.decide(&item.id, Adopt).await, Answer::Unknown, "settled already");
        }
        for before in [&kept, &lost] {
            let after = berth.row(&before.id).await.expect("a row again");
            assert_eq!((after.status, after.generation, &after.job_id), (Status::Running, before.generation, &None));
            assert_eq!((&after.container_id, &after.name, &after.template_id), (&before.container_id, &before.name, &before.template_id));
            let told = history::page(&mut berth.db.read().await.unwrap(), &before.id, "", 5).await.unwrap();
            assert_eq!((told[0].actor.as_deref(), told[0].text.as_str()), (Some("root"), "Found running and given back by"));
        }
        assert_eq!(berth.port(&lost.id).await.map(|lease| lease.port), Some(port), "the port that its container has");
        let state = berth.compared().await;
        assert_eq!((berth.kinds().await.len(), state.matched_desktops, state.matched_ports), (0, 2, 2));
        berth.ask(&kept.id, Wish::Stop).await;
        berth.wait_for(&kept.id, Status::Stopped).await;
        berth.ask(&lost.id, Wish::Delete).await;
        berth.wait_until_gone(&lost.id).await;
        assert_eq!(berth.held().await, (0, 0));
    }

    async fn unknown_containers_and_homes_go_or_stay_by_word(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let (gone, stays) = (berth.running().await, berth.running().await);
        berth.lose_row(&gone.id).await;
        berth.lose_row(&stays.id).await;
        berth.compared().await;
        let item = |row: &desktops::Desktop| {
            let id = row.container_id.clone();
            move |i: &DriftItem| i.kind == K::ContainerWithoutDesktop && i.engine.as_ref().is_some_and(|e| e.container_id == id)
        };
        let first = berth.items().await.into_iter().find(item(&gone)).expect("listed");
        berth.settle(&first, Remove).await;
        assert!(berth.rig.engine.list_of(&gone.id, soon()).await.expect("listed").is_empty());
        assert!(berth.port(&gone.id).await.is_none(), "its port is released by itself");
        let second = berth.items().await.into_iter().find(item(&stays)).expect("listed");
        berth.settle(&second, Forget).await;
        assert_eq!(berth.decide(&second.id, Remove).await, Answer::Unknown, "forgotten is off the list");

        // The home of the one that is gone waits for another word; that of the one that stays goes with it.
        berth.compared().await;
        let home = berth.only(K::HomeWithoutDesktop).await;
        let side = home.engine.clone().expect("a side");
        assert_eq!((side.desktop_id.as_deref(), side.owner.as_deref()), (Some(gone.id.as_str()), Some("ada")));
        berth.settle(&home, Remove).await;
        assert!(berth.rig.docker.inspect_volume(&side.title).await.is_err(), "the files are gone");

        // The port of the forgotten one is still leased: released by word, starts stay away from it.
        let lease = berth.only(K::PortLeaseWithoutDesktop).await;
        berth.settle(&lease, Forget).await;
        assert!(berth.port(&stays.id).await.is_none());
        berth.compared().await;
        assert_eq!((berth.kinds().await, berth.held().await), (vec![], (1, 0)), "it is left alone and not listed again");
        let next = berth.running().await;
        assert_ne!(berth.port(&next.id).await.map(|l| l.port), lease.engine.and_then(|e| e.port).map(i64::from));
        // What is no longer there is not remembered for ever.
        berth.remove_by_hand(&stays).await;
        berth.compared().await;
        assert_eq!(berth.only(K::HomeWithoutDesktop).await.engine.and_then(|e| e.desktop_id), Some(stays.id.clone()));
    }

    async fn what_has_ended_or_lost_its_place_cannot_be_adopted(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let (ended, ousted) = (berth.running().await, berth.running().await);
        let port = berth.port(&ousted.id).await.expect("a lease");
        berth.lose_row(&ended.id).await;
        berth.lose_row(&ousted.id).await;
        berth.rig.docker.kill_container(ended.container_id.as_deref().expect("one"), None).await.expect("killed");
        let mut tx = berth.db.begin().await.unwrap();
        for id in [&ended.id, &ousted.id] {
            ports::release(&mut tx, id, Duration::ZERO).await.unwrap();
        }
        let taken = u16::try_from(port.port).unwrap();
        ports::lease_this(&mut tx, "here", taken, ("another", 1), "127.0.0.1").await.unwrap().expect("free");
        tx.commit().await.unwrap();
        berth.compared().await;
        let items = berth.items().await;
        let of = |row: &desktops::Desktop| {
            items.iter().find(|i| i.engine.as_ref().is_some_and(|e| e.container_id == row.container_id)).cloned().expect("listed")
        };
        let (first, second) = (of(&ended), of(&ousted));
        assert_eq!((first.explains.as_str(), first.actions.as_slice()), ("Cannot be adopted: it has ended.", [Remove, Forget].as_slice()));
        assert!(first.engine.as_ref().is_some_and(|e| e.detail.contains("exited")), "{first:?}");
        let why = format!("Cannot be adopted: its port {taken} is another desktop's now.");
        assert_eq!((second.explains.as_str(), second.actions.as_slice()), (why.as_str(), [Remove, Forget].as_slice()));
        for item in [&first, &second] {
            let offered = vec![Remove, Forget];
            assert_eq!(berth.decide(&item.id, Adopt).await, Answer::NotOffered { offered });
        }

        // What could be adopted when it was decided, and cannot when it is done, stays with the reason; asked again, it is tried again.
        let third = berth.running().await;
        berth.lose_row(&third.id).await;
        berth.compared().await;
        let item = berth.items().await.into_iter().find(|i| i.actions.contains(&Adopt)).expect("offered");
        berth.rig.docker.kill_container(third.container_id.as_deref().expect("one"), None).await.expect("killed");
        assert!(matches!(berth.decide(&item.id, Adopt).await, Answer::Asked(_)));
        berth.compared().await;
        let failed = drift::get(&mut berth.db.read().await.unwrap(), &item.id).await.unwrap().expect("still listed");
        assert_eq!(failed.since, item.since);
        assert_eq!(failed.asked.as_ref().and_then(|a| a.error.as_deref()), Some("It cannot be adopted: it has ended."));
        berth.settle(&failed, Remove).await;
        assert!(berth.row(&third.id).await.is_none());
    }

    async fn desktops_that_lose_their_container_while_the_queue_is_paused_wait_for_a_word(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let rows = [berth.running().await, berth.running().await, berth.running().await];
        berth.pause("root").await;
        for row in &rows {
            berth.remove_by_hand(row).await;
            let row = berth.wait_for(&row.id, Status::Queued).await;
            assert_eq!(row.view().reason.map(|r| r.code), Some(ReasonCode::EngineLost), "its owner reads why");
        }
        let state = berth.compared().await;
        assert_eq!((state.matched_desktops, state.matched_ports), (0, 3));
        assert_eq!(berth.kinds().await, [K::DesktopWithoutContainer; 3]);
        let item = async |row: &desktops::Desktop| {
            berth.items().await.into_iter().find(|i| i.record.as_ref().is_some_and(|r| r.desktop_id.as_ref() == Some(&row.id))).expect("listed")
        };
        let first = item(&rows[0]).await;
        let record = first.record.clone().expect("a side");
        assert_eq!((record.title, first.engine.clone()), (format!("{}, Queued", rows[0].name), None));
        assert_eq!(first.actions, [Forget, Remove]);
        berth.settle(&first, Forget).await;
        let stopped = berth.wait_for(&rows[0].id, Status::Stopped).await;
        assert_eq!(stopped.view().reason.map(|r| r.code), Some(ReasonCode::ByAdmin));
        berth.settle(&item(&rows[1]).await, Remove).await;
        berth.wait_until_gone(&rows[1].id).await;

        let last = item(&rows[2]).await;
        berth.resume().await;
        let again = berth.wait_for(&rows[2].id, Status::Running).await;
        assert_eq!(again.generation, 2);
        berth.compared().await;
        assert_eq!((berth.kinds().await, berth.held().await), (vec![], (1, 1)));
        assert_eq!(berth.decide(&last.id, Remove).await, Answer::Unknown, "nobody stops what has healed");
    }

    async fn leases_that_nobody_can_use_are_released(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let stopped = berth.running().await;
        berth.ask(&stopped.id, Wish::Stop).await;
        berth.wait_for(&stopped.id, Status::Stopped).await;
        berth.pause("root").await;
        let waits = berth.click().await;
        let range = PortRange { first: berth.first_port, last: berth.first_port + 9 };
        let mut tx = berth.db.begin().await.unwrap();
        for id in [&stopped.id, &waits.id, &"never-was".to_owned()] {
            ports::lease(&mut tx, "here", &range, (id, 1), "127.0.0.1").await.unwrap().expect("a port");
        }
        tx.commit().await.unwrap();
        let state = berth.compared().await;
        assert_eq!((berth.kinds().await, state.matched_ports), (vec![], 1), "released, not listed");
        assert_eq!(berth.held().await, (0, 1));
        assert!(berth.port(&waits.id).await.is_some(), "something is still to come for that one");
    }

    async fn what_a_late_call_made_of_a_deleted_desktop_goes_by_itself(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let _worker = berth.worker();
        let row = berth.running().await;
        berth.ask(&row.id, Wish::Delete).await;
        berth.wait_until_gone(&row.id).await;
        // As by a worker that slept between its last look at its lease and the call.
        let template = berth.rig.template();
        create(&berth.rig.engine, &row.id, 1, &template, berth.first_port + 15).await.expect("made once more");
        assert_eq!(berth.rig.engine.homes(soon()).await.expect("listed").len(), 1);
        berth.compared().await;
        assert_eq!((berth.kinds().await, berth.held().await), (vec![], (0, 0)));
        assert_eq!(berth.rig.engine.homes(soon()).await.expect("listed"), [], "its owner has given the word");
    }

    async fn a_port_that_a_stranger_has_is_listed_and_tried_again_by_word(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let stranger = TcpListener::bind(address(berth.first_port)).expect("bound");
        let _worker = berth.worker();
        berth.running().await;
        berth.compared().await;
        let item = berth.only(K::PortInUse).await;
        assert_eq!(item.engine.as_ref().and_then(|e| e.port), Some(berth.first_port));
        assert!(item.record.is_some() && item.actions == [Forget], "{item:?}");
        drop(stranger);
        berth.settle(&item, Forget).await;
        let next = berth.running().await;
        assert_eq!(berth.port(&next.id).await.map(|lease| lease.port), Some(i64::from(berth.first_port)));
        berth.compared().await;
        assert_eq!(berth.kinds().await, []);
    }
}

// A stranger's container that is connected to a network of ours is something that only the real engine has.
berth_shared::both_databases! {
    async fn networks_of_another_port_range_go_by_word(db: TestDb) {
        let berth = Berth::new(db, &[]).await;
        let _worker = berth.worker();
        let row = berth.running().await;
        berth.ask(&row.id, Wish::Stop).await;
        berth.wait_for(&row.id, Status::Stopped).await;
        berth.compared().await;
        assert_eq!(berth.kinds().await, [], "the next start takes the empty one");

        let name = berth.rig.engine.installation().network_name(64);
        let label = HashMap::from([("berth.installation".to_owned(), berth.rig.engine.installation().id().to_owned())]);
        let request = NetworkCreateRequest { name: name.clone(), labels: Some(label), ..Default::default() };
        let network = berth.rig.docker.create_network(request).await.expect("made").id;
        berth.compared().await;
        let item = berth.only(K::NetworkUnused).await;
        assert_eq!(item.engine.as_ref().map(|e| e.title.as_str()), Some(name.as_str()));

        // Somebody else's container is connected to it: refused by the engine, told in words.
        let user = berth.rig.docker.create_container(None, bollard::models::ContainerCreateBody {
            image: Some(crate::rig::IMAGE.to_owned()),
            labels: Some(HashMap::from([("berth.installation".to_owned(), berth.rig.engine.installation().id().to_owned())])),
            entrypoint: Some(vec!["sleep".to_owned(), "600".to_owned()]),
            ..Default::default()
        }).await.expect("made").id;
        berth.rig.docker.start_container(&user, None).await.expect("started");
        let connect = NetworkConnectRequest { container: user.clone(), ..Default::default() };
        berth.rig.docker.connect_network(&network, connect).await.expect("connected");
        assert!(matches!(berth.decide(&item.id, Remove).await, Answer::Asked(_)));
        berth.compared().await;
        let asked = berth.only(K::NetworkUnused).await.asked.expect("asked");
        let force = RemoveContainerOptionsBuilder::default().force(true).build();
        berth.rig.docker.remove_container(&user, Some(force)).await.expect("removed");
        assert!(asked.error.is_some_and(|words| words.contains("active endpoints")));
        berth.settle(&item, Remove).await;
        let left = berth.rig.engine.own_networks(soon()).await.expect("listed");
        assert!(left.iter().all(|own| own.id != network) && left.len() == 1, "{left:?}");
    }
}
