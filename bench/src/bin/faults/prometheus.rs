//! A Prometheus of one world's own, with the settings and the rules of `deploy/prometheus`, where a minute passes within a second.

use anyhow::{Context as _, bail, ensure};
use berth_bench::ports;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

use crate::process::Process;

/// So many times faster than in production: what a rule waits for, what it looks back over, how long somebody may wait for a start.
const FASTER: u32 = 60;
/// Not that much faster: a page of figures is a second old at most.
const ASKS_EVERY: &str = "1s";
/// The one threshold that is a time waited. All others are shares, counts, or how late something may be: they stay.
const WAITED: [&str; 2] = ["berth_job_oldest_wait_seconds) > 60 ", "berth_job_oldest_wait_seconds) > 1 "];
const UP_WITHIN: Duration = Duration::from_secs(20);

/// The alerts of a rule file, and for how long what they are for must last.
pub(crate) type Alerts = BTreeMap<String, Duration>;

pub(crate) struct Prometheus {
    process: Mutex<Process>,
    at: SocketAddr,
    http: reqwest::Client,
}

/// The rules of `deploy/`, faster, and their alerts with the times that they then have.
pub(crate) fn rules() -> anyhow::Result<(String, Alerts)> {
    let text = std::fs::read_to_string("deploy/prometheus/rules/berth.yml").context("deploy/prometheus")?;
    Ok((faster(&text)?, alerts(&text)?))
}

/// Every `for:` and every range, and what is waited for. A time that is not understood is an error.
fn faster(rules: &str) -> anyhow::Result<String> {
    ensure!(rules.matches(WAITED[0]).count() == 1, "the rules do not say “{}” once", WAITED[0]);
    let rules = rules.replacen(WAITED[0], WAITED[1], 1);
    let mut text = String::new();
    for line in rules.lines() {
        if let Some((before, time)) = line.split_once("for: ").filter(|(before, _)| before.trim().is_empty()) {
            text.push_str(&format!("{before}for: {}\n", written(short(time)?)));
            continue;
        }
        let mut parts = line.split('[');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (range, after) = part.split_once(']').with_context(|| format!("no range: {line}"))?;
            text.push_str(&format!("[{}]{after}", written(short(range)?)));
        }
        text.push('\n');
    }
    Ok(text)
}

/// Read line by line, apart from how they are made faster: what Prometheus then has is compared with this.
fn alerts(rules: &str) -> anyhow::Result<Alerts> {
    let mut alerts = Alerts::new();
    let mut name = None;
    for line in rules.lines().map(str::trim) {
        if let Some(alert) = line.strip_prefix("- alert: ") {
            ensure!(name.replace(alert).is_none(), "no time for the alert before {alert}");
        } else if let Some(time) = line.strip_prefix("for: ") {
            let name = name.take().context("a time without an alert")?;
            ensure!(alerts.insert(name.to_owned(), short(time)?).is_none(), "{name} twice");
        }
    }
    ensure!(name.is_none() && !alerts.is_empty(), "no time for the last alert");
    Ok(alerts)
}

fn short(time: &str) -> anyhow::Result<Duration> {
    let unit = time.trim_start_matches(|c: char| c.is_ascii_digit());
    let n: u64 = time[..time.len() - unit.len()].parse().with_context(|| format!("“{time}” is no time"))?;
    let seconds = match unit {
        "s" => n,
        "m" => n * 60,
        "h" => n * 3_600,
        _ => bail!("“{time}” is no time"),
    };
    Ok(Duration::from_secs(seconds) / FASTER)
}

