//! What is of this process alone: its memory, its CPU time, its open files, its database connections, and the room on disks.
//! Linux tells it in `/proc`; what cannot be read is not shown.

use super::{approximately, number};
use crate::domain::job::{Kind, Outcome};
use crate::store::PoolUse;
use metrics::{counter, gauge};
use std::path::Path;

/// Linux counts CPU time in hundredths of a second for every program.
const TICKS_A_SECOND: f64 = 100.0;

/// What this process runs, for [`begin`].
#[derive(Debug, Clone, Copy)]
pub struct Process<'a> {
    /// `serve`, `api` or `worker`.
    pub part: &'static str,
    pub node: &'a str,
    pub version: &'static str,
    /// Host ports that a node has.
    pub port_range: i64,
}

/// Shows what stays as it is, and begins counters with 0: one that was never counted would be missing, and its first count
/// with it.
pub fn begin(process: Process<'_>) {
    let Process { part, node, version, port_range } = process;
    gauge!("berth_build_info", "part" => part, "node" => node.to_owned(), "version" => version).set(1.0);
    gauge!("berth_port_range_size").set(number(port_range));
    if part != "api" {
        for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Noop) {
            for outcome in Outcome::ALL {
                let labels = [("kind", kind.as_str()), ("outcome", outcome.as_str())];
                counter!("berth_job_attempts_total", &labels).absolute(0);
            }
        }
    }
    if part != "worker" {
        for reason in ["quota_exceeded", "start_rate_limited"] {
            counter!("berth_starts_denied_total", "reason" => reason).absolute(0);
        }
        counter!("berth_page_errors_total").absolute(0);
        gauge!("berth_sse_connections").set(0.0);
        gauge!("berth_stream_connections").set(0.0);
    }
    if let Some(began) = began() {
        gauge!("process_start_time_seconds").set(began);
    }
}

/// Reads what changes.
pub fn read(pool: PoolUse) {
    gauge!("berth_db_pool_connections", "state" => "busy").set(approximately(pool.busy));
    gauge!("berth_db_pool_connections", "state" => "idle").set(approximately(pool.idle));
    gauge!("berth_db_pool_max").set(approximately(pool.max));
    if let Some(stat) = Stat::of("self") {
        gauge!("process_cpu_seconds_total").set(stat.cpu_seconds);
        gauge!("process_resident_memory_bytes").set(approximately(stat.memory_bytes));
        gauge!("process_threads").set(stat.threads);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // One of them is the folder that is being read.
        gauge!("process_open_fds").set(approximately(open.count().saturating_sub(1) as u64));
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        gauge!("process_max_fds").set(approximately(most));
    }
}

/// The file system that a folder is on; `of` says what for.
pub fn disk(of: &'static str, folder: &Path) {
    if let Ok(found) = rustix::fs::statvfs(folder) {
        gauge!("berth_disk_free_bytes", "of" => of).set(approximately(found.f_bavail * found.f_frsize));
        gauge!("berth_disk_size_bytes", "of" => of).set(approximately(found.f_blocks * found.f_frsize));
    }
}

/// What `/proc/…/stat` says of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stat {
    /// In this process and all its threads, since it began.
    pub cpu_seconds: f64,
    pub memory_bytes: u64,
    pub threads: f64,
    /// After the system began.
    began_seconds: f64,
}

impl Stat {
    /// Of a process by its number, or of `self`. None: there is none, or this is no Linux.
    #[must_use]
    pub fn of(process: &str) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        Self::read(&text, rustix::param::page_size() as u64)
    }

    fn read(text: &str, page: u64) -> Option<Self> {
        // The name, in brackets, may itself have brackets and spaces in it.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |n: usize| fields.get(n - 3)?.parse::<f64>().ok();
        let pages: u64 = fields.get(24 - 3)?.parse().ok()?;
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / TICKS_A_SECOND,
            memory_bytes: pages * page,
            threads: field(20)?,
            began_seconds: field(22)? / TICKS_A_SECOND,
        })
    }
}

/// When this process began, in seconds since 1970.
fn began() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let booted: f64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted + Stat::of("self")?.began_seconds)
}

#[cfg(test)]
mod tests {
    use super::Stat;

    #[test]
    fn a_name_with_brackets_moves_no_field() {
        let text = "42 (a) b (c) S 1 42 42 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 7 0 12300 99999 512 184467";
        let stat = Stat::read(text, 4096).unwrap();
        assert_eq!((stat.cpu_seconds, stat.memory_bytes, stat.threads), (3.0, 512 * 4096, 7.0));
        assert_eq!(Stat::read("nothing", 4096), None);
        assert!(Stat::of("self").is_some_and(|stat| stat.memory_bytes > 0));
    }
}
