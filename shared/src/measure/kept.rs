//! What a process writes down of itself for the operations page: some of its own `/metrics`, in short.
//!
//! Counts go up from when the process began; who reads takes one moment's from a later one's. A histogram is the counts of
//! its buckets, one after the other, the last for what is above all of them.

use super::names::buckets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The figures of one process at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Since it began.
    pub cpu_seconds: f64,
    pub memory_bytes: f64,
    pub pool_busy: f64,
    pub pool_idle: f64,
    pub pool_max: f64,
    pub event_streams: f64,
    pub viewers: f64,
    /// Host ports that its node has.
    pub port_range: f64,
    /// Of its node, when this process measures it.
    pub load: Option<Load>,
    /// By method and route.
    pub calls: BTreeMap<String, Vec<u64>>,
    /// By the engine's call.
    pub engine_calls: BTreeMap<String, Vec<u64>>,
    pub event_delay: Vec<u64>,
}

/// What a node's desktops take, and its engine where it can be seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Load {
    pub cpu_percent: f64,
    pub memory_bytes: f64,
    pub engine_cpu_percent: Option<f64>,
    pub engine_memory_bytes: Option<f64>,
}

impl Figures {
    /// Reads them out of the text of `/metrics`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut figures = Self::default();
        for (name, labels, value) in text.lines().filter_map(sample) {
            let says = |key, word| label(labels, key) == Some(word);
            match name {
                "process_cpu_seconds_total" => figures.cpu_seconds = value,
                "process_resident_memory_bytes" => figures.memory_bytes = value,
                "berth_db_pool_connections" if says("state", "busy") => figures.pool_busy = value,
                "berth_db_pool_connections" => figures.pool_idle = value,
                "berth_db_pool_max" => figures.pool_max = value,
                "berth_sse_connections" => figures.event_streams = value,
                "berth_stream_connections" => figures.viewers = value,
                "berth_port_range_size" => figures.port_range = value,
                "berth_docker_cpu_percent" if says("of", "engine") => {
                    figures.load_mut().engine_cpu_percent = Some(value);
                }
                "berth_docker_cpu_percent" => figures.load_mut().cpu_percent = value,
                "berth_docker_memory_bytes" if says("of", "engine") => {
                    figures.load_mut().engine_memory_bytes = Some(value);
                }
                "berth_docker_memory_bytes" => figures.load_mut().memory_bytes = value,
                "berth_event_delay_seconds_bucket" => figures.event_delay.push(whole(value)),
                "http_request_duration_seconds_bucket" => {
                    let call = [label(labels, "method"), label(labels, "route")].map(Option::unwrap_or_default);
                    figures.calls.entry(call.join(" ")).or_default().push(whole(value));
                }
                // How a call ended is left to Prometheus: each outcome's buckets follow one another.
                "berth_docker_request_seconds_bucket" => {
                    let call = label(labels, "call").unwrap_or_default().to_owned();
                    figures.engine_calls.entry(call).or_default().push(whole(value));
                }
                _ => {}
            }
        }
        let of_calls = buckets("http_request_duration_seconds").len() + 1;
        let of_engine = buckets("berth_docker_request_seconds").len() + 1;
        figures.calls.values_mut().for_each(|counts| *counts = each(counts, of_calls));
        figures.engine_calls.values_mut().for_each(|counts| *counts = each(counts, of_engine));
        figures.event_delay = each(&figures.event_delay, buckets("berth_event_delay_seconds").len() + 1);
        figures
    }

    fn load_mut(&mut self) -> &mut Load {
        self.load.get_or_insert_default()
    }
}

/// From counts up to each end, of one series or several after one another, to the counts of each bucket of them all.
fn each(up_to: &[u64], buckets: usize) -> Vec<u64> {
    let mut sums = vec![0; buckets];
    for series in up_to.chunks(buckets) {
        let mut below = 0;
        for (sum, count) in sums.iter_mut().zip(series) {
            *sum += count.saturating_sub(below);
            below = *count;
        }
    }
    sums
}

/// `name{labels} value`, as Prometheus reads it.
fn sample(line: &str) -> Option<(&str, &str, f64)> {
    if line.starts_with('#') {
        return None;
    }
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    Some((name, labels, value.parse().ok()?))
}

