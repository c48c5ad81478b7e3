//! The listening socket. Closed as it is, the system would reset every connection that it has taken for us and that we have not
//! accepted yet, with a call on its way in it: so, when the process ends, those are let in before the door is shut. Whoever comes
//! after that is refused by the system, has said nothing yet, and can ask another api.
use std::{io, net::SocketAddr};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

pub(crate) struct Door {
    address: SocketAddr,
    /// None: it is shut.
    open: Option<Open>,
    ending: CancellationToken,
    shut: CancellationToken,
}

struct Open {
    listener: TcpListener,
    /// The same socket, asked without waiting.
    waiting: std::net::TcpListener,
}

impl Door {
    /// Cancels `shut` when nobody is let in any more, after `ending`.
    pub(crate) fn new(listener: TcpListener, ending: CancellationToken, shut: CancellationToken) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let waiting = listener.into_std()?;
        let listener = TcpListener::from_std(waiting.try_clone()?)?;
        Ok(Self { address, open: Some(Open { listener, waiting }), ending, shut })
    }
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        if let Some(open) = &mut self.open {
            tokio::select! {
                taken = Listener::accept(&mut open.listener) => return taken,
                () = self.ending.cancelled() => {}
            }
            while let Ok((stream, address)) = open.waiting.accept() {
                let taken = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                if let Ok(stream) = taken {
                    return (stream, address);
                }
            }
        }
        self.open = None;
        self.shut.cancel();
        std::future::pending().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn who_waits_at_the_door_is_let_in_and_who_comes_later_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ending, shut) = (CancellationToken::new(), CancellationToken::new());
        let mut door = Door::new(listener, ending.clone(), shut.clone()).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..5 {
            let mut caller = TcpStream::connect(address).await.unwrap();
            caller.write_all(b"x").await.unwrap();
            waiting.push(caller);
        }
        ending.cancel();
        for _ in 0..5 {
            let (mut stream, _) = door.accept().await;
            assert_eq!(stream.read_u8().await.unwrap(), b'x');
        }
        assert!(!shut.is_cancelled());
        assert!(tokio::time::timeout(Duration::from_millis(50), door.accept()).await.is_err());
        assert!(shut.is_cancelled());
        assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}
