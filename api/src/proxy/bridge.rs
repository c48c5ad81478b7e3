//! Carries bytes between a browser and a desktop, each way at its own pace: a side that does not read is not
//! written to, and the other one waits (nothing piles up here).
//!
//! One task per connection holds three futures: browser → desktop, desktop → browser (and pings), and a look
//! whether the browser is still there. Whichever ends first tells how, and so may `Ending`, from outside. If the
//! desktop hangs up we wait a moment for that: its container often dies before the word of its stop is here.
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::{ReadHalf, WriteHalf},
    time::{Instant, interval_at, sleep, timeout},
};

use super::{
    Ending, Meter, Upstream, UpstreamError,
    downstream::{Sink, Stream, greet},
    rfb::client::Counter,
};

/// Largest frame we send; one read of the desktop's socket is one frame.
const FRAME: usize = 64 * 1024;
/// Largest message we take: pasted text is the only long one.
const MESSAGE_LIMIT: usize = 1024 * 1024;
/// Above it the connection breaks off hard; below, a too long message can still be answered.
const HARD_LIMIT: usize = 16 * MESSAGE_LIMIT;

#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Between pings: proxies cut connections that are silent for a minute.
    pub ping: Duration,
    /// A browser that says nothing for so long, not even an answer to a ping, is gone. Long: a laptop's radio sleeps.
    pub silence: Duration,
    /// To connect and log in to the desktop.
    pub connect: Duration,
    /// How long a lost desktop waits for the word why.
    pub verdict: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self { ping: s(20), silence: s(90), connect: s(8), verdict: s(3) }
    }
}

/// How carrying came to its end, but for `Ending`.
#[derive(Debug)]
pub(super) enum End {
    BrowserGone,
    Text,
    TooLong,
    Nonsense(&'static str),
    DesktopLost,
    Upstream(UpstreamError),
}

impl End {
    pub(super) fn of(error: &axum::Error) -> Self {
        // tungstenite's error type is not ours to name, and its text is tested.
        if error.to_string().contains("too long") { Self::TooLong } else { Self::BrowserGone }
    }
}

/// Sets limits and the subprotocol; to be called before `on_upgrade`.
pub fn configure(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .protocols(["binary"])
        .max_message_size(HARD_LIMIT)
        .max_frame_size(HARD_LIMIT)
        // Input is small; the default would be 128 KiB for every viewer.
        .read_buffer_size(8 * 1024)
}

/// Carries until one side, or `ending`, ends it, and closes the WebSocket with the code that says why.
pub async fn serve(
    socket: WebSocket,
    upstream: Upstream,
    meter: &Meter,
    timing: Timing,
    ending: impl Future<Output = Ending> + Send,
) {
    let (mut sink, mut stream) = socket.split();
    let mut ending = pin!(ending);
    let end = tokio::select! {
        ending = &mut ending => Err(ending),
        end = carry(&mut sink, &mut stream, &upstream, meter, timing) => Ok(end),
    };
    let Some(frame) = last_word(end, &upstream, timing, ending).await else { return };
    tracing::debug!(code = frame.code, reason = %frame.reason.as_str(), "viewer closed");
    let farewell = async {
        sink.send(Message::Close(Some(frame))).await.ok()?;
        // Until the browser answers, so that it reads the frame before the connection goes.
        while let Some(Ok(_)) = stream.next().await {}
        Some(())
    };
    let _ = timeout(Duration::from_secs(2), farewell).await;
}

/// What the browser is told; None when it is gone.
async fn last_word(
    end: Result<End, Ending>,
    upstream: &Upstream,
    timing: Timing,
    ending: Pin<&mut impl Future<Output = Ending>>,
) -> Option<CloseFrame> {
    let told = |ending: Ending| frame(ending.code(), ending.text());
    Some(match end {
        Err(ending) => told(ending),
        Ok(End::BrowserGone) => return None,
        Ok(End::Text) => frame(close_code::UNSUPPORTED, "binary frames only"),
        Ok(End::TooLong) => frame(close_code::SIZE, "longer than 1 MiB"),
        Ok(End::Nonsense(what)) => frame(close_code::PROTOCOL, what),
        Ok(End::DesktopLost | End::Upstream(UpstreamError::Unreachable(_))) => {
            told(timeout(timing.verdict, ending).await.unwrap_or(Ending::Lost))
        }
        Ok(End::Upstream(error)) => {
            tracing::warn!(?upstream, %error, "no way into a desktop");
            frame(close_code::ERROR, "the desktop does not answer as it should")
        }
    })
}

fn frame(code: u16, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

async fn carry(sink: &mut Sink, stream: &mut Stream, upstream: &Upstream, meter: &Meter, timing: Timing) -> End {
    let connect = async { upstream.connect(timing.connect).await.map_err(End::Upstream) };
    let begin = async { tokio::try_join!(greet(sink, stream), connect) };
    let (first, mut desktop) = match timeout(timing.silence, begin).await {
        Ok(Ok(both)) => both,
        Ok(Err(end)) => return end,
        Err(_) => return End::BrowserGone,
    };
    let (from_desktop, to_desktop) = desktop.split();
    let pulse = Pulse::new();
    tokio::select! {
        end = upwards(stream, to_desktop, first, meter, &pulse) => end,
        end = downwards(sink, from_desktop, timing.ping) => end,
        () = pulse.stops(timing.silence) => End::BrowserGone,
    }
}

async fn upwards(stream: &mut Stream, mut desktop: WriteHalf<'_>, first: Bytes, meter: &Meter, pulse: &Pulse) -> End {
    let mut counter = Counter::default();
    let mut next = Some(first);
    loop {
        if let Some(bytes) = next.take() {
            meter.add(counter.feed(&bytes));
            if desktop.write_all(&bytes).await.is_err() {
                return End::DesktopLost;
            }
        }
        match stream.next().await {
            Some(Ok(Message::Binary(bytes))) if bytes.len() > MESSAGE_LIMIT => return End::TooLong,
            Some(Ok(Message::Binary(bytes))) => next = Some(bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => return End::Text,
            Some(Ok(Message::Close(_))) | None => return End::BrowserGone,
            Some(Err(e)) => return End::of(&e),
        }
        pulse.beat();
    }
}

async fn downwards(sink: &mut Sink, mut desktop: ReadHalf<'_>, ping: Duration) -> End {
    let mut pings = interval_at(Instant::now() + ping, ping);
    let mut buffer = BytesMut::new();
    loop {
        // What was sent is free again: this rarely allocates.
        if buffer.capacity() < FRAME / 4 {
            buffer.reserve(FRAME);
        }
        let mut room = (&mut buffer).limit(FRAME);
        let message = tokio::select! {
            read = desktop.read_buf(&mut room) => match read {
                Ok(0) | Err(_) => return End::DesktopLost,
                Ok(_) => Message::Binary(buffer.split().freeze()),
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        if sink.send(message).await.is_err() {
            return End::BrowserGone;
        }
    }
}

/// When the browser was last heard.
struct Pulse {
    began: Instant,
    last_ms: AtomicU64,
}

impl Pulse {
    fn new() -> Self {
        Self { began: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    fn beat(&self) {
        self.last_ms.store(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    async fn stops(&self, limit: Duration) {
        loop {
            let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
            match (last + limit).checked_sub(self.began.elapsed()) {
                Some(left) if !left.is_zero() => sleep(left).await,
                _ => return,
            }
        }
    }
}
