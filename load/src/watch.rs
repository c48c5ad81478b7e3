//! Looks at Berth's processes while a load runs: CPU, memory, open files, threads; at the machine; and at those gauges of
//! their metrics that say what a run is limited by.

use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::resources::{self, Usage};
use crate::server;

/// Above this many looks, every second one is forgotten.
const MOST_LOOKS: usize = 720;
/// Gauges whose largest values are worth knowing.
const GAUGES: [&str; 5] = [
    "berth_db_pool_connections",
    "berth_port_leases",
    "berth_port_range_size",
    "berth_sse_connections",
    "berth_stream_connections",
];

/// One look at everything.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Look {
    pub(crate) at_seconds: f64,
    /// Whether the users were at work: not while they were made or left.
    pub(crate) at_work: bool,
    pub(crate) processes: BTreeMap<String, Usage>,
    pub(crate) machine_cpu_seconds: f64,
    pub(crate) available_kib: u64,
    /// What a Berth of our own has written into its folder.
    pub(crate) folder_kib: Option<u64>,
}

pub(crate) struct Watch {
    begun: Instant,
    looks: Mutex<Vec<Look>>,
    /// The most that each gauge was, by its name and labels.
    gauges: Mutex<BTreeMap<String, f64>>,
}

/// What one process used in a run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Used {
    pub(crate) name: String,
    pub(crate) cpu_seconds: f64,
    /// Of one core, while the users were at work.
    pub(crate) cpu_percent: f64,
    pub(crate) rss_begin_kib: u64,
    pub(crate) rss_most_kib: u64,
    pub(crate) rss_end_kib: u64,
    pub(crate) files_most: u64,
    pub(crate) files_end: u64,
    pub(crate) threads_most: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Self { begun: Instant::now(), looks: Mutex::default(), gauges: Mutex::default() }
    }
}

impl Watch {
    pub(crate) fn look(&self, processes: &[(String, u32)], at_work: bool, folder_kib: Option<u64>) {
        let machine = resources::machine();
        let of = |(name, pid): &(String, u32)| Some((name.clone(), resources::of(*pid)?));
        let look = Look {
            at_seconds: self.begun.elapsed().as_secs_f64(),
            at_work,
            processes: processes.iter().filter_map(of).collect(),
            machine_cpu_seconds: machine.busy_seconds,
            available_kib: machine.available_kib,
            folder_kib,
        };
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.push(look);
        if looks.len() > MOST_LOOKS {
            let mut n = 0;
            looks.retain(|_| {
                n += 1;
                n % 2 == 1
            });
        }
    }

    pub(crate) async fn look_at_gauges(&self, metrics: &[SocketAddr]) {
        for (n, address) in metrics.iter().enumerate() {
            let asked = tokio::time::timeout(Duration::from_secs(2), server::metrics(*address)).await;
            let Ok(Ok(text)) = asked else { continue };
            let mut gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
            for (name, value) in gauges_in(&text) {
                let most = gauges.entry(format!("{} {name}", n + 1)).or_insert(value);
                *most = most.max(value);
            }
        }
    }

    pub(crate) fn looks(&self) -> Vec<Look> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn gauges(&self) -> BTreeMap<String, f64> {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn gauges_in(text: &str) -> impl Iterator<Item = (&str, f64)> {
    text.lines().filter(|line| GAUGES.iter().any(|gauge| line.starts_with(gauge))).filter_map(|line| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name, value.parse().ok()?))
    })
}

/// What each process used, from all looks.
pub(crate) fn used(looks: &[Look]) -> Vec<Used> {
    let mut names: Vec<&String> = looks.iter().flat_map(|look| look.processes.keys()).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter_map(|name| used_by(name, looks)).collect()
}

