//! The operations page's figures, put together from what each process wrote down of itself: how it is now, which calls are slowest,
//! and how the last half hour went. It does not matter which process is asked.

use super::kept::{Figures, add, between, quantile_ms};
use super::names::buckets;
use crate::domain::desktop::Status;
use crate::domain::time::Time;
use crate::store::figures::{self, NodeFigures, ProcessRow};
use crate::store::{StoreError, Tx};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use utoipa::ToSchema;

const MINUTES: i64 = 30;
/// Over which the slowest calls are looked for.
const CALLS_OVER: i64 = 10;
const MOST_CALLS: usize = 12;
/// Who has not written for this long is not there any more.
const SILENT: Duration = Duration::from_secs(20);

/// How the installation is, in figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Operations {
    pub at: Time,
    /// Every status, also those that no desktop has.
    pub desktops: Vec<StatusCount>,
    /// Processes of Berth that live.
    pub processes: Vec<ProcessNow>,
    pub engines: Vec<EngineNow>,
    /// Of the last 10 minutes, the slowest first.
    pub calls: Vec<CallTimes>,
    /// Calls to container engines, likewise.
    pub engine_calls: Vec<CallTimes>,
    /// The last 30 minutes, oldest first; the last one is under way.
    pub history: Vec<OperationsMinute>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusCount {
    pub status: Status,
    pub n: i64,
}

/// One process now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProcessNow {
    pub id: String,
    /// `serve`, `api` or `worker`.
    pub part: String,
    pub node: String,
    pub at: Time,
    /// Of one core; null: it has only just begun.
    pub cpu_percent: Option<f64>,
    pub memory_bytes: i64,
    pub pool_busy: i64,
    pub pool_idle: i64,
    pub pool_max: i64,
    pub event_streams: i64,
    pub viewers: i64,
}

/// One node's engine now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EngineNow {
    pub node: String,
    pub up: bool,
    /// Of its desktops, in percent of one core; null: not measured.
    pub cpu_percent: Option<f64>,
    pub memory_bytes: Option<i64>,
    /// Of the engine itself, where it runs beside a worker.
    pub engine_cpu_percent: Option<f64>,
    pub engine_memory_bytes: Option<i64>,
    /// Host ports that are leased or at rest, of so many.
    pub ports: i64,
    pub port_range: Option<i64>,
}

/// How long one kind of call took.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallTimes {
    /// Method and route, or the engine's call.
    pub call: String,
    pub n: i64,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

/// One minute, over all processes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OperationsMinute {
    /// When it began.
    pub minute: Time,
    /// Calls of the api that were answered in it.
    pub calls: i64,
    pub call_p95_ms: Option<f64>,
    /// From an event's being written to its being handed to streams.
    pub event_p95_ms: Option<f64>,
    /// Null where no process wrote anything.
    pub pool_busy: Option<i64>,
    pub event_streams: Option<i64>,
    pub viewers: Option<i64>,
    pub memory_bytes: Option<i64>,
    pub engine_cpu_percent: Option<f64>,
    pub engine_memory_bytes: Option<i64>,
}

/// Reads and puts together.
///
/// # Errors
/// When the database fails.
pub async fn read(tx: &mut Tx, silent_after: Duration) -> Result<Operations, StoreError> {
    let at = tx.now().await?;
    let whole = figures::whole(tx, silent_after).await?;
    // A minute more, to tell the first one's calls from those before.
    let rows = figures::recent(tx, MINUTES + 1).await?;
    let desktops = whole.desktops.into_iter().map(|(status, n)| StatusCount { status, n }).collect();
    Ok(put_together(at, desktops, whole.nodes, rows))
}

/// A row, read.
struct Told {
    row: ProcessRow,
    figures: Figures,
}

fn put_together(at: Time, desktops: Vec<StatusCount>, nodes: Vec<NodeFigures>, rows: Vec<ProcessRow>) -> Operations {
    let last = at.0.div_euclid(60_000_000);
    let rows: Vec<Told> = rows
        .into_iter()
        // Written by another version, it may say something else.
        .filter_map(|row| Some(Told { figures: serde_json::from_str(&row.figures).ok()?, row }))
        .collect();
    let mut by_process: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in &rows {
        by_process.entry(&told.row.process_id).or_default().push(told);
    }
    let alive = || by_process.values().filter(|all| all.last().is_some_and(|told| told.row.at >= at.minus(SILENT)));
    Operations {
        at,
        desktops,
        processes: alive().filter_map(|all| process(all)).collect(),
        engines: nodes.into_iter().map(|node| engine(node, alive().filter_map(|all| all.last().copied()))).collect(),
        calls: slowest(&by_process, last, "http_request_duration_seconds", |figures| &figures.calls),
        engine_calls: slowest(&by_process, last, "berth_docker_request_seconds", |figures| &figures.engine_calls),
        history: (last - MINUTES + 1..=last).map(|minute| of_minute(&by_process, minute)).collect(),
    }
}

