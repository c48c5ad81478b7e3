//! Is this process up, and can it work. At the root, and on the metrics address too.
use std::time::Duration;

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use berth_shared::store::{Db, StoreError, nodes};
use serde_json::{Value, json};
use tokio::time::timeout;

/// Who asks gives up soon; a pool that is exhausted would keep them waiting.
const PATIENCE: Duration = Duration::from_secs(3);
/// A node that was not heard of for this long has no engine as far as we know.
const NODE_SILENT: Duration = Duration::from_secs(60);

/// `/healthz` and `/readyz`.
pub fn router<S: Clone + Send + Sync + 'static>(db: Db) -> Router<S> {
    Router::new().route("/healthz", get(health)).route("/readyz", get(ready)).with_state(db)
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// 503 only when the database is away or older than this binary; all else is a degradation.
async fn ready(State(db): State<Db>) -> (StatusCode, Json<Value>) {
    let not_ready =
        |reason: &str| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not_ready", "reason": reason })));
    match timeout(PATIENCE, look(&db)).await {
        Ok(Ok(Look { pending: false, engine_up })) => {
            let degraded: &[&str] = if engine_up { &[] } else { &["engine"] };
            (StatusCode::OK, Json(json!({ "status": "ready", "degraded": degraded })))
        }
        Ok(Ok(Look { pending: true, .. })) => not_ready("the database needs `berth migrate`"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            not_ready("the database does not answer")
        }
        Err(_) => not_ready("the database does not answer in time"),
    }
}

struct Look {
    pending: bool,
    engine_up: bool,
}

async fn look(db: &Db) -> Result<Look, StoreError> {
    if !db.pending_migrations().await?.is_empty() {
        return Ok(Look { pending: true, engine_up: false });
    }
    let mut tx = db.read().await?;
    let now = tx.now().await?;
    let nodes = nodes::list(&mut tx).await?;
    let engine_up = nodes.iter().any(|node| node.engine_up && now.since(node.seen_at) < NODE_SILENT);
    Ok(Look { pending: false, engine_up })
}
