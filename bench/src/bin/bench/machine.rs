//! Which machine the figures are of, in one sentence, and whether it is quiet.

use anyhow::Context as _;
use berth_bench::engine;
use std::time::{Duration, Instant};

const LOOK_FOR: Duration = Duration::from_millis(300);
/// Share of the cores.
const QUIET: f64 = 0.15;

/// Waits until the machine has little to do, at most `limit`; whether it has.
pub(crate) async fn quiet(limit: Duration) -> bool {
    let until = Instant::now() + limit;
    loop {
        let (busy, all) = ticks();
        tokio::time::sleep(LOOK_FOR).await;
        let (busy_now, all_now) = ticks();
        if (busy_now - busy) / (all_now - all).max(1.0) < QUIET {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
    }
}

/// Clock ticks that the cores were busy, and all of them, since the machine began (`man 5 proc`, /proc/stat).
fn ticks() -> (f64, f64) {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<f64> =
        text.lines().next().unwrap_or_default().split(' ').filter_map(|n| n.parse().ok()).take(8).collect();
    let all: f64 = ticks.iter().sum();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    (all - idle, all)
}

/// Linux counts in hundredths of a second, whatever its own clock does.
const TICKS_A_SECOND: f64 = 100.0;

/// Seconds that a process, the processes that it has made and those of them that have ended kept a core busy
/// (utime, stime, cutime and cstime of `man 5 proc`, /proc/PID/stat).
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stats: Vec<(u32, Vec<f64>)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name before may have blanks. The first is the state, which is no number.
            let (_, rest) = text.rsplit_once(") ")?;
            Some((pid, rest.split(' ').skip(1).filter_map(|n| n.parse().ok()).collect()))
        })
        .collect();
    let (mut ticks, mut left) = (0.0, vec![pid]);
    while let Some(pid) = left.pop() {
        for (child, stat) in &stats {
            if stat.first() == Some(&f64::from(pid)) {
                left.push(*child);
            }
            if *child == pid {
                ticks += stat.iter().skip(10).take(4).sum::<f64>();
            }
        }
    }
    ticks / TICKS_A_SECOND
}

/// Resident memory of a process now, and the most since its start or since `forget_most` (VmRSS and VmHWM), in MiB.
pub(crate) fn resident_mib(pid: u32) -> anyhow::Result<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("it has ended")?;
    let mib = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).with_context(|| format!("no {key}"))?;
        anyhow::Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    };
    Ok((mib("VmRSS:")?, mib("VmHWM:")?))
}

pub(crate) fn forget_most(pid: u32) -> anyhow::Result<()> {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").context("the most memory so far cannot be forgotten")
}

pub(crate) async fn describe() -> anyhow::Result<String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |path: &str, name: &str| {
        let text = read(path);
        let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        line.map_or("unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cpu = field("/proc/cpuinfo", "model name");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory_kib: f64 = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    let (kernel, load) = (read("/proc/sys/kernel/osrelease"), read("/proc/loadavg"));
    let docker = engine::docker(&["version", "--format", "{{.Server.Version}}"]).await?;
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
    Ok(format!(
        "{date}, {cpu}, {cores} cores, {:.0} GiB, Linux {}, Docker Engine {docker}; the load generator runs on the same \
         machine. Load average at the end: {}.",
        memory_kib / 1024.0 / 1024.0,
        kernel.trim(),
        load.split(' ').next().unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::{cpu_seconds, forget_most, resident_mib};
    use std::time::Instant;

    #[test]
    fn what_a_process_and_its_children_do_is_counted() {
        let before = cpu_seconds(std::process::id());
        let begun = Instant::now();
        while begun.elapsed().as_millis() < 300 {}
        let alone = cpu_seconds(std::process::id()) - before;
        assert!(alone > 0.05, "{alone}");
        let spin = "n=0; while [ $n -lt 300000 ]; do n=$((n+1)); done";
        let status = std::process::Command::new("sh").args(["-c", spin]).status().expect("sh");
        assert!(status.success() && cpu_seconds(std::process::id()) - before > alone + 0.05);
        assert!(cpu_seconds(u32::MAX) == 0.0);
    }
    #[test]
    fn the_most_memory_is_kept_until_it_is_forgotten() {
        let pid = std::process::id();
        // Large enough to go back to the system when it is dropped, and written to, so that it is there.
        drop(std::hint::black_box(vec![1_u8; 64 << 20]));
        let (now, most) = resident_mib(pid).expect("ours");
        assert!(most > now + 32.0, "{now} {most}");
        forget_most(pid).expect("ours");
        let (now, most) = resident_mib(pid).expect("ours");
        assert!(most < now + 32.0, "{now} {most}");
        assert!(resident_mib(u32::MAX).is_err());
    }
}
