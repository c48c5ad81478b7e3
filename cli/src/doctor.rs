//! `berth doctor`: looks at everything that a start needs and says in words what is wrong and what to do.

use crate::open;
use berth_shared::config::Settings;
use berth_shared::events::{RedisFault, ask_redis};
use berth_shared::store::clock::{self, Apart};
use berth_shared::store::users;
use berth_worker::doctor::{Finding, Verdict};
use secrecy::ExposeSecret as _;

#[allow(clippy::print_stdout)] // the answer of the command
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut findings = database(&settings).await;
    findings.push(listen(&settings).await);
    findings.extend(redis(&settings).await);
    findings.extend(berth_worker::doctor::examine(&settings).await);
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

async fn database(settings: &Settings) -> Vec<Finding> {
    match check_database(settings).await {
        Ok((users, apart)) => {
            let answers = format!("answers, its schema is up to date, {users} users");
            let clock = if apart.is_wide() { Verdict::Warn } else { Verdict::Ok };
            let keep = if apart.is_wide() {
                "; let a time service keep both, or logs and one-time codes go wrong"
            } else {
                ""
            };
            vec![finding("Database", Verdict::Ok, answers), finding("Clock", clock, format!("{apart}{keep}"))]
        }
        Err(error) => vec![finding("Database", Verdict::Bad, format!("{error:#}"))],
    }
}

async fn check_database(settings: &Settings) -> anyhow::Result<(i64, Apart)> {
    let opened = open::open(settings, false).await?;
    let mut tx = opened.db.read().await?;
    let apart = clock::apart(&mut tx).await?;
    Ok((users::count(&mut tx).await?, apart))
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
