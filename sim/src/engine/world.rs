//! What there is: a pure fold over the journal. The same function is used while the engine runs and when it reads its journal again.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;

use super::journal::{Entry, What, Who};
use super::network::Network;
use super::registry::Offer;
use super::spec::Spec;
use crate::output::{Line, Output};
use crate::program::Program;

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) containers: HashMap<String, Container>,
    /// Name → id.
    pub(crate) names: HashMap<String, String>,
    pub(crate) networks: BTreeMap<String, Network>,
    pub(crate) volumes: BTreeMap<String, Volume>,
    /// What images do that are no desktops. Every image that is not here is a desktop.
    pub(crate) images: HashMap<String, Program>,
    /// Images that are at a registry.
    pub(super) offers: HashMap<String, Offer>,
    /// Which of these were pulled.
    pub(super) pulled: HashMap<String, u32>,
}

#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    pub(crate) spec: Spec,
    pub(crate) state: State,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) exit_code: i64,
    pub(crate) oom: bool,
    pub(crate) error: String,
    /// Host ports: those that were asked for, and while it runs those it has.
    pub(crate) ports: Vec<u16>,
    /// Its network's name when it was made.
    pub(crate) network_name: String,
    /// Its network's id, once it has been started: from then on it is that one, whatever else gets the name.
    pub(crate) network_id: Option<String>,
    /// While it runs.
    pub(crate) address: Option<IpAddr>,
    pub(crate) output: Output,
    /// Somebody is removing it.
    pub(crate) removing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Made, never started, or not startable.
    Created,
    Running,
    Exited,
}

#[derive(Debug)]
pub(crate) struct Volume {
    pub(crate) created_at: Timestamp,
    pub(crate) labels: HashMap<String, String>,
}

impl Container {
    pub(crate) fn who(&self) -> Who {
        Who {
            id: self.id.clone(),
            name: self.name.clone(),
            labels: self.spec.labels.clone(),
            ports: self.ports.clone(),
        }
    }

    /// As Docker words it: one that is being removed says so once it no longer runs.
    pub(crate) fn status(&self) -> &'static str {
        match self.state {
            State::Running => "running",
            State::Created | State::Exited if self.removing => "removing",
            State::Created => "created",
            State::Exited => "exited",
        }
    }

    pub(crate) fn runs(&self) -> bool {
        self.state == State::Running
    }
}

impl World {
    /// By id, by name, or by the beginning of its id.
    pub(crate) fn find(&self, asked: &str) -> Option<&Container> {
        let name = asked.trim_start_matches('/');
        if let Some(found) = self.containers.get(asked).or_else(|| self.containers.get(self.names.get(name)?)) {
            return Some(found);
        }
        let hex = asked.len() >= 4 && asked.bytes().all(|b| b.is_ascii_hexdigit());
        let mut alike = self.containers.values().filter(|container| hex && container.id.starts_with(asked));
        alike.next().filter(|_| alike.next().is_none())
    }

    /// By id or by name; of several with that name the oldest.
    pub(crate) fn network(&self, asked: &str) -> Option<&Network> {
        let asked = if asked.is_empty() || asked == "default" { "bridge" } else { asked };
        let by_name = || {
            let named = self.networks.values().filter(|network| network.name == asked);
            named.min_by(|a, b| a.created.cmp(&b.created))
        };
        self.networks.get(asked).or_else(by_name)
    }

    /// The one that a container is to be connected to.
    pub(crate) fn network_of(&self, container: &Container) -> Option<&Network> {
        match &container.network_id {
            Some(id) => self.networks.get(id),
            None => self.network(&container.spec.network_mode),
        }
    }

    /// Ids of the containers, in whatever state, that have this volume.
    pub(crate) fn users_of(&self, volume: &str) -> Vec<&str> {
        let has = |container: &&Container| container.spec.volumes.iter().any(|(name, _)| name == volume);
        self.containers.values().filter(has).map(|container| container.id.as_str()).collect()
    }

    pub(crate) fn apply(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.what {
            What::EngineStarted { .. } | What::EngineEnded => {}
            What::ContainerCreated { who, body, .. } => self.create(at, who, body),
            What::ContainerStarted { who, address, network } => {
                if let Some(container) = self.containers.get_mut(&who.id) {
                    container.state = State::Running;
                    container.started_at = Some(at);
                    container.finished_at = None;
                    (container.exit_code, container.oom) = (0, false);
                    container.error.clear();
                    container.ports.clone_from(&who.ports);
                    container.network_id = Some(network.clone());
                    container.address = address.parse().ok();
                    container.output.begins();
                }
            }
            What::StartRefused { who, exit_code, error } => {
                if let Some(container) = self.containers.get_mut(&who.id) {
                    // A program that is not there has a code of its own; another refusal leaves that of the last run.
                    if *exit_code == 127 || container.exit_code == 0 {
                        container.exit_code = *exit_code;
                    }
                    container.error.clone_from(error);
                }
            }
            What::ContainerSaid { id, channel, text } => {
                if let Some(container) = self.containers.get_mut(id) {
                    container.output.says(Line { at, channel: *channel, text: text.clone() });
                }
            }
            What::ContainerDied { who, exit_code, oom } => {
                if let Some(container) = self.containers.get_mut(&who.id) {
                    container.state = State::Exited;
                    container.finished_at = Some(at);
                    (container.exit_code, container.oom) = (*exit_code, *oom);
                    container.address = None;
                    container.output.ends();
                }
            }
            What::ContainerRemoved { who, .. } => {
                self.names.remove(&who.name);
                if let Some(container) = self.containers.remove(&who.id) {
                    container.output.ends();
                }
            }
            What::NetworkCreated { network } => {
                self.networks.insert(network.id.clone(), network.clone());
            }
            What::NetworkRemoved { id, .. } => {
                self.networks.remove(id);
            }
            What::VolumeCreated { name, labels } => {
                self.volumes.insert(name.clone(), Volume { created_at: at, labels: labels.clone() });
            }
            What::VolumeRemoved { name } => {
                self.volumes.remove(name);
            }
            What::ImageMade { name, program } => {
                self.images.insert(name.clone(), program.clone());
            }
            What::ImageRemoved { name } => {
                self.images.remove(name);
            }
            What::ImageOffered { name, offer } => self.image_offered(name, offer),
            What::ImagePulled { name, version } => self.image_pulled(name, *version),
        }
    }

    fn create(&mut self, at: Timestamp, who: &Who, body: &Value) {
        // It was understood when it was asked for.
        let Ok(spec) = Spec::read(body.clone()) else { return };
        self.names.insert(who.name.clone(), who.id.clone());
        let network_name =
            self.network(&spec.network_mode).map_or_else(|| spec.network_mode.clone(), |n| n.name.clone());
        let container = Container {
            network_name,
            network_id: None,
            id: who.id.clone(),
            name: who.name.clone(),
            created_at: at,
            spec,
            state: State::Created,
            started_at: None,
            finished_at: None,
            exit_code: 0,
            oom: false,
            error: String::new(),
            ports: who.ports.clone(),
            address: None,
            output: Output::new(),
            removing: false,
        };
        self.containers.insert(who.id.clone(), container);
    }
}
