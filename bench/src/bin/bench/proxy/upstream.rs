//! What stands for a desktop: greets as an RFB server that asks for no password, answers a request for the screen with messages
//! without end, and a key press with as many bytes. The same over TCP, and over WebSocket for a proxy that only passes on.

use anyhow::{Context as _, bail};
use berth_bench::rfb::{NO_SECURITY, PIXELS, VERSION};
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_async};

/// One message of the flood. The first byte says what it would be, an update of the screen; nobody reads on.
const PART: usize = 16 * 1024;
pub(super) const KEY: usize = 8;

/// Both of them, until dropped.
pub(super) struct Upstream {
    pub(super) tcp: SocketAddr,
    pub(super) websocket: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Upstream {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let mut tasks = JoinSet::new();
        let mut addresses = Vec::new();
        for over_websocket in [false, true] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            addresses.push(listener.local_addr()?);
            tasks.spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    // Whoever leaves in the middle was a viewer that had enough.
                    tokio::spawn(async move { session(stream, over_websocket).await.ok() });
                }
            });
        }
        Ok(Self { tcp: addresses[0], websocket: addresses[1], _tasks: tasks })
    }
}

async fn session(stream: TcpStream, over_websocket: bool) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let way = if over_websocket { Way::WebSocket(accept_async(stream).await?.into()) } else { Way::Tcp(stream) };
    let mut viewer = Viewer { way, rest: Vec::new() };
    viewer.say(VERSION.as_slice()).await?;
    viewer.hear(VERSION.len()).await?;
    viewer.say(&[1, NO_SECURITY]).await?;
    viewer.hear(1).await?;
    viewer.say(&[0; 4]).await?;
    viewer.hear(1).await?;
    viewer.say(&[&[4, 0, 3, 0], PIXELS.as_slice(), &[0, 0, 0, 5], b"bench"].concat()).await?;
    loop {
        let kind = viewer.hear(1).await?[0];
        match kind {
            0 => _ = viewer.hear(19).await?,
            2 => {
                let head = viewer.hear(3).await?;
                viewer.hear(4 * usize::from(u16::from_be_bytes([head[1], head[2]]))).await?;
            }
            3 => break,
            4 => {
                let rest = viewer.hear(KEY - 1).await?;
                viewer.say(&[&[kind], rest.as_slice()].concat()).await?;
            }
            other => bail!("message {other}"),
        }
    }
    let part = Bytes::from(vec![0; PART]);
    loop {
        match &mut viewer.way {
            Way::Tcp(stream) => stream.write_all(&part).await?,
            Way::WebSocket(socket) => socket.send(Message::Binary(part.clone())).await?,
        }
    }
}

enum Way {
    Tcp(TcpStream),
    WebSocket(Box<WebSocketStream<TcpStream>>),
}

struct Viewer {
    way: Way,
    rest: Vec<u8>,
}

impl Viewer {
    async fn hear(&mut self, count: usize) -> anyhow::Result<Vec<u8>> {
        while self.rest.len() < count {
            match &mut self.way {
                Way::Tcp(stream) => {
                    let more = stream.read_buf(&mut self.rest).await?;
                    anyhow::ensure!(more > 0, "the viewer hung up");
                }
                Way::WebSocket(socket) => {
                    let message = socket.next().await.context("the viewer hung up")??;
                    self.rest.extend_from_slice(&message.into_data());
                }
            }
        }
        Ok(self.rest.drain(..count).collect())
    }

    async fn say(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match &mut self.way {
            Way::Tcp(stream) => stream.write_all(bytes).await?,
            Way::WebSocket(socket) => socket.send(Message::Binary(Bytes::copy_from_slice(bytes))).await?,
        }
        Ok(())
    }
}
