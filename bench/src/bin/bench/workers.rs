//! Starts a second with one, two and four worker processes on one pretended engine and PostgreSQL. A start is mostly waiting for
//! the engine, so more workers are more starts until something else has no more to give: here, the cores that all share.

use anyhow::{Context as _, ensure};
use berth_bench::ports;
use berth_bench::server::Server;
use futures_util::future::try_join_all;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::queue::Site;
use crate::report::Row;
use crate::{Bench, Figures, machine, resume};

const WORKERS: [usize; 3] = [1, 2, 4];
/// About as long as a real one.
const START: &str = "1s";
const ALL_DONE_WITHIN: Duration = Duration::from_secs(300);
const LIMIT: Duration = Duration::from_secs(30);
const REST: Duration = Duration::from_secs(20);
const UNFINISHED: &str =
    "SELECT count(*) FROM jobs WHERE state IN ('available', 'scheduled', 'retryable', 'running');\n";
const FACTS: &str = "SELECT count(*) FILTER (WHERE state = 'completed'), (SELECT count(*) FROM attempts), min(started_at), \
    max(finished_at), (SELECT count(*) FROM desktops WHERE status = 'running') FROM jobs;\n";

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let server = bench.postgres.as_deref().context("this is measured on PostgreSQL: --postgres URL")?;
    let (mut rates, mut cpu) = (Vec::new(), Vec::new());
    let mut rows: Vec<Row> = Vec::new();
    for workers in WORKERS {
        machine::quiet(REST).await;
        let site = Site::new(bench, server).await?;
        let mut engine = resume::engine(bench, &site, START).await?;
        let measured = once(bench, &site, workers).await;
        engine.kill().await?;
        site.end(server).await?;
        let (rate, cpu_ms) = measured?;
        println!("{workers}: {rate:.1} a second, {cpu_ms:.1} ms of CPU each");
        rates.push(rate);
        cpu.push(cpu_ms);
        let (jobs, ratio) = (bench.jobs, rate / rates[0]);
        let (what, ratio) = match workers {
            1 => (format!("{jobs} starts on the pretended engine, {START} each, 1 worker process"), String::new()),
            _ => (format!("the same, {workers}"), format!(", {ratio:.2} ×")),
        };
        let figure = format!("{rate:.1} a second{ratio}; {cpu_ms:.1} ms of the workers' CPU each");
        rows.push(Row { what, figure, aim: "", reached: None });
    }
    Ok(Figures { rows, detail: json!({ "workers": WORKERS, "a_second": rates, "cpu_ms_each": cpu }) })
}

/// Starts a second, from the first claim to the last end, and milliseconds of the workers' CPU for each.
async fn once(bench: &Bench, site: &Site, workers: usize) -> anyhow::Result<(f64, f64)> {
    let count = u16::try_from(bench.jobs)?;
    let first = ports::free_range(count)?;
    let mut env = site.env();
    env.extend([
        ("BERTH_RUNTIME", "sim".to_owned()),
        ("BERTH_SIM_SOCKET", site.folder.path().join("engine.sock").display().to_string()),
        ("BERTH_NODE", "bench".to_owned()),
        ("BERTH_LOG", "warn".to_owned()),
        // As many as all the workers may have under way: what holds a start is its worker.
        ("BERTH_STARTS_PER_HOST", "96".to_owned()),
        ("BERTH_START_LIMITS", "off".to_owned()),
        ("BERTH_API_LIMITS", "off".to_owned()),
        ("BERTH_MAX_DESKTOPS_PER_USER", "1000".to_owned()),
        ("BERTH_PORT_RANGE", format!("{first}-{}", first + count - 1)),
    ]);
    let process = async |part| Server::start(&bench.berth, part, site.folder.path(), &site.password, &env).await;
    let api = process("api").await?;
    let client = api.admin(&site.password).await?;
    client.ask(Method::POST, "/admin/queue/pause", None).await?;
    let template = client.template().await?;
    for _ in 0..bench.jobs {
        client.start(&template).await?;
    }
    let all = try_join_all((0..workers).map(|_| process("worker"))).await?;
    client.until_slots(LIMIT).await?;
    sleep(Duration::from_secs(2)).await;

    let cpu = || all.iter().filter_map(Server::pid).map(machine::cpu_seconds).sum::<f64>();
    let (before, begun) = (cpu(), Instant::now());
    client.ask(Method::POST, "/admin/queue/resume", None).await?;
    while site.tables.numbers(UNFINISHED).await? != [0] {
        ensure!(begun.elapsed() < ALL_DONE_WITHIN, "not all of them were started");
        sleep(Duration::from_millis(250)).await;
    }
    let cpu_ms = (cpu() - before) * 1e3 / bench.jobs as f64;
    let facts = site.tables.numbers(FACTS).await?;
    for worker in all {
        worker.stop().await?;
    }
    api.stop().await?;
    let &[done, attempts, from, to, running] = facts.as_slice() else { anyhow::bail!("not five: {facts:?}") };
    ensure!([done, attempts, running] == [bench.jobs as i64; 3], "jobs, attempts, desktops that run: {facts:?}");
    Ok((bench.jobs as f64 / ((to - from) as f64 / 1e6), cpu_ms))
}
