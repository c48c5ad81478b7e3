//! The second listener of each process: `/metrics`, `/healthz` and `/readyz`. Its address may be taken by another process
//! of this machine; then this one runs without it, and still says how it is to the operations page ([`report`]).

mod report;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::get;
use berth_api::Health;
use berth_shared::config::Settings;
use berth_shared::domain::new_id;
use berth_shared::measure::{self, NAMES, here, here::Runs};
use berth_shared::store::{Db, StoreError, figures};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// However many ask, the database is asked this often at most.
const FRESH: Duration = Duration::from_secs(1);
/// And without an answer in this time, the rest is shown with what it said last.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long Prometheus waits for the whole page, in seconds: half of that is for the database.
const SCRAPE_TIMEOUT: &str = "x-prometheus-scrape-timeout-seconds";
const ENGINE_FOLDER: &str = "/var/lib/docker";

/// What is needed to show the figures.
#[derive(Clone)]
struct Shown(Arc<Inner>);

struct Inner {
    recorder: PrometheusHandle,
    db: Db,
    silent_after: Duration,
    data_dir: PathBuf,
    /// When the database was asked last.
    asked: Mutex<Option<Instant>>,
}

/// Begins to count, then answers and reports until `over`: while the process ends, too. `part` is what it runs.
pub(crate) async fn serve(settings: &Settings, part: &'static str, health: Health, over: CancellationToken) {
    let Some(recorder) = recorder() else { return };
    let ports = i64::from(settings.ports.last) - i64::from(settings.ports.first) + 1;
    here::begin(Runs { part, node: &settings.node, version: berth_shared::VERSION, port_range: ports });
    let shown = Shown(Arc::new(Inner {
        recorder,
        db: health.db.clone(),
        silent_after: settings.lease_ttl,
        data_dir: settings.data_dir.clone(),
        asked: Mutex::default(),
    }));
    let who = report::Who { process: new_id(), part, node: settings.node.clone() };
    tokio::spawn(report::run(shown.clone(), who, over.clone()));
    let address = settings.metrics_listen;
    match TcpListener::bind(address).await {
        Ok(listener) => {
            let router = berth_api::ops_router(health);
            let router = router.merge(Router::new().route("/metrics", get(page)).with_state(shown));
            tokio::spawn(async move {
                let ended = axum::serve(listener, router).with_graceful_shutdown(over.cancelled_owned()).await;
                if let Err(error) = ended {
                    tracing::warn!(%error, "the metrics listener ended");
                }
            });
        }
        Err(error) => tracing::warn!(%address, %error, "no metrics here: BERTH_METRICS_LISTEN cannot be listened on"),
    }
}

/// The process's own: there is one. None: it could not be made, which is said once.
fn recorder() -> Option<PrometheusHandle> {
    let mut builder = PrometheusBuilder::new();
    for name in NAMES.iter().filter(|name| !name.buckets.is_empty()) {
        match builder.set_buckets_for_metric(Matcher::Full(name.name.to_owned()), name.buckets) {
            Ok(with) => builder = with,
            Err(error) => {
                tracing::error!(%error, name = name.name, "no metrics here: buckets are wrong");
                return None;
            }
        }
    }
    match builder.install_recorder() {
        Ok(recorder) => {
            measure::describe();
            Some(recorder)
        }
        Err(error) => {
            tracing::warn!(%error, "no metrics here");
            None
        }
    }
}

/// `?desktops` adds what each desktop of a worker's node takes.
async fn page(State(shown): State<Shown>, headers: HeaderMap, RawQuery(query): RawQuery) -> impl IntoResponse {
    let waits = headers.get(SCRAPE_TIMEOUT).and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    let waits = waits.and_then(|seconds: f64| Duration::try_from_secs_f64(seconds / 2.0).ok());
    shown.look(waits.map_or(PATIENCE, |waits| waits.min(PATIENCE))).await;
    let mut text = shown.0.recorder.render();
    if query.is_some_and(|query| query.split('&').any(|word| word.split('=').next() == Some("desktops"))) {
        text.push_str(&measure::desktops_text());
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

impl Shown {
    /// Reads what is read only when somebody asks.
    async fn look(&self, patience: Duration) {
        here::read(self.0.db.pool_use());
        here::disk("data", &self.0.data_dir);
        here::disk("engine", ENGINE_FOLDER.as_ref());
        match tokio::time::timeout(patience, self.whole()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the whole could not be counted"),
            Err(_) => tracing::debug!("the whole was not counted in time"),
        }
    }

    async fn whole(&self) -> Result<(), StoreError> {
        // Whoever else asks meanwhile waits for the same answer, each as long as it may.
        let mut asked = self.0.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        *asked = Some(Instant::now());
        let whole = figures::whole(&mut self.0.db.read().await?, self.0.silent_after).await?;
        measure::whole::show(&whole);
        Ok(())
    }
}
