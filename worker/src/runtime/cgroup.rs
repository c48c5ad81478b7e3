//! What a container takes, as the kernel counts it, where the engine's control groups can be seen. The engine tells the same, but
//! it takes a second for it and 10 ms of a core.

use std::fs;
use std::path::{Path, PathBuf};

use super::survey::Usage;

const ROOT: &str = "/sys/fs/cgroup";

/// None: its control group is not to be seen here (another machine, a container of our own, another layout).
pub(super) fn usage(container_id: &str) -> Option<Usage> {
    usage_below(Path::new(ROOT), container_id)
}

fn usage_below(root: &Path, container_id: &str) -> Option<Usage> {
    if container_id.is_empty() || !container_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    // As the engine's two drivers name it: `cgroupfs` and `systemd`.
    let group = |root: PathBuf| {
        let named = [format!("docker/{container_id}"), format!("system.slice/docker-{container_id}.scope")];
        named.map(|name| root.join(name)).into_iter().find(|folder| folder.is_dir())
    };
    let number = |file: PathBuf| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let (memory, cpu_nanos, cache) = if let Some(group) = group(root.to_owned()) {
        let cpu = field(&group.join("cpu.stat"), "usage_usec")?.saturating_mul(1_000);
        (number(group.join("memory.current"))?, cpu, field(&group.join("memory.stat"), "inactive_file"))
    } else {
        // Version 1 has a tree for each kind.
        let memory = group(root.join("memory"))?;
        let cpu = number(group(root.join("cpuacct"))?.join("cpuacct.usage"))?;
        let cache = field(&memory.join("memory.stat"), "total_inactive_file");
        (number(memory.join("memory.usage_in_bytes"))?, cpu, cache)
    };
    // As `docker stats` does: what the kernel would give up at once is not counted.
    Some(Usage { cpu_nanos, memory_bytes: memory.saturating_sub(cache.unwrap_or_default()) })
}

/// A line `name number`.
fn field(file: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("berth-cgroup-{name}-{}", std::process::id()));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn both_versions_both_drivers() {
        let two = tree(
            "two",
            &[
                ("system.slice/docker-abc.scope/cpu.stat", "usage_usec 1500\nuser_usec 1000\n"),
                ("system.slice/docker-abc.scope/memory.current", "5000\n"),
                ("system.slice/docker-abc.scope/memory.stat", "anon 1\ninactive_file 1000\n"),
            ],
        );
        let one = tree(
            "one",
            &[
                ("memory/docker/abc/memory.usage_in_bytes", "5000\n"),
                ("memory/docker/abc/memory.stat", "inactive_file 9\ntotal_inactive_file 1000\n"),
                ("cpuacct/docker/abc/cpuacct.usage", "1500000\n"),
            ],
        );
        for root in [&two, &one] {
            let found = usage_below(root, "abc");
            assert_eq!(found, Some(Usage { cpu_nanos: 1_500_000, memory_bytes: 4_000 }));
            assert_eq!(usage_below(root, "abd"), None);
            assert_eq!(usage_below(root, "../docker/abc"), None);
            assert_eq!(usage_below(root, ""), None);
            fs::remove_dir_all(root).unwrap();
        }
    }
}
