//! Runs the api on a listener until it is told to end, and ends in order: not ready, each answer closes its connection, and for a
//! short while all goes on, so that who sends us calls can notice; then no new connections, streams told to come back
//! elsewhere, what is under way finished; all of it at most for as long as the settings say.
use std::{io, net::SocketAddr};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Version, header},
    middleware::Next,
    response::Response,
    serve::ListenerExt,
};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    door::Door,
    router::router,
    state::{App, Parts},
    viewers,
};

/// Runs the api until told to end.
///
/// # Errors
/// When the listener fails.
pub async fn run(parts: Parts, listener: TcpListener, end: CancellationToken) -> io::Result<()> {
    serve(App::new(parts, end), listener).await
}

/// Serves until `app.ending` is cancelled, which it does itself when the process was told to end. Also follows the table of events for this process's streams.
///
/// # Errors
/// When the listener fails.
pub async fn serve(app: App, listener: TcpListener) -> io::Result<()> {
    let hub = tokio::spawn(app.hub.clone().run(app.signals.clone(), app.line.clone(), app.ending.clone()));
    let viewers = tokio::spawn(viewers::keep(app.clone()));
    let forgetting = tokio::spawn(app.callers.clone().follow(app.hub.sign_outs()));
    // Small frames and events are not to wait for more.
    let shut = CancellationToken::new();
    let listener = Door::new(listener, app.ending.clone(), shut.clone())?.tap_io(|io| {
        if let Err(error) = io.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
    });
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let draining = app.clone();
    let draining = tokio::spawn(async move {
        draining.told_to_end.cancelled().await;
        tokio::time::sleep(draining.drain).await;
        draining.ending.cancel();
    });
    let served = axum::serve(listener, service).with_graceful_shutdown(shut.cancelled_owned());
    let ended = async {
        app.ending.cancelled().await;
        tokio::time::sleep(app.shutdown_limit.saturating_sub(app.drain)).await;
    };
    let result = tokio::select! {
        result = served => result,
        () = ended => {
            tracing::warn!("connections are left that did not end in time");
            Ok(())
        }
    };
    app.viewers.close();
    if timeout(app.shutdown_limit, app.viewers.wait()).await.is_err() {
        tracing::warn!("viewers are left that did not end in time");
    }
    draining.abort();
    viewers.abort();
    hub.abort();
    forgetting.abort();
    result
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
