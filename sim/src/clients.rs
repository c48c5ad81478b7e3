//! Who still uses the engine: open connections, attached streams, viewers. When nobody has for a while, it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

#[derive(Debug, Clone)]
pub(crate) struct Clients {
    count: Arc<watch::Sender<usize>>,
}

/// One client, until it is dropped.
#[derive(Debug)]
pub(crate) struct Client {
    count: Arc<watch::Sender<usize>>,
}

impl Clients {
    pub(crate) fn new() -> Self {
        Self { count: Arc::new(watch::Sender::new(0)) }
    }

    pub(crate) fn enter(&self) -> Client {
        self.count.send_modify(|count| *count += 1);
        Client { count: Arc::clone(&self.count) }
    }

    /// Returns when there has been no client for this long.
    pub(crate) async fn gone_for(&self, linger: Duration) {
        let mut count = self.count.subscribe();
        loop {
            if count.wait_for(|count| *count == 0).await.is_err() {
                return;
            }
            let somebody = tokio::time::timeout(linger, count.wait_for(|count| *count > 0)).await;
            if somebody.is_err() {
                return;
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::Clients;
    use futures_util::FutureExt;
    use std::time::Duration;

    #[tokio::test]
    async fn while_somebody_is_there_nobody_is_gone() {
        let clients = Clients::new();
        let (first, second) = (clients.enter(), clients.enter());
        let mut gone = Box::pin(clients.gone_for(Duration::from_millis(1)));
        drop(first);
        assert_eq!((&mut gone).now_or_never(), None);
        drop(second);
        let third = clients.enter();
        assert_eq!((&mut gone).now_or_never(), None, "another came in time");
        drop(third);
        gone.await;
    }
}