fn label<'a>(labels: &'a str, key: &str) -> Option<&'a str> {
    let begins = format!("{key}=\"");
    let from = labels.find(&begins)? + begins.len();
    labels[from..].split('"').next()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// What came between two moments of one process.
#[must_use]
pub fn between(earlier: Option<&[u64]>, later: &[u64]) -> Vec<u64> {
    let before = |at: usize| earlier.and_then(|counts| counts.get(at)).copied().unwrap_or(0);
    later.iter().enumerate().map(|(at, count)| count.saturating_sub(before(at))).collect()
}

/// Adds the counts of another process.
pub fn add(sum: &mut Vec<u64>, more: &[u64]) {
    if sum.len() < more.len() {
        sum.resize(more.len(), 0);
    }
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

/// The time in milliseconds below which this share of what was counted lies, as Prometheus's `histogram_quantile` reads it.
/// None: nothing was counted.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn quantile_ms(counts: &[u64], ends: &[f64], share: f64) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let rank = total as f64 * share;
    let (mut below, mut begin) = (0.0, 0.0);
    for (count, end) in counts.iter().zip(ends) {
        let count = *count as f64;
        if below + count >= rank && count > 0.0 {
            return Some((begin + (end - begin) * (rank - below) / count) * 1e3);
        }
        (below, begin) = (below + count, *end);
    }
    ends.last().map(|end| end * 1e3)
}

#[cfg(test)]
mod tests {
    use super::{Figures, between, buckets, quantile_ms};

    #[test]
    fn a_page_of_metrics_becomes_figures() {
        let ends = buckets("http_request_duration_seconds");
        let mut text = String::from(
            "# HELP process_resident_memory_bytes Memory\nprocess_resident_memory_bytes 1048576\n\
             berth_db_pool_connections{state=\"busy\"} 3\nberth_db_pool_connections{state=\"idle\"} 17\n\
             berth_docker_memory_bytes{node=\"a\",of=\"desktops\"} 4096\nberth_docker_memory_bytes{node=\"a\",of=\"engine\"} 99\n\
             nonsense\nhttp_requests_total{method=\"GET\",route=\"/x\",status=\"200\"} 7\n",
        );
        for (at, end) in ends.iter().map(ToString::to_string).chain(["+Inf".to_owned()]).enumerate() {
            let n = if at < 2 { 1 } else { 4 };
            text.push_str(&format!(
                "http_request_duration_seconds_bucket{{method=\"GET\",route=\"/d/{{id}}\",le=\"{end}\"}} {n}\n"
            ));
        }
        let figures = Figures::of(&text);
        assert_eq!((figures.memory_bytes, figures.pool_busy, figures.pool_idle), (1_048_576.0, 3.0, 17.0));
        let load = figures.load.unwrap();
        assert_eq!((load.memory_bytes, load.engine_memory_bytes, load.engine_cpu_percent), (4096.0, Some(99.0), None));
        let calls = &figures.calls["GET /d/{id}"];
        assert_eq!((calls[0], calls[1], calls[2], calls.iter().sum::<u64>()), (1, 0, 3, 4));
        let back: Figures = serde_json::from_str(&serde_json::to_string(&figures).unwrap()).unwrap();
        assert_eq!(back, figures);
        assert_eq!(serde_json::from_str::<Figures>("{}").unwrap(), Figures::default());
    }

    #[test]
    fn quantiles_lie_inside_their_bucket() {
        let ends = [0.01, 0.02, 0.05];
        assert_eq!(quantile_ms(&[0, 0, 0, 0], &ends, 0.95), None);
        assert_eq!(quantile_ms(&[10, 0, 0, 0], &ends, 0.5), Some(5.0));
        assert_eq!(quantile_ms(&[0, 100, 0, 0], &ends, 0.95).map(f64::round), Some(20.0));
        assert_eq!(quantile_ms(&[0, 0, 0, 5], &ends, 0.99), Some(50.0));
        assert_eq!(between(Some(&[1, 2]), &[3, 2, 1]), [2, 0, 1]);
    }
}
