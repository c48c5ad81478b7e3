//! `berth load …`: puts load on a Berth, and says how it bore it. The command line only; what happens is in `berth-load`.
//!
//! The first signal has everybody leave in order; the second waits for nothing; the third ends at once.

use anyhow::{Context as _, bail};
use berth_load::{Capacity, Fault, Goal, Own, Place, Plan, Report, Scenario, Size, Stop, There};
use berth_shared::VERSION;
use berth_shared::config::{KEYS, Runtime, Settings, flags};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use secrecy::ExposeSecret as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Settings that a Berth of its own is not given: it has a folder and addresses of its own.
const ITS_OWN: [&str; 9] = [
    "listen",
    "public_url",
    "metrics_listen",
    "data_dir",
    "secret_key",
    "database_url",
    "database_direct_url",
    "admin_user",
    "admin_password",
];

pub(crate) fn command() -> Command {
    let scenarios = Scenario::ALL.map(|scenario| {
        let duration = if scenario == Scenario::Burst { "10s" } else { "2m" };
        flags(of_a_run(Command::new(scenario.name()).about(scenario.words()), duration))
    });
    Command::new("load")
        .about("Puts load on a Berth, breaks things meanwhile if asked to, and says how it bore it")
        .long_about(
            "Puts load on a Berth: makes users, lets them start, use and leave desktops as a scenario says, removes them again \
             with all they had, and reports waits, failures, leaks, latencies and resources. Ends with 0 only when every goal \
             was reached.\n\nIt loads the Berth at BERTH_PUBLIC_URL (or --address) as its administrator (BERTH_ADMIN_USER, \
             BERTH_ADMIN_PASSWORD or BERTH_ADMIN_PASSWORD_FILE), or with --own one that is started for it and thrown away. \
             Ctrl+C once: everybody leaves, and what was measured is reported. Twice: nothing is waited for.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(scenarios)
        .subcommand(flags(of_capacity(
            Command::new("capacity").about("One burst after the other, each against a Berth of its own, as a table"),
        )))
        .subcommand(flags(
            Command::new("clean").about("Removes the users that a run left behind, with all they have").arg(address()),
        ))
}

fn of_a_run(command: Command, duration: &'static str) -> Command {
    let count = |name, default, help| number(name, default).value_parser(value_parser!(u16).range(1..)).help(help);
    command
        .arg(address())
        .arg(
            Arg::new("own")
                .long("own")
                .action(ArgAction::SetTrue)
                .conflicts_with("address")
                .help("Start a Berth for this, on --runtime, and throw it away"),
        )
        .arg(count("apis", "1", "With --own: how many processes run an api").requires("own"))
        .arg(count("workers", "1", "With --own: how many run a worker").requires("own"))
        .arg(database().requires("own"))
        .arg(count("users", "25", "How many users"))
        .arg(count("desktops", "1", "How many desktops each of them has"))
        .arg(text("template", "NAME").help("What they start, by id or name [default: what the page offers first]"))
        .arg(time("duration", duration).help("How long it is; with burst, how long desktops are used once all run"))
        .arg(patience())
        .arg(viewers())
        .arg(number("seed", "1").value_parser(value_parser!(u64)).help("What chance is made of"))
        .arg(
            text("fault", "NAME")
                .action(ArgAction::Append)
                .value_parser(Fault::ALL.map(|(name, _)| name))
                .help("Break this meanwhile, again and again; several are taken in turn"),
        )
        .arg(time("fault_every", "10s").help("How often something is broken"))
        .arg(
            text("goal", "NAME=MOST")
                .action(ArgAction::Append)
                .value_parser(Goal::from_str)
                .help(format!("What has to be reached, besides failures=0, leaks=0, missed=0; of {}", Goal::names())),
        )
        .arg(time("look_every", "1s").help("How often processes are looked at"))
        .arg(
            text("watch", "NAME=PID")
                .action(ArgAction::Append)
                .value_parser(watched)
                .help("Look at this process's resources too: of a worker, of the database"),
        )
        .arg(
            text("report", "FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write FILE.md and FILE.json [default: Markdown on standard output]"),
        )
}

fn of_capacity(command: Command) -> Command {
    command
        .arg(
            text("size", "SIZE")
                .action(ArgAction::Append)
                .value_parser(Size::from_str)
                .default_values(["25x2", "50x2", "75x2", "100x2:sim", "200x2:sim", "400x2:sim"])
                .help("Users and desktops of each: 100x2; pretended: 100x2:sim; several processes: 100x2:sim:2+2"),
        )
        .arg(text("template", "NAME").help("What they start, by id or name [default: what the page offers first]"))
        .arg(
            database().help("PostgreSQL for several processes; {n} in it is the number of the line, each an empty one"),
        )
        .arg(time("duration", "30s").help("How long all desktops are used once they run"))
        .arg(patience())
        .arg(viewers())
        .arg(text("page", "FILE").value_parser(value_parser!(PathBuf)).default_value("docs/capacity.md"))
        .arg(text("json", "FILE").value_parser(value_parser!(PathBuf)).default_value("target/capacity.json"))
}

fn text(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name.replace('_', "-")).value_name(value)
}

