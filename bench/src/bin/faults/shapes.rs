//! The worlds that are tried: which engine, which database, how many processes, and which faults may come.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EngineIs {
    /// `berth sim-engine`: quick, and does on demand what a real one does once a year.
    Pretended,
    /// A Docker Engine of our own.
    Docker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseIs {
    /// `berth serve`, one process.
    Sqlite,
    Postgres {
        apis: usize,
        workers: usize,
    },
}

/// A kind of fault. Each says at [`Fault`](crate::plan::Fault) what is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FaultIs {
    Kill,
    Freeze,
    Terminate,
    EngineKilled,
    EngineRestarted,
    EngineHung,
    EngineAnswers,
    EventsCut,
    ContainerRemoved,
    ContainerKilled,
    ContainerCrashed,
    PortTaken,
    ConnectionsCut,
    DatabaseRestarted,
    DiskFull,
    ClockMoved,
    DatabaseClockMoved,
    DatabaseKilled,
    RedisRestarted,
    RedisFlushed,
    RedisAway,
    RedisHung,
    NginxReloaded,
    NginxKilled,
    Rolled,
}

/// How faults and wishes come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// So many faults, any of those named.
    Random,
    /// Each fault that is named, of each process that it can be done to, once, in any order. Each must come about.
    Each,
    /// No faults: everybody starts a desktop, looks at it, does nothing for as long as it lasts, and stops it.
    Silence,
    /// One fault after the other, each until its alert fires ([`crate::alerts`]).
    Alerts,
}

impl FaultIs {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Kill => "kill -9",
            Self::Freeze => "SIGSTOP",
            Self::Terminate => "SIGTERM",
            Self::EngineKilled => "engine killed",
            Self::EngineRestarted => "engine restarted",
            Self::EngineHung => "engine hung",
            Self::EngineAnswers => "engine answers badly",
            Self::EventsCut => "engine events cut",
            Self::ContainerRemoved => "container removed",
            Self::ContainerKilled => "container killed",
            Self::ContainerCrashed => "container crashed",
            Self::PortTaken => "port taken",
            Self::ConnectionsCut => "connections cut",
            Self::DatabaseRestarted => "database restarted",
            Self::DiskFull => "disk full",
            Self::ClockMoved => "clock moved",
            Self::DatabaseClockMoved => "database's clock moved",
            Self::DatabaseKilled => "database killed",
            Self::RedisRestarted => "Redis restarted",
            Self::RedisFlushed => "Redis flushed",
            Self::RedisAway => "Redis away",
            Self::RedisHung => "Redis hung",
            Self::NginxReloaded => "nginx reloaded",
            Self::NginxKilled => "nginx killed",
            Self::Rolled => "upgraded",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) engine: EngineIs,
    pub(crate) database: DatabaseIs,
    pub(crate) users: usize,
    /// Desktops that each user has at once, at most.
    pub(crate) desktops: usize,
    /// How long wishes and faults come.
    pub(crate) lasts: Duration,
    pub(crate) faults: usize,
    /// Which faults, the more often the oftener named.
    pub(crate) among: &'static [FaultIs],
    pub(crate) course: Course,
    /// nginx in front and Redis between, as docker-compose.yml has them.
    pub(crate) production: bool,
}

const PROCESSES: [FaultIs; 6] =
    [FaultIs::Kill, FaultIs::Kill, FaultIs::Freeze, FaultIs::Freeze, FaultIs::Terminate, FaultIs::Kill];

const PRETENDED_SQLITE: &[FaultIs] = &[
    PROCESSES[0],
    PROCESSES[1],
    PROCESSES[2],
    PROCESSES[4],
    FaultIs::EngineKilled,
    FaultIs::EngineRestarted,
    FaultIs::EngineHung,
    FaultIs::EngineAnswers,
    FaultIs::EngineAnswers,
    FaultIs::EngineAnswers,
    FaultIs::EventsCut,
    FaultIs::ContainerRemoved,
    FaultIs::ContainerKilled,
    FaultIs::ContainerCrashed,
    FaultIs::PortTaken,
    FaultIs::DiskFull,
    FaultIs::ClockMoved,
];

const PRETENDED_POSTGRES: &[FaultIs] = &[
    PROCESSES[0],
    PROCESSES[1],
    PROCESSES[2],
    PROCESSES[3],
    PROCESSES[4],
    FaultIs::EngineKilled,
    FaultIs::EngineRestarted,
    FaultIs::EngineHung,
    FaultIs::EngineAnswers,
    FaultIs::EngineAnswers,
    FaultIs::EngineAnswers,
    FaultIs::EventsCut,
    FaultIs::ContainerRemoved,
    FaultIs::ContainerKilled,
    FaultIs::ContainerCrashed,
    FaultIs::PortTaken,
    FaultIs::ConnectionsCut,
    FaultIs::ConnectionsCut,
    FaultIs::DatabaseRestarted,
    FaultIs::ClockMoved,
    FaultIs::DatabaseClockMoved,
];

/// Only faults that must not use up a single try.
const NOBODYS_FAULT: &[FaultIs] = &[
    FaultIs::Kill,
    FaultIs::Terminate,
    FaultIs::EngineKilled,
    FaultIs::EngineKilled,
    FaultIs::EngineRestarted,
    FaultIs::EventsCut,
];

const REAL_SQLITE: &[FaultIs] = &[
    FaultIs::Kill,
    FaultIs::Kill,
    FaultIs::Freeze,
    FaultIs::Terminate,
    FaultIs::EngineKilled,
    FaultIs::EngineRestarted,
    FaultIs::EngineHung,
    FaultIs::ContainerRemoved,
    FaultIs::ContainerRemoved,
    FaultIs::ContainerKilled,
    FaultIs::PortTaken,
    FaultIs::DiskFull,
    FaultIs::ClockMoved,
];

