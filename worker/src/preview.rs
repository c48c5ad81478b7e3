//! What this node's worker would find and do, were it to work with other records: said before they are taken for the truth. The engine
//! is only looked at.

use crate::tasks::compare;
use crate::{WorkerError, begin};
use berth_shared::config::Settings;
use berth_shared::events::Signals;
use berth_shared::secrets::SecretKey;
use berth_shared::store::Db;
use berth_shared::store::drift::Found;
use std::sync::Arc;

/// Where records and engine do not agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// What waits for somebody's word.
    pub found: Vec<Found>,
    /// Names of what is removed without one: the records prove that it was superseded or deleted.
    pub removed: Vec<String>,
    /// Running desktops whose container runs.
    pub desktops: i64,
    /// Leased ports that are used.
    pub ports: i64,
}

/// Why records and engine could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("{0}")]
    NotCompared(String),
}

/// Compares these records, a copy, with the engine of this node.
///
/// # Errors
/// When the engine does not answer, the key is not theirs, or the database fails.
pub async fn differences(db: Db, settings: Arc<Settings>, key: SecretKey) -> Result<Differences, PreviewError> {
    let ctx = begin(db, Signals::default(), settings, key).await?;
    compare::only_look(&ctx).await.map_err(|error| PreviewError::NotCompared(error.to_string()))
}
