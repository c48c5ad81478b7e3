//! All desktops of a room and the position to go on from, of one moment.
use berth_shared::{
    domain::desktop::DesktopView,
    events::{self, Position},
    store::desktops::{self, Desktop},
};
use serde::Serialize;

use crate::{problem::ApiError, routes::with_places, state::App};

const BATCH: i64 = 500;

pub(super) struct Snapshot {
    pub(super) at: Position,
    pub(super) desktops: Vec<DesktopView>,
}

impl Snapshot {
    /// Of one user, or of everybody.
    pub(super) async fn take(app: &App, owner: Option<&str>) -> Result<Self, ApiError> {
        let mut tx = app.db.read().await?;
        // First: what is committed between the two is told again rather than missed.
        let at = events::head(&mut tx).await?;
        let mut desktops: Vec<DesktopView> = Vec::new();
        loop {
            let before = desktops.last().map(|last| (last.created_at, last.id.clone()));
            let rows = desktops::page(&mut tx, owner, before, BATCH).await?;
            let last = (rows.len() as i64) < BATCH;
            desktops.extend(rows.iter().map(Desktop::view));
            if last {
                break;
            }
        }
        drop(tx);
        with_places(app, &mut desktops).await?;
        Ok(Self { at, desktops })
    }
}

pub(super) fn json(desktops: &[DesktopView]) -> Result<String, ApiError> {
    #[derive(Serialize)]
    struct Data<'a> {
        desktops: &'a [DesktopView],
    }
    serde_json::to_string(&Data { desktops }).map_err(ApiError::internal)
}
