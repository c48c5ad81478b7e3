//! What came of a run, with its verdict; as JSON and (in `markdown`) for people.

use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use crate::goal::{Goal, Verdict};
use crate::ledger::{Book, Ledger, Wait};
use crate::plan::Plan;
use crate::watch::{self, Look, Used};

/// One run, when it is over.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub version: &'static str,
    pub scenario: &'static str,
    pub begun_at: String,
    pub seconds: f64,
    pub machine: String,
    /// What was loaded, in words: which Berth, which engine.
    pub place: String,
    pub users: usize,
    pub desktops: usize,
    pub slots: i64,
    /// None: SQLite or PostgreSQL of somebody else's Berth.
    pub port_range: Option<String>,
    /// It was broken off, so its figures are of less than was asked for.
    pub interrupted: bool,
    pub faults: Vec<(f64, String)>,
    pub counts: Value,
    pub waits: Value,
    pub calls: Value,
    pub failures: BTreeMap<String, u64>,
    pub refused: BTreeMap<String, u64>,
    /// The queue's own words, and how often a page heard them.
    pub reasons: BTreeMap<String, u64>,
    pub leaks: Vec<String>,
    /// From everybody having been asked to leave to the last one being gone.
    pub left_after_seconds: Option<f64>,
    pub starts_a_minute: f64,
    pub machine_cpu_seconds_a_start: f64,
    /// By how much less memory was available with the most desktops running, each.
    pub mib_a_desktop: f64,
    pub(crate) processes: Vec<Used>,
    pub gauges: BTreeMap<String, f64>,
    pub(crate) looks: Vec<Look>,
    pub verdicts: Vec<Verdict>,
    pub reached: bool,
    #[serde(skip)]
    pub(crate) goals: Vec<Goal>,
    #[serde(skip)]
    pub(crate) book: Book,
}

/// What the run itself knows.
pub(crate) struct Facts {
    pub(crate) version: &'static str,
    pub(crate) begun_at: jiff::Timestamp,
    pub(crate) place: String,
    pub(crate) slots: i64,
    pub(crate) port_range: Option<String>,
    pub(crate) interrupted: bool,
    pub(crate) faults: Vec<(f64, String)>,
    pub(crate) leaks: Vec<String>,
    pub(crate) left_after_seconds: Option<f64>,
    pub(crate) looks: Vec<Look>,
    pub(crate) gauges: BTreeMap<String, f64>,
}

impl Report {
    pub(crate) fn of(plan: &Plan, ledger: &Ledger, facts: Facts) -> Self {
        let book = ledger.copy();
        let ran = ledger.counts.ran.load(Relaxed);
        let took = book.first_click.zip(book.last_running).map_or(0.0, |(first, last)| (last - first).as_secs_f64());
        let mut report = Self {
            version: facts.version,
            scenario: plan.scenario.name(),
            begun_at: facts.begun_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            seconds: ledger.begun.elapsed().as_secs_f64(),
            machine: crate::resources::describe(),
            place: facts.place,
            users: plan.users,
            desktops: plan.all_desktops(),
            slots: facts.slots,
            port_range: facts.port_range,
            interrupted: facts.interrupted,
            faults: facts.faults,
            counts: json!(ledger.counts),
            waits: waits(&book),
            calls: calls(&book),
            failures: book.failures.clone(),
            refused: book.refused.clone(),
            reasons: book.reasons.clone(),
            leaks: facts.leaks,
            left_after_seconds: facts.left_after_seconds,
            starts_a_minute: if took > 0.0 { ran as f64 / took * 60.0 } else { 0.0 },
            machine_cpu_seconds_a_start: machine_cpu(&facts.looks) / (ran.max(1)) as f64,
            mib_a_desktop: memory_taken(&facts.looks) / ledger.counts.most_running.load(Relaxed).max(1) as f64,
            processes: watch::used(&facts.looks),
            gauges: facts.gauges,
            looks: facts.looks,
            verdicts: Vec::new(),
            reached: false,
            goals: plan.goals.clone(),
            book,
        };
        report.verdicts = plan.goals.iter().map(|goal| Verdict::of(goal, report.figure(goal.name, plan))).collect();
        report.reached = !report.interrupted && report.verdicts.iter().all(|verdict| verdict.reached);
        report
    }

