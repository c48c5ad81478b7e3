//! `GET /desktops` with a session, by wrk over 100 connections, beside `/healthz` of the same process: what an answer costs that
//! asks nobody.

use anyhow::{Context as _, ensure};
use berth_bench::server::Server;
use serde_json::json;
use tokio::process::Command;

use crate::queue::Site;
use crate::report::{Row, median};
use crate::{Bench, Figures, beside};

const ROUNDS: usize = 3;
const CONNECTIONS: usize = 100;
const DESKTOPS: usize = 10;

/// One run of wrk.
struct Run {
    p50_ms: f64,
    p99_ms: f64,
    a_second: f64,
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let server = bench.postgres.as_deref().context("this is measured on PostgreSQL: --postgres URL")?;
    let site = Site::new(bench, server).await?;
    let (redis, url) = beside::redis(site.folder.path()).await?;
    let mut env = site.env();
    env.extend([
        ("BERTH_REDIS_URL", url),
        ("BERTH_LOG", "warn".to_owned()),
        ("BERTH_API_LIMITS", "off".to_owned()),
        ("BERTH_START_LIMITS", "off".to_owned()),
        ("BERTH_MAX_DESKTOPS_PER_USER", DESKTOPS.to_string()),
    ]);
    let api = Server::start(&bench.berth, "api", site.folder.path(), &site.password, &env).await?;
    let measured = runs(bench, &site, &api).await;
    api.stop().await?;
    drop(redis);
    site.end(server).await?;
    let [floor, ours] = measured?;
    let of = |runs: &[Run], what: fn(&Run) -> f64| median(&runs.iter().map(what).collect::<Vec<_>>());
    let told = |runs: &[Run]| {
        let (p50, p99, rate) = (of(runs, |r| r.p50_ms), of(runs, |r| r.p99_ms), of(runs, |r| r.a_second));
        format!("p50 {p50:.1} ms, p99 {p99:.1} ms, {rate:.0} a second")
    };
    let (slower, fewer) =
        (of(&ours, |r| r.p99_ms) / of(&floor, |r| r.p99_ms), of(&ours, |r| r.a_second) / of(&floor, |r| r.a_second));
    let row = |what: String, figure: String| Row { what, figure, aim: "", reached: None };
    let rows = vec![
        row(format!("`GET /healthz`, wrk over {CONNECTIONS} connections"), told(&floor)),
        row(format!("`GET /desktops`, {DESKTOPS} of them, the same"), told(&ours)),
        row("the second over the first".to_owned(), format!("p99 {slower:.1} ×, a second {fewer:.2} ×")),
    ];
    let all = |runs: &[Run]| -> Vec<_> {
        runs.iter().map(|r| json!({ "p50_ms": r.p50_ms, "p99_ms": r.p99_ms, "a_second": r.a_second })).collect()
    };
    Ok(Figures { rows, detail: json!({ "healthz": all(&floor), "desktops": all(&ours) }) })
}

/// Of the floor, and of ours.
async fn runs(bench: &Bench, site: &Site, api: &Server) -> anyhow::Result<[Vec<Run>; 2]> {
    let client = api.admin(&site.password).await?;
    let template = client.template().await?;
    for _ in 0..DESKTOPS {
        client.start(&template).await?;
    }
    let cookies = client.cookies()?;
    let header = format!("cookie: {}", cookies.to_str()?);
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (runs, path) in all.iter_mut().zip(["/healthz", "/api/v1/desktops"]) {
            let run = wrk(&format!("{}{path}", api.origin()), &header, bench.seconds).await?;
            println!("{path}: p50 {:.1} ms, p99 {:.1} ms, {:.0} a second", run.p50_ms, run.p99_ms, run.a_second);
            runs.push(run);
        }
    }
    Ok(all)
}

async fn wrk(url: &str, header: &str, seconds: u64) -> anyhow::Result<Run> {
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--latency", "-H", header, url]);
    let done = wrk.kill_on_drop(true).output().await.context("wrk cannot be run")?;
    let said = String::from_utf8_lossy(&done.stdout);
    ensure!(done.status.success(), "wrk: {said}{}", String::from_utf8_lossy(&done.stderr));
    read(&said).with_context(|| format!("wrk said: {said}"))
}

/// None: some were refused, or it is not what wrk says.
fn read(said: &str) -> Option<Run> {
    if said.contains("Non-2xx") || said.contains("Socket errors") {
        return None;
    }
    let after = |word: &str| Some(said.lines().find_map(|line| line.trim().strip_prefix(word))?.trim());
    Some(Run {
        p50_ms: milliseconds(after("50%")?)?,
        p99_ms: milliseconds(after("99%")?)?,
        a_second: after("Requests/sec:")?.parse().ok()?,
    })
}

fn milliseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
    let ms = match unit {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 60e3,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * ms)
}

#[cfg(test)]
mod tests {
    use super::read;

    const SAID: &str = "  Latency Distribution\n     50%    6.19ms\n     75%  850.00us\n     90%    7.80ms\n     99%    1.02s \n  \
                        80123 requests in 5.00s, 21.32MB read\nRequests/sec:  16024.11\nTransfer/sec:      4.26MB\n";

    #[test]
    fn what_wrk_says_is_read_unless_something_failed() {
        let run = read(SAID).expect("read");
        assert_eq!((run.p50_ms, run.p99_ms, run.a_second), (6.19, 1020.0, 16024.11));
        assert!(read(&format!("{SAID}  Non-2xx or 3xx responses: 3\n")).is_none() && read("").is_none());
    }
}
