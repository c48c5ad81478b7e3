//! Alerts that fire for the faults that they are for, and only then: one fault after the other, with a real Prometheus that asks the
//! processes and has the rules of `deploy/` ([`crate::prometheus`]). Between two faults all must have ended.

mod desktops;
mod scene;

use anyhow::{Context as _, ensure};
use std::collections::BTreeSet;
use std::time::Instant;

use crate::chance::Chance;
use crate::evidence::{Finding, finding};
use crate::prometheus::{Prometheus, rules};
use crate::world::World;
use scene::Scene;

/// What this world has otherwise than others. A start takes long enough to be killed in; who fails has soon failed for good.
pub(crate) const START: &str = "2500ms";
pub(crate) const PORTS: u16 = 12;
pub(crate) const TRIES: &str = "2";

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    /// Users use desktops, and an operator does what is done on a working day.
    Calm,
    ApisEnded,
    WorkerKilled,
    WorkersKilledAtWork,
    WorkersEnded,
    EngineSlow,
    Paused,
    EngineRefuses,
    WorkersDieAtWork,
    EngineKilled,
    EngineHangs,
    TransactionLeftOpen,
    TableLocked,
    DatabaseAway,
    PortsTaken,
    ConnectionsTaken,
    DiskFull,
    FilesOpen,
    StrangeContainer,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    is: Is,
    fires: &'static [&'static str],
    /// What follows from it all by itself.
    may: &'static [&'static str],
    short: bool,
}

impl Case {
    pub(crate) fn is_calm(&self) -> bool {
        self.is == Is::Calm
    }
}

const fn case(is: Is, fires: &'static [&'static str], may: &'static [&'static str]) -> Case {
    Case { is, fires, may, short: false }
}

const fn also_short(case: Case) -> Case {
    Case { short: true, ..case }
}

const CALM: Case = also_short(case(Is::Calm, &[], &[]));

/// Each process that is away for long is one of several, too.
const CASES: &[Case] = &[
    also_short(case(Is::ApisEnded, &["BerthDown"], &["BerthProcessDown"])),
    case(Is::WorkerKilled, &["BerthProcessDown"], &[]),
    // A start that nobody goes on with is one that waits.
    also_short(case(Is::WorkersKilledAtWork, &["BerthNobodyDrains"], &["BerthProcessDown", "BerthWaitsLong"])),
    case(Is::WorkersEnded, &["BerthNobodyDrains"], &["BerthProcessDown"]),
    case(Is::EngineSlow, &["BerthWaitsLong"], &[]),
    case(Is::Paused, &["BerthQueuePaused"], &[]),
    also_short(case(Is::EngineRefuses, &["BerthStartsFail"], &[])),
    // Leases are not made shorter: as long as one lasts, its start waits.
    case(Is::WorkersDieAtWork, &["BerthLeasesLost"], &["BerthWaitsLong"]),
    also_short(case(Is::EngineKilled, &["BerthEngineDown"], &[])),
    case(Is::EngineHangs, &["BerthEngineDown"], &[]),
    case(Is::TransactionLeftOpen, &["BerthEventsLate"], &[]),
    case(Is::TableLocked, &["BerthCallsSlow"], &[]),
    // Each call waits for a connection before it is refused.
    case(Is::DatabaseAway, &["BerthCallsFail"], &["BerthCallsSlow"]),
    case(Is::PortsTaken, &["BerthPortsRunOut"], &[]),
    case(Is::ConnectionsTaken, &["BerthPoolExhausted"], &[]),
    case(Is::DiskFull, &["BerthDiskFull"], &[]),
    case(Is::FilesOpen, &["BerthFilesRunOut"], &[]),
    case(Is::StrangeContainer, &["BerthDrift"], &[]),
];

/// Rules that are wrong: one alert that cannot fire and one that always does. Played at the same time, both must be found.
const SPOILT: [(&str, &str, &str); 2] = [
    ("BerthEngineDown", "max by (node) (berth_engine_up) == 0", "max by (node) (berth_engine_up) == 2"),
    ("BerthFilesRunOut", "/ process_max_fds > 0.8", "/ process_max_fds >= 0"),
];

/// A calm one, all the others in any order, and a calm one.
pub(crate) fn cases(short: bool, chance: &mut Chance) -> Vec<Case> {
    let mut left: Vec<Case> = CASES.iter().filter(|case| case.short || !short).copied().collect();
    let mut cases = vec![CALM];
    while !left.is_empty() {
        cases.push(left.swap_remove(chance.below(left.len())));
    }
    cases.push(CALM);
    cases
}

