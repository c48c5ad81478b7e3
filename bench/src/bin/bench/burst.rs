//! 100 clicks at the same moment, each of a user of their own, against the bare floor: as many of the same containers, made
//! by nothing but the engine's API, as many at once as Berth has start slots, each slot held until its desktop greets.
//! In turn: floor, Berth, Berth, floor.

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use berth_bench::ports;
use berth_bench::server::random_password;
use futures_util::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

use crate::floor::Floor;
use crate::report::{Row, median, percentile};
use crate::{Bench, Figures, Running, machine, starts};

const ALL_RUN_WITHIN: Duration = Duration::from_secs(300);
const ALL_GO_WITHIN: Duration = Duration::from_secs(120);
/// Before each burst.
const REST: Duration = Duration::from_secs(20);
const AIM_THROUGHPUT: f64 = 0.95;
const AIM_P50: f64 = 1.1;

/// One burst: seconds from the common beginning to each desktop being there, and of some calls beside it.
#[derive(Default)]
struct Burst {
    ready: Vec<f64>,
    /// The longest `POST /desktops`, and until all are gone again.
    post_s: f64,
    gone_s: f64,
}

impl Burst {
    fn a_minute(&self) -> f64 {
        self.ready.len() as f64 / percentile(&self.ready, 1.0) * 60.0
    }
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let running = bench.server("serve", &[]).await?;
    let mut installation = None;
    let measured = bursts(bench, &running, &mut installation).await;
    running.end(installation.as_deref()).await?;
    measured
}

async fn bursts(bench: &Bench, running: &Running, installation: &mut Option<String>) -> anyhow::Result<Figures> {
    let admin = running.server.admin(&running.password).await?;
    admin.until_slots(Duration::from_secs(10)).await?;
    let template = admin.template().await?;
    let floor = Arc::new(starts::floor_like_ours(bench, &admin, &template, installation).await?);
    let limits = admin.ask(Method::GET, "/limits", None).await?;
    let slots = limits["queue"]["slots"]["total"].as_u64().context("no slots")? as usize;
    let clients = clients(bench, running, &admin).await?;
    let (mut floors, mut berths) = (Vec::new(), Vec::new());
    for ours in [false, true, true, false] {
        let quiet = machine::quiet(REST).await;
        let burst = if ours { clicks(&clients, &template).await? } else { bare(&floor, bench.clicks, slots).await? };
        println!(
            "{}{}: {:.1} a minute, p50 {:.1} s, p95 {:.1} s, gone after {:.1} s",
            if ours { "Berth" } else { "floor" },
            if quiet { "" } else { " (others were busy)" },
            burst.a_minute(),
            percentile(&burst.ready, 0.5),
            percentile(&burst.ready, 0.95),
            burst.gone_s,
        );
        if ours { berths.push(burst) } else { floors.push(burst) }
    }
    Ok(figures(bench.clicks, slots, &floors, &berths))
}

fn figures(clicks: usize, slots: usize, floors: &[Burst], berths: &[Burst]) -> Figures {
    let of = |bursts: &[Burst], what: &dyn Fn(&Burst) -> f64| median(&bursts.iter().map(what).collect::<Vec<_>>());
    let p50 = |burst: &Burst| percentile(&burst.ready, 0.5);
    let told =
        |bursts: &[Burst]| format!("{:.1} a minute, p50 {:.1} s", of(bursts, &Burst::a_minute), of(bursts, &p50));
    let throughput = of(berths, &Burst::a_minute) / of(floors, &Burst::a_minute);
    let middle = of(berths, &p50) / of(floors, &p50);
    let row = |what: String, figure: String, aim, reached| Row { what, figure, aim, reached };
    let rows = vec![
        row(format!("{clicks} starts, {slots} at once, the bare engine"), told(floors), "", None),
        row(format!("{clicks} clicks at the same moment, {slots} start slots"), told(berths), "", None),
        row(
            "starts a minute, the second over the first".to_owned(),
            format!("{throughput:.3} ×"),
            "≥ 0.95 ×",
            Some(throughput >= AIM_THROUGHPUT),
        ),
        row(
            "p50 click → running, the second over the first".to_owned(),
            format!("{middle:.3} ×"),
            "≤ 1.1 ×",
            Some(middle <= AIM_P50),
        ),
        row(
            "all of them deleted, after".to_owned(),
            format!("{:.1} s", of(berths, &|burst: &Burst| burst.gone_s)),
            "",
            None,
        ),
    ];
    let detail = |bursts: &[Burst]| {
        let one = |b: &Burst| json!({ "ready_s": b.ready, "longest_post_s": b.post_s, "gone_s": b.gone_s });
        Value::from(bursts.iter().map(one).collect::<Vec<_>>())
    };
    let detail = json!({
        "slots": slots, "floor": detail(floors), "berth": detail(berths), "throughput": throughput, "p50": middle,
    });
    Figures { rows, detail }
}

