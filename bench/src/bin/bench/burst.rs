//! 100 clicks at the same moment, each of a user of their own: Berth, JupyterHub with DockerSpawner on the same desktops, and the
//! bare floor: as many of the same containers, made by nothing but the engine's API, as many at once as Berth has start slots,
//! each slot held until its desktop greets. By turns: floor, Berth, JupyterHub, JupyterHub, Berth, floor.

use anyhow::Context as _;
use berth_bench::client::Client;
use berth_bench::ports;
use berth_bench::server::random_password;
use futures_util::future::{join_all, try_join_all};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

use crate::floor::Floor;
use crate::hub::{self, Hub, Limits};
use crate::report::{Row, median, percentile};
use crate::{Bench, Figures, Running, machine, starts};

const ALL_RUN_WITHIN: Duration = Duration::from_secs(300);
const ALL_GO_WITHIN: Duration = Duration::from_secs(120);
/// JupyterHub gives up a start after a minute by default: whoever has not heard of theirs by then does not get one.
const DEFAULT_HUB_WITHIN: Duration = Duration::from_secs(120);
/// Before each burst.
const REST: Duration = Duration::from_secs(20);
const AIM_THROUGHPUT: f64 = 0.97;
const AIM_P50: f64 = 1.05;
const AIM_MIB: f64 = 60.0;

/// One burst: seconds from the common beginning to each desktop being there, and of some calls beside it.
#[derive(Default)]
pub(crate) struct Burst {
    pub(crate) asked: usize,
    pub(crate) ready: Vec<f64>,
    /// Why the others are not, and how many for each reason.
    pub(crate) failed: BTreeMap<String, usize>,
    /// The longest `POST`.
    pub(crate) post_s: Option<f64>,
    /// Until all were gone again. None: not all were, in the time that they had.
    pub(crate) gone_s: Option<f64>,
    /// Each process of the control plane.
    pub(crate) used: BTreeMap<String, Used>,
}

/// What a process kept a core busy with until the last desktop was there, and its resident memory until all were gone.
pub(crate) struct Used {
    pub(crate) cpu_s: f64,
    pub(crate) before_mib: f64,
    pub(crate) most_mib: f64,
    pub(crate) end_mib: f64,
}

impl Burst {
    /// 0 when none started.
    fn a_minute(&self) -> f64 {
        let last = percentile(&self.ready, 1.0);
        if last > 0.0 { self.ready.len() as f64 / last * 60.0 } else { 0.0 }
    }

    fn at(&self, share: f64) -> f64 {
        percentile(&self.ready, share)
    }

    fn sum(&self, what: fn(&Used) -> f64) -> f64 {
        self.used.values().map(what).sum()
    }

    fn detail(&self) -> Value {
        let used = |(name, used): (&String, &Used)| {
            let Used { cpu_s, before_mib, most_mib, end_mib } = used;
            let figures = json!({ "cpu_s": cpu_s, "before_mib": before_mib, "most_mib": most_mib, "end_mib": end_mib });
            (name.clone(), figures)
        };
        json!({
            "asked": self.asked, "ready_s": self.ready, "failed": self.failed, "longest_post_s": self.post_s,
            "gone_s": self.gone_s, "used": self.used.iter().map(used).collect::<serde_json::Map<_, _>>(),
        })
    }
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let running = bench.server("serve", &[]).await?;
    let mut installation = None;
    let measured = bursts(bench, &running, &mut installation).await;
    hub::remove_image().await;
    running.end(installation.as_deref()).await?;
    measured
}

/// Who is clicked at.
#[derive(Clone, Copy)]
enum Who {
    Floor,
    Berth,
    Hub(Limits),
}

