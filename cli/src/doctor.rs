//! `berth doctor`: looks at everything that a start needs and says in words what is wrong and what to do.

use crate::open;
use berth_shared::config::Settings;
use berth_worker::doctor::{Finding, Verdict};

#[allow(clippy::print_stdout)] // the answer of the command
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut findings = vec![database(&settings).await, listen(&settings).await];
    if settings.redis_url.is_some() {
        findings.push(Finding {
            what: "Redis".into(),
            verdict: Verdict::Warn,
            words: "is set, but this version does not use it yet".into(),
        });
    }
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

async fn database(settings: &Settings) -> Finding {
    let (verdict, words) = match check_database(settings).await {
        Ok(words) => (Verdict::Ok, words),
        Err(error) => (Verdict::Bad, format!("{error:#}")),
    };
    Finding { what: "Database".into(), verdict, words }
}

async fn check_database(settings: &Settings) -> anyhow::Result<String> {
    let opened = open::open(settings, false).await?;
    let mut tx = opened.db.read().await?;
    let users = berth_shared::store::users::count(&mut tx).await?;
    Ok(format!("answers, its schema is up to date, {users} users"))
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