const REAL_POSTGRES: &[FaultIs] = &[
    FaultIs::Kill,
    FaultIs::Kill,
    FaultIs::Freeze,
    FaultIs::Freeze,
    FaultIs::Terminate,
    FaultIs::EngineKilled,
    FaultIs::EngineRestarted,
    FaultIs::EngineHung,
    FaultIs::ContainerRemoved,
    FaultIs::ContainerKilled,
    FaultIs::PortTaken,
    FaultIs::ConnectionsCut,
    FaultIs::DatabaseRestarted,
    FaultIs::ClockMoved,
    FaultIs::DatabaseClockMoved,
];

/// Each process and each server of the production shape, in every way. None of it may use up a try.
const PRODUCTION: &[FaultIs] = &[
    FaultIs::Rolled,
    FaultIs::Kill,
    FaultIs::Terminate,
    FaultIs::Freeze,
    FaultIs::NginxReloaded,
    FaultIs::NginxKilled,
    FaultIs::RedisRestarted,
    FaultIs::RedisFlushed,
    FaultIs::RedisAway,
    FaultIs::RedisHung,
    FaultIs::ConnectionsCut,
    FaultIs::DatabaseRestarted,
    FaultIs::DatabaseKilled,
    FaultIs::EngineKilled,
    FaultIs::EngineRestarted,
];

/// What an operator does on a working day. No user's call may fail of it.
pub(crate) const UNNOTICED: &[FaultIs] = &[
    FaultIs::Rolled,
    FaultIs::Rolled,
    FaultIs::NginxReloaded,
    FaultIs::NginxReloaded,
    FaultIs::RedisRestarted,
    FaultIs::RedisFlushed,
    FaultIs::RedisAway,
    FaultIs::RedisHung,
];

const ONE: DatabaseIs = DatabaseIs::Postgres { apis: 1, workers: 1 };
const TWO: DatabaseIs = DatabaseIs::Postgres { apis: 2, workers: 2 };
const MANY: DatabaseIs = DatabaseIs::Postgres { apis: 2, workers: 3 };

pub(crate) const SHAPES: &[Shape] = &[
    pretended("sim-sqlite", DatabaseIs::Sqlite, PRETENDED_SQLITE),
    pretended("sim-postgres", ONE, PRETENDED_POSTGRES),
    pretended("sim-many", MANY, PRETENDED_POSTGRES),
    pretended("sim-blameless", MANY, NOBODYS_FAULT),
    production(pretended("sim-production", TWO, PRODUCTION), 40),
    production(pretended("sim-rolling", TWO, UNNOTICED), 40),
    Shape { course: Course::Silence, ..production(pretended("sim-idle", TWO, &[]), 30 * 60) },
    Shape { course: Course::Alerts, ..production(pretended("sim-alerts", TWO, &[]), 5 * 60) },
    real("docker-sqlite", DatabaseIs::Sqlite, REAL_SQLITE),
    real("docker-postgres", ONE, REAL_POSTGRES),
    real("docker-many", TWO, REAL_POSTGRES),
    production(real("docker-production", TWO, PRODUCTION), 60),
];

const fn pretended(name: &'static str, database: DatabaseIs, among: &'static [FaultIs]) -> Shape {
    let lasts = Duration::from_secs(30);
    let (course, production) = (Course::Random, false);
    let engine = EngineIs::Pretended;
    Shape { name, engine, database, users: 4, desktops: 4, lasts, faults: 26, among, course, production }
}

const fn real(name: &'static str, database: DatabaseIs, among: &'static [FaultIs]) -> Shape {
    let lasts = Duration::from_secs(60);
    let (course, production) = (Course::Random, false);
    let engine = EngineIs::Docker;
    Shape { name, engine, database, users: 3, desktops: 2, lasts, faults: 16, among, course, production }
}

/// How many faults there are is then said by what is named.
const fn production(shape: Shape, seconds: u64) -> Shape {
    Shape { course: Course::Each, production: true, lasts: Duration::from_secs(seconds), faults: 0, ..shape }
}

impl Shape {
    pub(crate) fn named(name: &str) -> Option<Self> {
        SHAPES.iter().find(|shape| shape.name == name).copied()
    }

    /// The same, shorter.
    pub(crate) const fn short(mut self, lasts: Duration, faults: usize) -> Self {
        self.lasts = lasts;
        self.faults = faults;
        self
    }

    /// nginx's time-outs for streams, where the silence is too short to try the real ones.
    pub(crate) fn patience(&self) -> Option<&'static str> {
        (self.course == Course::Silence && self.lasts < Duration::from_secs(300)).then_some("25s")
    }

    /// Only the most important of what there is.
    pub(crate) fn is_short(&self) -> bool {
        Self::named(self.name).is_some_and(|usual| self.lasts < usual.lasts)
    }

    pub(crate) const fn apis(&self) -> usize {
        match self.database {
            DatabaseIs::Sqlite => 1,
            DatabaseIs::Postgres { apis, .. } => apis,
        }
    }

    pub(crate) const fn workers(&self) -> usize {
        match self.database {
            DatabaseIs::Sqlite => 0,
            DatabaseIs::Postgres { workers, .. } => workers,
        }
    }
}

impl Shape {
    /// What a replay has to be told besides its name and its seed.
    pub(crate) fn as_settings(&self) -> String {
        let usual =
            Self::named(self.name).is_some_and(|usual| usual.lasts == self.lasts && usual.faults == self.faults);
        if usual { String::new() } else { " SHORT=1".to_owned() }
    }
}
