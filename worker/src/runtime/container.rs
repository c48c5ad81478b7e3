//! One desktop's container: made, found, looked at, listed.
//!
//! Making is safe to repeat: the engine's name conflict is our compare-and-swap, and whoever loses it adopts what is there.
//! Removing is in `remove`, starting in `boot`.

use std::collections::HashMap;

use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum as Status, ContainerSummary, ContainerSummaryStateEnum,
};
use bollard::query_parameters::{CreateContainerOptionsBuilder, ListContainersOptionsBuilder};
use jiff::Timestamp;
use tokio::time::Instant;

use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;
use super::names::{LABEL_DESKTOP, LABEL_GENERATION, LABEL_INSTALLATION, LABEL_NAME, LABEL_OWNER, LABEL_TEMPLATE};
use super::spec::ContainerSpec;

const CREATE: Call = Call::new("create", 30);
const INSPECT: Call = Call::new("inspect", 10);
const LIST: Call = Call::new("list", 20);

/// A container of this installation, looked at closely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    pub desktop: String,
    pub generation: i64,
    pub state: State,
    pub created_at: Option<Timestamp>,
    /// The host port it was made for, running or not.
    pub node_port: Option<u16>,
    /// The id of the network it was made for.
    pub network: String,
    pub name: String,
    pub image: String,
    /// The owner's id.
    pub owner: Option<String>,
    /// The template's id; containers of older versions do not say it, nor their desktop's name.
    pub template: Option<String>,
    pub desktop_name: Option<String>,
}

/// Where a container is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Made, never started.
    Created,
    /// Its program runs.
    Running { started_at: Option<Timestamp> },
    /// Its program ended, or could not be started.
    Exited(Exit),
    /// Somebody is removing it.
    Removing,
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    pub code: i64,
    pub out_of_memory: bool,
    /// The engine's own words, when it could not start the program; empty otherwise.
    pub error: String,
    pub finished_at: Option<Timestamp>,
}

/// What an [`Exit`] means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nothing disturbed it: the user logged out.
    Clean,
    /// It was killed for lack of memory.
    OutOfMemory,
    /// Somebody told it to end, or killed it: the engine or the host going down, an administrator.
    Killed,
    /// Its program is not there or cannot be run.
    Broken,
    /// Its program failed.
    Crashed,
}

impl Exit {
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self.code {
            // The engine's mark for lack of memory stays when only a browser's tab was killed and the user logged out later.
            0 if self.error.is_empty() => Ending::Clean,
            _ if self.out_of_memory => Ending::OutOfMemory,
            // 128 + SIGINT, SIGKILL, SIGTERM.
            130 | 137 | 143 => Ending::Killed,
            // What a shell or an init answers for a program that it cannot run or find.
            126 | 127 => Ending::Broken,
            _ => Ending::Crashed,
        }
    }
}

/// A container of this installation, as the engine's list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub desktop: String,
    pub generation: i64,
    pub phase: Phase,
    pub created_at: Option<Timestamp>,
    /// The host port it is published on; only while it runs.
    pub node_port: Option<u16>,
    /// The id of the network it was made for.
    pub network: String,
}

/// [`State`] without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Created,
    Running,
    Exited,
    Removing,
}

/// What [`Engine::create`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// Made just now; its id.
    New(String),
    /// An earlier attempt had made it, on the same port: created or running.
    Adopted(Box<Container>),
}

impl Created {
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::New(id) => id,
            Self::Adopted(container) => &container.id,
        }
    }
}

impl Engine {
    /// Makes the container, or adopts the one that an earlier attempt made. One of the same name that is of no use any more (ended,
    /// or made for another port or network) is removed first.
    ///
    /// # Errors
    /// As any call; [`Kind::NotOurs`] when a stranger's container has the name, [`Kind::Removing`] while an older one goes.
    pub async fn create(&self, spec: &ContainerSpec<'_>, until: Instant) -> Result<Created, EngineError> {
        match self.create_once(spec, until).await {
            Err(error) if error.kind == Kind::NameTaken => {}
            other => return other.map(Created::New),
        }
        if let Some(found) = self.find(spec.desktop, spec.generation, until).await? {
            let usable = matches!(found.state, State::Created | State::Running { .. });
            if usable && found.node_port == Some(spec.node_port) && found.network == spec.network {
                return Ok(Created::Adopted(Box::new(found)));
            }
            self.remove(&found.id, until).await?;
        }
        self.create_once(spec, until).await.map(Created::New)
    }

    async fn create_once(&self, spec: &ContainerSpec<'_>, until: Instant) -> Result<String, EngineError> {
        let options = CreateContainerOptionsBuilder::default().name(&spec.name()).build();
        let body = spec.body();
        self.call(CREATE, until, |docker| async move { docker.create_container(Some(options), body).await })
            .await
            .map(|answer| answer.id)
    }

    /// The container of this desktop and generation, or none.
    ///
    /// # Errors
    /// As any call; [`Kind::NotOurs`] when a stranger's container has the name.
    pub async fn find(&self, desktop: &str, generation: i64, until: Instant) -> Result<Option<Container>, EngineError> {
        let found = self.inspect(&self.installation().container_name(desktop, generation), until).await?;
        match found {
            Some(found) if found.desktop != desktop || found.generation != generation => {
                Err(EngineError::new(Kind::NotOurs, INSPECT.name, format!("{} is of another desktop", found.id)))
            }
            found => Ok(found),
        }
    }

