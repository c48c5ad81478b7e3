//! `berth doctor`: looks at everything that a start needs and says in words what is wrong and what to do. With `--ready` it only asks the
//! process that runs with these settings whether it is ready: the health check of a container that has no other program.

use crate::open;
use berth_shared::config::Settings;
use berth_worker::doctor::{Finding, Verdict};
use berth_worker::runtime::http_answers;
use clap::{Arg, ArgAction, Command};
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
    let (database, installation) = database(&settings).await;
    let mut findings = vec![database, listen(&settings).await];
    if settings.redis_url.is_some() {
        findings.push(Finding {
            what: "Redis".into(),
            verdict: Verdict::Warn,
            words: "is set, but this version does not use it yet".into(),
        });
    }
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
async fn database(settings: &Settings) -> (Finding, Option<String>) {
    let (verdict, words, installation) = match check_database(settings).await {
        Ok((words, installation)) => (Verdict::Ok, words, Some(installation)),
        Err(error) => (Verdict::Bad, format!("{error:#}"), None),
    };
    (Finding { what: "Database".into(), verdict, words }, installation)
}

async fn check_database(settings: &Settings) -> anyhow::Result<(String, String)> {
    let opened = open::open(settings, false).await?;
    let mut tx = opened.db.read().await?;
    let users = berth_shared::store::users::count(&mut tx).await?;
    Ok((format!("answers, its schema is up to date, {users} users"), opened.installation.id.clone()))
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
    Finding { what: "Address".into(), verdict, words }
}
