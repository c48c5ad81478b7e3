//! The second listener of each process: `/metrics`, `/healthz` and `/readyz`. Its address may be taken by another process
//! of this machine; then this one runs without it.

use berth_api::Health;
use berth_shared::config::Settings;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Answers until `over`: while the process ends, too.
pub(crate) async fn serve(settings: &Settings, health: Health, over: CancellationToken) {
    let address = settings.metrics_listen;
    match TcpListener::bind(address).await {
        Ok(listener) => {
            let router = berth_api::ops_router(health);
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
