//! From the call that puts a job in line in one process to a worker in another beginning on it: 200 jobs, 20 a second.
//!
//! The peer's own handler says when it begins. Ours has no place for such a word, so two times are taken that it lies between: the
//! claim, and the written end, when the work was over.

use anyhow::{Context as _, ensure};
use berth_shared::domain::job::Kind;
use berth_shared::events::Signals;
use berth_shared::queue::{self, NewJob};
use berth_shared::store::{Db, PoolSize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use super::peer::Peer;
use super::{Crowd, Site, now_us, row};
use crate::Bench;
use crate::report::{Row, median, percentile};

const JOBS: usize = 200;
const EVERY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 3;
const ALL_DONE_WITHIN: Duration = Duration::from_secs(10);

pub(crate) async fn measure(bench: &Bench, server: &str, peer: &Peer, rows: &mut Vec<Row>) -> anyhow::Result<Value> {
    let (mut ours, mut claims, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for first in [round % 2 != 0, round % 2 == 0] {
            if first {
                let (waits, claimed) = once(bench, server).await?;
                say("Berth", &waits);
                ours.push(waits);
                claims.push(claimed);
            } else {
                let said = peer.run(server, "handover", JOBS).await?;
                let waits: Vec<f64> =
                    said["waits_ms"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
                ensure!(waits.len() == JOBS, "{} lost some: {said}", peer.name);
                say(&peer.name, &waits);
                theirs.push(waits);
            }
        }
    }
    let middle =
        |runs: &[Vec<f64>], share| median(&runs.iter().map(|waits| percentile(waits, share)).collect::<Vec<_>>());
    let told = |runs: &[Vec<f64>]| format!("p50 {:.1} ms, p95 {:.1} ms", middle(runs, 0.5), middle(runs, 0.95));
    let ratio = |ours: &[Vec<f64>]| middle(ours, 0.95) / middle(&theirs, 0.95);
    let (to_claim, to_end) = (ratio(&claims), ratio(&ours));
    rows.push(row(format!("put in line in one process → begun in another, {}", peer.name), told(&theirs)));
    rows.push(row("the same, Berth, → claimed".to_owned(), told(&claims)));
    rows.push(row("the same, Berth, → ended".to_owned(), told(&ours)));
    rows.push(Row {
        what: "p95, claimed over begun".to_owned(),
        figure: format!("{to_claim:.2} × (ended over begun: {to_end:.2} ×)"),
        aim: "≤ 1 ×",
        reached: Some(to_claim <= 1.0),
    });
    Ok(json!({
        "peer_ms": theirs, "berth_to_end_ms": ours, "berth_to_claim_ms": claims, "ratio_of_p95": { "claimed": to_claim, "ended": to_end },
    }))
}

fn say(who: &str, waits: &[f64]) {
    let [p50, p95, most] = [0.5, 0.95, 1.0].map(|share| percentile(waits, share));
    println!("{who}: p50 {p50:.1} ms, p95 {p95:.1} ms, at most {most:.1} ms");
}

/// Milliseconds of each job, to its end and to its claim.
async fn once(bench: &Bench, server: &str) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let site = Site::new(bench, server).await?;
    let crowd = Crowd { desktops: JOBS, users: 1, waiting: 0, waiting_kind: "noop", finished: 0 };
    site.tables.run(&crowd.sql(now_us())).await?;
    let worker = site.worker(bench).await?;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let asked = produce(site.tables.url()).await?;
    let until = tokio::time::Instant::now() + ALL_DONE_WITHIN;
    while site.tables.numbers("SELECT count(*) FROM jobs WHERE state <> 'completed';\n").await? != [0] {
        ensure!(tokio::time::Instant::now() < until, "some jobs were not done");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rows = site.tables.run("SELECT id, finished_at, started_at FROM jobs;\n").await?;
    worker.stop().await?;
    site.end(server).await?;
    let (mut ended, mut claimed) = (Vec::new(), Vec::new());
    for row in &rows {
        let [id, end, claim] = row.as_slice() else { anyhow::bail!("not three: {row:?}") };
        let begun = asked.get(id).context("a job that nobody asked for")?;
        ended.push((end.parse::<i64>()? - begun) as f64 / 1e3);
        claimed.push((claim.parse::<i64>()? - begun) as f64 / 1e3);
    }
    ensure!(ended.len() == JOBS, "{} of {JOBS} jobs", ended.len());
    Ok((ended, claimed))
}

/// Puts a job in line every 50 ms, as an api would: job ids, and when each was asked for.
async fn produce(url: &str) -> anyhow::Result<HashMap<String, i64>> {
    let db = Db::open(url, url, PoolSize { min: 1, max: 4 }).await?;
    let (signals, end) = (Signals::default(), CancellationToken::new());
    let carrier = tokio::spawn(signals.clone().run(db.clone(), end.clone()));
    let user = Crowd::user(1);
    let mut asked = HashMap::new();
    // Until the connection that carries notices is there, as it is in an api that has been up for a moment.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut tick = tokio::time::interval(EVERY);
    for n in 1..=JOBS {
        tick.tick().await;
        let desktop = Crowd::desktop(n);
        let begun = now_us();
        let new = NewJob {
            kind: Kind::Noop,
            desktop_id: &desktop,
            user_id: &user,
            generation: 1,
            node_id: None,
            max_attempts: 8,
            run_at: None,
            trace_id: None,
        };
        let mut tx = db.begin().await?;
        let id = queue::enqueue_first(&mut tx, &new).await?;
        tx.commit().await?;
        signals.changed();
        asked.insert(id, begun);
    }
    // The last notice is still on its way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    end.cancel();
    carrier.await?;
    db.close().await;
    Ok(asked)
}
