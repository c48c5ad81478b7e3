//! Resident memory of `berth serve`: idle, and with many real desktops running.

use anyhow::Context as _;
use berth_bench::engine;
use serde_json::json;
use std::time::Duration;

use crate::report::Row;
use crate::{Bench, Figures, Running};

const SETTLES_WITHIN: Duration = Duration::from_secs(10);
const ALL_RUN_WITHIN: Duration = Duration::from_secs(300);
const ALL_GO_WITHIN: Duration = Duration::from_secs(120);
const AIM_KIB: u64 = 40 * 1024;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let running = bench.server("serve", &[]).await?;
    tokio::time::sleep(SETTLES_WITHIN).await;
    let idle = running.server.resident_kib()?;
    println!("idle: {idle} KiB");
    let mut installation = None;
    let busy = with_desktops(bench, &running, &mut installation).await;
    let after = running.server.resident_kib()?;
    running.end(installation.as_deref()).await?;
    let busy = busy?;
    let row = |what: String, kib: u64, aim| Row {
        what: format!("resident memory of `berth serve`, {what}"),
        figure: format!("{:.1} MiB", kib as f64 / 1024.0),
        aim,
        reached: (!aim.is_empty()).then_some(kib <= AIM_KIB),
    };
    let rows = vec![
        row("idle".to_owned(), idle, "≤ 40 MiB"),
        row(format!("{} desktops running", bench.desktops), busy, "≤ 40 MiB"),
        row("these deleted again".to_owned(), after, ""),
    ];
    Ok(Figures { rows, detail: json!({ "idle_kib": idle, "desktops_kib": busy, "after_kib": after }) })
}

async fn with_desktops(bench: &Bench, running: &Running, installation: &mut Option<String>) -> anyhow::Result<u64> {
    let client = running.server.admin(&running.password).await?;
    client.until_slots(Duration::from_secs(10)).await?;
    let template = client.template().await?;
    let mut ids = Vec::new();
    let run = async {
        for _ in 0..bench.desktops {
            ids.push(client.start(&template).await?);
        }
        for id in &ids {
            client.until_running(id, ALL_RUN_WITHIN).await?;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        running.server.resident_kib()
    };
    let measured = run.await;
    if let Some(id) = ids.first() {
        *installation = engine::installation_of(id, Duration::ZERO).await?;
    }
    for id in &ids {
        client.delete(id).await?;
    }
    for id in &ids {
        client.until_gone(id, ALL_GO_WITHIN).await.with_context(|| format!("deleting {id}"))?;
    }
    measured
}
