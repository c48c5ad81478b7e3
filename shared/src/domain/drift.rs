//! Drift: what the records say and what an engine says, where the two do not agree, and what may be done about it.
//! The words for people are written where the difference is found (the worker's comparison); nothing here knows the
//! engine or the database.

use super::time::Time;
use super::words;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words!(
    /// A kind of difference.
    DriftKind {
        /// A container of ours that no desktop knows.
        ContainerWithoutDesktop = "container_without_desktop",
        /// A desktop whose container is gone, while starting it again is held.
        DesktopWithoutContainer = "desktop_without_container",
        /// A host port that is leased, with no desktop that could use it.
        PortLeaseWithoutDesktop = "port_lease_without_desktop",
        /// A host port that is free in the records, but somebody else listens on it.
        PortInUse = "port_in_use",
        /// A network of ours that no start will use.
        NetworkUnused = "network_unused",
        /// Files of a desktop that the records do not know.
        HomeWithoutDesktop = "home_without_desktop",
    }
);

words!(
    /// What an administrator may decide about a difference; what exactly it does stands in the item's `explains`.
    DriftAction {
        Adopt = "adopt",
        Remove = "remove",
        Forget = "forget",
    }
);

impl DriftAction {
    /// Whether the engine has to answer for it.
    #[must_use]
    pub const fn needs_engine(self) -> bool {
        match self {
            Self::Adopt | Self::Remove => true,
            Self::Forget => false,
        }
    }

    /// As the audit log calls it.
    #[must_use]
    pub const fn written(self) -> super::audit::Action {
        use super::audit::Action;
        match self {
            Self::Adopt => Action::DriftAdopt,
            Self::Remove => Action::DriftRemove,
            Self::Forget => Action::DriftForget,
        }
    }
}

/// What one side says: a line, the line below it, and the facts in them for programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftSide {
    pub title: String,
    pub detail: String,
    #[serde(default)]
    pub desktop_id: Option<String>,
    #[serde(default)]
    pub container_id: Option<String>,
    /// A username.
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub port: Option<u16>,
    /// Since when it has been so on this side.
    #[serde(default)]
    pub since: Option<Time>,
    #[serde(default)]
    pub memory_bytes: Option<u64>,
}

/// What an administrator decided, until it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftAsked {
    pub action: DriftAction,
    /// Username.
    pub by: String,
    pub at: Time,
    /// Why it did not work, in words; asking again tries again.
    pub error: Option<String>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftItem {
    pub id: String,
    pub kind: DriftKind,
    /// The engine's node.
    pub node: String,
    /// What the records say; null: nothing.
    pub record: Option<DriftSide>,
    /// What the engine says; null: nothing.
    pub engine: Option<DriftSide>,
    /// First seen.
    pub since: Time,
    /// What may be decided about it.
    pub actions: Vec<DriftAction>,
    /// What the actions do, or why one is not offered.
    pub explains: String,
    pub asked: Option<DriftAsked>,
}

/// On how many both sides agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftMatched {
    /// Running desktops whose container runs.
    pub desktops: i64,
    /// Leased ports that are used, or about to be.
    pub ports: i64,
}

/// One engine, and when it was compared last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftNode {
    pub id: String,
    pub engine_up: bool,
    pub compared_at: Option<Time>,
}

/// The whole page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftList {
    pub items: Vec<DriftItem>,
    pub matched: DriftMatched,
    /// The oldest node's; null: never yet.
    pub compared_at: Option<Time>,
    /// Null while a comparison is under way, and when no engine answers.
    pub next_compare_at: Option<Time>,
    pub nodes: Vec<DriftNode>,
}
