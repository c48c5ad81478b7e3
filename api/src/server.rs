//! Runs the api on a listener until it is told to end, and ends in order: no new connections, streams told to come back
//! elsewhere, what is under way finished, at most for as long as the settings say.
use axum::serve::Listener;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    connection::{self, Patience},
    router::router,
    state::{App, Parts},
    viewers,
};

/// Runs the api until told to end.
pub async fn run(parts: Parts, listener: TcpListener, end: CancellationToken) {
    serve(App::new(parts, end), listener).await;
}

/// Serves until `app.ending` is cancelled. Also follows the table of events for this process's streams.
pub async fn serve(app: App, mut listener: TcpListener) {
    let hub = tokio::spawn(app.hub.clone().run(app.signals.clone(), app.line.clone(), app.ending.clone()));
    let viewers = tokio::spawn(viewers::keep(app.clone()));
    let forgetting = tokio::spawn(app.callers.clone().follow(app.hub.sign_outs()));
    let connections = TaskTracker::new();
    let router = router(app.clone());
    loop {
        let (io, peer) = tokio::select! {
            () = app.ending.cancelled() => break,
            // axum's own: it waits when this process can open no more, instead of failing.
            accepted = Listener::accept(&mut listener) => accepted,
        };
        connections.spawn(connection::serve(io, peer, router.clone(), Patience::default(), app.ending.clone()));
    }
    drop(listener);
    connections.close();
    if timeout(app.shutdown_limit, connections.wait()).await.is_err() {
        tracing::warn!("connections are left that did not end in time");
    }
    app.viewers.close();
    if timeout(app.shutdown_limit, app.viewers.wait()).await.is_err() {
        tracing::warn!("viewers are left that did not end in time");
    }
    viewers.abort();
    hub.abort();
    forgetting.abort();
}