async fn bursts(bench: &Bench, running: &Running, installation: &mut Option<String>) -> anyhow::Result<Figures> {
    let admin = running.server.admin(&running.password).await?;
    admin.until_slots(Duration::from_secs(10)).await?;
    let template = admin.template().await?;
    let floor = Arc::new(starts::floor_like_ours(bench, &admin, &template, installation).await?);
    let limits = admin.ask(Method::GET, "/limits", None).await?;
    let slots = limits["queue"]["slots"]["total"].as_u64().context("no slots")? as usize;
    let hub = Hub::like(bench, &floor).await?;
    let clients = clients(bench, running, &admin).await?;
    let pid = running.server.pid().context("berth has ended")?;
    let raised = Who::Hub(Limits::Raised);
    let (mut floors, mut berths, mut hubs, mut default_hubs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut name, mut said_of_hubs) = (String::new(), Vec::new());
    for who in [Who::Floor, Who::Berth, raised, raised, Who::Berth, Who::Floor, Who::Hub(Limits::Default)] {
        let quiet = machine::quiet(REST).await;
        let (shown, burst, to) = match who {
            Who::Floor => ("floor".to_owned(), bare(&floor, bench.clicks, slots).await?, &mut floors),
            Who::Berth => ("Berth".to_owned(), clicks(&clients, &template, pid).await?, &mut berths),
            Who::Hub(limits) => {
                let raised = limits == Limits::Raised;
                let within = if raised { ALL_RUN_WITHIN } else { DEFAULT_HUB_WITHIN };
                let (burst, said) = hub.burst(limits, within, ALL_GO_WITHIN).await?;
                name = hub::named(&said);
                said_of_hubs.push(said);
                let shown = format!("{name}, limits {}", if raised { "raised" } else { "as they come" });
                (shown, burst, if raised { &mut hubs } else { &mut default_hubs })
            }
        };
        let only = std::slice::from_ref(&burst);
        println!("{shown}{}: {}", if quiet { "" } else { " (others were busy)" }, told(only));
        if !burst.used.is_empty() {
            println!("  {}", used(only));
        }
        for (words, count) in &burst.failed {
            println!("  {count} × {words}");
        }
        to.push(burst);
    }
    let mut figures = figures(slots, &name, [&floors, &berths, &hubs, &default_hubs]);
    figures.detail["jupyterhub_said"] = json!(said_of_hubs);
    Ok(figures)
}

/// Of several bursts, which are as many clicks each, the medians.
fn of(bursts: &[Burst], what: impl Fn(&Burst) -> f64) -> f64 {
    median(&bursts.iter().map(what).collect::<Vec<_>>())
}

fn told(bursts: &[Burst]) -> String {
    let asked: usize = bursts.iter().map(|burst| burst.asked).sum();
    let started: usize = bursts.iter().map(|burst| burst.ready.len()).sum();
    let mut told =
        if started == asked { "all there".to_owned() } else { format!("{} of {asked} failed", asked - started) };
    if started > 0 {
        let [p50, p95, most] = [0.5, 0.95, 1.0].map(|share| of(bursts, |burst| burst.at(share)));
        let a_minute = of(bursts, Burst::a_minute);
        told += &format!(", {a_minute:.1} a minute, p50 {p50:.1} s, p95 {p95:.1} s, at most {most:.1} s");
    }
    if let Some(post_s) = bursts.iter().filter_map(|burst| burst.post_s).reduce(f64::max) {
        told += &format!("; longest `POST` {post_s:.2} s");
    }
    told + &match bursts.iter().map(|burst| burst.gone_s).collect::<Option<Vec<_>>>() {
        Some(gone) => format!("; all gone after {:.1} s", median(&gone)),
        None => format!("; not all gone after {} s", ALL_GO_WITHIN.as_secs()),
    }
}

/// The control plane, in all and of each process when there are several.
fn used(bursts: &[Burst]) -> String {
    let names: Vec<&String> = bursts.first().map(|burst| burst.used.keys().collect()).unwrap_or_default();
    let figure = |what: fn(&Used) -> f64, unit: &str| {
        let part =
            |name: &&String| format!("{name} {:.1}", of(bursts, |burst| burst.used.get(*name).map_or(0.0, what)));
        let parts: Vec<String> = names.iter().map(part).collect();
        let parts = if parts.len() > 1 { format!(" ({})", parts.join(", ")) } else { String::new() };
        format!("{:.1} {unit}{parts}", of(bursts, |burst| burst.sum(what)))
    };
    format!("{}; at most {}", figure(|used| used.cpu_s, "s of CPU"), figure(|used| used.most_mib, "MiB"))
}

