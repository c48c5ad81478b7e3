//! Who listens at an address: asked when whom the settings promise does not answer as they should, so that what is wrong can be said
//! in words. Says a word or two and looks at the first bytes that come back.

use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(2);
/// What a PostgreSQL client says first when it would like TLS; only PostgreSQL answers it, with one letter.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const TLS_ALERT: u8 = 21;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Nobody,
    Redis,
    Postgres,
    Web,
    /// Something that wants TLS.
    Tls,
    /// It takes the connection and says nothing, or hangs up.
    Silent,
    Other,
}

/// Asks.
pub(crate) async fn who_listens(host: &str, port: u16) -> Peer {
    match first_words(host, port, &SSL_REQUEST).await {
        None => return Peer::Nobody,
        Some(said) if said == b"S" || said == b"N" => return Peer::Postgres,
        Some(said) if said.first() == Some(&TLS_ALERT) => return Peer::Tls,
        Some(_) => {}
    }
    match first_words(host, port, b"PING\r\n\r\n").await.as_deref() {
        None => Peer::Nobody,
        Some([]) => Peer::Silent,
        Some([b'+' | b'-', ..]) => Peer::Redis,
        Some([TLS_ALERT, ..]) => Peer::Tls,
        Some(said) if said.starts_with(b"HTTP/") => Peer::Web,
        Some(_) => Peer::Other,
    }
}

/// The first bytes of the answer; none of them when it says nothing in time or hangs up. None: nobody is there.
async fn first_words(host: &str, port: u16, words: &[u8]) -> Option<Vec<u8>> {
    let mut stream = timeout(PATIENCE, TcpStream::connect((host, port))).await.ok()?.ok()?;
    let mut said = vec![0; 16];
    let exchange = async {
        stream.write_all(words).await?;
        stream.read(&mut said).await
    };
    let length = timeout(PATIENCE / 2, exchange).await.ok().and_then(Result::ok).unwrap_or(0);
    said.truncate(length);
    Some(said)
}