/// A user for each click, signed in.
async fn clients(bench: &Bench, running: &Running, admin: &Client) -> anyhow::Result<Vec<Client>> {
    let mut clients = Vec::new();
    for n in 0..bench.clicks {
        let (name, password) = (format!("burst{n}"), random_password());
        let user = json!({ "username": name, "password": password, "role": "user" });
        admin.ask(Method::POST, "/admin/users", Some(&user)).await?;
        clients.push(Client::sign_in(&running.server.origin(), &name, &password).await?);
    }
    Ok(clients)
}

async fn clicks(clients: &[Client], template: &str) -> anyhow::Result<Burst> {
    let streams = try_join_all(clients.iter().map(Client::events)).await?;
    let begin = Instant::now() + Duration::from_secs(1);
    let each = clients.iter().zip(streams).map(async |(client, mut events)| {
        events.next().await?; // the snapshot: from here on we hear everything
        sleep_until(begin).await;
        let id = client.start(template).await?;
        let posted = begin.elapsed().as_secs_f64();
        loop {
            let desktop = events.desktop(&id).await?;
            ensure!(desktop["status"] != "failed", "a desktop failed: {}", desktop["reason"]["text"]);
            if desktop["status"] == "running" {
                return anyhow::Ok((id, posted, begin.elapsed().as_secs_f64()));
            }
        }
    });
    let done = timeout(ALL_RUN_WITHIN, try_join_all(each)).await.context("not all of them run in time")??;
    let mut burst = Burst::default();
    for (_, posted, ready) in &done {
        burst.post_s = burst.post_s.max(*posted);
        burst.ready.push(*ready);
    }
    let deleted = Instant::now();
    try_join_all(clients.iter().zip(&done).map(|(client, (id, ..))| client.delete(id))).await?;
    for (client, (id, ..)) in clients.iter().zip(&done) {
        client.until_gone(id, ALL_GO_WITHIN).await?;
    }
    burst.gone_s = deleted.elapsed().as_secs_f64();
    Ok(burst)
}

async fn bare(floor: &Arc<Floor>, count: usize, at_once: usize) -> anyhow::Result<Burst> {
    let first = ports::free_range(u16::try_from(count)?)?;
    let next = Arc::new(AtomicUsize::new(0));
    let begin = Instant::now();
    let slots = (0..at_once).map(|_| {
        let (floor, next) = (Arc::clone(floor), Arc::clone(&next));
        tokio::spawn(async move {
            let (mut made, mut failed) = (Vec::new(), None);
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    break;
                }
                match floor.start_at(([127, 0, 0, 1], first + n as u16).into()).await {
                    Ok(bare) => made.push((bare, begin.elapsed().as_secs_f64())),
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            (made, failed)
        })
    });
    let (mut burst, mut made, mut failed) = (Burst::default(), Vec::new(), None);
    for (of_slot, error) in try_join_all(slots).await? {
        failed = failed.or(error);
        for (bare, ready) in of_slot {
            burst.ready.push(ready);
            made.push(bare);
        }
    }
    let removed = Instant::now();
    let left = Arc::new(std::sync::Mutex::new(made));
    let removals = (0..at_once).map(|_| {
        let (floor, left) = (Arc::clone(floor), Arc::clone(&left));
        tokio::spawn(async move {
            while let Some(bare) = left.lock().ok().and_then(|mut left| left.pop()) {
                floor.remove(bare).await?;
            }
            anyhow::Ok(())
        })
    });
    try_join_all(removals).await?.into_iter().collect::<anyhow::Result<Vec<()>>>()?;
    burst.gone_s = removed.elapsed().as_secs_f64();
    match failed {
        None => Ok(burst),
        Some(error) => Err(error.context("a bare start failed")),
    }
}
