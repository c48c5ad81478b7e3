//! One connection: how much a client may send before anybody looks at it, and how long it may take. Bodies have bounds
//! of their own (`extract`), and so have viewers (`proxy`).
//!
//! Without a limit of time, whoever opens connections and says nothing, or asks for much and takes none of it, holds
//! them for good, until this process can open no more.
use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::{
    net::TcpStream,
    pin,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Largest first line and headers of a request: 431 above it. Room for the cookies of all that lives on one host.
const HEAD_LIMIT: usize = 32 * 1024;
/// How long whoever was let in at the last moment has to say something. A connection that is told to end before anything was
/// heard ends at once, and the call on its way in it would be lost.
const LAST_CALL: Duration = Duration::from_millis(500);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// To send the head of a request. The wait for the next one counts, so it is also how long an idle connection lasts.
    pub(crate) head: Duration,
    /// To take what it was sent; a viewer that is silent is given as long.
    pub(crate) unread: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), unread: Duration::from_secs(90) }
    }
}

/// Answers one client's requests until either side ends; once `ending`, the one under way is the last.
pub(crate) async fn serve(
    io: TcpStream,
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    ending: CancellationToken,
) {
    let unread = u32::try_from(patience.unread.as_millis()).unwrap_or(u32::MAX);
    // Small frames and events are not to wait for more.
    if let Err(error) = io.set_nodelay(true).and_then(|()| Ok(set_tcp_user_timeout(&io, unread)?)) {
        tracing::debug!(%error, "a connection without its options");
    }
    let heard_by = Instant::now() + LAST_CALL;
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_header_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    pin!(connection);
    let told = async {
        ending.cancelled().await;
        sleep_until(heard_by).await;
    };
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = told => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use axum::routing::get;
    use bytes::Bytes;
    use futures_util::stream;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpSocket},
        sync::oneshot,
        time::{sleep, timeout},
    };

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(30);

    async fn connected(router: Router, patience: Patience) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let client = socket.connect(listener.local_addr().unwrap()).await.unwrap();
        let (io, peer) = listener.accept().await.unwrap();
        tokio::spawn(serve(io, peer, router, patience, CancellationToken::new()));
        client
    }

    fn hello() -> Router {
        Router::new().route("/", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }))
    }

    /// All that comes until the server hangs up.
    async fn rest(client: &mut TcpStream) -> String {
        let mut said = Vec::new();
        let read = timeout(LONG, client.read_to_end(&mut said)).await.expect("the server holds on");
        assert!(read.is_ok() || !said.is_empty(), "{read:?}");
        String::from_utf8_lossy(&said).into_owned()
    }

    #[tokio::test]
    async fn who_is_slow_with_a_head_is_cut() {
        let patience = Patience { head: SHORT, unread: LONG };
        for begun in ["", "GET / HTTP/1.1\r\nhost: berth\r\nx-slow: 1"] {
            let mut client = connected(hello(), patience).await;
            client.write_all(begun.as_bytes()).await.unwrap();
            assert!(!rest(&mut client).await.contains(" 200 "), "{begun}");
        }
        // Between two requests as well; the first one was answered, and its handler knew who called.
        let mut client = connected(hello(), patience).await;
        client.write_all(b"GET / HTTP/1.1\r\nhost: berth\r\n\r\n").await.unwrap();
        let said = rest(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 200 OK") && said.ends_with("127.0.0.1"), "{said}");
    }

    #[tokio::test]
    async fn who_is_let_in_at_the_last_moment_is_heard() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (io, peer) = listener.accept().await.unwrap();
        let ending = CancellationToken::new();
        tokio::spawn(serve(io, peer, hello(), Patience { head: LONG, unread: LONG }, ending.clone()));
        // It waits for the call when it hears of the end.
        sleep(LAST_CALL / 10).await;
        ending.cancel();
        sleep(LAST_CALL / 10).await;
        client.write_all(b"GET / HTTP/1.1\r\nhost: berth\r\n\r\n").await.unwrap();
        let said = rest(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
        // Who says nothing is not waited for for long.
        let mut silent = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (io, peer) = listener.accept().await.unwrap();
        tokio::spawn(serve(io, peer, hello(), Patience { head: LONG, unread: LONG }, ending));
        assert_eq!(timeout(LAST_CALL * 4, rest(&mut silent)).await.expect("it is let go"), "");
    }

    #[tokio::test]
    async fn a_head_has_a_largest_size() {
        let patience = Patience { head: LONG, unread: LONG };
        let filling = "x".repeat(HEAD_LIMIT);
        let many = "x-y: z\r\n".repeat(101);
        for (head, status) in [
            (format!("GET / HTTP/1.1\r\nhost: berth\r\ncookie: {filling}\r\n\r\n"), "431"),
            (format!("GET /{filling} HTTP/1.1\r\nhost: berth\r\n\r\n"), "431"),
            (format!("GET / HTTP/1.1\r\nhost: berth\r\n{many}\r\n"), "431"),
        ] {
            let mut client = connected(hello(), patience).await;
            client.write_all(head.as_bytes()).await.unwrap();
            let said = rest(&mut client).await;
            assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
        }
    }

    #[tokio::test]
    async fn who_does_not_take_the_answer_is_cut() {
        let (let_go, gone) = oneshot::channel::<()>();
        let held = Arc::new(Mutex::new(Some(let_go)));
        // It has no end, and holds something for as long as it is there.
        let endless = move || {
            let held = held.lock().unwrap().take();
            let parts = stream::repeat_with(move || {
                let _ = &held;
                Ok::<_, io::Error>(Bytes::from_static(&[0; 64 * 1024]))
            });
            async move { Body::from_stream(parts) }
        };
        let router = Router::new().route("/", get(endless));
        let mut client = connected(router, Patience { head: LONG, unread: SHORT }).await;
        client.write_all(b"GET / HTTP/1.1\r\nhost: berth\r\n\r\n").await.unwrap();
        assert!(timeout(LONG, gone).await.expect("the server holds on").is_err(), "dropped unread");
    }
}