fn written(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

impl Prometheus {
    /// Starts one that asks these processes, and waits until it has heard of all of them.
    pub(crate) async fn start(
        name: &str,
        folder: &Path,
        rules: &str,
        apis: &[String],
        workers: &[String],
    ) -> anyhow::Result<Self> {
        let at = ports::free()?;
        let path = |end: &str| folder.join(format!("{name}{end}")).display().to_string();
        std::fs::write(path(".rules.yml"), rules)?;
        let settings = std::fs::read_to_string("deploy/prometheus/prometheus.yml").context("deploy/prometheus")?;
        let listed = |all: &[String]| format!("      - targets: {}\n", serde_json::json!(all));
        let own = settings.lines().map(|line| match line.trim() {
            "scrape_interval: 15s" | "evaluation_interval: 15s" => line.replace("15s", ASKS_EVERY) + "\n",
            "- rules/*.yml" => format!("  - {}\n", path(".rules.yml")),
            "dns_sd_configs:" => line.replace("dns_sd", "static") + "\n",
            "- names: [api]" => listed(apis),
            "- names: [worker]" => listed(workers),
            "- targets: [\"localhost:9090\"]" => listed(&[at.to_string()]),
            "type: A" | "port: 9464" | "refresh_interval: 10s" => String::new(),
            _ => format!("{line}\n"),
        });
        std::fs::write(path(".yml"), own.collect::<String>())?;
        let args = [
            format!("--config.file={}", path(".yml")),
            format!("--storage.tsdb.path={}", path(".tsdb")),
            format!("--web.listen-address={at}"),
        ];
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let process = Mutex::new(Process::new(name, Path::new("prometheus"), &args, Vec::new(), folder));
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        let server = Self { process, at, http };
        server.process.lock().await.start()?;
        let begun = Instant::now();
        let all = (apis.len() + workers.len()).to_string();
        let up = "count(up{job=\"berth-api\", part=\"api\"} == 1 or up{job=\"berth-worker\", part=\"worker\"} == 1)";
        while server.value(up).await.ok().flatten() != Some(all.clone()) {
            let mut process = server.process.lock().await;
            ensure!(begun.elapsed() < UP_WITHIN && process.runs(), "Prometheus:\n{}", process.last_words());
            drop(process);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(server)
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let url = reqwest::Url::parse_with_params(&format!("http://{}/api/v1/{path}", self.at), query)?;
        let answer = self.http.get(url).send().await?;
        let (status, said) = (answer.status(), answer.bytes().await?);
        ensure!(status.is_success(), "Prometheus: {path}: {status} {}", String::from_utf8_lossy(&said));
        Ok(serde_json::from_slice::<Value>(&said)?["data"].take())
    }

    /// The value of the only series that this gives.
    pub(crate) async fn value(&self, expr: &str) -> anyhow::Result<Option<String>> {
        let found = self.ask("query", &[("query", expr)]).await?;
        Ok(found["result"][0]["value"][1].as_str().map(str::to_owned))
    }

    /// What fires or may soon, and whether it does.
    pub(crate) async fn alerts(&self) -> anyhow::Result<BTreeSet<(String, bool)>> {
        let told = self.ask("alerts", &[]).await?;
        let alerts = told["alerts"].as_array().context("no list of alerts")?.iter();
        Ok(alerts.map(|alert| (text(&alert["labels"]["alertname"]), alert["state"] == "firing")).collect())
    }

    /// Whatever fired within this time, and be it for a moment: each time that it looks at its rules it writes down what fires.
    pub(crate) async fn fired(&self, within: Duration) -> anyhow::Result<BTreeSet<String>> {
        let expr =
            format!("count by (alertname) (last_over_time(ALERTS{{alertstate=\"firing\"}}[{}]))", written(within));
        let found = self.ask("query", &[("query", &expr)]).await?;
        let series = found["result"].as_array().context("no series")?.iter();
        Ok(series.map(|series| text(&series["metric"]["alertname"])).collect())
    }

    /// The alerts that it has, as it understood them.
    pub(crate) async fn has(&self) -> anyhow::Result<Alerts> {
        let told = self.ask("rules", &[("type", "alert")]).await?;
        let groups = told["groups"].as_array().context("no rules")?.iter();
        let rules = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
        let mut has = Alerts::new();
        for rule in rules {
            let time = rule["duration"].as_f64().context("an alert without a time")?;
            has.insert(text(&rule["name"]), Duration::from_secs_f64(time));
        }
        Ok(has)
    }

    pub(crate) async fn end(&self) {
        self.process.lock().await.kill().await;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{WAITED, alerts, faster};

    #[test]
    fn every_time_of_the_rules_is_made_shorter_and_nothing_else() {
        let rules = format!(
            "- alert: A\n  expr: max({}and sum(rate(b[5m])) / rate(c[10m]) > 0.2\n  for: 30s\n- alert: B\n  for: 1h\n",
            WAITED[0]
        );
        let short = faster(&rules).expect("understood");
        let expected = format!(
            "- alert: A\n  expr: max({}and sum(rate(b[5000ms])) / rate(c[10000ms]) > 0.2\n  for: 500ms\n- alert: B\n  for: 60000ms\n",
            WAITED[1]
        );
        assert_eq!(short, expected);
        let times: Vec<_> = alerts(&rules).expect("understood").into_values().map(|time| time.as_millis()).collect();
        assert_eq!(times, [500, 60_000]);
        assert!(faster(&rules.replace("5m", "5x")).is_err() && faster("- alert: A\n  for: 1m\n").is_err());
        assert!(alerts("- alert: A\n- alert: B\n  for: 1m\n").is_err() && alerts("- alert: A\n").is_err());
    }
}