/// What was seen.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) findings: Vec<Finding>,
    /// Each alert, and how long after its fault it fired.
    pub(crate) came: Vec<String>,
    /// What is wrong by the spoilt rules.
    by_spoilt: Vec<Finding>,
}

impl Played {
    /// How many of the spoilt rules were found, and those that were not.
    pub(crate) fn spoilt(&self) -> (usize, Vec<String>) {
        let seen = |(what, alert): &(&str, &str)| {
            self.by_spoilt.iter().any(|found| found.what == *what && found.detail.starts_with(alert))
        };
        let wrong = [("silent", SPOILT[0].0), ("false alarm", SPOILT[1].0)];
        let unseen = wrong.iter().filter(|wrong| !seen(wrong));
        let unseen: Vec<String> = unseen.map(|(what, alert)| format!("a spoilt {alert} ({what}): not found")).collect();
        (wrong.len() - unseen.len(), unseen)
    }
}

/// What must have fired and did not, and what must not have and did.
fn judge(case: &Case, fired: &BTreeSet<String>) -> Vec<Finding> {
    let silent = case.fires.iter().filter(|alert| !fired.contains(**alert));
    let silent = silent.map(|alert| finding("silent", format!("{alert} did not fire: {:?}", case.is)));
    let others = fired.iter().filter(|alert| ![case.fires, case.may].concat().contains(&alert.as_str()));
    let others = others.map(|alert| finding("false alarm", format!("{alert} fired: {:?}", case.is)));
    silent.chain(others).collect()
}

/// Plays the cases.
pub(crate) async fn play(world: &World, cases: &[Case]) -> Played {
    let mut played = Played::default();
    if let Err(error) = play_all(world, cases, &mut played).await {
        played.findings.push(finding("broke off", format!("{error:#}")));
    }
    played
}

async fn play_all(world: &World, cases: &[Case], played: &mut Played) -> anyhow::Result<()> {
    let (text, times) = rules()?;
    let mut wrong = text.clone();
    for (alert, right, spoilt) in SPOILT {
        ensure!(text.matches(right).count() == 1, "the rule of {alert} does not say “{right}” once");
        wrong = wrong.replacen(right, spoilt, 1);
    }
    let (apis, workers) = world.measured_at();
    let prometheus = Prometheus::start("prometheus", &world.folder, &text, apis, workers).await?;
    let spoilt = Prometheus::start("prometheus-spoilt", &world.folder, &wrong, apis, workers).await?;
    let scene = Scene::new(world, prometheus, times).await?;
    let has = scene.prometheus.has().await?;
    if has != scene.times {
        played.findings.push(finding("rules", format!("Prometheus has {has:?} and not {:?}", scene.times)));
    }
    let tried: BTreeSet<&str> = CASES.iter().flat_map(|case| case.fires).copied().collect();
    if scene.times.keys().map(String::as_str).collect::<BTreeSet<_>>() != tried {
        played.findings.push(finding("rules", format!("there are not cases for just these: {tried:?}")));
    }
    for case in cases {
        let begun = Instant::now();
        let took = scene.carry_out(case).await.with_context(|| format!("{:?}", case.is))?;
        let over = scene.until_over().await;
        world.keep_up().await?;
        let within = begun.elapsed();
        played.findings.extend(judge(case, &scene.prometheus.fired(within).await?));
        played.by_spoilt.extend(judge(case, &spoilt.fired(within).await?));
        if let (Some(took), Some(alert)) = (took, case.fires.first()) {
            played.came.push(format!("{alert} {:.1} s", took.as_secs_f64()));
        }
        over.with_context(|| format!("after {:?}", case.is))?;
    }
    scene.prometheus.end().await;
    spoilt.end().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{CALM, CASES, Is, Played, judge};

    #[test]
    fn an_alert_that_is_missing_and_one_too_many_are_found() {
        let case = CASES.iter().find(|case| case.is == Is::ApisEnded).expect("it is there");
        let judged = |fired: &[&str]| {
            let fired = fired.iter().map(|alert| (*alert).to_owned()).collect();
            judge(case, &fired).into_iter().map(|found| (found.what, found.detail)).collect::<Vec<_>>()
        };
        assert_eq!(judged(&["BerthDown"]), []);
        assert_eq!(judged(&["BerthDown", "BerthProcessDown"]), []);
        assert_eq!(judged(&["BerthProcessDown"]), [("silent", "BerthDown did not fire: ApisEnded".to_owned())]);
        assert_eq!(judged(&["BerthDown", "BerthDrift"]), [("false alarm", "BerthDrift fired: ApisEnded".to_owned())]);
        assert_eq!(judge(&CALM, &["BerthDrift".to_owned()].into()).len(), 1);
        assert_eq!(Played::default().spoilt().1.len(), 2);
    }
}
