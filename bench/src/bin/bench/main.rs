//! `make bench`: the figures of docs/benchmarks.md, measured from outside against throw-away installations, and written
//! there (and to target/bench.json) when all of them were taken.

#![expect(clippy::print_stdout, reason = "what it says is what it is for")]

mod beside;
mod boot;
mod burst;
mod claims;
mod fanout;
mod floor;
mod hub;
mod latency;
mod machine;
mod memory;
mod proxy;
mod queue;
mod report;
mod resume;
mod starts;
mod workers;
mod wrk;

use berth_bench::engine;
use berth_bench::server::{Folder, Server, random_password};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use report::Row;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::process::ExitCode;

/// What every measurement is given.
pub(crate) struct Bench {
    berth: PathBuf,
    /// The engine's, for the floor.
    socket: PathBuf,
    pairs: usize,
    desktops: usize,
    clicks: usize,
    streams: usize,
    jobs: usize,
    /// Of each run that has no end of its own.
    seconds: u64,
    postgres: Option<String>,
    /// What the queue is measured beside, and a Node.js that runs it.
    peers: PathBuf,
    node: PathBuf,
    /// What the way to a desktop is measured beside, installed.
    websockify: PathBuf,
    /// What a burst is measured beside, and the Python that it is installed for.
    hub: PathBuf,
    hub_python: PathBuf,
}

/// One measurement's rows for the page and everything behind them.
pub(crate) struct Figures {
    rows: Vec<Row>,
    detail: Value,
}

const PARTS: [&str; 12] =
    ["boot", "latency", "queue", "claims", "resume", "fanout", "proxy", "wrk", "workers", "memory", "starts", "burst"];

#[tokio::main]
async fn main() -> ExitCode {
    // Built with the api, reqwest takes the cryptography that the process has chosen, though nothing here is encrypted.
    _ = rustls::crypto::ring::default_provider().install_default();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let args = command().get_matches();
    let path = |name: &str| PathBuf::from(args.get_one::<String>(name).expect("it has a default"));
    let bench = Bench {
        berth: path("berth"),
        socket: path("socket"),
        pairs: count(&args, "pairs"),
        desktops: count(&args, "desktops"),
        clicks: count(&args, "clicks"),
        streams: count(&args, "streams"),
        jobs: count(&args, "jobs"),
        seconds: count(&args, "seconds") as u64,
        postgres: args.get_one::<String>("postgres").cloned(),
        peers: path("peers"),
        node: path("node"),
        websockify: path("websockify"),
        hub: path("hub"),
        hub_python: path("hub-python"),
    };
    let only: Vec<&String> = args.get_many::<String>("only").unwrap_or_default().collect();
    let (mut rows, mut details) = (Vec::new(), Map::new());
    for part in PARTS.into_iter().filter(|part| only.is_empty() || only.iter().any(|name| name == part)) {
        println!("══ {part}");
        let figures = match part {
            "boot" => boot::measure(&bench).await,
            "latency" => latency::measure(&bench).await,
            "queue" => queue::measure(&bench).await,
            "claims" => claims::measure(&bench).await,
            "resume" => resume::measure(&bench).await,
            "fanout" => fanout::measure(&bench).await,
            "proxy" => proxy::measure(&bench).await,
            "wrk" => wrk::measure(&bench).await,
            "workers" => workers::measure(&bench).await,
            "memory" => memory::measure(&bench).await,
            "burst" => burst::measure(&bench).await,
            _ => starts::measure(&bench).await,
        }?;
        println!("{}", report::table(&figures.rows));
        rows.extend(figures.rows);
        details.insert(part.to_owned(), figures.detail);
    }
    if only.is_empty() {
        report::write(&path("page"), &path("json"), &rows, details).await?;
    }
    Ok(())
}

fn count(args: &ArgMatches, name: &str) -> usize {
    usize::from(*args.get_one::<u16>(name).expect("it has a default"))
}

fn command() -> Command {
    let arg = |name: &'static str, default: &'static str| Arg::new(name).long(name).default_value(default);
    Command::new("bench")
        .about("Measures Berth from outside")
        .arg(arg("berth", "target/release/berth").help("The binary"))
        .arg(arg("socket", "/var/run/docker.sock").help("The engine's socket"))
        .arg(arg("pairs", "20").value_parser(value_parser!(u16)).help("Starts of Berth's and of the floor's"))
        .arg(arg("desktops", "50").value_parser(value_parser!(u16)).help("Desktops that memory is measured with"))
        .arg(arg("clicks", "100").value_parser(value_parser!(u16)).help("Clicks at the same moment"))
        .arg(arg("streams", "5000").value_parser(value_parser!(u16)).help("Event streams at once"))
        .arg(arg("jobs", "960").value_parser(value_parser!(u16)).help("Starts that the workers share"))
        .arg(arg("seconds", "5").value_parser(value_parser!(u16)).help("Of a run of the proxies' and of wrk's"))
        .arg(arg("peers", "bench/queue_peers").help("What the queue is measured beside, installed"))
        .arg(arg("node", "node").help("A Node.js that is new enough for it and for JupyterHub's proxy"))
        .arg(arg("websockify", "target/websockify/bin/websockify").help("What the way to a desktop is measured beside"))
        .arg(arg("hub", "bench/jupyterhub").help("What a burst is measured beside, installed"))
        .arg(arg("hub-python", "target/jupyterhub/bin/python").help("The Python that it is installed for"))
        .arg(arg("page", "docs/benchmarks.md"))
        .arg(arg("json", "target/bench.json"))
        .arg(Arg::new("postgres").long("postgres").value_name("URL").help("An empty database, to measure with too"))
        .arg(Arg::new("only").long("only").action(ArgAction::Append).value_parser(PARTS).help("Not all of it"))
}

impl Bench {
    /// A Berth without limits in a folder of its own.
    pub(crate) async fn server(&self, part: &str, more: &[(&str, String)]) -> anyhow::Result<Running> {
        let (folder, password) = (Folder::new()?, random_password());
        let first = berth_bench::ports::free_range(200)?;
        let mut env = vec![
            ("BERTH_START_LIMITS", "off".to_owned()),
            ("BERTH_API_LIMITS", "off".to_owned()),
            ("BERTH_MAX_DESKTOPS_PER_USER", "1000".to_owned()),
            ("BERTH_SESSION_TTL", "2h".to_owned()),
            ("BERTH_PORT_RANGE", format!("{first}-{}", first + 199)),
        ];
        env.extend_from_slice(more);
        let server = Server::start(&self.berth, part, folder.path(), &password, &env).await?;
        Ok(Running { server, password, _folder: folder })
    }
}

/// A Berth, its administrator's password, and its folder, removed at the end.
pub(crate) struct Running {
    server: Server,
    password: String,
    _folder: Folder,
}

impl Running {
    /// Ends it, and takes away what the engine has of it.
    pub(crate) async fn end(self, installation: Option<&str>) -> anyhow::Result<()> {
        self.server.stop().await?;
        match installation {
            Some(installation) => engine::remove_all_of(installation).await,
            None => Ok(()),
        }
    }
}
