//! The shared bridges: made once, and nobody reaches a neighbour.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::process::Command;
use std::time::Duration;

use berth_worker::runtime::{Answer, BRIDGES, Target, network_index, rfb_greets};
use bollard::models::NetworkCreateRequest;
use bollard::query_parameters::ListContainersOptionsBuilder;

use crate::engines::both_engines;
use crate::rig::{IMAGE, Rig, address, desktop_id, port, soon};

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

#[tokio::test]
async fn the_firewall_knows_a_network_by_its_bridge() {
    let rig = Rig::new().await;
    let port = port();
    let id = rig.engine.network_for(port, soon()).await.expect("a network");
    let network = rig.docker.inspect_network(&id, None).await.expect("inspected");
    let bridge = network.options.and_then(|options| options.get("com.docker.network.bridge.name").cloned());
    assert_eq!(bridge, Some(rig.engine.installation().bridge_name(network_index(port))));
    assert!(bridge.is_some_and(|name| name.starts_with(BRIDGES)));
}

#[tokio::test]
async fn what_answers_a_desktop_is_found_and_nothing_stays() {
    let rig = Rig::new().await;
    let network = rig.engine.network_for(port(), soon()).await.expect("a network");
    let host = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a listener of this host");
    let open = host.local_addr().expect("its address").port();
    let target =
        |what: &str, address, port| Target { what: what.to_owned(), address: SocketAddrV4::new(address, port) };
    let targets = |gateway: Ipv4Addr, neighbour: Ipv4Addr| {
        vec![target("host", gateway, open), target("closed", gateway, 1), target("neighbour", neighbour, 5900)]
    };
    let heard = rig.engine.reach(&network, IMAGE, targets, soon()).await.expect("looked at");
    let heard: Vec<_> = heard.iter().map(|(target, answer)| (target.what.as_str(), *answer)).collect();
    // A machine that has the firewall keeps silent.
    let shut = Command::new("nft").args(["list", "table", "inet", "berth"]).output().is_ok_and(|o| o.status.success());
    let expected = if shut { vec![] } else { vec![("host", Answer::Open), ("closed", Answer::Refused)] };
    assert_eq!(heard, expected);
    let short_lived = HashMap::from([("label", vec!["berth.doctor"]), ("network", vec![network.as_str()])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&short_lived).build();
    assert_eq!(rig.docker.list_containers(Some(options)).await.expect("listed").len(), 0);
}
