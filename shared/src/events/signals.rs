//! Wake-ups: "jobs changed", "events were appended". Within a process a counter that cannot be missed; between processes
//! NOTIFY on PostgreSQL, sent after the commit, gathered, on a connection of its own (inside a transaction NOTIFY holds
//! a lock over the whole cluster until the commit), and Redis where there is one. A hint only: every waiter also polls slowly.

use super::Fanout;
use crate::store::Db;
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const CHANNEL: &str = "berth";
/// What comes within this time after a notice is told by one more.
const GATHER: Duration = Duration::from_millis(2);

/// Wakes those who wait for jobs or events. Cheap to clone.
#[derive(Clone)]
pub struct Signals {
    inner: Arc<Inner>,
}

struct Inner {
    /// Tells our own notices from others'.
    process: String,
    jobs: watch::Sender<u64>,
    events: watch::Sender<u64>,
    to_send: watch::Sender<u64>,
    redis: Option<Fanout>,
}

impl Default for Signals {
    fn default() -> Self {
        Self::over(None)
    }
}

impl Signals {
    /// Also over Redis, when there is one.
    #[must_use]
    pub fn over(redis: Option<Fanout>) -> Self {
        let counter = || watch::Sender::new(0);
        let process = crate::domain::new_id();
        Self { inner: Arc::new(Inner { process, jobs: counter(), events: counter(), to_send: counter(), redis }) }
    }

    /// The link to other processes over Redis, where the settings name one.
    #[must_use]
    pub fn redis(&self) -> Option<&Fanout> {
        self.inner.redis.as_ref()
    }

    /// To be called after each commit that changed jobs or events.
    pub fn changed(&self) {
        bump(&self.inner.jobs);
        self.told();
    }

    /// After one that only appended events: nobody's place in line, slot or port has changed by it.
    pub fn told(&self) {
        bump(&self.inner.events);
        bump(&self.inner.to_send);
        if let Some(redis) = &self.inner.redis {
            redis.changed();
        }
    }

    pub(super) fn wake(&self) {
        bump(&self.inner.jobs);
        bump(&self.inner.events);
    }

    #[must_use]
    pub fn jobs(&self) -> watch::Receiver<u64> {
        self.inner.jobs.subscribe()
    }

    #[must_use]
    pub fn events(&self) -> watch::Receiver<u64> {
        self.inner.events.subscribe()
    }

    /// Carries notices to and from other processes until told to end. Returns at once on SQLite, which has no others.
    pub async fn run(self, db: Db, end: CancellationToken) {
        let Db::Postgres { direct_url, .. } = db else { return };
        tokio::select! {
            () = end.cancelled() => {}
            () = self.listen(&direct_url) => {}
            () = self.send(&direct_url) => {}
            () = self.over_redis() => {}
        }
    }

    async fn over_redis(&self) {
        match &self.inner.redis {
            Some(redis) => redis.run(self).await,
            None => std::future::pending().await,
        }
    }

    async fn listen(&self, url: &str) {
        loop {
            if let Err(error) = self.listen_once(url).await {
                tracing::warn!(%error, "notices from other processes are not heard; polling instead");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn listen_once(&self, url: &str) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect(url).await?;
        listener.listen(CHANNEL).await?;
        self.wake(); // for what was missed before
        loop {
            match listener.try_recv().await? {
                Some(notice) if notice.payload() == self.inner.process => {}
                Some(_) => self.wake(),
                None => {
                    tracing::warn!("the connection that hears notices was lost; connecting again");
                    self.wake();
                }
            }
        }
    }

    async fn send(&self, url: &str) {
        let mut to_send = self.inner.to_send.subscribe();
        loop {
            if let Err(error) = self.send_from(url, &mut to_send).await {
                tracing::warn!(%error, "notices to other processes are not sent; they poll");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// One statement at a time: what comes while it is under way is gathered into the next.
    async fn send_from(&self, url: &str, to_send: &mut watch::Receiver<u64>) -> Result<(), sqlx::Error> {
        use sqlx::Connection as _;
        let mut connection = sqlx::PgConnection::connect(url).await?;
        // A notice is a hint: it need not wait for a disk.
        sqlx::query("SET synchronous_commit = off").execute(&mut connection).await?;
        while to_send.changed().await.is_ok() {
            let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&self.inner.process);
            notify.execute(&mut connection).await?;
            // The first notice goes at once; of many, one in a moment.
            tokio::time::sleep(GATHER).await;
        }
        Ok(())
    }
}

fn bump(counter: &watch::Sender<u64>) {
    counter.send_modify(|n| *n = n.wrapping_add(1));
}
