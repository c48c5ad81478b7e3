//! From the exec to ready: how long `berth serve` takes until `/readyz` says 200, on an empty folder and on one that is there.

use berth_bench::server::{Folder, Server, random_password};
use serde_json::json;

use crate::report::{Row, median};
use crate::{Bench, Figures};

const TIMES: usize = 10;
const AIM_MS: f64 = 1_000.0;

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let (folder, password) = (Folder::new()?, random_password());
        for times in [&mut first, &mut again] {
            let server = Server::start(&bench.berth, "serve", folder.path(), &password, &[]).await?;
            times.push(server.ready_after.as_secs_f64() * 1e3);
            server.stop().await?;
        }
    }
    let row = |what: &str, times: &[f64]| Row {
        what: format!("exec to ready, {what}"),
        figure: format!("{:.0} ms", median(times)),
        aim: "< 1,000 ms",
        reached: Some(median(times) < AIM_MS),
    };
    let rows = vec![row("empty folder", &first), row("existing folder", &again)];
    Ok(Figures { rows, detail: json!({ "empty_folder_ms": first, "existing_folder_ms": again }) })
}
