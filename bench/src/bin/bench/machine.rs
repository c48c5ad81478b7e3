//! Which machine the figures are of, in one sentence, and whether it is quiet.

use anyhow::Context as _;
use berth_bench::{engine, resources};
use procfs::process::{Stat, all_processes};
use procfs::{Current as _, LoadAverage};
use std::time::{Duration, Instant};

const LOOK_FOR: Duration = Duration::from_millis(300);
/// Share of the cores.
const QUIET: f64 = 0.15;

/// Waits until the machine has little to do, at most `limit`; whether it has.
pub(crate) async fn quiet(limit: Duration) -> bool {
    let until = Instant::now() + limit;
    loop {
        let before = resources::machine();
        tokio::time::sleep(LOOK_FOR).await;
        let now = resources::machine();
        if (now.busy_seconds - before.busy_seconds) / (now.all_seconds - before.all_seconds).max(0.01) < QUIET {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
    }
}

/// Seconds that a process, the processes that it has made and those of them that have ended kept a core busy.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stats: Vec<Stat> =
        all_processes().into_iter().flatten().filter_map(|process| process.ok()?.stat().ok()).collect();
    let (mut ticks, mut left) = (0, vec![i64::from(pid)]);
    while let Some(pid) = left.pop() {
        for stat in &stats {
            if i64::from(stat.ppid) == pid {
                left.push(stat.pid.into());
            }
            if i64::from(stat.pid) == pid {
                ticks += stat.utime + stat.stime + u64::try_from(stat.cutime + stat.cstime).unwrap_or_default();
            }
        }
    }
    resources::seconds(ticks)
}

/// Resident memory of a process now, and the most since its start or since `forget_most`, in MiB.
pub(crate) fn resident_mib(pid: u32) -> anyhow::Result<(f64, f64)> {
    let usage = resources::of(pid).context("it has ended")?;
    Ok((usage.rss_kib as f64 / 1024.0, usage.most_rss_kib as f64 / 1024.0))
}

pub(crate) fn forget_most(pid: u32) -> anyhow::Result<()> {
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5").context("the most memory so far cannot be forgotten")
}

pub(crate) async fn describe() -> anyhow::Result<String> {
    let (machine, load) = (resources::describe(), LoadAverage::current()?.one);
    let docker = engine::docker(&["version", "--format", "{{.Server.Version}}"]).await?;
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
    Ok(format!(
        "{date}, {machine}, Docker Engine {docker}; the load generator runs on the same machine. Load average at the end: {load}."
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
