//! Runs the api on a listener until it is told to end, and ends in order: not ready, each answer closes its connection, and for a
//! short while all goes on, so that who sends us calls can notice; then no new connections, streams told to come back
//! elsewhere, what is under way finished; all of it at most for as long as the settings say.
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Version, header},
    middleware::Next,
    response::Response,
};
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    connection::{self, Patience},
    door::Door,
    router::router,
    state::{App, Parts},
    viewers,
};

/// Runs the api until told to end.
pub async fn run(parts: Parts, listener: TcpListener, end: CancellationToken) {
    serve(App::new(parts, end), listener).await;
}

/// Serves until `app.ending` is cancelled, which it does itself when the process was told to end. Also follows the table of events
/// for this process's streams.
pub async fn serve(app: App, listener: TcpListener) {
    let hub = tokio::spawn(app.hub.clone().run(app.signals.clone(), app.line.clone(), app.ending.clone()));
    let viewers = tokio::spawn(viewers::keep(app.clone()));
    let forgetting = tokio::spawn(app.callers.clone().follow(app.hub.sign_outs()));
    let draining = tokio::spawn(drain(app.clone()));
    let connections = TaskTracker::new();
    let router = router(app.clone());
    let mut door = Door::new(listener, app.ending.clone());
    while let Some((io, peer)) = door.accept().await {
        connections.spawn(connection::serve(io, peer, router.clone(), Patience::default(), app.ending.clone()));
    }
    connections.close();
    if timeout(app.shutdown_limit.saturating_sub(app.drain), connections.wait()).await.is_err() {
        tracing::warn!("connections are left that did not end in time");
    }
    app.viewers.close();
    if timeout(app.shutdown_limit, app.viewers.wait()).await.is_err() {
        tracing::warn!("viewers are left that did not end in time");
    }
    draining.abort();
    viewers.abort();
    hub.abort();
    forgetting.abort();
}

/// Told to end, it goes on for a while.
async fn drain(app: App) {
    app.told_to_end.cancelled().await;
    sleep(app.drain).await;
    app.ending.cancel();
}

/// A process that was told to end answers, and closes the connection with it: a proxy in front keeps connections for calls to
/// come, and one that is closed only when the next call is on its way there would lose that.
pub(crate) async fn let_go(State(app): State<App>, request: Request, next: Next) -> Response {
    let has_header = request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    if has_header && app.told_to_end.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
