//! Goals: what a run has to reach, as `NAME=MOST`, and whether it did.

use serde::Serialize;
use std::str::FromStr;

/// What can be asked of a run: name, what it is measured in, what it means.
const KNOWN: [(&str, Unit, &str); 15] = [
    ("failures", Unit::Count, "desktops and calls that went wrong"),
    ("refused", Unit::Count, "starts that were refused"),
    ("leaks", Unit::Count, "what was left behind after everybody had left"),
    ("missed", Unit::Count, "events that a page missed or heard twice"),
    ("wait-p50", Unit::Time, "click → running"),
    ("wait-p95", Unit::Time, "click → running"),
    ("wait-max", Unit::Time, "click → running"),
    ("api-p95", Unit::Time, "any call"),
    ("api-p99", Unit::Time, "any call"),
    ("click-p99", Unit::Time, "`POST /desktops`"),
    ("told-p95", Unit::Time, "ready → heard on the page"),
    ("gone-max", Unit::Time, "delete → gone"),
    ("back-p95", Unit::Time, "event stream lost → back"),
    ("memory", Unit::Mib, "resident, all of Berth's processes together, at most"),
    ("growth", Unit::Percent, "resident memory, from the first quarter to the last"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Count,
    /// Milliseconds inside.
    Time,
    Mib,
    Percent,
}

impl Unit {
    pub(crate) fn say(self, value: f64) -> String {
        match self {
            Self::Count => format!("{value:.0}"),
            Self::Time => time(value),
            Self::Mib => format!("{value:.0} MiB"),
            Self::Percent => format!("{value:.0} %"),
        }
    }
}

/// Milliseconds, as one reads them.
pub(crate) fn time(ms: f64) -> String {
    if ms < 100.0 {
        format!("{ms:.1} ms")
    } else if ms < 10_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1000.0)
    }
}

/// One goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    pub(crate) most: f64,
}

impl Goal {
    /// What every run has to reach, unless it says otherwise.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        ["failures=0", "leaks=0", "missed=0"].into_iter().filter_map(|goal| goal.parse().ok()).collect()
    }

    /// These, and the usual ones that they do not name.
    #[must_use]
    pub fn with_usual(own: Vec<Self>) -> Vec<Self> {
        let rest = Self::usual().into_iter().filter(|usual| own.iter().all(|goal| goal.name != usual.name));
        rest.chain(own.iter().cloned()).collect()
    }

    /// All names, for the help.
    #[must_use]
    pub fn names() -> String {
        KNOWN.map(|(name, ..)| name).join(", ")
    }

    pub(crate) fn words(&self) -> &'static str {
        KNOWN.iter().find(|(name, ..)| *name == self.name).map_or("", |(.., words)| words)
    }
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, most) = text.split_once('=').ok_or("write NAME=MOST, for example wait-p95=30s")?;
        let known = KNOWN.iter().find(|(known, ..)| *known == name.trim());
        let Some(&(name, unit, _)) = known else {
            return Err(format!("{name:?} is no goal; there are {}", Self::names()));
        };
        let most = most.trim();
        let most = match unit {
            Unit::Time => humantime::parse_duration(most).ok().map(|time| time.as_secs_f64() * 1000.0),
            Unit::Mib => most.trim_end_matches("MiB").trim().parse().ok(),
            Unit::Percent => most.trim_end_matches('%').trim().parse().ok(),
            Unit::Count => most.parse::<u32>().ok().map(f64::from),
        };
        let most = most.filter(|most: &f64| most.is_finite() && *most >= 0.0);
        let like = match unit {
            Unit::Time => "a time, for example 250ms or 30s",
            Unit::Mib => "MiB, for example 60MiB",
            Unit::Percent => "per cent, for example 10%",
            Unit::Count => "a number",
        };
        most.map(|most| Self { name, unit, most }).ok_or_else(|| format!("{name}: write {like}"))
    }
}

/// A goal, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub name: &'static str,
    pub(crate) unit: Unit,
    pub most: f64,
    /// None: this was not measured, so the goal is missed.
    pub figure: Option<f64>,
    pub reached: bool,
}

impl Verdict {
    pub(crate) fn of(goal: &Goal, figure: Option<f64>) -> Self {
        let reached = figure.is_some_and(|figure| figure <= goal.most);
        Self { name: goal.name, unit: goal.unit, most: goal.most, figure, reached }
    }

    pub(crate) fn row(&self, goal: &Goal) -> String {
        let figure = self.figure.map_or("not measured".to_owned(), |figure| self.unit.say(figure));
        let reached = if self.reached { "reached" } else { "**missed**" };
        format!("| {} ({}) | {figure} | ≤ {} | {reached} |", self.name, goal.words(), self.unit.say(self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::{Goal, Verdict};

    #[test]
    fn goals_are_read_with_their_units() {
        let most = |text: &str| text.parse::<Goal>().map(|goal| goal.most);
        assert_eq!(most("wait-p95=soon"), Err("wait-p95: write a time, for example 250ms or 30s".to_owned()));
        assert_eq!(most("wait-p95=1.5s"), Ok(1500.0));
        assert_eq!(most("memory=60MiB"), Ok(60.0));
        assert_eq!(most("growth=10%"), Ok(10.0));
        assert_eq!(most("failures=3"), Ok(3.0));
        for wrong in ["failures", "failures=-1", "luck=1", "memory=much", "growth=NaN"] {
            assert!(most(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_usual_ones_stay_unless_they_are_said_anew() {
        let goals =
            Goal::with_usual(vec!["failures=2".parse().expect("a goal"), "api-p99=1s".parse().expect("a goal")]);
        let names: Vec<_> = goals.iter().map(|goal| (goal.name, goal.most)).collect();
        assert_eq!(names, [("leaks", 0.0), ("missed", 0.0), ("failures", 2.0), ("api-p99", 1000.0)]);
    }

    #[test]
    fn what_was_not_measured_is_not_reached() {
        let goal: Goal = "memory=60".parse().expect("a goal");
        assert!(!Verdict::of(&goal, None).reached);
        assert!(Verdict::of(&goal, Some(60.0)).reached);
        assert_eq!(
            Verdict::of(&goal, Some(61.0)).row(&goal),
            "| memory (resident, all of Berth's processes together, at most) | 61 MiB | ≤ 60 MiB | **missed** |"
        );
    }
}
