//! Networks, volumes and images.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::journal::What;
use super::network::{Network, Subnet, default_pools};
use super::{Engine, Inner, new_id};
use crate::answers::{self, Refusal};
use crate::program::Program;

/// As a client asks for a network.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct NetworkRequest {
    pub(crate) name: String,
    check_duplicate: bool,
    driver: Option<String>,
    internal: Option<bool>,
    options: Option<HashMap<String, String>>,
    labels: Option<HashMap<String, String>>,
    #[serde(rename = "IPAM")]
    ipam: Option<Ipam>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam {
    config: Option<Vec<Value>>,
}

/// The three networks that every engine has.
pub(super) fn predefine(inner: &mut Inner) -> Result<(), Refusal> {
    for (name, driver, subnet) in
        [("bridge", "bridge", Some("172.17.0.0/16")), ("host", "host", None), ("none", "null", None)]
    {
        if inner.world.network(name).is_none() {
            let ipam = subnet.and_then(Subnet::parse).map(|s| vec![config_of(s)]).unwrap_or_default();
            make(inner, name, driver, NetworkRequest::default(), ipam)?;
        }
    }
    Ok(())
}

fn config_of(subnet: Subnet) -> Value {
    json!({ "Subnet": subnet.text(), "Gateway": subnet.gateway().to_string() })
}

fn make(
    inner: &mut Inner,
    name: &str,
    driver: &str,
    asked: NetworkRequest,
    ipam: Vec<Value>,
) -> Result<String, Refusal> {
    let network = Network {
        id: new_id(),
        name: name.to_owned(),
        created: Timestamp::now().to_string(),
        driver: driver.to_owned(),
        internal: asked.internal.unwrap_or_default(),
        options: asked.options.unwrap_or_default(),
        labels: asked.labels.unwrap_or_default(),
        ipam,
    };
    let id = network.id.clone();
    inner.commit(What::NetworkCreated { network })?;
    Ok(id)
}

impl Engine {
    /// Its id. Two of one name are allowed, as in Docker; two of one subnet are not.
    pub(crate) fn create_network(&self, mut asked: NetworkRequest) -> Result<String, Refusal> {
        let mut inner = self.lock();
        let name = std::mem::take(&mut asked.name);
        if asked.check_duplicate && inner.world.networks.values().any(|network| network.name == name) {
            return Err(answers::bad_request(format!("network with name {name} already exists")));
        }
        let taken: Vec<Subnet> = inner.world.networks.values().filter_map(Network::subnet).collect();
        let free = |subnet: &Subnet| !taken.iter().any(|other| other.overlaps(*subnet));
        let given = asked.ipam.take().and_then(|ipam| ipam.config).unwrap_or_default();
        let wanted = given.iter().find_map(|config| config.get("Subnet")?.as_str());
        let ipam = match wanted {
            Some(text) => {
                let invalid = || answers::bad_request(format!("invalid subnet {text} : invalid CIDR address: {text}"));
                let subnet = Subnet::parse(text).ok_or_else(invalid)?;
                if !free(&subnet) {
                    return Err(answers::pool_overlaps());
                }
                given
            }
            None => vec![config_of(default_pools().find(free).ok_or_else(answers::no_pool_left)?)],
        };
        let driver = asked.driver.take().unwrap_or_else(|| "bridge".to_owned());
        make(&mut inner, &name, &driver, asked, ipam)
    }

    pub(crate) fn remove_network(&self, asked: &str) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let network = inner.world.network(asked).ok_or_else(|| answers::no_such_network(asked))?;
        let (id, name) = (network.id.clone(), network.name.clone());
        if network.is_predefined() {
            return Err(answers::network_is_predefined(&name));
        }
        if inner.world.containers.values().any(|c| c.runs() && c.network_id.as_ref() == Some(&id)) {
            return Err(answers::network_in_use(&name, &id));
        }
        inner.commit(What::NetworkRemoved { id, name })
    }

    pub(crate) fn remove_volume(&self, name: &str) -> Result<(), Refusal> {
        let mut inner = self.lock();
        if !inner.world.volumes.contains_key(name) {
            return Err(answers::no_such_volume(name));
        }
        let users = inner.world.users_of(name);
        if !users.is_empty() {
            return Err(answers::volume_in_use(name, &users));
        }
        inner.commit(What::VolumeRemoved { name: name.to_owned() })
    }

    /// From now on this image does that.
    pub(crate) fn make_image(&self, name: String, program: Program) -> Result<(), Refusal> {
        self.lock().commit(What::ImageMade { name, program })
    }

    /// The image is an ordinary desktop again.
    pub(crate) fn remove_image(&self, name: &str) -> Result<(), Refusal> {
        let mut inner = self.lock();
        if !inner.world.images.contains_key(name) {
            return Err(answers::no_such_image(name));
        }
        inner.commit(What::ImageRemoved { name: name.to_owned() })
    }
}
