//! What will be asked and what will be broken, and when: made from the seed alone, before anything runs, so that the same seed
//! always asks and breaks the same things in the same order.

use std::time::Duration;

use crate::chance::Chance;
use crate::shapes::{EngineIs, FaultIs, Shape};

/// What a user asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Create,
    Start,
    Stop,
    Delete,
}

#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) at: Duration,
    /// Which of the user's desktops: none is ever used again once it was deleted.
    pub(crate) desktop: usize,
    pub(crate) ask: Ask,
    /// Asked again until it is answered; else asked once, and whether it counted is read afterwards.
    pub(crate) insists: bool,
}

/// A process of Berth's; which one there is of each kind is the shape's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Api(usize),
    Worker(usize),
}

/// How the pretended engine is told to answer.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) on: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) times: u64,
    pub(crate) ms: u64,
    /// The call is carried out, only its answer goes wrong.
    pub(crate) after: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// kill -9, and started again after a while.
    Kill {
        who: Who,
        back_after: Duration,
    },
    /// SIGSTOP, and SIGCONT after a while; for a worker mostly longer than its lease.
    Freeze {
        who: Who,
        lasts: Duration,
    },
    /// SIGTERM, and started again as soon as it has ended.
    Terminate {
        who: Who,
    },
    EngineKilled {
        back_after: Duration,
    },
    EngineRestarted {
        back_after: Duration,
    },
    EngineHung {
        lasts: Duration,
    },
    EngineAnswers(Answers),
    EventsCut,
    /// The n-th of those that are there. Unseen: nobody is told, as when it happened while nobody listened.
    ContainerRemoved {
        nth: usize,
        unseen: bool,
    },
    ContainerKilled {
        nth: usize,
    },
    ContainerCrashed {
        nth: usize,
    },
    /// The n-th port of the range that is free is listened on by a stranger.
    PortTaken {
        nth: usize,
        lasts: Duration,
    },
    ConnectionsCut,
    DatabaseRestarted {
        how: &'static str,
        down: Duration,
    },
    DiskFull {
        lasts: Duration,
    },
    ClockMoved {
        who: Who,
        by_seconds: i64,
    },
    /// PostgreSQL's: the one that leases and pauses follow.
    DatabaseClockMoved {
        by_seconds: i64,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// One list a user, in order.
    pub(crate) wishes: Vec<Vec<Wish>>,
    pub(crate) faults: Vec<(Duration, Fault)>,
}

impl Plan {
    pub(crate) fn of(shape: &Shape, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let wishes = (0..shape.users).map(|_| wishes(shape, &mut chance)).collect();
        let each = shape.lasts / u32::try_from(shape.faults.max(1)).unwrap_or(1);
        let mut clocks = Clocks::default();
        let faults = (0..shape.faults).map(|n| {
            let at = each * u32::try_from(n).unwrap_or(0) + chance.ms(0, each.as_millis() as u64);
            (at, fault(shape, &mut chance, &mut clocks))
        });
        let faults = faults.collect();
        Self { wishes, faults }
    }
}

/// Clicks of one user: bursts and pauses, changes of mind, a desktop deleted while it starts.
fn wishes(shape: &Shape, chance: &mut Chance) -> Vec<Wish> {
    let mut wishes = Vec::new();
    // Which desktops there are; true: it was asked to run.
    let mut there: Vec<(usize, bool)> = Vec::new();
    let mut made = 0;
    let mut at = chance.ms(0, 1_500);
    while at < shape.lasts {
        let new = there.is_empty() || (there.len() < shape.desktops && chance.percent(35));
        let (desktop, ask) = if new {
            there.push((made, true));
            made += 1;
            (made - 1, Ask::Create)
        } else {
            let which = chance.below(there.len());
            let (desktop, runs) = there[which];
            let ask = match chance.below(10) {
                0..=1 => Ask::Delete,
                2 => Ask::Stop,
                3 => Ask::Start,
                _ => {
                    if runs {
                        Ask::Stop
                    } else {
                        Ask::Start
                    }
                }
            };
            match ask {
                Ask::Delete => _ = there.remove(which),
                Ask::Stop => there[which].1 = false,
                Ask::Start | Ask::Create => there[which].1 = true,
            }
            (desktop, ask)
        };
        wishes.push(Wish { at, desktop, ask, insists: !chance.percent(15) });
        let least = if shape.lasts > Duration::from_secs(45) { 600 } else { 250 };
        at += if chance.percent(30) { chance.ms(5, 200) } else { chance.ms(least, least * 8) };
    }
    wishes
}

