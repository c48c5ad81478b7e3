//! What processes use, as the system says (`man 5 proc`): CPU, resident memory, open files, threads. Also the whole machine's.

use serde::Serialize;
use std::fs;

/// Of one process at one moment.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    pub(crate) rss_kib: u64,
    pub(crate) open_files: u64,
    pub(crate) threads: u64,
}

/// Ticks a second in /proc, the same on every Linux.
const TICKS: f64 = 100.0;

/// None: it is gone, or not ours to look at.
pub(crate) fn of(pid: u32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(Usage {
        cpu_seconds: (number(11)? + number(12)?) as f64 / TICKS,
        rss_kib: rss.trim().trim_end_matches(" kB").parse().ok()?,
        open_files: fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, |files| files.count() as u64),
        threads: number(17)?,
    })
}

/// The machine: busy CPU seconds of all cores since it began, and memory that could still be used, in KiB.
pub(crate) fn machine() -> (f64, u64) {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<f64> =
        stat.lines().next().unwrap_or_default().split(' ').filter_map(|n| n.parse().ok()).take(8).collect();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = available.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default();
    ((ticks.iter().sum::<f64>() - idle) / TICKS, kib)
}

/// The process that listens on this port of the machine, when it is ours to look at.
pub(crate) fn listener(port: u16) -> Option<u32> {
    let listens = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // 0A: it listens.
        fields.get(3) == Some(&"0A") && fields.get(1).is_some_and(|at| at.ends_with(&format!(":{port:04X}")))
    };
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|table| {
            let lines: Vec<String> = table.lines().filter(listens).map(str::to_owned).collect();
            lines.into_iter().filter_map(|line| Some(format!("socket:[{}]", line.split_whitespace().nth(9)?)))
        })
        .collect();
    if inodes.is_empty() {
        return None;
    }
    fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|to| inodes.iter().any(|inode| to == *inode.as_str()))
    })
}

/// One sentence on the machine.
pub(crate) fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpus, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let model = cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib: f64 = total.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default();
    format!(
        "{}, {} cores, {:.0} GiB, Linux {}",
        model.map_or("unknown CPU", |(_, name)| name.trim()),
        std::thread::available_parallelism().map_or(0, usize::from),
        kib / 1024.0 / 1024.0,
        read("/proc/sys/kernel/osrelease").trim(),
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
        let (busy, available) = super::machine();
        assert!(busy > 0.0 && available > 1024);
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