fn figures(slots: usize, hub: &str, [floors, berths, hubs, default_hubs]: [&[Burst]; 4]) -> Figures {
    let count = berths.first().map_or(0, |burst| burst.asked);
    let p50 = |burst: &Burst| burst.at(0.5);
    let throughput = of(berths, Burst::a_minute) / of(floors, Burst::a_minute);
    let middle = of(berths, p50) / of(floors, p50);
    let over = |hubs: &[Burst]| {
        (of(hubs, Burst::a_minute) > 0.0)
            .then(|| [of(berths, Burst::a_minute) / of(hubs, Burst::a_minute), of(berths, p50) / of(hubs, p50)])
    };
    let ratios = |hubs: &[Burst]| {
        over(hubs).map_or("it started none".to_owned(), |[throughput, p50]| {
            format!("starts a minute {throughput:.2} ×, p50 {p50:.2} ×")
        })
    };
    let none_failed = berths.iter().all(|burst| burst.ready.len() == burst.asked);
    // The worse of both, so that an aim is not reached by a mean.
    let most_mib = berths.iter().map(|burst| burst.sum(|used| used.most_mib)).fold(0.0, f64::max);
    let row = |what: String, figure: String, aim, reached| Row { what, figure, aim, reached };
    let rows = vec![
        row(format!("{count} starts, {slots} at once, the bare engine"), told(floors), "", None),
        row(
            format!("{count} clicks at the same moment, Berth, {slots} start slots"),
            told(berths),
            "none fails",
            Some(none_failed),
        ),
        row(format!("the same, {hub}, limits raised"), told(hubs), "", None),
        row("the same, its limits as they come, once".to_owned(), told(default_hubs), "", None),
        row(
            "starts a minute, Berth over the bare engine".to_owned(),
            format!("{throughput:.3} ×"),
            "≥ 0.97 ×",
            Some(throughput >= AIM_THROUGHPUT),
        ),
        row(
            "p50 click → running, Berth over the bare engine".to_owned(),
            format!("{middle:.3} ×"),
            "≤ 1.05 ×",
            Some(middle <= AIM_P50),
        ),
        row(
            "Berth over JupyterHub, limits raised".to_owned(),
            format!("{} (limits as they come: {})", ratios(hubs), ratios(default_hubs)),
            "",
            None,
        ),
        row("control plane in that burst, Berth".to_owned(), used(berths), "≤ 60 MiB", Some(most_mib <= AIM_MIB)),
        row("the same, JupyterHub, limits raised".to_owned(), used(hubs), "", None),
    ];
    let detail = |bursts: &[Burst]| bursts.iter().map(Burst::detail).collect::<Vec<_>>();
    let detail = json!({
        "slots": slots, "floor": detail(floors), "berth": detail(berths), "jupyterhub_raised": detail(hubs),
        "jupyterhub_default": detail(default_hubs), "throughput": throughput, "p50": middle,
        "throughput_and_p50_over_jupyterhub": { "raised": over(hubs), "default": over(default_hubs) },
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

/// One user's click: the desktop, when the call was answered, and when the desktop ran or why it does not.
type Click = (Option<String>, f64, anyhow::Result<f64>);

async fn clicks(clients: &[Client], template: &str, pid: u32) -> anyhow::Result<Burst> {
    let streams = clients.iter().map(async |client| {
        let mut events = client.events().await?;
        events.next().await?; // the snapshot: from here on we hear everything
        anyhow::Ok(events)
    });
    let streams = try_join_all(streams).await?;
    machine::forget_most(pid)?;
    let (before_mib, _) = machine::resident_mib(pid)?;
    let cpu_s = machine::cpu_seconds(pid);
    let begin = Instant::now() + Duration::from_secs(1);
    let each = clients.iter().zip(streams).map(async |(client, mut events)| -> Click {
        sleep_until(begin).await;
        let id = client.start(template).await;
        let posted = begin.elapsed().as_secs_f64();
        let id = match id {
            Ok(id) => id,
            Err(error) => return (None, posted, Err(error)),
        };
        let hear = async {
            loop {
                let desktop = events.desktop(&id).await?;
                match desktop["status"].as_str() {
                    Some("running") => return Ok(begin.elapsed().as_secs_f64()),
                    Some("failed") => anyhow::bail!("failed: {}", desktop["reason"]["text"]),
                    _ => {}
                }
            }
        };
        let ran = timeout(ALL_RUN_WITHIN, hear).await.context("it does not run in time").flatten();
        (Some(id), posted, ran)
    });
    let done = join_all(each).await;
    let mut burst = Burst { asked: clients.len(), ..Burst::default() };
    let cpu_s = machine::cpu_seconds(pid) - cpu_s;
    for (_, posted, ran) in &done {
        burst.post_s = Some(burst.post_s.map_or(*posted, |longest| longest.max(*posted)));
        match ran {
            Ok(ready) => burst.ready.push(*ready),
            Err(error) => *burst.failed.entry(format!("{error:#}")).or_default() += 1,
        }
    }
    let deleted = Instant::now();
    let made: Vec<_> = clients.iter().zip(done).filter_map(|(client, (id, ..))| Some((client, id?))).collect();
    try_join_all(made.iter().map(|(client, id)| client.delete(id))).await?;
    for (client, id) in &made {
        client.until_gone(id, ALL_GO_WITHIN).await?;
    }
    burst.gone_s = Some(deleted.elapsed().as_secs_f64());
    let (end_mib, most_mib) = machine::resident_mib(pid)?;
    burst.used.insert("berth serve".to_owned(), Used { cpu_s, before_mib, most_mib, end_mib });
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
    let mut burst = Burst { asked: count, ..Burst::default() };
    let (mut made, mut failed) = (Vec::new(), None);
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
    burst.gone_s = Some(removed.elapsed().as_secs_f64());
    match failed {
        None => Ok(burst),
        Some(error) => Err(error.context("a bare start failed")),
    }
}
