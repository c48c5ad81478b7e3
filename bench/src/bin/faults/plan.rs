//! What will be asked and what will be broken, and when: made from the seed alone, before anything runs, so that the same seed
//! always asks and breaks the same things in the same order.

use std::time::Duration;

use crate::alerts::{Case, cases};
use crate::chance::Chance;
use crate::shapes::{Course, EngineIs, FaultIs, Shape};

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
    /// kill -9 of every process of PostgreSQL's; it recovers by its log.
    DatabaseKilled {
        down: Duration,
    },
    RedisRestarted,
    RedisFlushed,
    RedisAway {
        lasts: Duration,
    },
    RedisHung {
        lasts: Duration,
    },
    NginxReloaded,
    /// All of it at once, streams and all, and started again.
    NginxKilled {
        back_after: Duration,
    },
    /// Every process replaced by a new build, one after another, as docs/upgrade.md says.
    Rolled,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// One list a user, in order.
    pub(crate) wishes: Vec<Vec<Wish>>,
    pub(crate) faults: Vec<(Duration, Fault)>,
    /// One after the other, where alerts are tried.
    pub(crate) cases: Vec<Case>,
}

impl Plan {
    pub(crate) fn of(shape: &Shape, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut clocks = Clocks::default();
        if shape.course == Course::Silence {
            return Self { wishes: vec![once(shape); shape.users], faults: Vec::new(), cases: Vec::new() };
        }
        if shape.course == Course::Alerts {
            return Self { wishes: Vec::new(), faults: Vec::new(), cases: cases(shape.is_short(), &mut chance) };
        }
        let wishes = (0..shape.users).map(|_| wishes(shape, &mut chance)).collect();
        let cards = if shape.course == Course::Each { deck(shape, &mut chance) } else { Vec::new() };
        let count = cards.len().max(shape.faults);
        let each = shape.lasts / u32::try_from(count.max(1)).unwrap_or(1);
        let faults = (0..count).map(|n| {
            let at = each * u32::try_from(n).unwrap_or(0) + chance.ms(0, each.as_millis() as u64);
            let (is, who) = cards.get(n).copied().unwrap_or_else(|| {
                let who = who(shape, &mut chance);
                (chance.pick(shape.among), who)
            });
            (at, fault(shape, is, who, &mut chance, &mut clocks))
        });
        let faults = faults.collect();
        Self { wishes, faults, cases: Vec::new() }
    }
}

/// One desktop, for as long as it lasts.
fn once(shape: &Shape) -> Vec<Wish> {
    let wish = |at, ask| Wish { at, desktop: 0, ask, insists: true };
    vec![wish(Duration::ZERO, Ask::Create), wish(shape.lasts, Ask::Stop)]
}

/// Each fault once, one for each process where it is a process's; shuffled. Upgrades take long and begin so early that they end while
/// users still ask.
fn deck(shape: &Shape, chance: &mut Chance) -> Vec<(FaultIs, Who)> {
    let all: Vec<Who> = (0..shape.apis()).map(Who::Api).chain((0..shape.workers()).map(Who::Worker)).collect();
    let (rolls, others): (Vec<FaultIs>, Vec<FaultIs>) = shape.among.iter().partition(|is| **is == FaultIs::Rolled);
    let mut left: Vec<(FaultIs, Who)> = others
        .into_iter()
        .flat_map(|is| {
            let of =
                if matches!(is, FaultIs::Kill | FaultIs::Terminate | FaultIs::Freeze) { &all[..] } else { &all[..1] };
            of.iter().map(move |who| (is, *who)).collect::<Vec<_>>()
        })
        .collect();
    let mut cards = Vec::new();
    while !left.is_empty() {
        cards.push(left.swap_remove(chance.below(left.len())));
    }
    let apart = (cards.len() + rolls.len()) / rolls.len().max(1);
    for (n, roll) in rolls.into_iter().enumerate() {
        cards.insert(n * apart, (roll, all[0]));
    }
    cards
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

fn fault(shape: &Shape, is: FaultIs, who: Who, chance: &mut Chance, clocks: &mut Clocks) -> Fault {
    match is {
        FaultIs::Kill => Fault::Kill { who, back_after: chance.ms(0, 1_500) },
        FaultIs::Freeze => {
            let lasts = match who {
                _ if shape.course == Course::Each => chance.ms(2_500, 5_000),
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
        FaultIs::DatabaseKilled => Fault::DatabaseKilled { down: chance.ms(0, 2_500) },
        FaultIs::RedisRestarted => Fault::RedisRestarted,
        FaultIs::RedisFlushed => Fault::RedisFlushed,
        FaultIs::RedisAway => Fault::RedisAway { lasts: chance.ms(2_000, 6_000) },
        FaultIs::RedisHung => Fault::RedisHung { lasts: chance.ms(1_000, 5_000) },
        FaultIs::NginxReloaded => Fault::NginxReloaded,
        FaultIs::NginxKilled => Fault::NginxKilled { back_after: chance.ms(0, 1_500) },
        FaultIs::Rolled => Fault::Rolled,
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
    use super::{Fault, Plan, Who};
    use crate::shapes::{Course, SHAPES, Shape};

    #[test]
    fn a_calm_case_comes_first_and_last_and_the_short_form_has_some_of_all() {
        let shape = Shape::named("sim-alerts").expect("it is there");
        let of = |shape: &Shape| Plan::of(shape, 7).cases;
        let (full, short) = (of(&shape), of(&shape.short(shape.lasts / 2, 0)));
        for cases in [&full, &short] {
            assert!(cases[0].is_calm() && cases[cases.len() - 1].is_calm());
            assert_eq!(cases.iter().filter(|case| case.is_calm()).count(), 2);
        }
        assert!(short.len() > 4 && short.len() < full.len());
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_another() {
        for shape in SHAPES {
            let (one, again) = (format!("{:?}", Plan::of(shape, 7)), format!("{:?}", Plan::of(shape, 7)));
            assert_eq!(one, again);
            assert_eq!(one == format!("{:?}", Plan::of(shape, 8)), shape.course == Course::Silence);
        }
    }

    #[test]
    fn in_production_each_process_is_killed_once_and_upgrades_begin_in_the_first_half() {
        let shape = Shape::named("sim-production").expect("it is there");
        let plan = Plan::of(&shape, 7);
        let of = |which: fn(&Fault) -> Option<Who>| {
            let mut who: Vec<String> =
                plan.faults.iter().filter_map(|(_, fault)| which(fault)).map(|who| format!("{who:?}")).collect();
            who.sort();
            who
        };
        let all = ["Api(0)", "Api(1)", "Worker(0)", "Worker(1)"];
        assert_eq!(of(|fault| if let Fault::Kill { who, .. } = fault { Some(*who) } else { None }), all);
        assert_eq!(of(|fault| if let Fault::Terminate { who } = fault { Some(*who) } else { None }), all);
        for shape in [shape, Shape::named("sim-rolling").expect("it is there")] {
            let rolls: Vec<_> =
                Plan::of(&shape, 7).faults.into_iter().filter(|(_, fault)| matches!(fault, Fault::Rolled)).collect();
            assert!(!rolls.is_empty() && rolls.iter().all(|(at, _)| *at < shape.lasts * 5 / 8), "{rolls:?}");
        }
    }
}
