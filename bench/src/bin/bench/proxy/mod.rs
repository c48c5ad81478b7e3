//! The way to a desktop: what the bytes cost that Berth carries between a viewer's WebSocket and a desktop, beside websockify, which
//! does the same, and nginx, which passes the same on from WebSocket to WebSocket and looks at nothing. In turn, in one run.
//!
//! Only what the proxy's own processes keep a core busy with is counted: viewers and desktops share the machine with them.

mod upstream;

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use berth_bench::ports;
use berth_bench::rfb::Viewer;
use berth_bench::server::Server;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::upstream::{KEY, Upstream};
use crate::beside::Beside;
use crate::queue::Site;
use crate::report::{Row, median};
use crate::{Bench, Figures, machine};

const ROUNDS: usize = 3;
/// Until everything flows, and between two runs.
const A_MOMENT: Duration = Duration::from_millis(700);
const MIB: f64 = 1024.0 * 1024.0;
/// What nginx passes on with, where its default of a page is not meant.
const LARGE_BUFFER: &str = "64k";
const AIM: f64 = 1.0;

/// What viewers do.
#[derive(Clone, Copy, PartialEq)]
enum Load {
    /// They ask for the screen once and read what comes without end.
    Screens,
    /// They press a key, and the next one when it has come back.
    Keys,
}

impl Load {
    const fn viewers(self) -> usize {
        match self {
            Self::Screens => 8,
            Self::Keys => 50,
        }
    }
}

/// A way to the desktop, and the process that is it.
struct Way<'a> {
    name: String,
    pid: u32,
    /// None: Berth's, by its own client and desktop.
    url: Option<String>,
    berth: &'a (Client, String),
}

impl Way<'_> {
    async fn open(&self) -> anyhow::Result<Viewer> {
        match &self.url {
            Some(url) => Viewer::connect(url.as_str()).await,
            None => Viewer::open(&self.berth.0, &self.berth.1).await,
        }
        .with_context(|| self.name.clone())
    }
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let server = bench.postgres.as_deref().context("this is measured on PostgreSQL: --postgres URL")?;
    let site = Site::new(bench, server).await?;
    let upstream = Upstream::start().await?;
    let mut env = site.env();
    env.extend([("BERTH_LOG", "warn".to_owned()), ("BERTH_MAX_STREAMS_PER_USER", "1000".to_owned())]);
    let api = Server::start(&bench.berth, "api", site.folder.path(), &site.password, &env).await?;
    let measured = rounds(bench, &site, &api, &upstream).await;
    api.stop().await?;
    site.end(server).await?;
    measured
}

async fn rounds(bench: &Bench, site: &Site, api: &Server, upstream: &Upstream) -> anyhow::Result<Figures> {
    let berth = desktop(site, api, upstream.tcp).await?;
    let folder = site.folder.path();
    let (nginx, [small, large]) = nginx(folder, upstream.websocket).await?;
    let python = ports::free()?;
    let mut websockify = Command::new(&bench.websockify);
    websockify.args([python.to_string(), upstream.tcp.to_string()]);
    let websockify = Beside::start(websockify, python, folder).await?;
    let way = |name: String, pid, at: Option<SocketAddr>| Way {
        name,
        pid,
        url: at.map(|at| format!("ws://{at}/")),
        berth: &berth,
    };
    let ways = [
        way("Berth".to_owned(), api.pid().context("berth has ended")?, None),
        way("nginx".to_owned(), nginx.pid()?, Some(small)),
        way(format!("nginx, buffers of {LARGE_BUFFER}"), nginx.pid()?, Some(large)),
        way("websockify".to_owned(), websockify.pid()?, Some(python)),
    ];
    let mut rows = Vec::new();
    let mut detail = json!({});
    for (load, what, unit, key) in [
        (Load::Screens, "CPU for a MiB of screen", "ms", "ms_a_mib"),
        (Load::Keys, "CPU for a key press, there and back", "µs", "us_a_key"),
    ] {
        let mut cost = vec![Vec::new(); ways.len()];
        for _ in 0..ROUNDS {
            for (way, cost) in ways.iter().zip(&mut cost) {
                let (cpu_s, count, seconds) = run(way, load, Duration::from_secs(bench.seconds)).await?;
                let each = match load {
                    Load::Screens => cpu_s * 1e3 / (count as f64 / MIB),
                    Load::Keys => cpu_s * 1e6 / count as f64,
                };
                let rate = if load == Load::Screens { count as f64 / MIB } else { count as f64 } / seconds;
                println!("{what}, {}: {each:.3} {unit} ({rate:.0} a second, {cpu_s:.2} s of CPU)", way.name);
                cost.push(each);
            }
        }
        let middle: Vec<f64> = cost.iter().map(|runs| median(runs)).collect();
        for (way, each) in ways.iter().zip(&middle) {
            rows.push(Row {
                what: format!("{what}, {}", way.name),
                figure: format!("{each:.2} {unit}"),
                aim: "",
                reached: None,
            });
        }
        let ratio = |nth: usize| middle[0] / middle[nth];
        rows.push(Row {
            what: "Berth's over nginx's".to_owned(),
            figure: format!(
                "{:.2} × (large buffers: {:.2} ×; over websockify's: {:.2} ×)",
                ratio(1),
                ratio(2),
                ratio(3)
            ),
            aim: "≤ 1 ×",
            reached: Some(ratio(1) <= AIM),
        });
        let named = ways.iter().zip(&cost).map(|(way, runs)| (way.name.clone(), json!(runs)));
        detail[key] = Value::Object(named.collect());
    }
    Ok(Figures { rows, detail })
}

