//! Does a desktop answer at its port? Asked from outside, as its viewers will ask.
//!
//! A TCP connection alone says nothing: the engine's own proxy accepts it before anything listens in the container. Probes are few
//! and polite, since VNC servers bar an address after some connections that did not log in.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const SHORTEST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// One probe; a desktop that is up answers in milliseconds, a busy host within this.
const ONE_PROBE: Duration = Duration::from_secs(2);

/// Does an RFB server greet there within this time? (RFC 6143, 7.1.1: the server speaks first.)
pub async fn rfb_greets(address: SocketAddr, within: Duration) -> bool {
    timeout(within, greeting(address)).await.unwrap_or(false)
}

/// Does an HTTP server answer this path with 2xx or 3xx within this time?
pub async fn http_answers(address: SocketAddr, path: &str, within: Duration) -> bool {
    timeout(within, status(address, path)).await.ok().flatten().is_some_and(|status| (200..400).contains(&status))
}

/// Asks `probe` again and again, ever less often, until it says yes.
pub(crate) async fn until_yes<F: Future<Output = bool>>(mut probe: impl FnMut(Duration) -> F) {
    let mut wait = SHORTEST_WAIT;
    while !probe(ONE_PROBE).await {
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn greeting(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return false;
    };
    let mut greeting = [0; 12];
    let greets = stream.read_exact(&mut greeting).await.is_ok() && greeting.starts_with(b"RFB 003.");
    // A closed connection is a viewer that went away; a reset one would be logged as a fault.
    let _ = stream.shutdown().await;
    greets
}

async fn status(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: berth\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut head = [0; 12]; // "HTTP/1.1 200"
    stream.read_exact(&mut head).await.ok()?;
    let _ = stream.shutdown().await;
    let head = std::str::from_utf8(&head).ok()?;
    head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{http_answers, rfb_greets};
    use std::net::SocketAddr;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const WITHIN: Duration = Duration::from_secs(2);

    /// Says this to each caller (after it asked, when `asked`), then hangs up.
    async fn server(says: &'static str, asked: bool) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if asked {
                    let _ = stream.read(&mut [0; 512]).await;
                }
                let _ = stream.write_all(says.as_bytes()).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn only_an_rfb_greeting_greets() {
        assert!(rfb_greets(server("RFB 003.008\n", false).await, WITHIN).await);
        assert!(!rfb_greets(server("", false).await, WITHIN).await);
        assert!(!rfb_greets(server("SSH-2.0-OpenSSH_9.2p1\n", false).await, WITHIN).await);
    }

    #[tokio::test]
    async fn only_success_or_a_redirect_answers() {
        for (says, answers) in [
            ("HTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.0 302 Found\r\n\r\n", true),
            ("HTTP/1.1 502 Bad Gateway\r\n\r\n", false),
            ("RFB 003.008\n", false),
        ] {
            assert_eq!(http_answers(server(says, true).await, "/", WITHIN).await, answers, "{says}");
        }
    }

    #[tokio::test]
    async fn a_silent_port_does_not_hold_the_caller() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listener");
        let address = listener.local_addr().expect("address");
        assert!(!rfb_greets(address, Duration::from_millis(50)).await);
    }
}
