//! `make test-faults`: users start, stop and delete desktops through the api, at random but from a seed, while everything that can break
//! is broken; afterwards a checker reads the records, the engine and what every open page heard, and holds: each wish honoured once,
//! nothing lost, nothing doubled, nothing leaked, no event missed or repeated. docs/testing-faults.md tells how to read it.
//!
//! ```text
//!  shapes ─▶ plan (from the seed alone) ─▶ world: person ×n, ear ×n, strike ─▶ evidence ─▶ checks ─▶ findings
//!                                                                                  └─▶ breaks (the checks checked)
//! ```

#![expect(clippy::print_stdout, reason = "what it says is what it is for")]

mod alerts;
mod breaks;
mod chance;
mod checks;
mod clock;
mod disk;
mod ear;
mod engine;
mod evidence;
mod front;
mod idle;
mod person;
mod plan;
mod postgres;
mod process;
mod prometheus;
mod roll;
mod run;
mod shapes;
mod strike;
mod tables;
mod world;

use clap::{Arg, ArgAction, Command, value_parser};
use shapes::{SHAPES, Shape};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[tokio::main]
async fn main() -> ExitCode {
    // Built with the api, reqwest takes the cryptography that the process has chosen, though nothing here is encrypted.
    _ = rustls::crypto::ring::default_provider().install_default();
    let args = Command::new("faults")
        .about("Breaks everything around random starts, stops and deletes, and checks that nothing was lost or doubled")
        .arg(Arg::new("berth").long("berth").value_name("FILE").default_value("target/release/berth"))
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("NUMBER")
                .value_parser(value_parser!(u64))
                .help("One world of this seed"),
        )
        .arg(
            Arg::new("world")
                .long("world")
                .value_name("NAME")
                .value_parser(SHAPES.iter().map(|shape| shape.name).collect::<Vec<_>>())
                .help("Of this shape only"),
        )
        .arg(
            Arg::new("alone")
                .long("alone")
                .action(ArgAction::SetTrue)
                .required(true)
                .help("It is in namespaces of its own, as scripts/test-faults.sh makes them: it mounts disks and starts an engine"),
        )
        .arg(Arg::new("short").long("short").action(ArgAction::SetTrue).help("The short form, for `make test`"))
        .arg(Arg::new("keep").long("keep").action(ArgAction::SetTrue).help("Keep the folders of sound worlds too"))
        .get_matches();
    let berth = PathBuf::from(args.get_one::<String>("berth").expect("it has a default"));
    let shape = args.get_one::<String>("world").and_then(|name| Shape::named(name));
    let seed = args.get_one::<u64>("seed");
    let worlds = {
        let first = seed.copied().unwrap_or(1);
        let mut worlds = if args.get_flag("short") { run::short(first) } else { run::full(first) };
        worlds.retain(|(each, _)| shape.is_none_or(|shape| shape.name == each.name));
        // One world again: this seed, in the form that was asked for.
        match (seed, worlds.first(), shape) {
            (Some(seed), Some((one, _)), Some(_)) => vec![(*one, *seed)],
            // It takes as long as all others and runs beside them.
            (_, None, Some(shape)) => {
                vec![(if args.get_flag("short") { shape.short(Duration::from_secs(70), 0) } else { shape }, first)]
            }
            _ => worlds,
        }
    };
    let only_one = worlds.len() == 1;
    match run::run(&berth, worlds, !only_one, args.get_flag("keep")).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}