fn used_by(name: &str, looks: &[Look]) -> Option<Used> {
    let of = |look: &Look| look.processes.get(name).copied();
    let all: Vec<Usage> = looks.iter().filter_map(of).collect();
    let (first, last) = (all.first()?, all.last()?);
    let most = |what: fn(&Usage) -> u64| all.iter().map(what).max().unwrap_or_default();
    let at_work: Vec<&Look> = looks.iter().filter(|look| look.at_work).collect();
    let seconds = at_work.last().zip(at_work.first()).map_or(0.0, |(last, first)| last.at_seconds - first.at_seconds);
    Some(Used {
        name: name.to_owned(),
        cpu_seconds: spent(all.iter()),
        cpu_percent: if seconds > 0.0 {
            let busy: Vec<Usage> = at_work.into_iter().filter_map(of).collect();
            spent(busy.iter()) / seconds * 100.0
        } else {
            0.0
        },
        rss_begin_kib: first.rss_kib,
        rss_most_kib: most(|usage| usage.rss_kib),
        rss_end_kib: last.rss_kib,
        files_most: most(|usage| usage.open_files),
        files_end: last.open_files,
        threads_most: most(|usage| usage.threads),
    })
}

/// CPU seconds between the first and the last; a process that was started again begins at nothing.
fn spent<'a>(usages: impl Iterator<Item = &'a Usage> + Clone) -> f64 {
    let pairs = usages.clone().zip(usages.skip(1));
    pairs.map(|(a, b)| if b.cpu_seconds >= a.cpu_seconds { b.cpu_seconds - a.cpu_seconds } else { b.cpu_seconds }).sum()
}

/// Resident memory of all together, in KiB, at each look at work.
pub(crate) fn memory_at_work(looks: &[Look]) -> Vec<f64> {
    let sum = |look: &Look| look.processes.values().map(|usage| usage.rss_kib as f64).sum();
    looks.iter().filter(|look| look.at_work && !look.processes.is_empty()).map(sum).collect()
}

/// By how much memory grew from the first quarter of a run to the last, in per cent; none: too few looks.
pub(crate) fn growth(looks: &[Look]) -> Option<f64> {
    let memory = memory_at_work(looks);
    let quarter = memory.len() / 4;
    if quarter < 3 {
        return None;
    }
    let (first, last) = (middle(&memory[..quarter]), middle(&memory[memory.len() - quarter..]));
    Some(((last / first - 1.0) * 100.0).max(0.0))
}

fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::{Look, Usage, Watch, gauges_in, growth, used};

    fn look(at: f64, cpu: f64, mib: u64) -> Look {
        let usage = Usage { cpu_seconds: cpu, rss_kib: mib * 1024, most_rss_kib: 0, open_files: 20, threads: 4 };
        Look {
            at_seconds: at,
            at_work: true,
            processes: [("serve".to_owned(), usage)].into(),
            machine_cpu_seconds: 0.0,
            available_kib: 0,
            folder_kib: None,
        }
    }

    #[test]
    fn a_process_that_was_started_again_has_used_what_both_used() {
        let looks = [look(0.0, 1.0, 30), look(1.0, 1.5, 40), look(2.0, 0.2, 25), look(4.0, 0.3, 26)];
        let used = &used(&looks)[0];
        assert!((used.cpu_seconds - 0.8).abs() < 1e-9 && (used.cpu_percent - 20.0).abs() < 1e-9, "{used:?}");
        assert_eq!((used.rss_begin_kib, used.rss_most_kib, used.rss_end_kib), (30 * 1024, 40 * 1024, 26 * 1024));
    }

    #[test]
    fn growth_compares_the_first_quarter_with_the_last() {
        let flat: Vec<Look> = (0..40).map(|n| look(f64::from(n), 0.0, 50 + n as u64 % 2)).collect();
        assert!(growth(&flat).is_some_and(|growth| growth < 3.0));
        let grows: Vec<Look> = (0..40).map(|n| look(f64::from(n), 0.0, 50 + n as u64)).collect();
        assert!(growth(&grows).is_some_and(|growth| growth > 40.0));
        assert_eq!(growth(&flat[..8]), None);
    }

    #[test]
    fn looks_do_not_grow_without_end() {
        let watch = Watch::default();
        (0..2000).for_each(|_| watch.look(&[], true, None));
        assert!(watch.looks().len() <= super::MOST_LOOKS);
    }

    #[test]
    fn gauges_are_read_with_their_labels() {
        let text =
            "# HELP x\nberth_db_pool_connections{state=\"used\"} 7\nhttp_requests_total 3\nberth_port_leases 2\n";
        let found: Vec<_> = gauges_in(text).collect();
        assert_eq!(found, [("berth_db_pool_connections{state=\"used\"}", 7.0), ("berth_port_leases", 2.0)]);
    }
}
