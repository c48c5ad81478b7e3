//! From the click to a running desktop, for a lone user, against the bare floor of the same container: one of each in turn.

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use berth_bench::engine;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

use crate::floor::{self, Floor};
use crate::report::{Row, median};
use crate::{Bench, Figures, machine};

const LIMIT: Duration = Duration::from_secs(60);
/// Before each start, for the engine to finish what the removal before left it to do.
const REST: Duration = Duration::from_secs(5);
const AIM: f64 = 1.15;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let running = bench.server("serve", &[]).await?;
    let mut installation = None;
    let measured = async {
        let client = running.server.admin(&running.password).await?;
        client.until_slots(Duration::from_secs(10)).await?;
        pairs(bench, &client, &mut installation).await
    };
    let measured = measured.await;
    running.end(installation.as_deref()).await?;
    measured
}

/// The floor of this template's desktops. The first of each warms up, and shows that both are the same container.
pub(crate) async fn floor_like_ours(
    bench: &Bench,
    client: &Client,
    template: &str,
    installation: &mut Option<String>,
) -> anyhow::Result<Floor> {
    let (id, _, _) = click(client, template).await?;
    let ours = engine::container_of(&id).await?.context("no container of a running desktop")?;
    *installation = ours["Config"]["Labels"]["berth.installation"].as_str().map(str::to_owned);
    let floor = Floor::like(&ours, &bench.socket)?;
    let bare = floor.start().await?;
    let theirs: Value = serde_json::from_str(&engine::docker(&["inspect", &bare.container]).await?)?;
    floor.remove(bare).await?;
    delete(client, &id).await?;
    let differences = floor::differences(&ours, &theirs[0]);
    ensure!(differences.is_empty(), "the floor is another container: {}", differences.join(", "));
    Ok(floor)
}

async fn pairs(bench: &Bench, client: &Client, installation: &mut Option<String>) -> anyhow::Result<Figures> {
    let template = client.template().await?;
    let floor = floor_like_ours(bench, client, &template, installation).await?;
    let (mut floors, mut berths, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut floor_parts, mut berth_parts) = (Vec::new(), Vec::new());
    for n in 0..bench.pairs {
        let mut quiet = machine::quiet(REST).await;
        let bare = floor.start().await?;
        let (floor_ms, parts) = (bare.total_ms(), bare.parts_ms.clone());
        floor.remove(bare).await?;
        quiet &= machine::quiet(REST).await;
        let (id, ms, steps) = click(client, &template).await?;
        delete(client, &id).await?;
        let noise = if quiet { "" } else { " (others were busy)" };
        println!("{:>3}: floor {floor_ms:.0} ms, Berth {ms:.0} ms{noise}", n + 1);
        floors.push(floor_ms);
        berths.push(ms);
        ratios.push(ms / floor_ms);
        floor_parts.push(parts);
        berth_parts.push(steps);
    }
    let ratio = median(&berths) / median(&floors);
    let row = |what: &str, figure: String, aim, reached| Row { what: what.to_owned(), figure, aim, reached };
    let rows = vec![
        row("the bare engine: create to ready", format!("{:.0} ms", median(&floors)), "", None),
        row("click to running, alone", format!("{:.0} ms", median(&berths)), "", None),
        row("the second over the first", format!("{ratio:.3} ×"), "≤ 1.15 ×", Some(ratio <= AIM)),
    ];
    let middle = |all: &[Vec<f64>]| -> Vec<f64> {
        (0..all.first().map_or(0, Vec::len)).map(|i| median(&all.iter().map(|p| p[i]).collect::<Vec<_>>())).collect()
    };
    let (floor_middle, berth_middle) = (middle(&floor_parts), middle(&berth_parts));
    println!("floor, medians, ms: create, attach, start, ready, greeting: {floor_middle:.1?}");
    println!("Berth, medians, ms: asked to claimed, to created and started, to booted, to ready: {berth_middle:.1?}");
    let detail = json!({
        "floor_ms": floors, "berth_ms": berths, "ratio_of_medians": ratio, "median_of_ratios": median(&ratios),
        "floor_parts_ms": floor_middle, "berth_parts_ms": berth_middle,
    });
    Ok(Figures { rows, detail })
}

/// One start: id, milliseconds from before the request to hearing that it runs, and those between its steps.
async fn click(client: &Client, template: &str) -> anyhow::Result<(String, f64, Vec<f64>)> {
    let mut events = client.events().await?;
    events.next().await?; // the snapshot: from here on we hear everything
    let clicked = Instant::now();
    let id = client.start(template).await?;
    let hear = async {
        loop {
            let desktop = events.desktop(&id).await?;
            ensure!(desktop["status"] != "failed", "the desktop failed: {}", desktop["reason"]["text"]);
            if desktop["status"] == "running" {
                return Ok((clicked.elapsed().as_secs_f64() * 1e3, desktop));
            }
        }
    };
    let (ms, desktop) = tokio::time::timeout(LIMIT, hear).await.context("it does not start")??;
    let at = |step: &Value| step["at"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
    let times: Vec<jiff::Timestamp> = desktop["steps"].as_array().into_iter().flatten().filter_map(at).collect();
    let steps = times.windows(2).map(|two| two[0].duration_until(two[1]).as_secs_f64() * 1e3).collect();
    Ok((id, ms, steps))
}

async fn delete(client: &Client, id: &str) -> anyhow::Result<()> {
    client.delete(id).await?;
    client.until_gone(id, LIMIT).await
}