fn process(all: &[&Told]) -> Option<ProcessNow> {
    let (now, before) = (all.last()?, all.len().checked_sub(2).and_then(|at| all.get(at)));
    let figures = &now.figures;
    let cpu_percent = before.map(|before| {
        let passed = now.row.at.since(before.row.at).as_secs_f64().max(0.001);
        tenth((figures.cpu_seconds - before.figures.cpu_seconds) / passed * 100.0)
    });
    Some(ProcessNow {
        id: now.row.process_id.clone(),
        part: now.row.part.clone(),
        node: now.row.node_id.clone(),
        at: now.row.at,
        cpu_percent,
        memory_bytes: count(figures.memory_bytes),
        pool_busy: count(figures.pool_busy),
        pool_idle: count(figures.pool_idle),
        pool_max: count(figures.pool_max),
        event_streams: count(figures.event_streams),
        viewers: count(figures.viewers),
    })
}

fn engine<'a>(node: NodeFigures, alive: impl Iterator<Item = &'a Told>) -> EngineNow {
    let of_node: Vec<&Figures> =
        alive.filter(|told| told.row.node_id == node.id && told.row.part != "api").map(|told| &told.figures).collect();
    // Workers that do not measure say 0.
    let loads = || of_node.iter().filter_map(|figures| figures.load);
    let most = |of: fn(super::kept::Load) -> Option<f64>| loads().filter_map(of).reduce(f64::max);
    EngineNow {
        up: node.engine_up,
        cpu_percent: most(|load| Some(load.cpu_percent)).map(tenth),
        memory_bytes: most(|load| Some(load.memory_bytes)).map(count),
        engine_cpu_percent: most(|load| load.engine_cpu_percent).map(tenth),
        engine_memory_bytes: most(|load| load.engine_memory_bytes).map(count),
        ports: node.ports,
        port_range: of_node.iter().map(|figures| count(figures.port_range)).max(),
        node: node.id,
    }
}

type Calls = BTreeMap<String, Vec<u64>>;

fn slowest(
    by_process: &BTreeMap<&str, Vec<&Told>>,
    last: i64,
    histogram: &str,
    of: fn(&Figures) -> &Calls,
) -> Vec<CallTimes> {
    let mut sums: HashMap<&str, Vec<u64>> = HashMap::new();
    for all in by_process.values() {
        let Some(now) = all.last() else { continue };
        let before = all.iter().rev().find(|told| told.row.minute <= last - CALLS_OVER);
        for (call, counts) in of(&now.figures) {
            let earlier = before.and_then(|told| of(&told.figures).get(call)).map(Vec::as_slice);
            add(sums.entry(call).or_default(), &between(earlier, counts));
        }
    }
    let ends = buckets(histogram);
    let mut calls: Vec<CallTimes> = sums
        .into_iter()
        .filter_map(|(call, counts)| {
            let of = |share| quantile_ms(&counts, ends, share).map(tenth);
            let n = i64::try_from(counts.iter().sum::<u64>()).unwrap_or(i64::MAX);
            Some(CallTimes { call: call.to_owned(), n, p50_ms: of(0.5)?, p95_ms: of(0.95)?, p99_ms: of(0.99)? })
        })
        .collect();
    calls.sort_by(|a, b| b.p95_ms.total_cmp(&a.p95_ms).then_with(|| a.call.cmp(&b.call)));
    calls.truncate(MOST_CALLS);
    calls
}

fn of_minute(by_process: &BTreeMap<&str, Vec<&Told>>, minute: i64) -> OperationsMinute {
    let (mut calls, mut events, mut here) = (Vec::new(), Vec::new(), Vec::new());
    for all in by_process.values() {
        let Some(at) = all.iter().position(|told| told.row.minute == minute) else { continue };
        let (now, before) = (&all[at].figures, at.checked_sub(1).map(|before| &all[before].figures));
        for (call, counts) in &now.calls {
            add(&mut calls, &between(before.and_then(|figures| figures.calls.get(call)).map(Vec::as_slice), counts));
        }
        add(&mut events, &between(before.map(|figures| figures.event_delay.as_slice()), &now.event_delay));
        here.push(all[at]);
    }
    let sum =
        |of: fn(&Figures) -> f64| (!here.is_empty()).then(|| count(here.iter().map(|told| of(&told.figures)).sum()));
    // The most of each node's workers, and of all nodes together.
    let load = |of: fn(super::kept::Load) -> f64| {
        let mut nodes: BTreeMap<&str, f64> = BTreeMap::new();
        for told in &here {
            if let Some(load) = told.figures.load {
                let most = nodes.entry(&told.row.node_id).or_default();
                *most = most.max(of(load));
            }
        }
        (!nodes.is_empty()).then(|| nodes.values().sum::<f64>())
    };
    OperationsMinute {
        minute: figures::begun(minute),
        calls: i64::try_from(calls.iter().sum::<u64>()).unwrap_or(i64::MAX),
        call_p95_ms: quantile_ms(&calls, buckets("http_request_duration_seconds"), 0.95).map(tenth),
        event_p95_ms: quantile_ms(&events, buckets("berth_event_delay_seconds"), 0.95).map(tenth),
        pool_busy: sum(|figures| figures.pool_busy),
        event_streams: sum(|figures| figures.event_streams),
        viewers: sum(|figures| figures.viewers),
        memory_bytes: sum(|figures| figures.memory_bytes),
        engine_cpu_percent: load(|load| load.cpu_percent).map(tenth),
        engine_memory_bytes: load(|load| load.memory_bytes).map(count),
    }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[expect(clippy::cast_possible_truncation)]
const fn count(value: f64) -> i64 {
    value as i64
}
