//! What is of this process alone: its memory, its CPU time, its open files, its database connections, and the room on disks.
//! Linux tells it in `/proc`; what cannot be read is not shown.

use super::{approximately, number};
use crate::domain::job::{Kind, Outcome};
use crate::store::PoolUse;
use metrics::{counter, gauge};
use procfs::process::{LimitValue, Process, Stat};
use std::path::Path;

/// What this process runs, for [`begin`].
#[derive(Debug, Clone, Copy)]
pub struct Runs<'a> {
    /// `serve`, `api` or `worker`.
    pub part: &'static str,
    pub node: &'a str,
    pub version: &'static str,
    /// Host ports that a node has.
    pub port_range: i64,
}

/// Shows what stays as it is, and begins counters with 0: one that was never counted would be missing, and its first count
/// with it.
pub fn begin(runs: Runs<'_>) {
    let Runs { part, node, version, port_range } = runs;
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
    if let (Ok(booted), Ok(stat)) = (procfs::boot_time_secs(), Process::myself().and_then(|own| own.stat())) {
        gauge!("process_start_time_seconds").set(approximately(booted) + seconds(stat.starttime));
    }
}

/// Reads what changes.
pub fn read(pool: PoolUse) {
    gauge!("berth_db_pool_connections", "state" => "busy").set(approximately(pool.busy));
    gauge!("berth_db_pool_connections", "state" => "idle").set(approximately(pool.idle));
    gauge!("berth_db_pool_max").set(approximately(pool.max));
    let Ok(own) = Process::myself() else { return };
    if let Ok(stat) = own.stat() {
        gauge!("process_cpu_seconds_total").set(cpu_seconds(&stat));
        gauge!("process_resident_memory_bytes").set(approximately(memory_bytes(&stat)));
        gauge!("process_threads").set(number(stat.num_threads));
    }
    if let Ok(open) = own.fd_count() {
        // One of them is the folder that is being read.
        gauge!("process_open_fds").set(approximately(open.saturating_sub(1) as u64));
    }
    if let Ok(limits) = own.limits()
        && let LimitValue::Value(most) = limits.max_open_files.soft_limit
    {
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

/// CPU time of a process and all its threads, since it began.
#[must_use]
pub fn cpu_seconds(stat: &Stat) -> f64 {
    seconds(stat.utime + stat.stime)
}

/// What it has in memory.
#[must_use]
pub fn memory_bytes(stat: &Stat) -> u64 {
    stat.rss * procfs::page_size()
}

fn seconds(ticks: u64) -> f64 {
    approximately(ticks) / approximately(procfs::ticks_per_second())
}