    /// The container of this id, or none when it is gone.
    ///
    /// # Errors
    /// As any call; [`Kind::NotOurs`] when its labels are not this installation's.
    pub async fn inspect(&self, id: &str, until: Instant) -> Result<Option<Container>, EngineError> {
        let answer = self.call(INSPECT, until, |docker| async move { docker.inspect_container(id, None).await }).await;
        match answer {
            Ok(answer) => self.read(answer).map(Some),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every container of this installation, running or not.
    ///
    /// # Errors
    /// As any call.
    pub async fn list_ours(&self, until: Instant) -> Result<Vec<Listed>, EngineError> {
        self.list(vec![self.installation().filter()], until).await
    }

    /// Every container of this desktop, whatever its generation.
    ///
    /// # Errors
    /// As any call.
    pub async fn list_of(&self, desktop: &str, until: Instant) -> Result<Vec<Listed>, EngineError> {
        self.list(vec![self.installation().filter(), format!("{LABEL_DESKTOP}={desktop}")], until).await
    }

    async fn list(&self, labels: Vec<String>, until: Instant) -> Result<Vec<Listed>, EngineError> {
        let filters = HashMap::from([("label", labels)]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let answer =
            self.call(LIST, until, |docker| async move { docker.list_containers(Some(options)).await }).await?;
        Ok(answer.into_iter().filter_map(list_entry).collect())
    }

    fn read(&self, answer: ContainerInspectResponse) -> Result<Container, EngineError> {
        let id = answer.id.unwrap_or_default();
        let config = answer.config.unwrap_or_default();
        let labels = config.labels.unwrap_or_default();
        let label = |name| labels.get(name).cloned();
        let (Some(desktop), Some(generation), true) = (
            label(LABEL_DESKTOP),
            label(LABEL_GENERATION).and_then(|text| text.parse().ok()),
            self.installation().owns(&labels),
        ) else {
            let whose = label(LABEL_INSTALLATION).unwrap_or_else(|| "nobody".to_owned());
            return Err(EngineError::new(Kind::NotOurs, INSPECT.name, format!("container {id} belongs to {whose}")));
        };
        let host = answer.host_config.unwrap_or_default();
        let node_port = host
            .port_bindings
            .unwrap_or_default()
            .into_values()
            .flatten()
            .flatten()
            .find_map(|binding| binding.host_port?.parse().ok());
        Ok(Container {
            id,
            desktop,
            generation,
            state: answer.state.map_or(State::Created, read_state),
            created_at: answer.created.as_deref().and_then(time),
            node_port,
            network: host.network_mode.unwrap_or_default(),
            name: answer.name.unwrap_or_default().trim_start_matches('/').to_owned(),
            image: config.image.unwrap_or_default(),
            owner: label(LABEL_OWNER),
            template: label(LABEL_TEMPLATE),
            desktop_name: label(LABEL_NAME),
        })
    }
}

fn read_state(state: bollard::models::ContainerState) -> State {
    match state.status {
        // "created" with an error: the engine tried to start it and could not (a taken port, a program that is not there).
        None | Some(Status::EMPTY | Status::CREATED) => State::Created,
        Some(Status::RUNNING | Status::PAUSED | Status::RESTARTING | Status::STOPPING) => {
            State::Running { started_at: state.started_at.as_deref().and_then(time) }
        }
        Some(Status::REMOVING) => State::Removing,
        Some(Status::EXITED | Status::DEAD) => State::Exited(Exit {
            code: state.exit_code.unwrap_or_default(),
            out_of_memory: state.oom_killed.unwrap_or_default(),
            error: state.error.unwrap_or_default(),
            finished_at: state.finished_at.as_deref().and_then(time),
        }),
    }
}

fn list_entry(summary: ContainerSummary) -> Option<Listed> {
    let labels = summary.labels?;
    let phase = match summary.state {
        None | Some(ContainerSummaryStateEnum::EMPTY | ContainerSummaryStateEnum::CREATED) => Phase::Created,
        Some(
            ContainerSummaryStateEnum::RUNNING
            | ContainerSummaryStateEnum::PAUSED
            | ContainerSummaryStateEnum::RESTARTING
            | ContainerSummaryStateEnum::STOPPING,
        ) => Phase::Running,
        Some(ContainerSummaryStateEnum::REMOVING) => Phase::Removing,
        Some(ContainerSummaryStateEnum::EXITED | ContainerSummaryStateEnum::DEAD) => Phase::Exited,
    };
    Some(Listed {
        id: summary.id?,
        desktop: labels.get(LABEL_DESKTOP)?.clone(),
        generation: labels.get(LABEL_GENERATION)?.parse().ok()?,
        phase,
        created_at: summary.created.and_then(|seconds| Timestamp::from_second(seconds).ok()),
        node_port: summary.ports.unwrap_or_default().iter().find_map(|port| port.public_port),
        network: summary.host_config.and_then(|host| host.network_mode).unwrap_or_default(),
    })
}

/// The engine's times; what never happened is `0001-01-01T00:00:00Z`.
fn time(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().filter(|time| time.as_second() > 0)
}