fn fault(shape: &Shape, chance: &mut Chance, clocks: &mut Clocks) -> Fault {
    let who = who(shape, chance);
    match chance.pick(shape.among) {
        FaultIs::Kill => Fault::Kill { who, back_after: chance.ms(0, 1_500) },
        FaultIs::Freeze => {
            let lasts = match who {
                Who::Worker(_) => chance.ms(1_500, 5_000),
                Who::Api(_) => chance.ms(300, 3_000),
            };
            Fault::Freeze { who, lasts }
        }
        FaultIs::Terminate => Fault::Terminate { who },
        FaultIs::EngineKilled => Fault::EngineKilled { back_after: chance.ms(100, 3_000) },
        FaultIs::EngineRestarted => Fault::EngineRestarted { back_after: chance.ms(0, 1_000) },
        FaultIs::EngineHung => Fault::EngineHung { lasts: chance.ms(500, 5_000) },
        FaultIs::EngineAnswers => Fault::EngineAnswers(answers(chance)),
        FaultIs::EventsCut => Fault::EventsCut,
        FaultIs::ContainerRemoved => {
            let unseen = shape.engine == EngineIs::Pretended && chance.percent(50);
            Fault::ContainerRemoved { nth: chance.below(16), unseen }
        }
        FaultIs::ContainerKilled => Fault::ContainerKilled { nth: chance.below(16) },
        FaultIs::ContainerCrashed => Fault::ContainerCrashed { nth: chance.below(16) },
        FaultIs::PortTaken => Fault::PortTaken { nth: chance.below(2), lasts: chance.ms(2_000, 8_000) },
        FaultIs::ConnectionsCut => Fault::ConnectionsCut,
        FaultIs::DatabaseRestarted => {
            Fault::DatabaseRestarted { how: chance.pick(&["fast", "immediate"]), down: chance.ms(0, 2_500) }
        }
        FaultIs::DiskFull => Fault::DiskFull { lasts: chance.ms(500, 4_000) },
        FaultIs::ClockMoved => {
            let who = if shape.workers() == 0 { Who::Api(0) } else { Who::Worker(0) };
            Fault::ClockMoved { who, by_seconds: moved(chance, &mut clocks.process) }
        }
        FaultIs::DatabaseClockMoved => Fault::DatabaseClockMoved { by_seconds: moved(chance, &mut clocks.database) },
    }
}

/// How far off the clocks that can be moved are, in seconds.
#[derive(Default)]
struct Clocks {
    process: i64,
    database: i64,
}

/// An hour forwards, back, or right again; never where it was.
fn moved(chance: &mut Chance, clock: &mut i64) -> i64 {
    let others: Vec<i64> = [3_600, -3_600, 0].into_iter().filter(|other| other != clock).collect();
    *clock = chance.pick(&others);
    *clock
}

fn who(shape: &Shape, chance: &mut Chance) -> Who {
    let (apis, workers) = (shape.apis(), shape.workers());
    // Workers are where it hurts.
    if workers > 0 && chance.percent(70) { Who::Worker(chance.below(workers)) } else { Who::Api(chance.below(apis)) }
}

fn answers(chance: &mut Chance) -> Answers {
    let kind =
        chance.pick(&["slow", "hang", "error500", "error500", "refuse", "port_taken", "image_missing", "dies", "cut"]);
    let on = match kind {
        "port_taken" | "dies" => "start",
        "image_missing" => "create",
        _ => chance.pick(&["create", "start", "stop", "remove", "inspect", "list", "attach", "any"]),
    };
    let times = if kind == "hang" { 1 } else { 1 + chance.below(3) as u64 };
    let ms = chance.below(2_500) as u64;
    let after = matches!(kind, "slow" | "hang" | "error500" | "refuse") && chance.percent(40);
    Answers { on, kind, times, ms, after }
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::shapes::SHAPES;

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_another() {
        for shape in SHAPES {
            let (one, again) = (format!("{:?}", Plan::of(shape, 7)), format!("{:?}", Plan::of(shape, 7)));
            assert_eq!(one, again);
            assert_ne!(one, format!("{:?}", Plan::of(shape, 8)));
        }
    }
}
