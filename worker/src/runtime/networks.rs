//! The bridges that desktops live in: a few, shared, with nobody able to talk to a neighbour.
//!
//! One bridge for every thousand host ports: port leases are unique on a node, so no bridge ever has more desktops than it can hold
//! (1,023), and nothing has to be counted. Each has a /22 of our choice, because Docker's own address pools end at about 31
//! networks. Docker allows two networks of one name; two workers at once are kept apart by the subnet instead: both try the
//! same one first, the engine gives it to one, and the other finds that one's network. Should two come to be after
//! all, everybody takes the older and the younger is removed. Desktops are connected by network id. Their host interfaces have names
//! of ours, by which the firewall knows them, whenever they are made.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{Ipam, IpamConfig, Network, NetworkCreateRequest};
use tokio::time::{Instant, sleep};

use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;
use super::names::LABEL_INSTALLATION;
use super::subnet::{Subnet, candidates, host_routes};

const LIST: Call = Call::new("network_list", 10);
const CREATE: Call = Call::new("network_create", 20);
const REMOVE: Call = Call::new("network_remove", 20);
const ISOLATED: &str = "com.docker.network.bridge.enable_icc";
const BRIDGE: &str = "com.docker.network.bridge.name";

/// Host ports, and so desktops, that share one network.
pub const DESKTOPS_A_NETWORK: u16 = 1000;

/// How often to look whether the one who got the subnet first shows its network, and how long between.
const LOOKS: usize = 10;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Which network a desktop on this host port belongs to.
#[must_use]
pub fn network_index(node_port: u16) -> u16 {
    node_port / DESKTOPS_A_NETWORK
}

impl Engine {
    /// The id of the network for this host port, made when it is not there.
    ///
    /// # Errors
    /// As any call; [`Kind::Network`] when no subnet is free; [`Kind::NotOurs`] when a stranger's network has the name.
    pub async fn network_for(&self, node_port: u16, until: Instant) -> Result<String, EngineError> {
        let index = network_index(node_port);
        if let Some(id) = self.known_network(index) {
            return Ok(id);
        }
        let id = self.ensure_network(index, until).await?;
        self.remember_network(index, &id);
        Ok(id)
    }

    async fn ensure_network(&self, index: u16, until: Instant) -> Result<String, EngineError> {
        let name = &self.installation().network_name(index);
        let bridge = &self.installation().bridge_name(index);
        let networks = self.networks(until).await?;
        if let Some(id) = self.settle(name, &networks, until).await? {
            return Ok(id);
        }
        let mut taken: Vec<Subnet> = networks.iter().flat_map(subnets).collect();
        if self.is_local() {
            taken.extend(host_routes());
        }
        for subnet in candidates(name, &taken) {
            match self.create_network(name, bridge, subnet, until).await {
                Ok(()) => {
                    let networks = self.networks(until).await?;
                    if let Some(id) = self.settle(name, &networks, until).await? {
                        return Ok(id);
                    }
                }
                // Somebody was faster: with this name, most likely, and it will show in a moment.
                Err(error) if matches!(error.kind, Kind::Network | Kind::NameTaken) => {
                    for _ in 0..LOOKS {
                        let networks = self.networks(until).await?;
                        if let Some(id) = self.settle(name, &networks, until).await? {
                            return Ok(id);
                        }
                        sleep(LOOK_EVERY).await;
                    }
                    tracing::debug!(%subnet, %error, "subnet refused, trying the next");
                }
                Err(error) => return Err(error),
            }
        }
        Err(EngineError::new(Kind::Network, CREATE.name, "every private subnet that we know of is taken"))
    }

    /// Of the networks with this name the oldest, which everybody takes; younger ones without desktops are removed.
    async fn settle(&self, name: &str, networks: &[Network], until: Instant) -> Result<Option<String>, EngineError> {
        let mut named: Vec<&Network> =
            networks.iter().filter(|network| network.name.as_deref() == Some(name)).collect();
        named.sort_by_key(|network| (&network.created, &network.id));
        let mut named = named.into_iter();
        let Some(oldest) = named.next() else {
            return Ok(None);
        };
        let isolated =
            oldest.options.as_ref().and_then(|options| options.get(ISOLATED)).is_some_and(|on| on == "false");
        if !isolated || !oldest.labels.as_ref().is_some_and(|labels| self.installation().owns(labels)) {
            let detail = format!("network {name} was not made by this installation");
            return Err(EngineError::new(Kind::NotOurs, LIST.name, detail));
        }
        for younger in named.filter_map(|network| network.id.as_deref()) {
            let _ = self.remove_network(younger, until).await;
        }
        Ok(oldest.id.clone())
    }

    async fn create_network(
        &self,
        name: &str,
        bridge: &str,
        subnet: Subnet,
        until: Instant,
    ) -> Result<(), EngineError> {
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            options: Some(HashMap::from([
                (ISOLATED.to_owned(), "false".to_owned()),
                (BRIDGE.to_owned(), bridge.to_owned()),
            ])),
            labels: Some(HashMap::from([(LABEL_INSTALLATION.to_owned(), self.installation().id().to_owned())])),
            ipam: Some(Ipam {
                config: Some(vec![IpamConfig { subnet: Some(subnet.to_string()), ..Default::default() }]),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.call(CREATE, until, |docker| async move { docker.create_network(request).await }).await.map(drop)
    }

    pub(super) async fn networks(&self, until: Instant) -> Result<Vec<Network>, EngineError> {
        self.call(LIST, until, |docker| async move { docker.list_networks(None).await }).await
    }

    pub(super) async fn remove_network(&self, id: &str, until: Instant) -> Result<(), EngineError> {
        self.call(REMOVE, until, |docker| async move { docker.remove_network(id).await }).await
    }

    /// Removes this installation's networks that have no desktop.
    ///
    /// # Errors
    /// As any call; one that is still used is no error.
    pub async fn remove_networks(&self, until: Instant) -> Result<(), EngineError> {
        self.forget_networks();
        for network in self.networks(until).await? {
            let ours = network.labels.as_ref().is_some_and(|labels| self.installation().owns(labels));
            let Some(id) = network.id.filter(|_| ours) else {
                continue;
            };
            match self.remove_network(&id, until).await {
                Err(error) if !matches!(error.kind, Kind::Network | Kind::NotFound) => {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn subnets(network: &Network) -> impl Iterator<Item = Subnet> + '_ {
    let configs = network.ipam.iter().flat_map(|ipam| ipam.config.iter().flatten());
    configs.filter_map(|config| config.subnet.as_deref()?.parse().ok())
}
