//! `berth load capacity`: one burst after the other, of more and more users, each against a Berth of its own, and the figures
//! as a table in docs/capacity.md: what an operator plans with.

use anyhow::Context as _;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::goal::{Goal, time};
use crate::plan::{Own, Place, Plan, Scenario};
use crate::report::Report;
use crate::run::{Stop, run};

const BEGIN: &str = "<!-- figures: written by `berth load capacity` -->";
const END: &str = "<!-- end of figures -->";
/// What the pretended engine is given unless the caller says otherwise: it boots any number at once, as several nodes together do.
const PRETENDED: [(&str, &str); 2] = [("BERTH_STARTS_PER_HOST", "32"), ("BERTH_WORKER_CONCURRENCY", "64")];
/// Between two bursts, so that the machine comes to rest.
const REST: Duration = Duration::from_secs(10);

/// One line of the table, as `USERSxDESKTOPS[:sim][:APIS+WORKERS]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    pub users: usize,
    /// Of each user.
    pub desktops: usize,
    /// On the pretended engine.
    pub pretended: bool,
    pub apis: usize,
    pub workers: usize,
}

impl Size {
    /// Processes of api and worker apart keep what they know in PostgreSQL; one that is both, in SQLite.
    const fn is_several(&self) -> bool {
        self.apis + self.workers > 2
    }

    fn engine(&self) -> String {
        let engine = if self.pretended { "pretended" } else { "Docker" };
        if self.is_several() { format!("{engine}; PostgreSQL") } else { engine.to_owned() }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?}: write USERSxDESKTOPS, for example 100x2, 200x2:sim or 200x2:sim:2+2");
        let pair = |text: &str, by: char| {
            let (a, b) = text.split_once(by)?;
            Some((a.parse().ok()?, b.parse().ok()?)).filter(|(a, b)| (1..=10_000).contains(a) && (1..=100).contains(b))
        };
        let mut parts = text.split(':');
        let (users, desktops) = parts.next().and_then(|part| pair(part, 'x')).ok_or_else(wrong)?;
        let mut size = Self { users, desktops, pretended: false, apis: 1, workers: 1 };
        for part in parts {
            if part == "sim" {
                size.pretended = true;
            } else {
                (size.apis, size.workers) = pair(part, '+').ok_or_else(wrong)?;
            }
        }
        Ok(size)
    }
}

#[derive(Debug, Clone)]
pub struct Capacity {
    pub binary: PathBuf,
    pub settings: Vec<(String, String)>,
    pub docker: PathBuf,
    pub template: Option<String>,
    /// PostgreSQL for sizes of several processes; `{n}` in it is the number of the line: each needs an empty one.
    pub database: Option<String>,
    pub sizes: Vec<Size>,
    /// How long all of them are used once they run.
    pub stay: Duration,
    pub patience: Duration,
    pub viewers: f64,
    pub page: PathBuf,
    pub json: PathBuf,
}

impl Capacity {
    /// Takes all lines and writes them into the page.
    ///
    /// # Errors
    /// When one cannot be taken, or is interrupted: then nothing is written.
    pub async fn measure(&self, version: &'static str, stop: &Stop) -> anyhow::Result<bool> {
        let page = std::fs::read_to_string(&self.page);
        let page = page.with_context(|| format!("{} cannot be read", self.page.display()))?;
        let (before, rest) =
            page.split_once(BEGIN).with_context(|| format!("no {BEGIN} in {}", self.page.display()))?;
        let (_, after) = rest.split_once(END).with_context(|| format!("no {END} in {}", self.page.display()))?;
        let mut reports = Vec::new();
        for (n, size) in self.sizes.iter().enumerate() {
            if n > 0 {
                _ = tokio::time::timeout(REST, stop.first.cancelled()).await;
            }
            let report = run(&self.plan(n + 1, size), version, stop).await;
            let report = report.with_context(|| format!("{} users", size.users))?;
            anyhow::ensure!(!report.interrupted, "interrupted: nothing was written");
            reports.push((size, report));
        }
        let figures = figures(&reports);
        std::fs::write(&self.page, format!("{before}{BEGIN}\n\n{figures}\n\n{END}{after}"))?;
        let all: Vec<_> = reports.iter().map(|(_, report)| json!(report)).collect();
        write(&self.json, &serde_json::to_vec_pretty(&all)?)?;
        Ok(reports.iter().all(|(_, report)| report.reached))
    }

