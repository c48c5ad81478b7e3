//! A VNC server of a few lines, an api of one route, and a browser that knows how to greet.
use std::{sync::Arc, time::Duration};

use axum::{Router, extract::ws::WebSocketUpgrade, routing::get};
use berth_api::proxy::{self, Ending, Meter, Timing, Upstream, rfb::vnc_auth};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

pub(crate) type Browser = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) const PASSWORD: &str = "opensesame";
const CHALLENGE: [u8; 16] = *b"0123456789abcdef";

/// Short enough for a test, long enough for a slow machine.
pub(crate) fn quick() -> Timing {
    let ms = Duration::from_millis;
    Timing { ping: ms(50), silence: ms(5000), connect: ms(5000), verdict: ms(300) }
}

/// One api with one desktop.
pub(crate) struct Api {
    address: String,
    pub(crate) meter: Arc<Meter>,
    pub(crate) ending: watch::Sender<Option<Ending>>,
}

impl Api {
    pub(crate) async fn with(upstream: Upstream, timing: Timing) -> Self {
        let (meter, (ending, told)) = (Arc::new(Meter::default()), watch::channel(None));
        let counted = Arc::clone(&meter);
        let handler = move |upgrade: WebSocketUpgrade| {
            let (upstream, meter, mut told) = (upstream.clone(), Arc::clone(&counted), told.clone());
            let ending = async move {
                let ending = told.wait_for(Option::is_some).await.ok().and_then(|ending| *ending);
                match ending {
                    Some(ending) => ending,
                    None => std::future::pending().await,
                }
            };
            async move {
                proxy::configure(upgrade)
                    .on_upgrade(async move |socket| proxy::serve(socket, upstream, &meter, timing, ending).await)
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("ws://{}/vnc", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, Router::new().route("/vnc", get(handler))).await });
        Self { address, meter, ending }
    }

    pub(crate) async fn open(&self, subprotocol: Option<&str>) -> (Browser, Option<String>) {
        let mut request = self.address.as_str().into_client_request().unwrap();
        if let Some(name) = subprotocol {
            request.headers_mut().insert("sec-websocket-protocol", name.parse().unwrap());
        }
        let (browser, answer) = connect_async(request).await.unwrap();
        let chosen = answer.headers().get("sec-websocket-protocol").map(|v| v.to_str().unwrap().to_owned());
        (browser, chosen)
    }

    /// A browser that has greeted and sent ClientInit.
    pub(crate) async fn viewer(&self) -> Browser {
        let (mut browser, _) = self.open(Some("binary")).await;
        assert_eq!(hear(&mut browser, 12).await, b"RFB 003.008\n");
        say(&mut browser, b"RFB 003.008\n").await;
        assert_eq!(hear(&mut browser, 2).await, [1, 1]);
        say(&mut browser, &[1]).await;
        assert_eq!(hear(&mut browser, 4).await, [0; 4]);
        say(&mut browser, &[1]).await;
        browser
    }
}

/// A VNC server: `then` gets the connection once somebody has logged in.
pub(crate) async fn server<F>(then: impl FnOnce(TcpStream) -> F + Send + 'static) -> Upstream
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        if log_in(&mut stream).await {
            then(stream).await;
        }
    });
    Upstream { address: "127.0.0.1".to_owned(), port, password: PASSWORD.to_owned() }
}

async fn log_in(stream: &mut TcpStream) -> bool {
    stream.write_all(b"RFB 003.008\n").await.unwrap();
    let mut version = [0; 12];
    stream.read_exact(&mut version).await.unwrap();
    stream.write_all(&[2, 1, 2]).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 2);
    stream.write_all(&CHALLENGE).await.unwrap();
    let mut answer = [0; 16];
    stream.read_exact(&mut answer).await.unwrap();
    if answer != vnc_auth::respond(CHALLENGE, PASSWORD) {
        let reason = b"Authentication failed";
        stream.write_all(&[&[0, 0, 0, 1, 0, 0, 0, reason.len() as u8][..], reason].concat()).await.unwrap();
        return false;
    }
    stream.write_all(&[0; 4]).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 1, "shared");
    true
}

pub(crate) async fn say(browser: &mut Browser, bytes: &[u8]) {
    browser.send(Message::Binary(bytes.to_vec().into())).await.unwrap();
}

/// The next `n` bytes, over as many frames as they come in.
pub(crate) async fn hear(browser: &mut Browser, n: usize) -> Vec<u8> {
    let mut heard = Vec::new();
    while heard.len() < n {
        match next(browser).await {
            Message::Binary(bytes) => {
                assert!(bytes.len() <= 64 * 1024, "a frame of {} bytes", bytes.len());
                heard.extend_from_slice(&bytes);
            }
            Message::Ping(_) => {}
            other => panic!("{other:?} after {} of {n} bytes", heard.len()),
        }
    }
    assert_eq!(heard.len(), n);
    heard
}

pub(crate) async fn closed(browser: &mut Browser) -> CloseFrame {
    loop {
        match next(browser).await {
            Message::Close(frame) => return frame.expect("a close frame with a code"),
            _ => continue,
        }
    }
}

pub(crate) async fn next(browser: &mut Browser) -> Message {
    let bounded = tokio::time::timeout(Duration::from_secs(20), browser.next());
    bounded.await.expect("something within 20 s").expect("not the end").expect("a message")
}
