//! Logs in to the VNC server of a container, as the client that the browser never has to be.
use std::{fmt, io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::rfb::{
    VERSION,
    handshake::{Security, Version},
    vnc_auth::{self, CHALLENGE},
};

/// Where a desktop listens and what it asks for.
#[derive(Clone)]
pub struct Upstream {
    pub address: String,
    pub port: u16,
    pub password: String,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upstream({}:{})", self.address, self.port)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// Nobody listens there any more, or it hung up.
    #[error("not reachable")]
    Unreachable(#[from] io::Error),
    #[error("did not answer in time")]
    TimedOut,
    #[error("refused the log-in: {0}")]
    Refused(String),
    #[error("speaks no RFB that we know: {0}")]
    Protocol(&'static str),
}

impl Upstream {
    /// A connection on which ClientInit has been said: what comes next is ServerInit.
    pub(super) async fn connect(&self, limit: Duration) -> Result<TcpStream, UpstreamError> {
        let login = async {
            let mut stream = TcpStream::connect((self.address.as_str(), self.port)).await?;
            // Each key press is a small write of its own.
            stream.set_nodelay(true)?;
            log_in(&mut stream, &self.password).await?;
            Ok(stream)
        };
        timeout(limit, login).await.unwrap_or(Err(UpstreamError::TimedOut))
    }
}

/// Says all up to ClientInit, and takes what the server says to it.
///
/// # Errors
/// When it hangs up, refuses, or is no VNC server.
pub async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, password: &str) -> Result<(), UpstreamError> {
    let mut said = [0; VERSION.len()];
    stream.read_exact(&mut said).await?;
    let version = Version::parse(&said).ok_or(UpstreamError::Protocol("no RFB greeting"))?;
    if version == Version::V3_3 {
        return Err(UpstreamError::Protocol("too old a version"));
    }
    stream.write_all(if version == Version::V3_8 { VERSION } else { b"RFB 003.007\n" }).await?;

    let mut offered = vec![0; usize::from(stream.read_u8().await?)];
    if offered.is_empty() {
        return Err(UpstreamError::Refused(reason(stream).await?));
    }
    stream.read_exact(&mut offered).await?;
    let security = Security::choose(&offered).ok_or(UpstreamError::Protocol("no security type in common"))?;
    stream.write_all(&[security.byte()]).await?;
    if security == Security::VncAuth {
        let mut challenge = [0; CHALLENGE];
        stream.read_exact(&mut challenge).await?;
        stream.write_all(&vnc_auth::respond(challenge, password)).await?;
    }
    // Before 3.8 there is no result where nothing was asked, and no reason after a refusal.
    if (security == Security::VncAuth || version == Version::V3_8) && stream.read_u32().await? != 0 {
        let reason = if version == Version::V3_8 { reason(stream).await? } else { "wrong password".to_owned() };
        return Err(UpstreamError::Refused(reason));
    }
    // ClientInit: leave the others connected.
    stream.write_all(&[1]).await?;
    Ok(())
}

async fn reason<S: AsyncRead + Unpin>(stream: &mut S) -> Result<String, UpstreamError> {
    let length = stream.read_u32().await?;
    let mut text = Vec::new();
    stream.take(u64::from(length.min(1024))).read_to_end(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
