//! What a run is to be: scenario, how many, how long, against which Berth, and what is broken meanwhile.

use crate::goal::Goal;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What the users do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scenario {
    /// Everybody clicks at the same moment; all use what they have for a while, and leave together.
    Burst,
    /// Half of them arrive early, the others later; each works for a while, some take a break, and all leave.
    Day,
    /// Each starts, uses, stops, starts again and deletes desktops, without a pause.
    Churn,
    /// Everybody has desktops running; again and again all connections break at once and come back.
    Storm,
}

impl Scenario {
    pub const ALL: [Self; 4] = [Self::Burst, Self::Day, Self::Churn, Self::Storm];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Burst => "burst",
            Self::Day => "day",
            Self::Churn => "churn",
            Self::Storm => "storm",
        }
    }

    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Burst => "Everybody clicks start at the same moment",
            Self::Day => "A working day: arrivals, work with typing, breaks, leaving",
            Self::Churn => "Starts, stops and deletes without a pause",
            Self::Storm => "All connections break at once and come back, again and again",
        }
    }
}

/// What is broken while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// kill -9 of a process that runs an api, and started again; only of a Berth of its own.
    KillApi,
    /// The same, of one that runs a worker.
    KillWorker,
    /// Every event stream and every viewer of half of the users is cut.
    Cut,
    /// The pretended engine answers late.
    EngineSlow,
    /// It answers 500, before or after the work is done.
    EngineErrors,
    /// One of its containers dies.
    ContainerDies,
    /// Its event streams end.
    EngineEventsCut,
}

impl Fault {
    pub const ALL: [(&'static str, Self); 7] = [
        ("kill-api", Self::KillApi),
        ("kill-worker", Self::KillWorker),
        ("cut", Self::Cut),
        ("engine-slow", Self::EngineSlow),
        ("engine-errors", Self::EngineErrors),
        ("container-dies", Self::ContainerDies),
        ("engine-events-cut", Self::EngineEventsCut),
    ];

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, fault)| *fault == self).map_or("", |(name, _)| name)
    }

    pub(crate) const fn needs_own(self) -> bool {
        matches!(self, Self::KillApi | Self::KillWorker)
    }

    pub(crate) const fn needs_pretended_engine(self) -> bool {
        matches!(self, Self::EngineSlow | Self::EngineErrors | Self::ContainerDies | Self::EngineEventsCut)
    }
}

/// A Berth that is there already.
#[derive(Debug, Clone)]
pub struct There {
    /// `http://host:port` of one or several apis.
    pub origins: Vec<String>,
    pub admin: String,
    pub password: String,
    /// Where `/metrics` may be asked.
    pub metrics: Vec<SocketAddr>,
    /// Further processes whose resources are looked at: name and process id.
    pub watch: Vec<(String, u32)>,
    /// The pretended engine's, for faults of the engine.
    pub sim_socket: Option<PathBuf>,
}

/// A Berth that is started for this and thrown away.
#[derive(Debug, Clone)]
pub struct Own {
    pub binary: PathBuf,
    /// Settings by their variables.
    pub settings: Vec<(String, String)>,
    /// PostgreSQL; none: SQLite.
    pub database: Option<String>,
    /// One and one are one process, `berth serve`.
    pub apis: usize,
    pub workers: usize,
    /// None: the pretended engine.
    pub docker: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub enum Place {
    There(There),
    Own(Own),
}

/// One run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub scenario: Scenario,
    pub place: Place,
    pub users: usize,
    /// Of each user.
    pub desktops: usize,
    /// Id or name; none: the one that the page offers first.
    pub template: Option<String>,
    /// How long everything is used: the day, the churn, the storm; with a burst, how long desktops stay.
    pub duration: Duration,
    /// How long anybody waits for anything.
    pub patience: Duration,
    /// Share of the desktops that are opened and typed at.
    pub viewers: f64,
    /// What chance is made of.
    pub seed: u64,
    pub faults: Vec<Fault>,
    pub fault_every: Duration,
    pub goals: Vec<Goal>,
    /// Between two looks at the processes.
    pub look_every: Duration,
}

impl Plan {
    pub(crate) const fn all_desktops(&self) -> usize {
        self.users * self.desktops
    }

    /// What of it makes no sense together, in words.
    pub(crate) fn faults_fit(&self) -> anyhow::Result<()> {
        let (own, pretended) = match &self.place {
            Place::There(there) => (false, there.sim_socket.as_ref().is_some_and(|socket| socket.exists())),
            Place::Own(own) => (true, own.docker.is_none()),
        };
        for fault in &self.faults {
            let name = fault.name();
            anyhow::ensure!(
                own || !fault.needs_own(),
                "--fault {name} kills processes: only of a Berth that is started for it (--own)"
            );
            anyhow::ensure!(
                pretended || !fault.needs_pretended_engine(),
                "--fault {name} is for the pretended engine, and none listens here: --own with --runtime sim, or \
                 --sim-socket"
            );
        }
        Ok(())
    }
}
