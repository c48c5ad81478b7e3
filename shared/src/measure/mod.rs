//! What is measured: one function for each thing that happens, and the names under which it is shown.
//!
//! The only door to the `metrics` crate. Without a recorder (tests, short commands) nothing is kept and each call costs nothing.
//! Labels are words that Berth itself chooses, so that there is an end to their number: a route is its pattern and never a path.
//! [`whole`] reads what is alike in each process from the database; `cli` shows it all on `/metrics`.

pub mod here;
pub mod kept;
mod names;
pub mod operations;
pub mod whole;

pub use names::{NAMES, Name, buckets};

use crate::domain::job::{Kind, Outcome};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Says what each name means, to whoever keeps them.
pub fn describe() {
    for name in NAMES {
        if !name.buckets.is_empty() {
            describe_histogram!(name.name, name.help);
        } else if name.name.ends_with("_total") && !name.name.starts_with("process_") {
            describe_counter!(name.name, name.help);
        } else {
            describe_gauge!(name.name, name.help);
        }
    }
}

/// A worker has taken a job that could have run since so long.
pub fn claimed(kind: Kind, waited: Duration) {
    histogram!("berth_job_wait_seconds", "kind" => kind.as_str()).record(waited);
}

/// A try of a job has ended, and its end is written.
pub fn attempt_ended(kind: Kind, outcome: Outcome, took: Duration) {
    let labels = [("kind", kind.as_str()), ("outcome", outcome.as_str())];
    counter!("berth_job_attempts_total", &labels).increment(1);
    histogram!("berth_job_duration_seconds", &labels).record(took);
}

/// A desktop came to run, so long after somebody asked for it.
pub fn started(took: Duration) {
    histogram!("berth_start_seconds").record(took);
}

/// A start was refused; `reason` is the code of the answer.
pub fn start_denied(reason: &'static str) {
    counter!("berth_starts_denied_total", "reason" => reason).increment(1);
}

/// The engine was called.
pub fn engine_called(call: &'static str, outcome: &'static str, took: Duration) {
    histogram!("berth_docker_request_seconds", "call" => call, "outcome" => outcome).record(took);
}

/// A call of HTTP was answered. `route` is the pattern that it matched.
pub fn answered(method: &'static str, route: &str, status: u16, took: Duration) {
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
    counter!("http_requests_total", &labels).increment(1);
    histogram!("http_request_duration_seconds", &labels[..2]).record(took);
}

/// An event was handed to those who listen, so long after it was written.
pub fn event_told(late: Duration) {
    histogram!("berth_event_delay_seconds").record(late);
}

/// A page has told of an error of its own.
pub fn page_failed() {
    counter!("berth_page_errors_total").increment(1);
}

/// What a process holds open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// A stream of events.
    EventStream,
    /// A viewer's connection.
    Viewer,
}

/// Counts one for as long as it lives.
#[derive(Debug)]
pub struct Open(Held);

/// One more is open, until the answer is dropped.
#[must_use]
pub fn open(held: Held) -> Open {
    held.gauge().increment(1.0);
    Open(held)
}

impl Held {
    fn gauge(self) -> metrics::Gauge {
        match self {
            Self::EventStream => gauge!("berth_sse_connections"),
            Self::Viewer => gauge!("berth_stream_connections"),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.gauge().decrement(1.0);
    }
}

/// What containers of a node take, and the engine itself where it is on this machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Taken {
    Desktops,
    Engine,
}

/// CPU in percent of one core, memory in bytes.
pub fn engine_load(node: &str, of: Taken, cpu_percent: f64, memory_bytes: u64) {
    let of = match of {
        Taken::Desktops => "desktops",
        Taken::Engine => "engine",
    };
    let labels = [("node", node.to_owned()), ("of", of.to_owned())];
    gauge!("berth_docker_cpu_percent", &labels).set(cpu_percent);
    gauge!("berth_docker_memory_bytes", &labels).set(approximately(memory_bytes));
}

/// What one desktop takes.
#[derive(Debug, Clone, PartialEq)]
pub struct DesktopUsage {
    pub desktop: String,
    pub cpu_percent: f64,
    pub memory_bytes: u64,
}

/// There may be hundreds: they are kept beside the other figures, and shown to who asks for them.
static DESKTOPS: Mutex<Vec<DesktopUsage>> = Mutex::new(Vec::new());

/// What each desktop of this node takes, as it was last measured.
pub fn desktops(all: Vec<DesktopUsage>) {
    *DESKTOPS.lock().unwrap_or_else(PoisonError::into_inner) = all;
}

/// The same as lines for Prometheus.
#[must_use]
pub fn desktops_text() -> String {
    let all = DESKTOPS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = String::new();
    for name in ["berth_desktop_cpu_percent", "berth_desktop_memory_bytes"] {
        text.push_str(&format!("# TYPE {name} gauge\n"));
        for one in all.iter() {
            let value =
                if name.ends_with("percent") { one.cpu_percent.to_string() } else { one.memory_bytes.to_string() };
            text.push_str(&format!("{name}{{desktop=\"{}\"}} {value}\n", one.desktop));
        }
    }
    text
}

/// Counts and bytes are far below what a float holds exactly.
#[expect(clippy::cast_precision_loss)]
const fn number(n: i64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss)]
const fn approximately(n: u64) -> f64 {
    n as f64
}
