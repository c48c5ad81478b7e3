//! A container's published ports: real ones, that take callers from its start on and greet as an RFB server once the desktop opens them.
//!
//! Before that a caller is hung up on, as Docker's own proxy does while nothing listens inside. `session` is one viewer, `picture` what it sees.

mod picture;
mod session;

use std::io;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clients::Clients;

/// Who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Door {
    Shut,
    Open { password: Option<String> },
}

#[derive(Debug)]
pub(crate) struct Screen {
    door: watch::Sender<Door>,
    end: CancellationToken,
    tasks: TaskTracker,
}

impl Screen {
    /// On these ports, shut.
    pub(crate) fn on(listeners: Vec<std::net::TcpListener>, clients: Clients) -> io::Result<Self> {
        let screen =
            Self { door: watch::Sender::new(Door::Shut), end: CancellationToken::new(), tasks: TaskTracker::new() };
        for listener in listeners {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let (door, clients) = (screen.door.subscribe(), clients.clone());
            let (end, tasks) = (screen.end.clone(), screen.tasks.clone());
            screen.tasks.spawn(async move {
                tokio::select! {
                    () = end.cancelled() => {}
                    () = accept(listener, door, clients, &end, &tasks) => {}
                }
            });
        }
        screen.tasks.close();
        Ok(screen)
    }

    /// From now on it greets, and lets in who knows the password; everybody when there is none.
    pub(crate) fn open(&self, password: Option<String>) {
        self.door.send_replace(Door::Open { password });
    }

    /// Hangs up on everybody; returns when the ports are free.
    pub(crate) async fn close(&self) {
        self.end.cancel();
        self.tasks.wait().await;
    }
}

async fn accept(
    listener: TcpListener,
    door: watch::Receiver<Door>,
    clients: Clients,
    end: &CancellationToken,
    tasks: &TaskTracker,
) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Out of file handles, for a moment.
            Err(_) => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let password = match &*door.borrow() {
            Door::Shut => continue,
            Door::Open { password } => password.clone(),
        };
        let (end, client) = (end.clone(), clients.enter());
        tasks.spawn(async move {
            let _client = client;
            tokio::select! {
                () = end.cancelled() => {}
                ended = session::run(stream, password.as_deref()) => {
                    if let Err(error) = ended {
                        tracing::trace!(%error, "a viewer left");
                    }
                }
            }
        });
    }
}