fn number(name: &'static str, default: &'static str) -> Arg {
    text(name, "NUMBER").default_value(default)
}

fn time(name: &'static str, default: &'static str) -> Arg {
    text(name, "TIME").default_value(default).value_parser(humantime::parse_duration)
}

fn address() -> Arg {
    text("address", "URL")
        .action(ArgAction::Append)
        .value_parser(origin)
        .help("Where Berth is; again for further apis of the same installation [default: --public-url]")
}

fn database() -> Arg {
    text("database", "URL").help("With --own: an empty PostgreSQL database [default: SQLite]")
}

fn patience() -> Arg {
    time("patience", "5m").help("How long anybody waits for anything before it counts as failed")
}

fn viewers() -> Arg {
    number("viewers", "0.2").value_parser(share).help("Share of the desktops that are opened and typed at, 0 to 1")
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "write a share from 0 to 1".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']) => Ok(text.to_owned()),
        _ => Err("write http://HOST:PORT, or https://HOST".to_owned()),
    }
}

fn watched(text: &str) -> Result<(String, u32), String> {
    let pair = text.split_once('=').and_then(|(name, pid)| Some((name.to_owned(), pid.parse().ok()?)));
    pair.filter(|(name, _)| !name.is_empty()).ok_or_else(|| "write NAME=PID, for example worker=4711".to_owned())
}

pub(crate) async fn run(verb: &str, matches: &ArgMatches, settings: Settings) -> anyhow::Result<()> {
    let stop = listen_to_signals()?;
    // Built with the api, reqwest takes the cryptography that the process has chosen.
    berth_load::prepare();
    match verb {
        "clean" => {
            let count = berth_load::clean(there(matches, &settings)?, &stop).await?;
            say(&format!("{count} users were removed, with all they had."));
            Ok(())
        }
        "capacity" => {
            let reached = capacity(matches, &settings)?.measure(VERSION, &stop).await?;
            anyhow::ensure!(reached, "something failed or was left behind; the JSON file says what");
            Ok(())
        }
        _ => {
            let plan = plan(verb, matches, &settings)?;
            let report = berth_load::run(&plan, VERSION, &stop).await?;
            put_down(&report, matches.get_one("report"))?;
            anyhow::ensure!(report.reached, "{}", report.in_short());
            Ok(())
        }
    }
}

fn plan(verb: &str, matches: &ArgMatches, settings: &Settings) -> anyhow::Result<Plan> {
    let scenario = Scenario::ALL.into_iter().find(|scenario| scenario.name() == verb).context("no such scenario")?;
    let place = if matches.get_flag("own") { own(matches, settings)? } else { Place::There(there(matches, settings)?) };
    let faults = matches.get_many::<String>("fault").unwrap_or_default();
    let goals: Vec<Goal> = matches.get_many("goal").unwrap_or_default().cloned().collect();
    Ok(Plan {
        scenario,
        place,
        users: count(matches, "users"),
        desktops: count(matches, "desktops"),
        template: matches.get_one("template").cloned(),
        duration: given(matches, "duration"),
        patience: given(matches, "patience"),
        viewers: given(matches, "viewers"),
        seed: given(matches, "seed"),
        faults: faults.filter_map(|name| Fault::named(name)).collect(),
        fault_every: given(matches, "fault_every"),
        goals: Goal::with_usual(goals),
        look_every: given::<Duration>(matches, "look_every").max(Duration::from_millis(100)),
    })
}

