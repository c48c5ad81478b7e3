//! A template: the recipe that a desktop is started from.

use super::desktop::{ConnectKind, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A template as the api shows it to who may start it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateView {
    pub id: String,
    pub name: String,
    pub description: String,
    /// The name of a picture that the page has.
    pub icon: String,
    pub kind: ConnectKind,
    pub memory_mib: i64,
    pub cpus: f64,
    /// Started when nothing else was chosen.
    pub default: bool,
    /// Whether a start would find its image.
    pub ready: bool,
    pub reason: Option<Reason>,
    /// The middle one of its last starts, from claimed to running; null before the first.
    pub typical_start_ms: Option<i64>,
}
