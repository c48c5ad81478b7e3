//! 10,000 jobs that do nothing, worked off by one worker process: a row, an attempt and an event for each.

use anyhow::ensure;
use serde_json::{Value, json};

use super::peer::Peer;
use super::{Crowd, Site, now_us, row};
use crate::Bench;
use crate::report::{Row, median};

const JOBS: usize = 10_000;
const ROUNDS: usize = 3;
const USERS: usize = 100;

/// Waits in the server, so that waiting costs the machine next to nothing.
const UNTIL_NONE_IS_LEFT: &str = "SET statement_timeout = '120s';\n\
    DO $$ BEGIN LOOP PERFORM 1 FROM jobs WHERE state IN ('available', 'scheduled', 'retryable', 'running') LIMIT 1; \
    EXIT WHEN NOT FOUND; COMMIT; PERFORM pg_sleep(0.05); COMMIT; END LOOP; END $$;\n";
/// All, done, first claim, last end, attempts done, events.
const FACTS: &str = "SELECT count(*), count(*) FILTER (WHERE state = 'completed'), min(started_at), max(finished_at), \
    (SELECT count(*) FROM attempts WHERE outcome = 'done'), (SELECT count(*) FROM events) FROM jobs;\n";

pub(crate) async fn measure(bench: &Bench, server: &str, peer: &Peer, rows: &mut Vec<Row>) -> anyhow::Result<Value> {
    let (mut ours, mut theirs, mut claimed) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for first in [round % 2 == 0, round % 2 != 0] {
            if first {
                let (rate, from_first_claim) = once(bench, server).await?;
                println!("Berth: {rate:.0} a second ({from_first_claim:.0} from the first claim)");
                ours.push(rate);
                claimed.push(from_first_claim);
            } else {
                let said = peer.run(server, "drain", JOBS).await?;
                ensure!(said["done"] == JOBS, "{} did not end: {said}", peer.name);
                let rate = JOBS as f64 / said["seconds"].as_f64().unwrap_or(f64::NAN);
                println!("{}: {rate:.0} a second", peer.name);
                theirs.push(rate);
            }
        }
    }
    let (ratio, once_begun) = (median(&ours) / median(&theirs), median(&claimed) / median(&theirs));
    rows.push(row(
        format!("{JOBS} jobs that do nothing, {} at concurrency 8", peer.name),
        format!("{:.0} a second", median(&theirs)),
    ));
    rows.push(row("the same, Berth".to_owned(), format!("{:.0} a second", median(&ours))));
    rows.push(Row {
        what: "the second over the first".to_owned(),
        figure: format!("{ratio:.2} × (from its first claim: {once_begun:.2} ×)"),
        aim: "≥ 1 ×",
        reached: Some(ratio >= 1.0),
    });
    Ok(
        json!({ "peer_a_second": theirs, "berth_a_second": ours, "berth_from_first_claim_a_second": claimed, "ratio": ratio }),
    )
}

/// Jobs a second, from the exec of the worker to the last end; and from its first claim.
async fn once(bench: &Bench, server: &str) -> anyhow::Result<(f64, f64)> {
    let site = Site::new(bench, server).await?;
    let crowd = Crowd { desktops: JOBS, users: USERS, waiting: JOBS, waiting_kind: "noop", finished: 0 };
    site.tables.run(&crowd.sql(now_us())).await?;
    let begun = now_us();
    let worker = site.worker(bench).await?;
    site.tables.run(UNTIL_NONE_IS_LEFT).await?;
    let facts = site.tables.numbers(FACTS).await?;
    worker.stop().await?;
    site.end(server).await?;
    let &[all, done, first, last, attempts, events] = facts.as_slice() else { anyhow::bail!("not six: {facts:?}") };
    let jobs = JOBS as i64;
    ensure!([all, done, attempts, events] == [jobs; 4], "jobs, done, attempts, events: {facts:?}");
    let rate = |from: i64| JOBS as f64 / ((last - from) as f64 / 1e6);
    Ok((rate(begun), rate(first)))
}
