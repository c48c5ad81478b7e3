//! The shared bridges: made once, and nobody reaches a neighbour.

use std::time::Duration;

use berth_worker::runtime::{network_index, rfb_greets};
use bollard::models::NetworkCreateRequest;

use crate::engines::both_engines;
use crate::rig::{Rig, address, desktop_id, port, soon};

both_engines! {
    async fn workers_that_make_the_same_network_at_once_get_one(rig: Rig) {
        let port = port();
        let workers: Vec<_> = (0..6).map(|_| rig.second_worker()).collect();
        let asked = workers.iter().map(|worker| worker.network_for(port, soon()));
        let ids: Vec<String> =
            futures_util::future::join_all(asked).await.into_iter().map(|id| id.expect("an id")).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let name = rig.engine.installation().network_name(network_index(port));
        let all = rig.docker.list_networks(None).await.expect("listed");
        assert_eq!(all.iter().filter(|network| network.name.as_deref() == Some(name.as_str())).count(), 1);
    }

    async fn a_network_that_somebody_removed_is_made_anew(rig: Rig) {
        let (desktop, port) = (desktop_id(), port());
        let id = rig.engine.network_for(port, soon()).await.expect("a network");
        rig.docker.remove_network(&id).await.expect("removed behind our back");
        let error = rig.boot(&desktop, &rig.template(), port).await.expect_err("its network is gone");
        assert_eq!(error.kind, berth_worker::runtime::Kind::Network, "{error}");
        rig.up(&desktop, port).await;
    }

    async fn a_strangers_network_is_left_alone(rig: Rig) {
        let port = port();
        let name = rig.engine.installation().network_name(network_index(port));
        let request = NetworkCreateRequest { name, ..Default::default() };
        let id = rig.docker.create_network(request).await.expect("a stranger's").id;
        let error = rig.engine.network_for(port, soon()).await.expect_err("not ours");
        rig.docker.remove_network(&id).await.expect("removed");
        assert_eq!(error.kind, berth_worker::runtime::Kind::NotOurs, "{error}");
    }
}

#[tokio::test]
async fn desktops_are_reached_from_the_host_and_not_from_each_other() {
    let rig = Rig::new().await;
    let (ports, desktops) = ([port(), port()], [desktop_id(), desktop_id()]);
    let first = rig.up(&desktops[0], ports[0]).await;
    let second = rig.up(&desktops[1], ports[1]).await;
    for port in ports {
        assert!(rfb_greets(address(port), Duration::from_secs(5)).await, "from the host");
    }
    let networks = rig.raw(&second).await.network_settings.and_then(|s| s.networks).expect("networks");
    let (network, seat) = networks.iter().next().expect("one network");
    let neighbour = seat.ip_address.clone().expect("an address");
    let gateway = seat.gateway.clone().expect("a gateway");
    assert!(network.contains("net"), "{network}");
    let greet = |host: &str, port: u16| format!("timeout 3 bash -c 'head -c 4 </dev/tcp/{host}/{port}'");
    let (said, code) = rig.inside(&first, &greet("127.0.0.1", 5900)).await;
    assert!(code == 0 && said.contains("RFB"), "the probe works on its own screen: {said}");
    for (host, port) in [(neighbour, 5900), (gateway, ports[1])] {
        let (said, code) = rig.inside(&first, &greet(&host, port)).await;
        assert!(code != 0 && !said.contains("RFB"), "reached {host}:{port}: {said}");
    }
}
