//! A worker is killed in the middle of a start: how long until another goes on with it. Real processes on PostgreSQL and
//! the pretended engine, whose starts take so long that each kill meets one.

use anyhow::{Context as _, ensure};
use berth_bench::ports;
use berth_bench::server::Server;
use berth_bench::tables::Tables;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::queue::{Site, now_us};
use crate::report::{Row, median, percentile};
use crate::{Bench, Figures};

const KILLS: usize = 20;
const LEASE: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(30);

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let server = bench.postgres.as_deref().context("this is measured on PostgreSQL: --postgres URL")?;
    let site = Site::new(bench, server).await?;
    let mut engine = engine(bench, &site, "30s").await?;
    let measured = kills(bench, &site).await;
    engine.kill().await?;
    site.end(server).await?;
    let waits = measured?;
    let (middle, most) = (median(&waits), percentile(&waits, 1.0));
    let aim_ms = (LEASE.as_secs_f64() + 1.0) * 1e3;
    let row = Row {
        what: format!("`kill -9` of a worker → its start goes on in another, lease of 2 s, {KILLS} times"),
        figure: format!("median {middle:.0} ms, at most {most:.0} ms"),
        aim: "median ≤ lease + 1 s",
        reached: Some(middle <= aim_ms),
    };
    Ok(Figures { rows: vec![row], detail: json!({ "ms": waits }) })
}

/// The pretended one, with starts that take so long.
pub(crate) async fn engine(bench: &Bench, site: &Site, start: &str) -> anyhow::Result<Child> {
    let (socket, state) = (site.folder.path().join("engine.sock"), site.folder.path().join("engine"));
    let log = std::fs::File::create(site.folder.path().join("engine.log"))?;
    let mut command = Command::new(&bench.berth);
    command.arg("sim-engine").arg("--socket").arg(&socket).arg("--state").arg(&state).args(["--start", start]);
    command.stdout(log.try_clone()?).stderr(log).process_group(0).kill_on_drop(true);
    let engine = command.spawn()?;
    let until = Instant::now() + LIMIT;
    while UnixStream::connect(&socket).await.is_err() {
        ensure!(Instant::now() < until, "the pretended engine does not answer");
        sleep(LOOK_EVERY).await;
    }
    Ok(engine)
}

/// Milliseconds from each kill to the claim by another.
async fn kills(bench: &Bench, site: &Site) -> anyhow::Result<Vec<f64>> {
    let first = ports::free_range(100)?;
    let mut env = site.env();
    env.extend([
        ("BERTH_RUNTIME", "sim".to_owned()),
        ("BERTH_SIM_SOCKET", site.folder.path().join("engine.sock").display().to_string()),
        ("BERTH_NODE", "bench".to_owned()),
        ("BERTH_LEASE_TTL", format!("{}s", LEASE.as_secs())),
        ("BERTH_STARTS_PER_HOST", "8".to_owned()),
        ("BERTH_START_LIMITS", "off".to_owned()),
        ("BERTH_MAX_DESKTOPS_PER_USER", "1000".to_owned()),
        ("BERTH_PORT_RANGE", format!("{first}-{}", first + 99)),
    ]);
    let process = async |part| Server::start(&bench.berth, part, site.folder.path(), &site.password, &env).await;
    let api = process("api").await?;
    let client = api.admin(&site.password).await?;
    let mut workers = vec![process("worker").await?, process("worker").await?];
    client.until_slots(LIMIT).await?;
    let template = client.template().await?;
    let mut waits = Vec::new();
    for n in 1..=KILLS {
        let desktop = client.start(&template).await?;
        let (job, holder) = holder(&site.tables, &desktop).await?;
        // Anywhere between two renewals.
        sleep(LEASE.mul_f64(rand::random::<f64>() / 3.0)).await;
        let at = workers.iter().position(|worker| worker.pid() == Some(holder)).context("nobody of ours holds it")?;
        let killed = now_us();
        workers.swap_remove(at).kill().await?;
        let claimed = second_claim(&site.tables, &job).await?;
        waits.push((claimed - killed) as f64 / 1e3);
        println!("{n:>3}: {:.0} ms", (claimed - killed) as f64 / 1e3);
        client.ask(Method::DELETE, &format!("/desktops/{desktop}"), None).await?;
        workers.push(process("worker").await?);
    }
    for worker in workers {
        worker.kill().await?;
    }
    api.stop().await?;
    Ok(waits)
}

/// The desktop's job, once it runs, and the process that works on it.
async fn holder(tables: &Tables, desktop: &str) -> anyhow::Result<(String, u32)> {
    let sql = format!("SELECT id, worker_id FROM jobs WHERE desktop_id = '{desktop}' AND state = 'running';\n");
    let until = Instant::now() + LIMIT;
    loop {
        if let [job, worker] = tables.run(&sql).await?.into_iter().next().unwrap_or_default().as_slice() {
            // <node>-<process>-<random>
            let process = worker.split('-').nth(1).and_then(|pid| pid.parse().ok());
            return Ok((job.clone(), process.with_context(|| format!("no process in {worker}"))?));
        }
        ensure!(Instant::now() < until, "nobody claims the start");
        sleep(LOOK_EVERY).await;
    }
}

async fn second_claim(tables: &Tables, job: &str) -> anyhow::Result<i64> {
    let sql = format!("SELECT coalesce(max(started_at), 0) FROM attempts WHERE job_id = '{job}' AND n = 2;\n");
    let until = Instant::now() + LIMIT;
    loop {
        match tables.numbers(&sql).await?.as_slice() {
            [0] => ensure!(Instant::now() < until, "nobody goes on with the start"),
            [at] => return Ok(*at),
            other => anyhow::bail!("not one number: {other:?}"),
        }
        sleep(LOOK_EVERY).await;
    }
}