fn capacity(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<Capacity> {
    Ok(Capacity {
        binary: std::env::current_exe()?,
        settings: settings_given(matches),
        docker: socket(settings)?,
        template: matches.get_one("template").cloned(),
        database: matches.get_one("database").cloned(),
        sizes: matches.get_many("size").unwrap_or_default().cloned().collect(),
        stay: given(matches, "duration"),
        patience: given(matches, "patience"),
        viewers: given(matches, "viewers"),
        page: given(matches, "page"),
        json: given(matches, "json"),
    })
}

fn given<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> T {
    matches.get_one::<T>(name).cloned().expect("it has a default")
}

fn count(matches: &ArgMatches, name: &str) -> usize {
    usize::from(given::<u16>(matches, name))
}

fn there(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<There> {
    let mut origins: Vec<String> = matches.get_many("address").unwrap_or_default().cloned().collect();
    if origins.is_empty() {
        origins.push(settings.public_url.origin());
    }
    let Some(password) = &settings.admin_password else {
        bail!(
            "berth load needs an administrator's password: BERTH_ADMIN_PASSWORD_FILE (or BERTH_ADMIN_PASSWORD) says it"
        );
    };
    let watch = matches.try_get_many("watch").ok().flatten().unwrap_or_default().cloned().collect();
    Ok(There {
        origins,
        admin: settings.admin_user.clone(),
        password: password.expose_secret().to_owned(),
        metrics: vec![settings.metrics_listen],
        watch,
        sim_socket: settings.sim.socket.exists().then(|| settings.sim.socket.clone()),
    })
}

fn own(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<Place> {
    Ok(Place::Own(Own {
        binary: std::env::current_exe()?,
        settings: settings_given(matches),
        database: matches.get_one("database").cloned(),
        apis: count(matches, "apis"),
        workers: count(matches, "workers"),
        docker: (settings.runtime == Runtime::Docker).then(|| socket(settings)).transpose()?,
    }))
}

/// What was set by flag or variable, for a Berth of its own.
fn settings_given(matches: &ArgMatches) -> Vec<(String, String)> {
    let said = |name| matches!(matches.value_source(name), Some(ValueSource::CommandLine | ValueSource::EnvVariable));
    let keys = KEYS.iter().filter(|key| said(key.name) && !ITS_OWN.contains(&key.name));
    // Where its engine is, is said by the runtime.
    let keys = keys.filter(|key| !["runtime", "docker_host", "sim_socket"].contains(&key.name));
    keys.filter_map(|key| Some((key.env.to_owned(), matches.get_one::<String>(key.name)?.clone()))).collect()
}

fn socket(settings: &Settings) -> anyhow::Result<PathBuf> {
    match settings.docker_host.as_deref().filter(|_| settings.runtime == Runtime::Docker) {
        None => Ok(berth_load::local_engine()),
        Some(host) => {
            let path = host.strip_prefix("unix://").unwrap_or(host);
            anyhow::ensure!(path.starts_with('/'), "a Berth of its own needs an engine on this machine, not {host}");
            Ok(PathBuf::from(path))
        }
    }
}

fn listen_to_signals() -> anyhow::Result<Stop> {
    let stop = Stop::default();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let told = stop.clone();
    tokio::spawn(async move {
        for nth in 1.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            match nth {
                1 => {
                    eprintln!("\nberth: everybody leaves; a second signal waits for nothing");
                    told.first.cancel();
                }
                2 => {
                    eprintln!("\nberth: nothing is waited for; a third signal ends at once");
                    told.second.cancel();
                }
                _ => std::process::exit(1),
            }
        }
    });
    Ok(stop)
}

fn put_down(report: &Report, file: Option<&PathBuf>) -> anyhow::Result<()> {
    let Some(file) = file else {
        say(&report.markdown());
        return Ok(());
    };
    let beside = |ending: &str| PathBuf::from(format!("{}.{ending}", file.display()));
    let put = |path: &Path, bytes: &[u8]| {
        std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
    };
    let (page, json) = (beside("md"), beside("json"));
    put(&page, report.markdown().as_bytes())?;
    put(&json, &serde_json::to_vec_pretty(report)?)?;
    say(&format!("{}\n{} and {}", report.in_short(), page.display(), json.display()));
    Ok(())
}

#[allow(clippy::print_stdout)] // the answer of the command
fn say(text: &str) {
    println!("{}", text.trim_end());
}
