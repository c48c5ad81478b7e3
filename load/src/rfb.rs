//! A small RFB 3.8 viewer (RFC 6143) over Berth's WebSocket: one whole screen in Raw encoding, or typing at a desktop whose
//! pictures are counted and not looked at.
//!
//! Whoever looks names no encoding but Raw. With ExtendedDesktopSize named, Xvnc answers each request for the whole screen
//! by the screen's size alone.

use anyhow::{Context as _, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::client::Client;

pub const VERSION: &[u8; 12] = b"RFB 003.008\n";
pub const NO_SECURITY: u8 = 1;
/// 32 bits a pixel, depth 24, little-endian, true colour: blue, green, red, nothing.
pub const PIXELS: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

/// Tight, ZRLE, Hextile, Raw: as a browser's viewer names them.
const ENCODINGS: [u8; 16] = [0, 0, 0, 7, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, 0];

pub struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    rest: Vec<u8>,
    pub width: u16,
    pub height: u16,
}

/// A rectangle of a screen.
#[derive(Debug, Clone, Copy)]
pub struct Rectangle {
    pub x: usize,
    pub y: usize,
    pub w: usize,
    pub h: usize,
}

impl Viewer {
    /// Opens the desktop at `path` (a desktop's `connect.url`) and shakes hands.
    ///
    /// # Errors
    /// When Berth refuses, or what answers is not RFB 3.8 without a password.
    pub async fn open(client: &Client, path: &str) -> anyhow::Result<Self> {
        let (url, cookies) = client.websocket(path)?;
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("cookie", cookies);
        Self::connect(request).await
    }

    /// Opens whatever answers to this request, and shakes hands.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn connect(request: impl IntoClientRequest + Unpin) -> anyhow::Result<Self> {
        let (socket, _) = connect_async(request).await.context("opening the desktop")?;
        let mut viewer = Self { socket, rest: Vec::new(), width: 0, height: 0 };
        viewer.shake_hands().await?;
        Ok(viewer)
    }

    async fn shake_hands(&mut self) -> anyhow::Result<()> {
        ensure!(self.read(12).await? == VERSION, "the first bytes are not RFB 3.8's");
        self.write(VERSION.to_vec()).await?;
        let count = self.read(1).await?[0];
        let kinds = self.read(count.into()).await?;
        ensure!(kinds.contains(&NO_SECURITY), "a password is asked: {kinds:?}");
        self.write(vec![NO_SECURITY]).await?;
        ensure!(self.read(4).await? == [0; 4], "refused");
        self.write(vec![1]).await?; // shared with other viewers
        let hello = self.read(24).await?;
        (self.width, self.height) = (short(&hello[0..]), short(&hello[2..]));
        let name_length = long(&hello[20..]);
        self.read(name_length).await?;
        let set_pixel_format = [&[0, 0, 0, 0], PIXELS.as_slice()].concat();
        self.write(set_pixel_format).await?;
        self.write(vec![2, 0, 0, 1, 0, 0, 0, 0]).await // SetEncodings: Raw
    }

    /// What is on the screen now: `paint` is given each rectangle's pixels (blue, green, red, nothing).
    ///
    /// # Errors
    /// When the connection ends before all of it has come.
    pub async fn screen(&mut self, paint: &mut (dyn FnMut(Rectangle, &[u8]) + Send)) -> anyhow::Result<()> {
        self.ask_for_picture(false).await?;
        let mut missing = usize::from(self.width) * usize::from(self.height);
        while missing > 0 {
            match self.read(1).await?[0] {
                0 => {
                    let head = self.read(3).await?;
                    for _ in 0..short(&head[1..]) {
                        missing = missing.saturating_sub(self.rectangle(paint).await?);
                    }
                }
                1 => {
                    let head = self.read(5).await?;
                    self.read(usize::from(short(&head[3..])) * 6).await?;
                }
                2 => {} // bell
                3 => {
                    let head = self.read(7).await?;
                    self.read(long(&head[3..])).await?;
                }
                other => bail!("message {other} was not agreed on"),
            }
        }
        Ok(())
    }

    /// Reads one rectangle; how many pixels it had.
    async fn rectangle(&mut self, paint: &mut (dyn FnMut(Rectangle, &[u8]) + Send)) -> anyhow::Result<usize> {
        let head = self.read(12).await?;
        let [x, y, w, h] = [0, 2, 4, 6].map(|at| usize::from(short(&head[at..])));
        ensure!(head[8..] == [0; 4], "an encoding that was not asked for");
        let inside = x + w <= usize::from(self.width) && y + h <= usize::from(self.height);
        ensure!(inside, "a rectangle outside the screen");
        let pixels = self.read(w * h * 4).await?;
        paint(Rectangle { x, y, w, h }, &pixels);
        Ok(w * h)
    }

    /// From now on pictures are packed as for a browser's viewer; they can be waited for, but not looked at.
    ///
    /// # Errors
    /// When the connection ends before the first of them begins.
    pub async fn watch(&mut self) -> anyhow::Result<()> {
        let set_encodings = [&[2, 0, 0, 4], ENCODINGS.as_slice()].concat();
        self.write(set_encodings).await?;
        self.ask_for_picture(false).await?;
        self.read(1).await.map(|_| ())
    }

    /// Presses and lets go of one letter, and asks for what has changed.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn press(&mut self, letter: u8) -> anyhow::Result<()> {
        for down in [1, 0] {
            self.write(vec![4, down, 0, 0, 0, 0, 0, letter]).await?;
        }
        self.ask_for_picture(true).await
    }

    /// Takes what comes in the meantime; how many bytes that was.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn take(&mut self, meanwhile: Duration) -> anyhow::Result<usize> {
        let (until, mut bytes) = (Instant::now() + meanwhile, self.rest.len());
        self.rest.clear();
        while let Ok(more) = timeout_at(until, self.hear()).await {
            bytes += more?.len();
        }
        Ok(bytes)
    }

    async fn ask_for_picture(&mut self, only_changes: bool) -> anyhow::Result<()> {
        let (w, h) = (self.width.to_be_bytes(), self.height.to_be_bytes());
        self.write(vec![3, only_changes.into(), 0, 0, 0, 0, w[0], w[1], h[0], h[1]]).await
    }

    /// Does nothing but what any browser does by itself: pings are answered.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn idle(&mut self, lasts: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + lasts;
        // What the desktop shows by itself is kept for whoever reads next.
        while let Ok(more) = timeout_at(until, self.hear()).await {
            self.rest.extend_from_slice(&more?);
        }
        Ok(())
    }

    /// The next so many bytes.
    ///
    /// # Errors
    /// When the connection ends before.
    pub async fn read(&mut self, count: usize) -> anyhow::Result<Vec<u8>> {
        while self.rest.len() < count {
            let more = self.hear().await?;
            self.rest.extend_from_slice(&more);
        }
        Ok(self.rest.drain(..count).collect())
    }

    /// The next bytes, however many come together, as they come after what was read.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn hear(&mut self) -> anyhow::Result<Bytes> {
        loop {
            match self.socket.next().await.context("the desktop hung up")?? {
                Message::Binary(bytes) => return Ok(bytes),
                Message::Close(why) => bail!("the desktop was closed: {why:?}"),
                _ => {}
            }
        }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn write(&mut self, bytes: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::Binary(bytes.into())).await?)
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        _ = self.socket.close(None).await;
    }
}

fn short(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

fn long(bytes: &[u8]) -> usize {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize
}