    /// What a goal is held against. None: not measured.
    fn figure(&self, goal: &str, plan: &Plan) -> Option<f64> {
        let ms = |wait: Wait, share| Some(self.book.wait(wait)).filter(|t| t.count() > 0).map(|t| t.ms(share));
        let api = |share| Some(self.book.all_calls().times).filter(|t| t.count() > 0).map(|t| t.ms(share));
        let count = |name: &str| self.counts[name].as_f64();
        match goal {
            "failures" => Some(self.went_wrong(plan) as f64),
            "refused" => Some(self.refused.values().sum::<u64>() as f64),
            "leaks" => Some(self.leaks.len() as f64),
            "missed" => Some(count("missed")? + count("repeated")?),
            "wait-p50" => ms(Wait::Running, 0.5),
            "wait-p95" => ms(Wait::Running, 0.95),
            "wait-max" => ms(Wait::Running, 1.0),
            "api-p95" => api(0.95),
            "api-p99" => api(0.99),
            "click-p99" => self.book.calls.get("POST /desktops").map(|calls| calls.times.ms(0.99)),
            "told-p95" => ms(Wait::Told, 0.95),
            "gone-max" => ms(Wait::Gone, 1.0),
            "back-p95" => ms(Wait::Back, 0.95),
            "memory" => watch::memory_at_work(&self.looks).into_iter().reduce(f64::max).map(|kib| kib / 1024.0),
            "growth" => watch::growth(&self.looks),
            _ => None,
        }
    }

    /// A call without a good answer counts where nothing was broken on purpose; else it was asked again.
    fn went_wrong(&self, plan: &Plan) -> u64 {
        let bad = self.book.all_calls().answers.into_iter().filter(|(status, _)| *status == 0 || *status >= 500);
        let calls = if plan.faults.is_empty() { bad.map(|(_, count)| count).sum() } else { 0 };
        self.failures.values().sum::<u64>() + calls
    }

    /// Resident memory of all of Berth's processes together, at most, in MiB.
    #[must_use]
    pub fn memory_mib(&self) -> f64 {
        watch::memory_at_work(&self.looks).into_iter().fold(0.0, f64::max) / 1024.0
    }

    /// CPU of all of Berth's processes together while users were at work, in per cent of one core.
    #[must_use]
    pub fn cpu_percent(&self) -> f64 {
        self.processes.iter().map(|process| process.cpu_percent).sum()
    }

    /// A wait's time, in milliseconds, by its name in `waits` (`running`, `gone`, …) and its figure (`p50_ms`, …).
    #[must_use]
    pub fn wait_ms(&self, name: &str, figure: &str) -> f64 {
        self.waits[name][figure].as_f64().unwrap_or_default()
    }
}

fn waits(book: &Book) -> Value {
    let waits = Wait::ALL.into_iter().filter_map(|wait| Some((wait.name().to_owned(), book.waits.get(&wait)?.json())));
    Value::Object(waits.collect())
}

fn calls(book: &Book) -> Value {
    let mut all = Map::new();
    for (what, calls) in &book.calls {
        let mut value = calls.times.json();
        value["answers"] = json!(calls.answers);
        all.insert((*what).to_owned(), value);
    }
    let together = book.all_calls();
    all.insert("all".to_owned(), together.times.json());
    Value::Object(all)
}

/// CPU seconds of the whole machine while the users were at work.
fn machine_cpu(looks: &[Look]) -> f64 {
    let mut busy = looks.iter().filter(|look| look.at_work).map(|look| look.machine_cpu_seconds);
    let first = busy.next().unwrap_or_default();
    busy.next_back().map_or(0.0, |last| last - first)
}

/// How much less memory was available at the fullest moment than at first, in MiB.
fn memory_taken(looks: &[Look]) -> f64 {
    let first = looks.first().map_or(0, |look| look.available_kib);
    let least = looks.iter().map(|look| look.available_kib).min().unwrap_or_default();
    first.saturating_sub(least) as f64 / 1024.0
}
