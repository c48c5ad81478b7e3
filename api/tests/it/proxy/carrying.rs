//! What goes through: everything, in order, in both directions.
use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
};
use tokio_tungstenite::tungstenite::Message;

use super::fake::{Api, hear, next, quick, say, server};

const KEY: [u8; 8] = [4, 1, 0, 0, 0, 0, 0, 0x61];

#[tokio::test]
async fn a_password_is_answered_for_the_browser_and_input_is_counted() {
    let upstream = server(async |mut desktop| {
        desktop.write_all(b"ServerInit").await.unwrap();
        let mut keys = [0; 16];
        desktop.read_exact(&mut keys).await.unwrap();
        desktop.write_all(&keys).await.unwrap();
        let _ = desktop.read_u8().await;
    });
    let api = Api::with(upstream.await, quick()).await;
    let mut browser = api.viewer().await;
    assert_eq!(hear(&mut browser, 10).await, b"ServerInit");
    assert_eq!(api.meter.total(), 0);
    say(&mut browser, &KEY[..3]).await;
    say(&mut browser, &[&KEY[3..], &KEY].concat()).await;
    assert_eq!(hear(&mut browser, 16).await, [KEY, KEY].concat());
    assert_eq!(api.meter.total(), 2);
}

#[tokio::test]
async fn the_subprotocol_is_echoed_and_not_required() {
    for (offered, chosen) in [(Some("binary"), Some("binary")), (Some("base64, binary"), Some("binary")), (None, None)]
    {
        let api = Api::with(server(async |_| ()).await, quick()).await;
        assert_eq!(api.open(offered).await.1.as_deref(), chosen);
    }
}

#[tokio::test]
async fn first_messages_may_come_with_the_greeting() {
    let upstream = server(async |mut desktop| {
        let mut key = [0; 8];
        desktop.read_exact(&mut key).await.unwrap();
        desktop.write_all(&key).await.unwrap();
        let _ = desktop.read_u8().await;
    });
    let api = Api::with(upstream.await, quick()).await;
    let (mut browser, _) = api.open(None).await;
    say(&mut browser, &[b"RFB 003.008\n\x01\x01", &KEY[..]].concat()).await;
    let heard = hear(&mut browser, 12 + 2 + 4 + 8).await;
    assert_eq!(heard[18..], KEY);
    assert_eq!(api.meter.total(), 1);
}

/// 32 MiB each way at once: nothing is lost or mixed up, and no side blocks the other.
#[tokio::test]
async fn much_goes_both_ways_at_once() {
    const MUCH: usize = 32 << 20;
    let pattern = |at: usize| (at.wrapping_mul(2_654_435_761) >> 13) as u8;
    let (done, came) = oneshot::channel();
    let upstream = server(async move |desktop| {
        let (mut read, mut write) = desktop.into_split();
        let sending = tokio::spawn(async move {
            let all: Vec<u8> = (0..MUCH).map(pattern).collect();
            write.write_all(&all).await.unwrap();
            write
        });
        let mut all = vec![0; MUCH];
        read.read_exact(&mut all).await.unwrap();
        done.send(all.iter().enumerate().all(|(at, byte)| *byte == pattern(at))).unwrap();
        let _still_open = sending.await;
        let _ = read.read_u8().await;
    });
    let api = Api::with(upstream.await, quick()).await;
    let mut browser = api.viewer().await;
    // The browser writes everything before it reads anything.
    let all: Vec<u8> = (0..MUCH).map(pattern).collect();
    for part in all.chunks(100_000) {
        say(&mut browser, part).await;
    }
    assert!(came.await.unwrap(), "browser to desktop");
    let heard = hear(&mut browser, MUCH).await;
    assert!(heard.iter().enumerate().all(|(at, byte)| *byte == pattern(at)), "desktop to browser");
}

#[tokio::test]
async fn an_idle_connection_is_pinged_and_stays() {
    let upstream = server(async |mut desktop| {
        let _ = desktop.read_u8().await;
        desktop.write_all(b"awake").await.unwrap();
        let _ = desktop.read_u8().await;
    });
    let timing = berth_api::proxy::Timing { silence: Duration::from_millis(400), ..quick() };
    let api = Api::with(upstream.await, timing).await;
    let mut browser = api.viewer().await;
    let began = std::time::Instant::now();
    // Reading answers pings: three times the silence that would end it.
    while began.elapsed() < Duration::from_millis(1200) {
        assert!(matches!(next(&mut browser).await, Message::Ping(_)));
    }
    say(&mut browser, &[99]).await;
    assert_eq!(hear(&mut browser, 5).await, b"awake");
}