/// Seconds of CPU, bytes or key presses, and how long that took.
async fn run(way: &Way<'_>, load: Load, lasts: Duration) -> anyhow::Result<(f64, u64, f64)> {
    let count = Arc::new(AtomicU64::new(0));
    let mut viewers = JoinSet::new();
    for _ in 0..load.viewers() {
        let (viewer, count) = (way.open().await?, Arc::clone(&count));
        viewers.spawn(async move {
            match load {
                Load::Screens => read_screens(viewer, &count).await,
                Load::Keys => press_keys(viewer, &count).await,
            }
        });
    }
    sleep(A_MOMENT).await;
    let (cpu, counted, begun) =
        (machine::cpu_seconds(way.pid), count.load(Ordering::Relaxed), tokio::time::Instant::now());
    tokio::select! {
        () = sleep(lasts) => {}
        Some(ended) = viewers.join_next() => ended?.with_context(|| way.name.clone())?,
    }
    let cpu = machine::cpu_seconds(way.pid) - cpu;
    let counted = count.load(Ordering::Relaxed) - counted;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(counted > 0 && cpu > 0.0, "{}: nothing was carried", way.name);
    viewers.shutdown().await;
    sleep(A_MOMENT).await;
    Ok((cpu, counted, seconds))
}

async fn read_screens(mut viewer: Viewer, count: &AtomicU64) -> anyhow::Result<()> {
    viewer.write(vec![3, 0, 0, 0, 0, 0, 4, 0, 3, 0]).await?;
    loop {
        count.fetch_add(viewer.hear().await?.len() as u64, Ordering::Relaxed);
    }
}

async fn press_keys(mut viewer: Viewer, count: &AtomicU64) -> anyhow::Result<()> {
    let key = [4, 1, 0, 0, 0, 0, 0, b'b'];
    loop {
        viewer.write(key.to_vec()).await?;
        ensure!(viewer.read(KEY).await? == key, "another key came back");
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A desktop of the administrator's that runs at this address, as far as the tables know; and the way to it.
async fn desktop(site: &Site, api: &Server, at: SocketAddr) -> anyhow::Result<(Client, String)> {
    let client = api.admin(&site.password).await?;
    let id = client.start(&client.template().await?).await?;
    let sql = format!(
        "DELETE FROM jobs;\n\
         UPDATE desktops SET status = 'running', node_id = 'bench', version = version + 1 WHERE id = '{id}';\n\
         INSERT INTO port_leases (node_id, port, desktop_id, generation, connect_address, leased_at) \
         SELECT node_id, {port}, id, generation, '{ip}', 0 FROM desktops WHERE id = '{id}';\n",
        port = at.port(),
        ip = at.ip(),
    );
    site.tables.run(&sql).await?;
    Ok((client, format!("/api/v1/desktops/{id}/vnc")))
}

/// With buffers as they are by default, and with large ones.
async fn nginx(folder: &Path, upstream: SocketAddr) -> anyhow::Result<(Beside, [SocketAddr; 2])> {
    let (small, large) = (ports::free()?, ports::free()?);
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {}/nginx-{name}; ", folder.display()))
        .concat();
    let server = |listen: SocketAddr, more: &str| {
        format!(
            "server {{ listen {listen}; location / {{ {more} proxy_pass http://{upstream}; proxy_http_version 1.1; \
             proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_buffering off; \
             proxy_read_timeout 1h; }} }}\n"
        )
    };
    let large_buffers = format!("proxy_buffer_size {LARGE_BUFFER}; proxy_buffers 8 {LARGE_BUFFER};");
    let settings = format!(
        "daemon off; worker_processes auto; pid {}/nginx.pid; error_log stderr warn;\n\
         events {{ worker_connections 4096; }}\n\
         http {{ access_log off; tcp_nodelay on; {temporary}\n{}{}}}\n",
        folder.display(),
        server(small, ""),
        server(large, &large_buffers),
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, settings)?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(&file).args(["-e", "stderr"]);
    Ok((Beside::start(command, small, folder).await?, [small, large]))
}
