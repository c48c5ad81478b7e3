//! Is this process up, and can it work. At the root, and on the metrics address too.
use std::time::Duration;

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use berth_shared::{
    events::Signals,
    store::{Db, StoreError, clock, nodes},
};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Who asks gives up soon; a pool that is exhausted would keep them waiting.
const PATIENCE: Duration = Duration::from_secs(3);
/// A node that was not heard of for this long has no engine as far as we know.
const NODE_SILENT: Duration = Duration::from_secs(60);

/// What a process is asked about.
#[derive(Clone)]
pub struct Health {
    pub db: Db,
    pub signals: Signals,
    /// Cancelled when the process was told to end.
    pub told_to_end: CancellationToken,
}

/// `/healthz` and `/readyz`.
pub fn router<S: Clone + Send + Sync + 'static>(health: Health) -> Router<S> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).with_state(health)
}

async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// 503 only when the process ends, or the database is away or not of this binary's time; all else is a degradation.
async fn ready(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    let not_ready =
        |reason: &str| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not_ready", "reason": reason })));
    if health.told_to_end.is_cancelled() {
        return not_ready("this process ends");
    }
    match timeout(PATIENCE, look(&health)).await {
        Ok(Ok(Look::Works(degraded))) => (StatusCode::OK, Json(json!({ "status": "ready", "degraded": degraded }))),
        Ok(Ok(Look::Lacks)) => not_ready("the database needs `berth migrate`"),
        Ok(Ok(Look::TooNew)) => not_ready("the database is too new for this binary"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            not_ready("the database does not answer")
        }
        Err(_) => not_ready("the database does not answer in time"),
    }
}

enum Look {
    /// But for these.
    Works(Vec<&'static str>),
    Lacks,
    TooNew,
}

async fn look(health: &Health) -> Result<Look, StoreError> {
    let schema = health.db.schema().await?;
    if schema.check_not_too_new().is_err() {
        return Ok(Look::TooNew);
    }
    if !schema.missing.is_empty() {
        return Ok(Look::Lacks);
    }
    let mut tx = health.db.read().await?;
    let apart = clock::apart(&mut tx).await?;
    let now = tx.now().await?;
    let nodes = nodes::list(&mut tx).await?;
    let engine_up = nodes.iter().any(|node| node.engine_up && now.since(node.seen_at) < NODE_SILENT);
    let redis_up = health.signals.redis().is_none_or(|redis| redis.proven());
    let degraded = [("engine", !engine_up), ("redis", !redis_up), ("clock", apart.is_wide())];
    Ok(Look::Works(degraded.into_iter().filter_map(|(what, is_so)| is_so.then_some(what)).collect()))
}
