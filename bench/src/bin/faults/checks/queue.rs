//! No job left over, every claim closed, tries counted right, no start done twice, no slot held, and nothing held against a start that
//! was not its own fault.

use std::collections::BTreeMap;

use crate::evidence::{Evidence, Finding, finding};
use crate::shapes::{EngineIs, FaultIs};
use crate::tables::{number, rows, text};

/// After these a try may end as failed, for a reason of its own.
const MAY_FAIL: &[FaultIs] = &[
    FaultIs::EngineHung,
    FaultIs::EngineAnswers,
    FaultIs::ContainerRemoved,
    FaultIs::ContainerKilled,
    FaultIs::ContainerCrashed,
    FaultIs::PortTaken,
    FaultIs::DiskFull,
];

pub(crate) fn check(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    for slot in rows(&evidence.tables, "start_slots").iter().filter(|slot| !slot["job_id"].is_null()) {
        found.push(finding("leaked", format!("start slot {} is held by job {}", slot["slot"], text(slot, "job_id"))));
    }
    let mut tries: BTreeMap<&str, Vec<(i64, &str)>> = BTreeMap::new();
    for attempt in rows(&evidence.tables, "attempts") {
        let (job, n, outcome) = (text(attempt, "job_id"), number(attempt, "n"), text(attempt, "outcome"));
        tries.entry(job).or_default().push((n, outcome));
        if outcome == "failed" {
            let why = text(attempt, "error");
            // A real engine on a busy machine may take longer than a lease of 2 s leaves it, though nobody holds it up.
            let slow = evidence.shape.engine == EngineIs::Docker && why.contains("(timed_out:");
            let excused = slow || MAY_FAIL.iter().any(|fault| evidence.made.contains(fault));
            if why.contains("(engine_down:") || !excused {
                found.push(finding("burned", format!("job {job} lost try {n} through no fault of its own: {why}")));
            }
        }
    }
    let mut starts: BTreeMap<(&str, i64), usize> = BTreeMap::new();
    for job in rows(&evidence.tables, "jobs") {
        let (id, kind, state) = (text(job, "id"), text(job, "kind"), text(job, "state"));
        if !matches!(state, "completed" | "cancelled" | "discarded") {
            let wait = text(job, "wait_code");
            found.push(finding("unfinished", format!("{kind} {id} of {} is {state} {wait}", text(job, "desktop_id"))));
            continue;
        }
        let tries = tries.get(id).map_or(&[][..], Vec::as_slice);
        let of = |outcome: &str| tries.iter().filter(|(_, is)| *is == outcome).count();
        let numbers: Vec<i64> = tries.iter().map(|(n, _)| *n).collect();
        if numbers != (1..=number(job, "claims")).collect::<Vec<_>>() || of("") > 0 {
            found.push(finding("attempts", format!("{kind} {id}: {} claims, tries {tries:?}", number(job, "claims"))));
        }
        let counted = (of("done") + of("failed") + of("cancelled")) as i64;
        if counted != number(job, "attempt") {
            found.push(finding(
                "attempts",
                format!("{kind} {id} says {} tries, they are {tries:?}", number(job, "attempt")),
            ));
        }
        let done = usize::from(state == "completed");
        if of("done") != done {
            found.push(finding("doubled", format!("{kind} {id} is {state} and was done {} times", of("done"))));
        }
        if kind == "desktop.create" {
            *starts.entry((text(job, "desktop_id"), number(job, "generation"))).or_default() += done;
        }
    }
    for ((desktop, generation), done) in &starts {
        if *done > 1 {
            found.push(finding("doubled", format!("generation {generation} of {desktop} was started {done} times")));
        }
    }
    for row in rows(&evidence.tables, "desktops").iter().filter(|row| text(row, "status") == "running") {
        if starts.get(&(text(row, "id"), number(row, "generation"))) != Some(&1) {
            found.push(finding("lost", format!("{} runs, but no job has started it", text(row, "name"))));
        }
    }
    found
}
