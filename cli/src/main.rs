//! The `berth` binary: picks which part runs. Each subcommand is one file; this one only reads the command line.
//!
//! Exit codes: 0 done, 1 failed (said in words), 2 the command line or a setting is wrong (nothing was opened).

mod admin;
mod built_in;
mod doctor;
mod fanout;
mod load;
mod lock;
mod logging;
mod metrics;
mod migrate;
mod open;
mod serve;
mod signals;
mod sim_engine;
mod telemetry;

use berth_shared::config::{Settings, flags};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = command().get_matches();
    let (name, matches) = matches.subcommand().expect("clap requires a subcommand");
    let leaf = leaf(matches);
    let settings = match Settings::read(leaf) {
        Ok(settings) => settings,
        Err(faults) => {
            for fault in &faults {
                eprintln!("berth: {fault}");
            }
            return ExitCode::from(2);
        }
    };
    let long_running = matches!(name, "serve" | "api" | "worker" | "sim-engine");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads to run on");
    let telemetry = match telemetry::Telemetry::new(&settings, name, long_running, runtime.handle()) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("berth: {error:#}");
            return ExitCode::from(2);
        }
    };
    logging::start(&settings, long_running, &telemetry);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let done = runtime.block_on(run(name, matches, settings));
    telemetry.end();
    // A hung call of a library must not keep a process alive that has done its work.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("berth: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(name: &str, matches: &ArgMatches, settings: Settings) -> anyhow::Result<()> {
    match name {
        "serve" => serve::run(settings, serve::Parts::Both).await,
        "api" => serve::run(settings, serve::Parts::Api).await,
        "worker" => serve::run(settings, serve::Parts::Worker).await,
        "migrate" => migrate::run(&settings, matches.get_flag("check")).await,
        "doctor" if matches.get_flag("ready") => doctor::ready(&settings).await,
        "doctor" => doctor::run(settings).await,
        "admin" => {
            let (verb, matches) = matches.subcommand().expect("clap requires a subcommand");
            admin::run(verb, matches, settings).await
        }
        "sim-engine" => sim_engine::run(&settings, matches).await,
        "load" => {
            let (verb, matches) = matches.subcommand().expect("clap requires a subcommand");
            load::run(verb, matches, settings).await
        }
        other => anyhow::bail!("`berth {other}` is not there yet"),
    }
}

/// The innermost subcommand's matches: where the flags of settings stand.
fn leaf(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| leaf(inner))
}

fn command() -> Command {
    let with_settings = |name: &'static str, about: &'static str| flags(Command::new(name).about(about));
    Command::new("berth")
        .about("A Linux desktop in the browser for each of your users")
        .version(berth_shared::VERSION)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(with_settings("serve", "Runs api and worker in one process"))
        .subcommand(with_settings("api", "Runs an api: HTTP, events and streams"))
        .subcommand(with_settings("worker", "Runs a worker: drains the queue against the container engine"))
        .subcommand(
            with_settings("migrate", "Brings the database's schema up to date").arg(
                Arg::new("check")
                    .long("check")
                    .action(ArgAction::SetTrue)
                    .help("Change nothing; exit 1 when the schema is not what this binary needs, and say why"),
            ),
        )
        .subcommand(doctor::with_flags(with_settings(
            "doctor",
            "Checks database, Redis, clock, engine, image, ports and firewall, and says what is wrong",
        )))
        .subcommand(admin::command())
        .subcommand(sim_engine::with_flags(with_settings(
            "sim-engine",
            "Runs a pretended container engine, for tests and demonstrations: speaks as Docker does and runs nothing",
        )))
        .subcommand(load::command())
}
