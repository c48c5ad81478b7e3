//! Greets the browser as an RFB server that asks for no password.
use axum::extract::ws::{Message, WebSocket};
use bytes::{Bytes, BytesMut};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};

use super::{bridge::End, rfb::handshake::Greeting};

pub(super) type Sink = SplitSink<WebSocket, Message>;
pub(super) type Stream = SplitStream<WebSocket>;

/// Bytes of a greeting; a viewer that says more before its turn is none.
const MOST: usize = 4096;

/// Returns the browser's first messages, as far as they came along with its greeting.
pub(super) async fn greet(sink: &mut Sink, stream: &mut Stream) -> Result<Bytes, End> {
    let mut greeting = Greeting::default();
    let mut received = BytesMut::new();
    say(sink, Greeting::opening()).await?;
    loop {
        let answer = greeting.answer(&mut received).map_err(End::Nonsense)?;
        if !answer.is_empty() {
            say(sink, &answer).await?;
        }
        if greeting.is_done() {
            return Ok(received.freeze());
        }
        received.extend_from_slice(&hear(stream).await?);
        if received.len() > MOST {
            return Err(End::Nonsense("too much before the greeting was over"));
        }
    }
}

async fn say(sink: &mut Sink, words: &[u8]) -> Result<(), End> {
    sink.send(Message::Binary(Bytes::copy_from_slice(words))).await.map_err(|_| End::BrowserGone)
}

/// The next binary message.
pub(super) async fn hear(stream: &mut Stream) -> Result<Bytes, End> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => return Err(End::Text),
            Some(Ok(Message::Close(_))) | None => return Err(End::BrowserGone),
            Some(Err(e)) => return Err(End::of(&e)),
        }
    }
}
