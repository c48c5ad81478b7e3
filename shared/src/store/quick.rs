//! Connections for the queue's single statements on PostgreSQL: a claim of stops, the end of a job. Each is one round trip.
//!
//! sqlx's pool asks a connection whether it lives each time it comes back, which costs as much as such a statement does,
//! and hands its connections out in turn, so that each of them plans every statement anew. Here the one used last is used
//! next, and plans are made once: the texts are written so that there is only one good one. A connection on which
//! something broke, or whose user was dropped in the middle, is closed and not used again.

use super::StoreError;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A few connections, opened when they are needed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Quick {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: PgConnectOptions,
    idle: Mutex<Vec<Kept>>,
    room: Arc<Semaphore>,
}

/// One connection, in use. Dropped, it is closed.
#[derive(Debug)]
pub struct Way {
    quick: Quick,
    kept: Kept,
    _room: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Kept {
    connection: PgConnection,
    opened: Instant,
}

/// How long a place, and a new connection, are waited for.
const WAIT: Duration = Duration::from_secs(5);
const RECYCLE: Duration = Duration::from_secs(3_600);

impl Quick {
    pub(super) fn new(options: PgConnectOptions, most: usize) -> Self {
        Self { inner: Arc::new(Inner { options, idle: Mutex::default(), room: Arc::new(Semaphore::new(most)) }) }
    }

    /// A connection for one statement, which commits by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none can be had in time.
    pub async fn way(&self) -> Result<Way, StoreError> {
        let in_time = |_| StoreError::Unavailable(sqlx::Error::PoolTimedOut);
        let room = Arc::clone(&self.inner.room).acquire_owned();
        let room = tokio::time::timeout(WAIT, room).await.map_err(in_time)?;
        let room = room.map_err(|_| StoreError::Unavailable(sqlx::Error::PoolClosed))?;
        let kept = match self.newest() {
            Some(kept) => kept,
            None => tokio::time::timeout(WAIT, self.open()).await.map_err(in_time)??,
        };
        Ok(Way { quick: self.clone(), kept, _room: room })
    }

    fn newest(&self) -> Option<Kept> {
        let mut idle = self.idle();
        idle.retain(|kept| kept.opened.elapsed() < RECYCLE);
        idle.pop()
    }

    async fn open(&self) -> Result<Kept, StoreError> {
        use sqlx::ConnectOptions as _;
        Ok(Kept { connection: self.inner.options.connect().await?, opened: Instant::now() })
    }

    /// Closes those that nobody uses.
    pub(super) fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Kept>> {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way {
    /// To run the statement on.
    pub fn db(&mut self) -> &mut PgConnection {
        &mut self.kept.connection
    }

    /// Takes what became of the statement, and keeps the connection for the next if it is still good.
    ///
    /// # Errors
    /// Whatever the statement met.
    pub fn back<T>(self, answer: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        match answer {
            Ok(answer) => {
                self.quick.idle().push(self.kept);
                Ok(answer)
            }
            Err(error) => {
                let refused = matches!(error, sqlx::Error::Database(_));
                let error = StoreError::from(error);
                if refused && !matches!(error, StoreError::Unavailable(_)) {
                    self.quick.idle().push(self.kept);
                } else {
                    // The server went away: the others lead nowhere either.
                    self.quick.clear();
                }
                Err(error)
            }
        }
    }
}
