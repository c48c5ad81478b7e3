//! `berth serve`, `berth api`, `berth worker`: opens the installation and runs what was asked for, until told to end.

use crate::{fanout, metrics, open, signals};
use anyhow::Context as _;
use berth_shared::config::Settings;
use berth_shared::events::Signals;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long an api beside others goes on answering after it was told to end: whoever asks `/readyz` before it sends calls, asks
/// every second or so, and a proxy that does not ask has its connections closed one by one by the answers.
const DRAIN: Duration = Duration::from_secs(2);

/// Which parts this process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parts {
    Both,
    Api,
    Worker,
}

impl Parts {
    const fn api(self) -> bool {
        matches!(self, Self::Both | Self::Api)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Both => "serve",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }

    const fn worker(self) -> bool {
        matches!(self, Self::Both | Self::Worker)
    }
}

/// Runs until SIGTERM or Ctrl+C. What one part cannot go on without ends the other too.
pub(crate) async fn run(settings: Settings, parts: Parts) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let end = signals::shutdown()?;
    let listener = if parts.api() { Some(listen(&settings).await?) } else { None };
    let opened = open::open(&settings, true).await?;
    let wakes = Signals::over(fanout::link(&settings, &opened).await?);
    // What others are told must get through until the very end.
    let over = CancellationToken::new();
    let carrier = tokio::spawn(wakes.clone().run(opened.db.clone(), over.clone()));
    let health = berth_api::Health { db: opened.db.clone(), signals: wakes.clone(), told_to_end: end.clone() };
    metrics::serve(&settings, parts.name(), health, over.clone()).await;

    let api = async {
        let Some(listener) = listener else { return Ok(()) };
        let parts = berth_api::Parts {
            settings: settings.clone(),
            db: opened.db.clone(),
            signals: wakes.clone(),
            key: opened.key.clone(),
            installation: opened.installation.clone(),
            // Alone, there is nobody to send anything else to.
            drain: if opened.is_alone() { Duration::ZERO } else { DRAIN },
        };
        berth_api::run(parts, listener, end.clone()).await;
        anyhow::Ok(())
    };
    let worker = async {
        if !parts.worker() {
            return Ok(());
        }
        let (db, settings) = (opened.db.clone(), Arc::new(settings.clone()));
        berth_worker::run(db, wakes.clone(), settings, opened.key.clone(), end.clone())
            .await
            .context("the worker ended")
    };
    if opened.is_alone() {
        // The folder's lock says that whoever held leases is dead: their jobs need not wait out the lease.
        let freed = berth_shared::lifecycle::take_over(&opened.db, &wakes).await.context("the jobs of the last run")?;
        tracing::debug!(freed, "jobs of the last run go on");
    }
    if parts.api() {
        say_where(&settings, opened.first_admin.as_ref());
    }
    tracing::info!(version = berth_shared::VERSION, installation = opened.installation.id, ready_ms = begun.elapsed().as_secs_f64() * 1000.0, parts = ?parts, "ready");
    let ended = tokio::try_join!(api, worker);
    end.cancel();
    over.cancel();
    _ = carrier.await;
    opened.db.close().await;
    ended.map(|_| tracing::info!("ended"))
}

async fn listen(settings: &Settings) -> anyhow::Result<TcpListener> {
    TcpListener::bind(settings.listen).await.with_context(|| {
        format!(
            "{} cannot be listened on; is another Berth running? BERTH_LISTEN chooses another address",
            settings.listen
        )
    })
}

/// For the person who started it: where it is and, the first time, how to get in.
fn say_where(settings: &Settings, first_admin: Option<&(String, String)>) {
    eprintln!("\n  Berth is at {}\n", settings.public_url.origin());
    if let Some((user, password)) = first_admin {
        eprintln!("  Sign in as  {user}\n  Password    {password}\n");
        eprintln!("  The password is shown this once; `berth admin reset-password {user}` makes another.\n");
    }
}
