//! What every job and task of one worker process shares.

use std::sync::Arc;

use berth_shared::config::Settings;
use berth_shared::config::StartSlots;
use berth_shared::events::Signals;
use berth_shared::queue::Ends;
use berth_shared::queue::keeper::Keeper;
use berth_shared::secrets::SecretKey;
use berth_shared::store::Db;
use berth_shared::store::nodes::Size;
use tokio::sync::{Notify, watch};
use tokio_util::task::TaskTracker;

use crate::circuit::Circuit;
use crate::runtime::{Engine, EngineInfo};

pub(crate) struct Context {
    pub(crate) db: Db,
    pub(crate) signals: Signals,
    pub(crate) settings: Arc<Settings>,
    pub(crate) key: SecretKey,
    pub(crate) engine: Engine,
    pub(crate) keeper: Keeper,
    pub(crate) ends: Ends,
    /// Claims under way, to be waited for when the worker ends.
    pub(crate) claims: TaskTracker,
    /// `<node>-<process>-<random>`
    pub(crate) worker_id: String,
    /// Whether the engine answers; while it does not, nothing is claimed.
    pub(crate) circuit: Circuit,
    /// What the engine said of itself when it was last seen.
    pub(crate) facts: watch::Sender<Option<EngineInfo>>,
    /// Asks the reconciler to compare now.
    pub(crate) compare: Notify,
}

impl Context {
    /// The engine's CPUs; this machine's until it was first heard of.
    pub(crate) fn cpus(&self) -> u32 {
        let here = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let told = self.facts.borrow().as_ref().map(|facts| facts.cpus);
        told.unwrap_or_else(|| u32::try_from(here()).unwrap_or(1))
    }

    /// What the engine has to give; none: it was not heard of yet.
    pub(crate) fn size(&self) -> Option<Size> {
        let facts = self.facts.borrow();
        let EngineInfo { cpus, memory_bytes, .. } = facts.as_ref()?;
        let memory_mib = i64::try_from(memory_bytes >> 20).ok().filter(|mib| *mib > 0)?;
        Some(Size { id: self.settings.node.clone(), cpus: i64::from(*cpus), memory_mib })
    }

    /// Starts at once on this node: the engine saturates at about twice its CPUs.
    pub(crate) fn start_slots(&self) -> i64 {
        match self.settings.starts_per_host {
            StartSlots::Auto => i64::from(self.cpus() * 2).max(2),
            StartSlots::Fixed(slots) => slots,
        }
    }
}
