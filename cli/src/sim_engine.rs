//! `berth sim-engine`: runs a pretended engine, by hand, or started by a worker that found none.

use crate::signals;
use anyhow::Context as _;
use berth_shared::config::Settings;
use berth_sim::{Options, Sim, SimError};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::path::PathBuf;

/// Its own flags, beside those of all settings.
pub(crate) fn with_flags(command: Command) -> Command {
    command
        .arg(
            Arg::new("socket")
                .long("socket")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Where it listens [default: as --sim-socket]"),
        )
        .arg(
            Arg::new("state")
                .long("state")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("Where it keeps its journal [default: beside the socket, ending in .state]"),
        )
        .arg(
            Arg::new("start")
                .long("start")
                .value_name("TIME")
                .value_parser(humantime::parse_duration)
                .help("How long a start takes, a fifth more or less [default: as --sim-start]"),
        )
        .arg(
            Arg::new("fail")
                .long("fail")
                .value_name("SHARE")
                .value_parser(value_parser!(f64))
                .help("Share of calls that fail, 0 to 1 [default: as --sim-fail]"),
        )
        .arg(
            Arg::new("cpus")
                .long("cpus")
                .value_name("NUMBER")
                .value_parser(value_parser!(u32).range(1..))
                .help("How many CPUs it says it has [default: as many as this machine]"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("NUMBER")
                .value_parser(value_parser!(u64))
                .default_value("0")
                .help("What chance is made of"),
        )
        .arg(
            Arg::new("linger")
                .long("linger")
                .value_name("TIME")
                .value_parser(humantime::parse_duration)
                .default_value("1m")
                .help("Ends by itself this long after its last client"),
        )
        .arg(Arg::new("keep").long("keep").action(ArgAction::SetTrue).help("Does not end by itself"))
        .arg(
            Arg::new("detached")
                .long("detached")
                .action(ArgAction::SetTrue)
                .hide(true)
                .help("In a session of its own, so that what ends the process that started it does not end it"),
        )
}

/// Runs until SIGTERM or Ctrl+C, or until it was alone long enough.
pub(crate) async fn run(settings: &Settings, matches: &ArgMatches) -> anyhow::Result<()> {
    let detached = matches.get_flag("detached");
    if detached {
        rustix::process::setsid().context("a session of its own")?;
    }
    let end = signals::shutdown()?;
    let sim = match Sim::open(options(settings, matches)?).await {
        // Two workers began at once: the other one's is as good.
        Err(error @ SimError::Taken(_)) if detached => {
            tracing::info!(%error, "not needed");
            return Ok(());
        }
        opened => opened?,
    };
    tracing::info!(
        socket = %sim.options().socket.display(),
        state = %sim.options().state.display(),
        "a pretended engine listens: it runs nothing"
    );
    sim.run(end).await;
    Ok(())
}

fn options(settings: &Settings, matches: &ArgMatches) -> anyhow::Result<Options> {
    let socket = matches.get_one::<PathBuf>("socket").unwrap_or(&settings.sim.socket);
    let usual = Options::at(&std::path::absolute(socket)?);
    let fail = matches.get_one("fail").copied().unwrap_or(settings.sim.fail);
    anyhow::ensure!((0.0..=1.0).contains(&fail), "--fail: write a share from 0 to 1");
    let linger = matches.get_one("linger").copied().filter(|_| !matches.get_flag("keep"));
    Ok(Options {
        state: matches.get_one::<PathBuf>("state").cloned().unwrap_or(usual.state),
        start: matches.get_one("start").copied().unwrap_or(settings.sim.start),
        cpus: matches.get_one("cpus").copied().unwrap_or(usual.cpus),
        seed: matches.get_one("seed").copied().unwrap_or(usual.seed),
        fail,
        linger,
        socket: usual.socket,
    })
}
