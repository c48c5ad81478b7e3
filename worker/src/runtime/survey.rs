//! What else of this installation is in an engine, besides its containers: networks, homes, and the memory that one takes.
//!
//! Only for comparing with the records; starts and stops do not come here.

use bollard::query_parameters::{ListVolumesOptionsBuilder, StatsOptionsBuilder};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use std::collections::HashMap;
use tokio::time::Instant;

use super::cgroup;
use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;
use super::names::{LABEL_DESKTOP, LABEL_NAME, LABEL_OWNER};

const VOLUMES: Call = Call::new("volume_list", 20);
const STATS: Call = Call::new("stats", 3);
const NETWORK_REMOVE: &str = "network_remove";

/// The volume with a desktop's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The volume's name.
    pub name: String,
    pub desktop: String,
    /// The owner's id.
    pub owner: Option<String>,
    /// The desktop's name when the home was made.
    pub desktop_name: Option<String>,
    pub created_at: Option<Timestamp>,
}

/// A network of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNetwork {
    pub id: String,
    pub name: String,
    /// Which thousand host ports it is for; none: its name is not one that starts look for.
    pub index: Option<u16>,
    pub created_at: Option<Timestamp>,
}

impl Engine {
    /// The homes of this installation.
    ///
    /// # Errors
    /// As any call.
    pub async fn homes(&self, until: Instant) -> Result<Vec<Home>, EngineError> {
        let filters = HashMap::from([("label", vec![self.installation().filter()])]);
        let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let answer =
            self.call(VOLUMES, until, |docker| async move { docker.list_volumes(Some(options)).await }).await?;
        let homes = answer.volumes.unwrap_or_default().into_iter().filter_map(|volume| {
            let label = |name| volume.labels.get(name).cloned();
            let desktop = label(LABEL_DESKTOP)?;
            Some(Home {
                owner: label(LABEL_OWNER),
                desktop_name: label(LABEL_NAME),
                created_at: volume.created_at.as_deref().and_then(|text| text.parse().ok()),
                desktop,
                name: volume.name,
            })
        });
        Ok(homes.collect())
    }

    /// The networks of this installation.
    ///
    /// # Errors
    /// As any call.
    pub async fn own_networks(&self, until: Instant) -> Result<Vec<OwnNetwork>, EngineError> {
        let networks = self.networks(until).await?.into_iter();
        let ours = networks.filter(|n| n.labels.as_ref().is_some_and(|labels| self.installation().owns(labels)));
        let prefix = self.installation().network_name(0);
        let prefix = prefix.trim_end_matches('0').to_owned();
        Ok(ours
            .filter_map(|network| {
                let name = network.name?;
                Some(OwnNetwork {
                    id: network.id?,
                    index: name.strip_prefix(&prefix).and_then(|index| index.parse().ok()),
                    created_at: network.created.as_deref().and_then(|text| text.parse().ok()),
                    name,
                })
            })
            .collect())
    }

    /// Removes one network of this installation by its id. One that is gone is a success.
    ///
    /// # Errors
    /// As any call; [`Kind::NotOurs`] when its labels are not this installation's; [`Kind::InUse`] while anything is
    /// connected to it.
    pub async fn remove_own_network(&self, id: &str, until: Instant) -> Result<(), EngineError> {
        let all = self.networks(until).await?;
        let Some(network) = all.iter().find(|network| network.id.as_deref() == Some(id)) else { return Ok(()) };
        if !network.labels.as_ref().is_some_and(|labels| self.installation().owns(labels)) {
            return Err(EngineError::new(Kind::NotOurs, NETWORK_REMOVE, format!("network {id} has other labels")));
        }
        self.forget_networks();
        match self.remove_network(id, until).await {
            Err(error) if error.kind == Kind::NotFound => Ok(()),
            Err(error) if error.kind == Kind::Network && error.detail.contains("not found") => Ok(()),
            Err(error) if error.kind == Kind::Network => {
                Err(EngineError::new(Kind::InUse, NETWORK_REMOVE, error.detail))
            }
            other => other,
        }
    }

    /// How much memory a container takes now. None: the engine does not say.
    pub async fn memory_bytes(&self, container_id: &str, until: Instant) -> Option<u64> {
        Some(self.usage(container_id, until).await?.memory_bytes).filter(|bytes| *bytes > 0)
    }

    /// What a container takes. None: the engine does not say.
    pub async fn usage(&self, container_id: &str, until: Instant) -> Option<Usage> {
        if self.is_local()
            && let Some(usage) = cgroup::usage(container_id)
        {
            return Some(usage);
        }
        let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
        let once = |docker: bollard::Docker| async move {
            let mut answers = Box::pin(docker.stats(container_id, Some(options)));
            answers.next().await.transpose()
        };
        let stats = self.call(STATS, until, once).await.ok()??;
        let memory = stats.memory_stats?;
        // As `docker stats` does: what the kernel would give up at once is not counted.
        let cache = ["inactive_file", "total_inactive_file"];
        let cache = memory.stats.and_then(|stats| cache.iter().find_map(|name| stats.get(*name).copied()));
        let cpu = stats.cpu_stats.and_then(|cpu| cpu.cpu_usage?.total_usage);
        Some(Usage {
            cpu_nanos: cpu.unwrap_or_default(),
            memory_bytes: memory.usage?.saturating_sub(cache.unwrap_or_default()),
        })
    }
}

/// What a container takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU time since it began.
    pub cpu_nanos: u64,
    pub memory_bytes: u64,
}
