//! Writes down every few seconds how this process is, for the operations page: it must not matter which of several apis is asked.

use super::Shown;
use berth_shared::measure::{here, kept::Figures};
use berth_shared::store::{StoreError, figures};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Histograms keep what they were told until they are read: that is done here too.
const EVERY: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Who {
    pub(super) process: String,
    pub(super) part: &'static str,
    pub(super) node: String,
}

pub(super) async fn run(shown: Shown, who: Who, end: CancellationToken) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match tokio::time::timeout(PATIENCE, write(&shown, &who)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "how this process is was not written down"),
            Err(_) => tracing::debug!("how this process is was not written down in time"),
        }
    }
}

async fn write(shown: &Shown, who: &Who) -> Result<(), StoreError> {
    here::read(shown.0.db.pool_use());
    let said = serde_json::to_string(&Figures::of(&shown.0.recorder.render()))?;
    let mut tx = shown.0.db.begin().await?;
    figures::report(&mut tx, &who.process, who.part, &who.node, &said).await?;
    tx.commit().await
}
