//! The container engine, by bollard: the only place that knows it.
//!
//! [`Engine`] is cheap to clone and gives every call a time-out of its own; [`EngineError`] says once, for all callers, what a
//! failure means. What a container must look like is a pure function in `spec`; what happened to one is told by `events`.
//! Nothing here reads or writes the database: the jobs and the reconciler do that with what these calls answer.

mod boot;
mod cgroup;
mod container;
mod engine;
mod error;
mod events;
mod image;
mod kind;
mod names;
mod networks;
mod output;
mod probe;
mod pull;
mod reach;
mod remove;
mod spec;
mod subnet;
mod survey;

pub use boot::{Booting, Readiness};
pub use container::{Container, Created, Ending, Exit, Listed, Phase, State};
pub use engine::{Engine, EngineInfo};
pub use error::EngineError;
pub use events::{EngineEvent, Happening};
pub use image::Image;
pub use kind::{Kind, Remedy};
pub use names::{BRIDGES, Installation};
pub use networks::{DESKTOPS_A_NETWORK, network_index};
pub use probe::{http_answers, rfb_greets};
pub use pull::{Credentials, Progress, Pulling};
pub use reach::{Answer, Target};
pub use spec::{ContainerSpec, HOME, Template};
pub(crate) use subnet::Subnet;
pub use survey::{Home, OwnNetwork, Usage};
