//! `berth doctor`: looks at everything that a start needs and says in words what is wrong and what to do. With `--ready` it only asks the
//! process that runs with these settings whether it is ready: the health check of a container that has no other program.

use crate::open;
use berth_shared::config::Settings;
use berth_shared::events::{RedisFault, ask_redis};
use berth_shared::store::clock::{self, Apart};
use berth_shared::store::users;
use berth_worker::doctor::{Finding, Verdict};
use berth_worker::runtime::http_answers;
use clap::{Arg, ArgAction, Command};
use secrecy::ExposeSecret as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

const READY_WITHIN: Duration = Duration::from_secs(4);

pub(crate) fn with_flags(command: Command) -> Command {
    command.arg(
        Arg::new("ready")
            .long("ready")
            .action(ArgAction::SetTrue)
            .help("Only ask the process at --metrics-listen whether it is ready; exits 1 when not"),
    )
}

pub(crate) async fn ready(settings: &Settings) -> anyhow::Result<()> {
    let mut address = settings.metrics_listen;
    if address.ip().is_unspecified() {
        address = SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()));
    }
    let ready = http_answers(address, "/readyz", READY_WITHIN).await;
    anyhow::ensure!(ready, "the process at {address} is not ready, or nobody is there");
    Ok(())
}

#[allow(clippy::print_stdout)] // the answer of the command
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let (mut findings, installation) = database(&settings).await;
    findings.push(listen(&settings).await);
    findings.extend(redis(&settings).await);
    findings.extend(berth_worker::doctor::examine(&settings, installation.as_deref()).await);
    for finding in &findings {
        let sign = match finding.verdict {
            Verdict::Ok => "ok  ",
            Verdict::Warn => "warn",
            Verdict::Bad => "BAD ",
        };
        println!("{sign}  {:<10} {}", finding.what, finding.words);
    }
    let bad = findings.iter().filter(|f| f.verdict == Verdict::Bad).count();
    anyhow::ensure!(bad == 0, "{bad} of these must be put right before desktops can start");
    Ok(())
}

/// Also the installation's id, where it can be had.
async fn database(settings: &Settings) -> (Vec<Finding>, Option<String>) {
    match check_database(settings).await {
        Ok((users, apart, installation)) => {
            let answers = format!("answers, its schema is up to date, {users} users");
            let clock = if apart.is_wide() { Verdict::Warn } else { Verdict::Ok };
            let keep = if apart.is_wide() {
                "; let a time service keep both, or logs and one-time codes go wrong"
            } else {
                ""
            };
            let clock = finding("Clock", clock, format!("{apart}{keep}"));
            (vec![finding("Database", Verdict::Ok, answers), clock], Some(installation))
        }
        Err(error) => (vec![finding("Database", Verdict::Bad, format!("{error:#}"))], None),
    }
}

async fn check_database(settings: &Settings) -> anyhow::Result<(i64, Apart, String)> {
    let opened = open::open(settings, false).await?;
    let mut tx = opened.db.read().await?;
    let apart = clock::apart(&mut tx).await?;
    Ok((users::count(&mut tx).await?, apart, opened.installation.id.clone()))
}

/// None where the settings name none.
async fn redis(settings: &Settings) -> Option<Finding> {
    let url = settings.redis_url.as_ref()?.expose_secret();
    Some(match ask_redis(url).await {
        Ok(version) => finding("Redis", Verdict::Ok, format!("version {version} answers")),
        Err(fault @ RedisFault::Away(_)) => {
            finding("Redis", Verdict::Warn, format!("{fault}; Berth works without, a little slower"))
        }
        Err(fault @ RedisFault::Wrong(_)) => finding("Redis", Verdict::Bad, format!("BERTH_REDIS_URL: {fault}")),
    })
}

fn finding(what: &str, verdict: Verdict, words: String) -> Finding {
    Finding { what: what.into(), verdict, words }
}

/// A taken address is good news when a Berth answers there.
async fn listen(settings: &Settings) -> Finding {
    let address = settings.listen;
    let (verdict, words) = match tokio::net::TcpListener::bind(address).await {
        Ok(_) => (Verdict::Ok, format!("{address} is free")),
        Err(error) => {
            (Verdict::Warn, format!("{address} is taken ({error}): by a running Berth, or by something else"))
        }
    };
    finding("Address", verdict, words)
}