    fn plan(&self, n: usize, size: &Size) -> Plan {
        let mut settings = self.settings.clone();
        for (name, value) in PRETENDED.into_iter().filter(|_| size.pretended) {
            if !settings.iter().any(|(given, _)| given == name) {
                settings.push((name.to_owned(), value.to_owned()));
            }
        }
        let database =
            self.database.as_ref().filter(|_| size.is_several()).map(|url| url.replace("{n}", &n.to_string()));
        Plan {
            scenario: Scenario::Burst,
            place: Place::Own(Own {
                binary: self.binary.clone(),
                settings,
                database,
                apis: size.apis,
                workers: size.workers,
                docker: (!size.pretended).then(|| self.docker.clone()),
            }),
            users: size.users,
            desktops: size.desktops,
            template: self.template.clone(),
            duration: self.stay,
            patience: self.patience,
            viewers: self.viewers,
            seed: 1,
            faults: Vec::new(),
            fault_every: Duration::ZERO,
            goals: Goal::usual(),
            look_every: Duration::from_millis(500),
        }
    }
}

fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("{} cannot be written", file.display()))
}

fn figures(reports: &[(&Size, Report)]) -> String {
    let first = reports.first().map(|(_, report)| report);
    let head = first.map_or(String::new(), |report| {
        let date = report.begun_at.split('T').next().unwrap_or_default();
        format!("{date}, Berth {}, {}; the load generator runs on it too.", report.version, report.machine)
    });
    let mut waits = vec![
        "| users | desktops | engine | slots | click → running p50 / p95 / max | starts a minute | `POST /desktops` p99 | any call p99 | failed | all gone after |"
            .to_owned(),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    let mut needs = vec![
        "| users | desktops | engine | processes | memory of all of them | CPU of one core | CPU s of the machine a start | memory a desktop | ports leased | database connections of each |"
            .to_owned(),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    for (size, report) in reports {
        waits.push(waits_row(size, report));
        needs.push(needs_row(size, report));
    }
    format!("{head}\n\n{}\n\n{}", waits.join("\n"), needs.join("\n"))
}

fn waits_row(size: &Size, report: &Report) -> String {
    let wait = |figure| time(report.wait_ms("running", figure));
    let call = |what: &str| time(report.calls[what]["p99_ms"].as_f64().unwrap_or_default());
    format!(
        "| {} | {} | {} | {} | {} / {} / {} | {:.0} | {} | {} | {} | {} |",
        size.users,
        size.users * size.desktops,
        size.engine(),
        report.slots,
        wait("p50_ms"),
        wait("p95_ms"),
        wait("max_ms"),
        report.starts_a_minute,
        call("POST /desktops"),
        call("all"),
        report.failures.values().sum::<u64>(),
        time(report.wait_ms("gone", "max_ms")),
    )
}

fn needs_row(size: &Size, report: &Report) -> String {
    let names: Vec<&str> = report.processes.iter().map(|process| process.name.as_str()).collect();
    let gauge = |name: &str| {
        let of = report.gauges.iter().filter(|(known, _)| known.contains(name) && !known.contains("idle"));
        of.map(|(_, most)| *most).collect::<Vec<f64>>()
    };
    let words = |values: Vec<f64>| {
        let words: Vec<String> = values.iter().map(|most| format!("{most:.0}")).collect();
        if words.is_empty() { "–".to_owned() } else { words.join(", ") }
    };
    // Every process counts the whole table.
    let ports = gauge("berth_port_leases").into_iter().reduce(f64::max).into_iter().collect();
    // A pretended desktop costs nothing that a real one would.
    let real = |text: String| if size.pretended { "–".to_owned() } else { text };
    format!(
        "| {} | {} | {} | {} | {:.0} MiB | {:.0} % | {} | {} | {} | {} |",
        size.users,
        size.users * size.desktops,
        size.engine(),
        names.join(", "),
        report.memory_mib(),
        report.cpu_percent(),
        real(format!("{:.2}", report.machine_cpu_seconds_a_start)),
        real(format!("{:.0} MiB", report.mib_a_desktop)),
        words(ports),
        words(gauge("berth_db_pool_connections")),
    )
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_are_read_and_nonsense_is_said() {
        let size = |text: &str| text.parse::<Size>().map(|s| (s.users, s.desktops, s.pretended, s.apis, s.workers));
        assert_eq!(size("25x2"), Ok((25, 2, false, 1, 1)));
        assert_eq!(size("400x2:sim:2+3"), Ok((400, 2, true, 2, 3)));
        let engine = |text: &str| text.parse::<Size>().map(|size| size.engine());
        assert_eq!(engine("25x2"), Ok("Docker".to_owned()));
        assert_eq!(engine("25x2:sim:2+2"), Ok("pretended; PostgreSQL".to_owned()));
        for wrong in ["", "25", "0x2", "x", "25x2:docker", "25x2:0+1", "25x2:sim:2"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
