//! Viewers' connections of one user, counted over all apis: a row for each, taken under the user's lock before the upgrade and
//! given back when the connection has gone. While this process lives it says so; rows of one that died soon do not count.
use berth_shared::{
    domain::new_id,
    lifecycle::UserLimits,
    store::{StoreError, Tx, streams, users},
};

use crate::{problem::ApiError, state::App};

/// A place among the user's connections, for as long as it lives.
pub struct Viewer {
    app: App,
    id: String,
}

/// Takes a place, in the caller's transaction. To be made a `Viewer` of once that is committed.
///
/// # Errors
/// `TooManyStreams` when the user has as many as they may.
pub async fn take(app: &App, tx: &mut Tx, user_id: &str, desktop_id: &str) -> Result<String, ApiError> {
    let user = users::lock(tx, user_id).await?.ok_or(ApiError::SessionEnded)?;
    let limit = UserLimits::of(&user, &app.limits).max_streams.0;
    if streams::count_of(tx, user_id).await? >= limit {
        return Err(ApiError::TooManyStreams { limit });
    }
    let id = new_id();
    streams::open(tx, &id, user_id, desktop_id, &app.process).await?;
    Ok(id)
}

impl Viewer {
    pub fn new(app: &App, id: String) -> Self {
        Self { app: app.clone(), id }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let (app, id) = (self.app.clone(), std::mem::take(&mut self.id));
        // Also where the browser hung up before the upgrade: nobody else would give the place back.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let held = self.app.viewers.token();
        runtime.spawn(async move {
            if let Err(error) = give_back(&app, &id).await {
                tracing::debug!(%error, "a viewer's place comes back by itself");
            }
            drop(held);
        });
    }
}

async fn give_back(app: &App, id: &str) -> Result<(), StoreError> {
    let mut tx = app.db.begin().await?;
    streams::close(&mut tx, id).await?;
    tx.commit().await
}

/// Says again and again that this process carries its viewers. Never ends.
pub async fn keep(app: App) {
    loop {
        tokio::time::sleep(streams::EVERY).await;
        let carried = async {
            let mut tx = app.db.begin().await?;
            streams::carried(&mut tx, &app.process).await?;
            tx.commit().await
        };
        if let Err(error) = carried.await {
            tracing::debug!(%error, "viewers are kept alive a little later");
        }
    }
}
