//! How long `POST /desktops` takes with 50 users at it, each with a log-in and a connection of their own. No worker
//! runs: what is measured is the api and its database, not the engine.
//!
//! Three shapes: everybody at the very same moment, once a second; everybody four times a second, evenly spread; and
//! everybody again as soon as the answer is there (which measures how much it can take).

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use berth_bench::server::random_password;
use futures_util::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

use crate::report::{Row, percentile};
use crate::{Bench, Figures};

const USERS: usize = 50;
const AIM_MS: f64 = 20.0;

/// One shape of load.
struct Load {
    name: &'static str,
    words: &'static str,
    period: Duration,
    spread: bool,
    rounds: u32,
    aim: &'static str,
}

const LOADS: [Load; 3] = [
    Load {
        name: "burst",
        words: "at the same moment",
        period: Duration::from_secs(1),
        spread: false,
        rounds: 10,
        aim: "p99 < 20 ms",
    },
    Load {
        name: "spread",
        words: "evenly, 200 a second",
        period: Duration::from_millis(250),
        spread: true,
        rounds: 20,
        aim: "p99 < 20 ms",
    },
    Load { name: "nonstop", words: "each again at once", period: Duration::ZERO, spread: false, rounds: 20, aim: "" },
];

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let mut rows = Vec::new();
    let mut detail = json!({ "SQLite": on(bench, "SQLite", &[], &mut rows).await? });
    if let Some(url) = &bench.postgres {
        let database = [("BERTH_DATABASE_URL", url.clone())];
        detail["PostgreSQL"] = on(bench, "PostgreSQL", &database, &mut rows).await?;
    }
    Ok(Figures { rows, detail })
}

async fn on(bench: &Bench, database: &str, env: &[(&str, String)], rows: &mut Vec<Row>) -> anyhow::Result<Value> {
    let running = bench.server("api", env).await?;
    let clients = Arc::new(sign_all_in(&running.server.origin(), &running.password).await?);
    let mut detail = json!({});
    for load in &LOADS {
        let begun = Instant::now();
        let times = press(&clients, load).await?;
        let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| percentile(&times, share));
        let more = if load.period.is_zero() { format!(", {rate:.0} a second") } else { String::new() };
        rows.push(Row {
            what: format!("`POST /desktops`, {USERS} users {}, {database}", load.words),
            figure: format!("p50 {p50:.1} ms, p99 {p99:.1} ms{more}"),
            aim: load.aim,
            reached: (!load.aim.is_empty()).then_some(p99 < AIM_MS),
        });
        detail[load.name] = json!({ "p50": p50, "p99": p99, "max": most, "a_second": rate, "ms": times });
    }
    running.end(None).await?;
    Ok(detail)
}

async fn sign_all_in(origin: &str, password: &str) -> anyhow::Result<Vec<Client>> {
    let admin = Client::sign_in(origin, "admin", password).await?;
    let mut clients = Vec::new();
    for n in 0..USERS {
        let (name, password) = (format!("user{n}"), random_password());
        let user = json!({ "username": name, "password": password, "role": "user" });
        admin.ask(Method::POST, "/admin/users", Some(&user)).await?;
        clients.push(Client::sign_in(origin, &name, &password).await?);
    }
    Ok(clients)
}

/// Puts this load on Berth, deletes what came of it, and says how many milliseconds each call took.
async fn press(clients: &Arc<Vec<Client>>, load: &'static Load) -> anyhow::Result<Vec<f64>> {
    let template = clients[0].template().await?;
    let begin = Instant::now() + Duration::from_millis(200);
    let tasks = (0..clients.len()).map(|n| {
        let (clients, template) = (Arc::clone(clients), template.clone());
        tokio::spawn(async move {
            let phase = if load.spread { load.period * n as u32 / USERS as u32 } else { Duration::ZERO };
            let (mut ids, mut times) = (Vec::new(), Vec::new());
            for round in 0..load.rounds {
                sleep_until(begin + phase + load.period * round).await;
                let asked = Instant::now();
                ids.push(clients[n].start(&template).await?);
                times.push(asked.elapsed().as_secs_f64() * 1e3);
            }
            anyhow::Ok((ids, times))
        })
    });
    let mut times = Vec::new();
    for (client, done) in clients.iter().zip(try_join_all(tasks).await?) {
        let (ids, of_one) = done.context(load.name)?;
        ensure!(of_one.len() == load.rounds as usize, "some calls are missing");
        times.extend(of_one);
        for id in ids {
            client.delete(&id).await?;
        }
    }
    Ok(times)
}
