//! What one claim costs: the time of the claim itself, on a nearly empty table and on one with 100,000 finished and 10,000
//! waiting jobs, on both databases. A claim here is the worker's own function, with start slot, lease, desktop and event.

use anyhow::Context as _;
use berth_bench::server::Folder;
use berth_bench::tables::Tables;
use berth_shared::domain::job::Kind;
use berth_shared::events::Signals;
use berth_shared::lifecycle;
use berth_shared::queue::{self, Claimant, Class, End, NewJob};
use berth_shared::store::{Db, PoolSize};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

use crate::queue::{Crowd, now_us};
use crate::report::{Row, percentile};
use crate::{Bench, Figures};

const CLAIMS: usize = 400;
/// Until plans and caches are as they will be.
const FIRST: usize = 50;
const FINISHED: usize = 100_000;
const WAITING: usize = 10_000;
const USERS: usize = 100;
const AIM: f64 = 2.0;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let (mut rows, folder) = (Vec::new(), Folder::new()?);
    let mut detail = json!({});
    for name in ["SQLite", "PostgreSQL"] {
        let mut medians = Vec::new();
        for (table, full) in [("nearly empty", false), ("full", true)] {
            let server = bench.postgres.as_deref();
            let tables = match (name, server) {
                ("SQLite", _) => {
                    Tables::of(&format!("sqlite://{}", folder.path().join(format!("{full}.db")).display()))
                }
                (_, Some(server)) => Tables::scratch(server).await?,
                (_, None) => continue,
            };
            let times = on(&tables, full).await.with_context(|| format!("{name}, {table}"))?;
            if let (false, Some(server)) = (tables.url().starts_with("sqlite"), server) {
                tables.drop_scratch(server).await?;
            }
            let [p50, p95] = [0.5, 0.95].map(|share| percentile(&times, share));
            println!("{name}, {table}: p50 {p50:.2} ms, p95 {p95:.2} ms");
            let what = if full { "100,000 finished and 10,000 waiting jobs" } else { "a nearly empty table" };
            let figure = format!("p50 {p50:.2} ms, p95 {p95:.2} ms");
            rows.push(Row { what: format!("one claim, {what}, {name}"), figure, aim: "", reached: None });
            medians.push((p50, p95));
            detail[name][table] = json!({ "p50": p50, "p95": p95, "ms": times });
        }
        if let [(empty, empty_95), (full, full_95)] = medians[..] {
            let (ratio, ratio_95) = (full / empty, full_95 / empty_95);
            rows.push(Row {
                what: format!("the second over the first, p50 and p95, {name}"),
                figure: format!("{ratio:.2} ×, {ratio_95:.2} ×"),
                aim: "≤ 2 ×",
                reached: Some(ratio <= AIM && ratio_95 <= AIM),
            });
            detail[name]["ratios"] = Value::from(vec![ratio, ratio_95]);
        }
    }
    Ok(Figures { rows, detail })
}

/// Milliseconds of each claim.
async fn on(tables: &Tables, full: bool) -> anyhow::Result<Vec<f64>> {
    let db = Db::open(tables.url(), tables.url(), PoolSize { min: 1, max: 4 }).await?;
    db.migrate().await?;
    let all = FIRST + CLAIMS;
    let crowd = if full {
        Crowd { desktops: WAITING, users: USERS, waiting: WAITING, waiting_kind: "desktop.create", finished: FINISHED }
    } else {
        Crowd { desktops: all, users: USERS, waiting: 0, waiting_kind: "desktop.create", finished: 0 }
    };
    let slots = "INSERT INTO nodes (id, engine_up, start_slots, seen_at) VALUES ('bench', true, 4, 0);\n\
         INSERT INTO start_slots (node_id, slot) VALUES ('bench', 0), ('bench', 1), ('bench', 2), ('bench', 3);\n";
    let queued = "UPDATE desktops SET status = 'queued', desired = 'running';\n";
    tables.run(&format!("{}{slots}{}", crowd.sql(now_us()), if full { "" } else { queued })).await?;
    let (signals, node) = (Signals::default(), "bench".to_owned());
    let by = Claimant { worker_id: "bench-1".to_owned(), node_id: node, lease_ttl: Duration::from_secs(60) };
    let mut times = Vec::new();
    for n in 1..=all {
        if !full {
            put_in_line(&db, n).await?;
        }
        let begun = Instant::now();
        let lease = lifecycle::claim(&db, &signals, &by, Class::Starts).await?.context("nothing to claim")?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        lifecycle::hand_on(&db, &signals, &lease, &End::Cancel).await?;
    }
    db.close().await;
    Ok(times.split_off(FIRST))
}

async fn put_in_line(db: &Db, n: usize) -> anyhow::Result<()> {
    let (desktop, user) = (Crowd::desktop(n), Crowd::user(1 + n % USERS));
    let new = NewJob {
        kind: Kind::Create,
        desktop_id: &desktop,
        user_id: &user,
        generation: 1,
        node_id: None,
        max_attempts: 8,
        run_at: None,
        trace_id: None,
    };
    let mut tx = db.begin().await?;
    queue::enqueue_first(&mut tx, &new).await?;
    Ok(tx.commit().await?)
}
