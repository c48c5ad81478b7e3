//! The listening socket. Closed as it is, the system would reset every connection that it has taken for us and that we have not
//! accepted yet, with a call on its way in it: so, when the process ends, those are let in before the door is shut. Whoever comes
//! after that is refused by the system, has said nothing yet, and can ask another api.
use std::net::SocketAddr;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

pub(crate) struct Door {
    listener: Option<TcpListener>,
    /// The same socket while it is being shut, asked without waiting.
    waiting: Option<std::net::TcpListener>,
    ending: CancellationToken,
}

impl Door {
    pub(crate) const fn new(listener: TcpListener, ending: CancellationToken) -> Self {
        Self { listener: Some(listener), waiting: None, ending }
    }

    /// Who comes in next; none once it is shut.
    pub(crate) async fn accept(&mut self) -> Option<(TcpStream, SocketAddr)> {
        if let Some(listener) = &mut self.listener {
            tokio::select! {
                // axum's own: it waits when this process can open no more, instead of failing.
                accepted = Listener::accept(listener) => return Some(accepted),
                () = self.ending.cancelled() => {}
            }
            self.waiting = self.listener.take().and_then(|listener| listener.into_std().ok());
        }
        while let Some(Ok((stream, address))) = self.waiting.as_ref().map(std::net::TcpListener::accept) {
            if let Ok(stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
                return Some((stream, address));
            }
        }
        self.waiting = None;
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn who_waits_at_the_door_is_let_in_and_who_comes_later_is_refused() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ending = CancellationToken::new();
        let mut door = Door::new(listener, ending.clone());
        let mut waiting = Vec::new();
        for _ in 0..5 {
            let mut caller = TcpStream::connect(address).await.unwrap();
            caller.write_all(b"x").await.unwrap();
            waiting.push(caller);
        }
        ending.cancel();
        for _ in 0..5 {
            let (mut stream, _) = door.accept().await.expect("it waited");
            assert_eq!(stream.read_u8().await.unwrap(), b'x');
        }
        assert!(door.accept().await.is_none());
        assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}
