//! What processes use, as the system says: CPU, resident memory, open files, threads. Also the whole machine's.

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process, all_processes};
use procfs::{CpuInfo, Current as _, CurrentSI as _, KernelStats, Meminfo};
use serde::Serialize;

/// Of one process at one moment.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Usage {
    pub cpu_seconds: f64,
    pub rss_kib: u64,
    /// The most that it had resident, since it began or since somebody had that forgotten.
    pub most_rss_kib: u64,
    pub open_files: u64,
    pub threads: u64,
}

/// Ticks of the kernel's clock in seconds.
#[must_use]
pub fn seconds(ticks: u64) -> f64 {
    ticks as f64 / procfs::ticks_per_second() as f64
}

/// None: it is gone, or not ours to look at.
#[must_use]
pub fn of(pid: u32) -> Option<Usage> {
    let process = Process::new(pid.try_into().ok()?).ok()?;
    let (stat, status) = (process.stat().ok()?, process.status().ok()?);
    Some(Usage {
        cpu_seconds: seconds(stat.utime + stat.stime),
        rss_kib: status.vmrss?,
        most_rss_kib: status.vmhwm?,
        open_files: process.fd_count().unwrap_or_default() as u64,
        threads: status.threads,
    })
}

/// The machine's, of all cores since it began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine {
    pub busy_seconds: f64,
    pub all_seconds: f64,
    /// Memory that could still be used.
    pub available_kib: u64,
}

#[must_use]
pub fn machine() -> Machine {
    let memory = Meminfo::current().ok().and_then(|memory| memory.mem_available);
    let Ok(KernelStats { total, .. }) = KernelStats::current() else { return Machine::default() };
    let idle = total.idle + total.iowait.unwrap_or_default();
    let of_interrupts = [total.irq, total.softirq, total.steal].into_iter().flatten().sum::<u64>();
    let busy = total.user + total.nice + total.system + of_interrupts;
    Machine {
        busy_seconds: seconds(busy),
        all_seconds: seconds(busy + idle),
        available_kib: memory.unwrap_or_default() / 1024,
    }
}

/// The process that listens on this port of the machine, when it is ours to look at.
pub(crate) fn listener(port: u16) -> Option<u32> {
    let tables = [procfs::net::tcp(), procfs::net::tcp6()].into_iter().flatten().flatten();
    let listens = tables.filter(|entry| entry.state == TcpState::Listen && entry.local_address.port() == port);
    let inodes: Vec<u64> = listens.map(|entry| entry.inode).collect();
    if inodes.is_empty() {
        return None;
    }
    let found = all_processes().ok()?.flatten().find(|process| {
        let files = process.fd().into_iter().flatten().flatten();
        files.into_iter().any(|file| matches!(file.target, FDTarget::Socket(inode) if inodes.contains(&inode)))
    })?;
    found.pid.try_into().ok()
}

/// The machine in some words.
#[must_use]
pub fn describe() -> String {
    let cpus = CpuInfo::current().ok();
    let model = cpus.as_ref().and_then(|cpus| cpus.model_name(0)).unwrap_or("unknown CPU");
    let memory = Meminfo::current().map(|memory| memory.mem_total).unwrap_or_default();
    format!(
        "{model}, {} cores, {:.0} GiB, Linux {}",
        std::thread::available_parallelism().map_or(0, usize::from),
        memory as f64 / 1024.0 / 1024.0 / 1024.0,
        std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
    )
}

/// Lets this process open at least so many files, as far as the system allows.
///
/// # Errors
/// In words, when it does not.
pub(crate) fn allow_files(count: usize) -> anyhow::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let count = count as u64;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|now| now >= count) {
        return Ok(());
    }
    let allowed = limit.maximum.is_none_or(|most| most >= count);
    let raised =
        allowed && setrlimit(Resource::Nofile, Rlimit { current: Some(count), maximum: limit.maximum }).is_ok();
    anyhow::ensure!(
        raised,
        "so many users need {count} open files, and this shell allows {}: `ulimit -n {count}`, or fewer users",
        limit.maximum.or(limit.current).unwrap_or_default()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_s_own_process_is_known_and_nobody_s_is_not() {
        let own = super::of(std::process::id()).expect("this process");
        assert!(own.rss_kib > 500 && own.open_files > 2 && own.threads > 0, "{own:?}");
        assert!(super::of(u32::MAX).is_none());
        let machine = super::machine();
        assert!(machine.busy_seconds > 0.0 && machine.busy_seconds < machine.all_seconds);
        assert!(machine.available_kib > 1024);
    }

    #[test]
    fn who_listens_is_found_by_the_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert_eq!(super::listener(port), Some(std::process::id()));
        drop(listener);
        assert_eq!(super::listener(port), None);
    }

    #[test]
    fn more_files_than_the_system_allows_is_said_in_words() {
        super::allow_files(1).expect("enough");
        let said = super::allow_files(usize::MAX / 4).map_err(|error| error.to_string());
        assert!(said.is_ok() || said.is_err_and(|said| said.contains("fewer users")));
    }
}
