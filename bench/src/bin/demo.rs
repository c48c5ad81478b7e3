//! `make demo`: one desktop from click to gone, in an installation of its own that is thrown away afterwards.
//!
//! Says when what happened, saves what was on the screen as a PNG file, and ends with 0 only when nothing is left behind:
//! no container, no volume, no port lease, no network, no folder. Ctrl+C cleans up too.

#![expect(clippy::print_stdout, reason = "what it says is what it is for")]

use anyhow::{Context as _, bail, ensure};
use berth_bench::client::Client;
use berth_bench::picture::Picture;
use berth_bench::rfb::Viewer;
use berth_bench::server::{Folder, Server, random_password};
use berth_bench::{engine, ports};
use clap::{Arg, Command};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

const STARTS_WITHIN: Duration = Duration::from_secs(90);
const GOES_WITHIN: Duration = Duration::from_secs(30);
/// A painted desktop has hundreds; a screen with nothing on it has one.
const FEWEST_COLOURS: usize = 8;

/// What is to be removed, as far as it is known.
#[derive(Default)]
struct Trace {
    desktop: Option<String>,
    installation: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    // Built with the api, reqwest takes the cryptography that the process has chosen, though nothing here is encrypted.
    _ = rustls::crypto::ring::default_provider().install_default();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let args = Command::new("demo")
        .about("One desktop from click to gone, against a throw-away Berth")
        .arg(Arg::new("berth").long("berth").value_name("FILE").default_value("target/release/berth"))
        .arg(Arg::new("picture").long("picture").value_name("FILE").default_value("demo.png"))
        .get_matches();
    let file = |name: &str| Path::new(args.get_one::<String>(name).expect("it has a default")).to_owned();
    let (mut interrupted, mut told_to_end) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (folder, password) = (Folder::new()?, random_password());
    let port = ports::free_range(1)?;
    // One port, so that a lease that stays behind would be in the way of the next start.
    let range = [("BERTH_PORT_RANGE", format!("{port}-{port}")), ("BERTH_PORT_REST", "0s".to_owned())];
    let mut server = None;
    let mut trace = Trace::default();
    let shown = tokio::select! {
        shown = async {
            let server = server.insert(Server::start(&file("berth"), "serve", folder.path(), &password, &range).await?);
            show(server, &password, &file("picture"), &mut trace).await
        } => shown,
        _ = interrupted.recv() => Err(anyhow::anyhow!("interrupted")),
        _ = told_to_end.recv() => Err(anyhow::anyhow!("told to end")),
    };
    if let (Err(_), Some(server)) = (&shown, &server) {
        eprintln!("cleaning up; the end of Berth's log:\n{}", server.last_words());
    }
    let cleaned = clean_up(server, &password, trace).await;
    shown.and(cleaned)?;
    println!("nothing is left behind");
    Ok(())
}

async fn show(server: &Server, password: &str, picture: &Path, trace: &mut Trace) -> anyhow::Result<()> {
    println!("Berth is at {}, ready after {} ms", server.origin(), server.ready_after.as_millis());
    let client = server.admin(password).await?;
    client.until_slots(Duration::from_secs(10)).await?;
    let template = client.template().await?;
    println!("signed in; starting the template {template:?}\n");

    let mut events = client.events().await?;
    let clicked = Instant::now();
    let line = |what: &str| println!("{:>8} ms  {what}", clicked.elapsed().as_millis());
    line("clicked");
    let id = client.start(&template).await?;
    line("accepted (202)");
    trace.desktop = Some(id.clone());
    let follow = async {
        loop {
            let desktop = events.desktop(&id).await?;
            let status = desktop["status"].as_str().unwrap_or_default();
            line(&format!("{status:<10}{}", desktop["step"].as_str().unwrap_or_default()));
            match status {
                "running" => return Ok(desktop),
                "failed" => bail!("the desktop failed: {}", desktop["reason"]["text"]),
                _ => {}
            }
        }
    };
    let desktop = tokio::time::timeout(STARTS_WITHIN, follow).await.context("it does not start")??;
    trace.installation = engine::installation_of(&id, Duration::ZERO).await?;
    ensure!(trace.installation.is_some(), "it runs, and the engine has no container of it");

    let opened = Instant::now();
    let path = desktop["connect"]["url"].as_str().context("it runs, and nothing says how to open it")?;
    let mut viewer = Viewer::open(&client, path).await?;
    let screen = Picture::taken_of(&mut viewer).await?;
    viewer.close().await;
    let colours = screen.colours();
    ensure!(colours >= FEWEST_COLOURS, "nothing is painted on its screen ({colours} colours)");
    screen.save(picture)?;
    let (w, h, took) = (screen.width, screen.height, opened.elapsed().as_millis());
    println!("\nopened; its screen ({w}x{h}, {colours} colours) came within {took} ms: {}", picture.display());

    let asked = Instant::now();
    client.delete(&id).await?;
    client.until_gone(&id, GOES_WITHIN).await?;
    println!("deleted; gone after {} ms", asked.elapsed().as_millis());
    nothing_is_left(server, &client, trace).await
}

/// Berth's own words, then the engine's.
async fn nothing_is_left(server: &Server, client: &Client, trace: &mut Trace) -> anyhow::Result<()> {
    match server.gauge("berth_port_leases").await? {
        Some(leases) => ensure!(leases == 0.0, "{leases} ports are still leased"),
        None => port_is_free_again(client, trace).await?,
    }
    let limits = client.ask(reqwest::Method::GET, "/limits", None).await?;
    let (used, busy) = (&limits["desktops"]["used"], &limits["queue"]["slots"]["busy"]);
    ensure!(*used == 0 && *busy == 0, "the user still has {used} desktops, {busy} start slots are busy");
    let installation = trace.installation.as_deref().unwrap_or_default();
    let left = engine::left_of(installation, false).await?;
    ensure!(left.is_empty(), "the engine still has {}", left.join(", "));
    Ok(())
}

/// Where no metric tells: the only port can be leased once more.
async fn port_is_free_again(client: &Client, trace: &mut Trace) -> anyhow::Result<()> {
    let id = client.start(&client.template().await?).await?;
    trace.desktop = Some(id.clone());
    client.until_running(&id, GOES_WITHIN).await.context("the port is still leased")?;
    client.delete(&id).await?;
    client.until_gone(&id, GOES_WITHIN).await?;
    println!("its port is free: another desktop had it, and is gone");
    Ok(())
}

/// Ends Berth and takes away what it made, however far it came.
async fn clean_up(server: Option<Server>, password: &str, mut trace: Trace) -> anyhow::Result<()> {
    let Some(server) = server else { return Ok(()) };
    if let (Some(id), None) = (&trace.desktop, &trace.installation) {
        // Broken off early: without its container there is no telling whose networks are ours.
        trace.installation = engine::installation_of(id, Duration::from_secs(10)).await?;
    }
    if let Some(id) = &trace.desktop {
        let gone = async {
            let client = server.admin(password).await?;
            client.delete(id).await?;
            client.until_gone(id, GOES_WITHIN).await
        };
        if let Err(error) = gone.await {
            eprintln!("Berth could not delete it: {error:#}");
        }
    }
    let stopped = server.stop().await;
    if let Some(installation) = &trace.installation {
        let left = engine::left_of(installation, false).await?;
        engine::remove_all_of(installation).await?;
        ensure!(left.is_empty(), "Berth left behind: {}", left.join(", "));
        let still = engine::left_of(installation, true).await?;
        ensure!(still.is_empty(), "the engine still has {}", still.join(", "));
    }
    stopped
}
