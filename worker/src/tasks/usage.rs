//! What a node's desktops and its engine take of CPU and memory. One worker of a node measures; the others show nothing.
//!
//! Read from the kernel where the engine runs on this machine. Elsewhere the engine is asked for each desktop, a few at a time and
//! never for more than a small share of the time: with hundreds of them it is asked less often.

use std::collections::HashMap;
use std::time::Duration;

use berth_shared::measure::{self, DesktopUsage, Taken, here};
use berth_shared::store::{StoreError, figures, workers};
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::with_jitter;
use crate::context::Context;
use crate::runtime::Usage;

const EVERY: Duration = Duration::from_secs(10);
/// After one that took some time, so many times that time is nothing asked.
const REST: u32 = 20;
const AT_ONCE: usize = 4;
const ONE_LOOK: Duration = Duration::from_secs(5);
/// The engine's own processes, where it runs on this machine.
const ENGINE: [&str; 2] = ["dockerd", "containerd"];

/// CPU time and when it was read, to tell the use between two readings.
#[derive(Default)]
struct Before {
    desktops: HashMap<String, (Instant, u64)>,
    engine: Option<(Instant, f64)>,
}

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    let mut before = Before::default();
    let mut measured = false;
    loop {
        let began = Instant::now();
        match turn(ctx).await {
            Ok(true) if ctx.circuit.is_open() => {
                measured = true;
                if let Err(error) = measure_all(ctx, &mut before).await {
                    tracing::debug!(%error, "what desktops take was not measured");
                }
            }
            Ok(_) if measured => {
                measured = false;
                before = Before::default();
                measure::engine_load(&ctx.settings.node, Taken::Desktops, 0.0, 0);
                if ctx.engine.is_local() {
                    measure::engine_load(&ctx.settings.node, Taken::Engine, 0.0, 0);
                }
                measure::desktops(Vec::new());
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "whose turn it is to measure is not known"),
        }
        let wait = with_jitter(EVERY.max(began.elapsed() * REST));
        tokio::select! {
            () = end.cancelled() => return,
            () = sleep(wait) => {}
        }
    }
}

/// Whether this worker is the first of its node that lives.
async fn turn(ctx: &Context) -> Result<bool, StoreError> {
    let mut tx = ctx.db.read().await?;
    let alive = tx.now().await?.minus(ctx.settings.lease_ttl);
    let all = workers::list(&mut tx, alive).await?;
    let first = all.iter().find(|worker| worker.node_id == ctx.settings.node && worker.state == "live");
    Ok(first.is_none_or(|worker| worker.id == ctx.worker_id))
}

async fn measure_all(ctx: &Context, before: &mut Before) -> Result<(), StoreError> {
    let desktops = figures::containers_on(&mut ctx.db.read().await?, &ctx.settings.node).await?;
    let asked = stream::iter(desktops).map(|(desktop, container)| async move {
        let usage = ctx.engine.usage(&container, Instant::now() + ONE_LOOK).await?;
        Some((desktop, container, usage, Instant::now()))
    });
    let found: Vec<_> = asked.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    let mut each = Vec::with_capacity(found.len());
    let mut seen = HashMap::with_capacity(found.len());
    for (desktop, container, Usage { cpu_nanos, memory_bytes }, at) in found {
        let used = before
            .desktops
            .get(&container)
            .map_or(0.0, |(then, nanos)| percent(Duration::from_nanos(cpu_nanos.saturating_sub(*nanos)), at - *then));
        seen.insert(container, (at, cpu_nanos));
        each.push(DesktopUsage { desktop, cpu_percent: used, memory_bytes });
    }
    before.desktops = seen;
    let (cpu, memory) =
        each.iter().fold((0.0, 0), |(cpu, memory), one| (cpu + one.cpu_percent, memory + one.memory_bytes));
    measure::engine_load(&ctx.settings.node, Taken::Desktops, cpu, memory);
    measure::desktops(each);
    if ctx.engine.is_local()
        && let Some(stat) = engine_itself()
    {
        let now = Instant::now();
        let used = before.engine.map_or(0.0, |(then, seconds)| {
            percent(Duration::try_from_secs_f64(stat.0 - seconds).unwrap_or_default(), now - then)
        });
        before.engine = Some((now, stat.0));
        measure::engine_load(&ctx.settings.node, Taken::Engine, used, stat.1);
    }
    Ok(())
}

fn percent(used: Duration, of: Duration) -> f64 {
    used.as_secs_f64() / of.as_secs_f64().max(0.001) * 100.0
}

/// CPU seconds and bytes of the engine's processes. None: they are not among those that this one sees.
fn engine_itself() -> Option<(f64, u64)> {
    let all = procfs::process::all_processes().ok()?.filter_map(|process| process.ok()?.stat().ok());
    let found = all.filter(|stat| ENGINE.contains(&stat.comm.as_str()));
    found.fold(None, |sum, stat| {
        let (cpu, memory) = sum.unwrap_or_default();
        Some((cpu + here::cpu_seconds(&stat), memory + here::memory_bytes(&stat)))
    })
}
