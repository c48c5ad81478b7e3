//! One desktop from its container to its end, and what it looks like meanwhile.

use std::time::{Duration, Instant};

use berth_worker::runtime::{Created, Kind, Phase, State, rfb_greets};

use crate::engines::both_engines;
use crate::rig::{PASSWORD, Rig, address, create, desktop_id, in_home, port, ready, soon};

both_engines! {
    async fn a_home_in_use_stays_until_its_container_is_gone(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        let created = rig.create(&desktop, &rig.template(), port).await.expect("created");
        let used = rig.engine.remove_home(&desktop, soon()).await.expect_err("a home in use stays");
        assert_eq!(used.kind, Kind::InUse, "{used}");
        rig.stop(created.id(), &desktop).await.expect("removed");
        assert_eq!(rig.engine.homes(soon()).await.expect("listed").len(), 1, "it outlives its container");
        rig.engine.remove_home(&desktop, soon()).await.expect("home removed");
        assert_eq!(rig.engine.homes(soon()).await.expect("listed"), []);
    }

    async fn a_desktop_comes_up_and_goes_without_a_trace(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        let clock = Instant::now();
        rig.engine.network_for(port, soon()).await.expect("a network");
        let network = clock.elapsed();
        let created = rig.create(&desktop, &rig.template(), port).await.expect("created");
        let made = clock.elapsed();
        assert!(matches!(created, Created::New(_)));
        let booting = rig.engine.start(created.id(), Some(PASSWORD), soon()).await.expect("started");
        let started = clock.elapsed();
        let mut booting = ready(booting, port).await.expect("ready");
        let ready = clock.elapsed();
        assert!(!booting.has_ended());

        let found = rig.engine.find(&desktop, 1, soon()).await.expect("looked up").expect("there");
        assert!(matches!(found.state, State::Running { started_at: Some(_) }), "{found:?}");
        assert_eq!((found.id.as_str(), found.node_port), (created.id(), Some(port)));
        let listed = rig.engine.list_ours(soon()).await.expect("listed");
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].phase, listed[0].node_port), (Phase::Running, Some(port)));

        let going = clock.elapsed();
        rig.stop(created.id(), &desktop).await.expect("removed");
        let gone = clock.elapsed();
        assert!(booting.has_ended(), "its output ends before the engine says that it is gone");
        eprintln!(
            "network {network:?}, create {:?}, start {:?}, ready {:?}, stop and remove {:?}",
            made - network,
            started - made,
            ready - started,
            gone - going
        );
        assert!(gone - going < Duration::from_secs(10));
        assert_eq!(rig.engine.list_ours(soon()).await.expect("listed"), []);
        assert!(!rfb_greets(address(port), Duration::from_millis(200)).await);
        rig.stop(created.id(), &desktop).await.expect("twice is the same as once");
        rig.engine.remove_home(&desktop, soon()).await.expect("home removed");
        rig.engine.remove_home(&desktop, soon()).await.expect("twice is the same as once");
    }
}

#[tokio::test]
async fn a_desktop_is_hardened_and_its_password_is_nowhere_to_be_read() {
    let rig = Rig::new().await;
    let (desktop, port) = (desktop_id(), port());
    let id = rig.up(&desktop, port).await;

    let seen = rig.raw(&id).await;
    let host = seen.host_config.clone().expect("host config");
    assert_eq!(host.cap_drop, Some(vec!["ALL".to_owned()]));
    assert_eq!(host.privileged, Some(false));
    assert_eq!(host.readonly_rootfs, Some(true));
    assert!(host.security_opt.expect("options").iter().any(|option| option.starts_with("no-new-privileges")));
    assert_eq!((host.memory, host.pids_limit), (Some(384 << 20), Some(256)));
    assert_eq!(host.nano_cpus, Some(1_000_000_000));
    let bindings = host.port_bindings.expect("ports");
    let binding = bindings["5900/tcp"].as_ref().expect("bound");
    assert_eq!(binding.len(), 1);
    assert_eq!(binding[0].host_ip.as_deref(), Some("127.0.0.1"));

    let (status, _) = rig.inside(&id, "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; id -u").await;
    for line in ["CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "1000"] {
        assert!(status.contains(line), "{line:?} in {status}");
    }
    let (_, refused) = rig.inside(&id, "touch /usr/here /etc/here").await;
    assert_ne!(refused, 0, "the root is read-only");
    let (said, fine) = rig.inside(&id, &format!("touch /tmp/here {}", in_home("here"))).await;
    assert_eq!(fine, 0, "{said}");

    assert!(!format!("{seen:?}").contains(PASSWORD), "the password is in what inspect shows");
    let (arguments, _) = rig.inside(&id, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' ' '").await;
    assert!(!arguments.contains(PASSWORD), "the password is in some process's arguments or environment");
}

#[tokio::test]
async fn the_home_outlives_its_containers_until_it_is_removed() {
    let rig = Rig::new().await;
    let (desktop, port) = (desktop_id(), port());
    let first = rig.up(&desktop, port).await;
    let note = in_home("note");
    assert_eq!(rig.inside(&first, &format!("echo kept > {note}")).await.1, 0);
    let used = rig.engine.remove_home(&desktop, soon()).await.expect_err("a home in use stays");
    assert_eq!(used.kind, Kind::InUse, "{used}");
    rig.stop(&first, &desktop).await.expect("removed");

    let next = create(&rig.engine, &desktop, 2, &rig.template(), port).await.expect("created");
    let booting = rig.engine.start(next.id(), Some(PASSWORD), soon()).await.expect("started");
    ready(booting, port).await.expect("ready");
    assert_eq!(rig.inside(next.id(), &format!("cat {note}")).await.0.trim(), "kept");
    rig.stop(next.id(), &desktop).await.expect("removed");
    rig.engine.remove_home(&desktop, soon()).await.expect("home removed");

    let anew = create(&rig.engine, &desktop, 3, &rig.template(), port).await.expect("created");
    rig.engine.start(anew.id(), Some(PASSWORD), soon()).await.expect("started");
    assert_ne!(rig.inside(anew.id(), &format!("cat {note}")).await.1, 0, "a new home is empty");
}
