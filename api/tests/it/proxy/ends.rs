//! How a connection ends: each way has its close code.
use std::time::{Duration, Instant};

use berth_api::proxy::{Ending, Timing, Upstream};
use futures_util::SinkExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};
use tokio_tungstenite::tungstenite::Message;

use super::fake::{Api, PASSWORD, closed, hear, quick, say, server};

/// A desktop that says a word and then waits for its viewer to go.
async fn patient() -> (Upstream, oneshot::Receiver<()>) {
    let (gone, told) = oneshot::channel();
    let upstream = server(async move |mut desktop| {
        desktop.write_all(b"hello").await.unwrap();
        while desktop.read_u8().await.is_ok() {}
        gone.send(()).unwrap();
    });
    (upstream.await, told)
}

#[tokio::test]
async fn each_ending_has_its_code() {
    for (ending, code) in [
        (Ending::Stopped, 4000),
        (Ending::Deleted, 4001),
        (Ending::SignedOut, 4002),
        (Ending::ApiEnds, 4003),
        (Ending::Lost, 4004),
    ] {
        let (upstream, gone) = patient().await;
        let api = Api::with(upstream, quick()).await;
        let mut browser = api.viewer().await;
        hear(&mut browser, 5).await;
        api.ending.send(Some(ending)).unwrap();
        assert_eq!(u16::from(closed(&mut browser).await.code), code);
        gone.await.expect("the desktop is let go");
    }
}

#[tokio::test]
async fn a_desktop_that_hangs_up_is_lost_unless_the_word_why_comes() {
    for (ending, code) in [(None, 4004), (Some(Ending::Stopped), 4000)] {
        let (hang_up, told) = oneshot::channel::<()>();
        let upstream = server(async move |_desktop| told.await.unwrap()).await;
        let api = Api::with(
            upstream,
            Timing { verdict: Duration::from_secs(if ending.is_some() { 20 } else { 0 }), ..quick() },
        )
        .await;
        let mut browser = api.viewer().await;
        hang_up.send(()).unwrap();
        if ending.is_some() {
            api.ending.send(ending).unwrap();
        }
        assert_eq!(u16::from(closed(&mut browser).await.code), code);
    }
}

#[tokio::test]
async fn nobody_there_is_lost_and_a_refused_log_in_is_our_fault() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nobody = Upstream { address: "127.0.0.1".to_owned(), port: free, password: PASSWORD.to_owned() };
    let (mut browser, _) = Api::with(nobody, quick()).await.open(None).await;
    assert_eq!(u16::from(closed(&mut browser).await.code), 4004);

    let upstream = server(async |_| panic!("let in")).await;
    let wrong = Upstream { password: "guess".to_owned(), ..upstream };
    let (mut browser, _) = Api::with(wrong, quick()).await.open(None).await;
    assert_eq!(u16::from(closed(&mut browser).await.code), 1011);

    // It accepts and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = Upstream {
        address: "127.0.0.1".to_owned(),
        port: mute.local_addr().unwrap().port(),
        password: PASSWORD.to_owned(),
    };
    let (mut browser, _) =
        Api::with(upstream, Timing { connect: Duration::from_millis(100), ..quick() }).await.open(None).await;
    assert_eq!(u16::from(closed(&mut browser).await.code), 1011);
}

#[tokio::test]
async fn what_a_viewer_does_wrong() {
    for (said, code) in [
        (Message::Text("hello".into()), 1003),
        (Message::Binary(vec![0; (1 << 20) + 1].into()), 1009),
        (Message::Binary(vec![0; (16 << 20) + 1].into()), 1009),
    ] {
        let (upstream, gone) = patient().await;
        let api = Api::with(upstream, quick()).await;
        let mut browser = api.viewer().await;
        hear(&mut browser, 5).await;
        // The longest one is cut off while it is being sent.
        let length = said.len();
        let sent = browser.send(said).await;
        if length <= 16 << 20 {
            sent.unwrap();
            assert_eq!(u16::from(closed(&mut browser).await.code), code, "{length} bytes");
        }
        gone.await.expect("the desktop is let go");
    }
    // A mebibyte is fine.
    let (upstream, _gone) = patient().await;
    let api = Api::with(upstream, quick()).await;
    let mut browser = api.viewer().await;
    say(&mut browser, &[6; 1 << 20]).await;
    hear(&mut browser, 5).await;
    // No RFB at all.
    let (mut browser, _) = api.open(None).await;
    say(&mut browser, b"GET / HTTP/1.1\r\n").await;
    assert_eq!(u16::from(closed(&mut browser).await.code), 1002);
}

#[tokio::test]
async fn who_leaves_or_falls_silent_frees_the_desktop() {
    let (upstream, gone) = patient().await;
    let browser = Api::with(upstream, quick()).await.viewer().await;
    drop(browser);
    gone.await.expect("the desktop is let go");

    let (upstream, gone) = patient().await;
    let silent = Timing { silence: Duration::from_millis(300), ..quick() };
    let began = Instant::now();
    // It never reads, so it never answers a ping.
    let _browser = Api::with(upstream, silent).await.viewer().await;
    gone.await.expect("the desktop is let go");
    assert!(began.elapsed() >= Duration::from_millis(250), "not before its time");
}
