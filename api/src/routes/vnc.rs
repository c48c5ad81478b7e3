//! The way into a desktop: a WebSocket that carries RFB. Who may not know of the desktop finds nothing; one that does
//! not run is a conflict; whoever has too many open waits; all before the upgrade. How bytes are carried: `proxy`.
use std::time::Duration;

use axum::{
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::Response,
};
use berth_shared::{
    domain::{
        audit::Action,
        desktop::{ConnectKind, Status},
    },
    events::{self, Heard, Kind, Position, Room},
    measure::{self, Held},
    store::{
        StoreError,
        audit::Target,
        desktops::{self, Desktop},
        ports,
    },
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    auth::caller::Caller,
    ear::{Ear, Family},
    extract::Id,
    problem::ApiError,
    proxy::{self, Ending, Meter, Timing, Upstream},
    retry::retrying,
    state::App,
    trail::Trail,
    viewers::{self, Viewer},
};

/// Between two notes of `last_active_at`.
const NOTE_ACTIVITY: Duration = Duration::from_secs(10);

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(vnc))
}

/// RFB over a WebSocket, in binary frames, without a password. Close codes: 4000 stopped, 4001 deleted, 4002 signed
/// out, 4003 this server ends (come back), 4004 the desktop was lost.
#[utoipa::path(get, path = "/desktops/{id}/vnc", operation_id = "open_desktop", tag = "desktops",
    params(("id" = String, Path)), responses((status = 101, description = "Switching to WebSocket")))]
async fn vnc(
    State(app): State<App>,
    caller: Caller,
    trail: Trail,
    Id(id): Id,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let mut tx = app.db.read().await?;
    // An administrator may stop another's desktop, but not look into it unless the settings say so: a hidden thing answers
    // as a missing one.
    let may = |desktop: &Desktop| desktop.owner_id == caller.user.id || (app.admin_opens_desktops && caller.is_admin());
    let desktop = desktops::get(&mut tx, &id).await?.filter(may).ok_or(ApiError::NotFound)?;
    let not_running = || ApiError::NotRunning { status: desktop.status.to_string() };
    if desktop.status != Status::Running || desktop.kind != ConnectKind::Vnc {
        return Err(not_running());
    }
    let lease = ports::of_desktop(&mut tx, &id).await?.filter(|lease| lease.generation == desktop.generation);
    let lease = lease.ok_or_else(not_running)?;
    let port = u16::try_from(lease.port).map_err(ApiError::internal)?;
    let at = events::head(&mut tx).await?;
    drop(tx);

    let upgrade = upgrade.map_err(|_| ApiError::UpgradeRequired)?;
    let viewer = open(&app, &caller, &trail, &desktop).await?;
    let password = app.key.vnc_password(&desktop.id, desktop.generation);
    let upstream = Upstream { address: lease.connect_address, port, password };
    // Held until the viewer has gone: a shutdown waits for it, and it is counted.
    let counted = measure::open(Held::Viewer);
    let held = (app.viewers.token(), counted, viewer);
    Ok(proxy::configure(upgrade).on_upgrade(async move |socket| {
        let meter = Meter::default();
        let ending = ending(&app, caller.family(), &desktop, at);
        tokio::select! {
            () = proxy::serve(socket, upstream, &meter, Timing::default(), ending) => {}
            () = note_activity(&app, &desktop.id, &meter) => {}
        }
        drop(held);
    }))
}

/// Takes a place among the caller's connections. Somebody else's desktop is not opened without a word to its owner.
async fn open(app: &App, caller: &Caller, trail: &Trail, desktop: &Desktop) -> Result<Viewer, ApiError> {
    let others = desktop.owner_id != caller.user.id;
    let id = retrying(|| async {
        let mut tx = app.db.begin().await?;
        let id = viewers::take(app, &mut tx, &caller.user.id, &desktop.id).await?;
        if others {
            let text = format!("{} has opened your desktop “{}”.", caller.user.username, desktop.name);
            let notice = serde_json::json!({ "code": "opened_by_admin", "text": text }).to_string();
            let now = tx.now().await?;
            events::append(&mut tx, &desktop.owner_id, Kind::Notice, &notice, now).await?;
            let target = Target::desktop(&desktop.id, &desktop.name);
            trail.did(&mut tx, Action::DesktopOpen, target, &format!("Of {}.", desktop.owner)).await?;
        }
        tx.commit().await?;
        Ok(id)
    })
    .await?;
    if others {
        app.signals.changed();
    }
    Ok(Viewer::new(app, id))
}

/// Comes true when the connection has to end, whatever its two ends say.
async fn ending(app: &App, family: Family, desktop: &Desktop, at: Position) -> Ending {
    tokio::select! {
        () = app.stream_ends() => Ending::ApiEnds,
        () = signed_out(app, &family, at) => Ending::SignedOut,
        () = family.vanishes(app) => Ending::SignedOut,
        ending = not_running_any_more(app, desktop, at) => ending,
    }
}

async fn signed_out(app: &App, family: &Family, at: Position) {
    let mut ear = Ear::new(&app.hub, Room::User(family.user_id.clone()), at);
    loop {
        if let Heard::Event(event) = ear.next().await
            && family.ends_by(&event)
        {
            return;
        }
    }
}

#[derive(Deserialize)]
struct Told {
    id: String,
    /// The rest is missing when it is gone.
    version: Option<i64>,
    status: Option<Status>,
}

async fn not_running_any_more(app: &App, desktop: &Desktop, at: Position) -> Ending {
    let mut ear = Ear::new(&app.hub, Room::User(desktop.owner_id.clone()), at);
    loop {
        let Heard::Event(event) = ear.next().await else { continue };
        if event.kind != Kind::Desktop {
            continue;
        }
        let Ok(told) = serde_json::from_str::<Told>(&event.payload) else { continue };
        // An event from before it was found running may come late.
        if told.id != desktop.id || told.version.is_some_and(|version| version <= desktop.version) {
            continue;
        }
        match told.status {
            Some(Status::Running) => {}
            Some(Status::Stopping | Status::Stopped) => return Ending::Stopped,
            Some(Status::Deleting) | None => return Ending::Deleted,
            Some(Status::Queued | Status::Starting | Status::Failed) => return Ending::Lost,
        }
    }
}

/// Writes down now and then that somebody typed or moved. Never ends.
async fn note_activity(app: &App, desktop_id: &str, meter: &Meter) {
    let mut noted = 0;
    loop {
        tokio::time::sleep(NOTE_ACTIVITY).await;
        let total = meter.total();
        if total == noted {
            continue;
        }
        match note(app, desktop_id).await {
            Ok(()) => noted = total,
            Err(error) => tracing::debug!(%error, "activity is noted later"),
        }
    }
}

async fn note(app: &App, desktop_id: &str) -> Result<(), StoreError> {
    let mut tx = app.db.begin().await?;
    let now = tx.now().await?;
    desktops::touch(&mut tx, desktop_id, now).await?;
    tx.commit().await
}
