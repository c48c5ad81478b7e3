//! Ends that come at the same moment, written together: whoever comes while a write is under way is written by the next
//! one, in one statement and one commit for all. For jobs whose end changes nothing of a desktop, on PostgreSQL.
//!
//! Each end is still answered by itself: an end that the common statement did not write (its lease was lost, its row was
//! held by a renewal, or the statement failed) is written, or refused, alone by [`finish_and_tell`].

use super::Lease;
use super::finish::finish_and_tell;
use crate::events;
use crate::store::{Db, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Gathers the ends of one worker process. Cheap to clone.
#[derive(Clone)]
pub struct Ends {
    db: Db,
    waiting: Arc<Mutex<Vec<Waiting>>>,
    /// Held by who writes.
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Waiting {
    lease: Lease,
    kind: events::Kind,
    payload: String,
    written: oneshot::Sender<()>,
}

impl Ends {
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, waiting: Arc::default(), turn: Arc::default() }
    }

    /// Ends a claim as done and tells its user's room of it. False: the lease is no longer ours, and nothing was written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn done(&self, lease: &Lease, kind: events::Kind, payload: &str) -> Result<bool, StoreError> {
        if self.together(lease, kind, payload).await {
            return Ok(true);
        }
        finish_and_tell(&self.db, lease, kind, payload).await
    }

    /// Whether it was written, by us or by who wrote before us.
    async fn together(&self, lease: &Lease, kind: events::Kind, payload: &str) -> bool {
        if let Db::Sqlite { .. } = self.db {
            return false;
        }
        let (written, mut told) = oneshot::channel();
        self.waiting().push(Waiting { lease: lease.clone(), kind, payload: payload.to_owned(), written });
        // Jobs that were claimed together end together: let them come.
        tokio::task::yield_now().await;
        let _turn = self.turn.lock().await;
        match told.try_recv() {
            Ok(()) => return true,
            Err(oneshot::error::TryRecvError::Closed) => return false,
            Err(oneshot::error::TryRecvError::Empty) => {}
        }
        let gathered = std::mem::take(&mut *self.waiting());
        match write(&self.db, &gathered).await {
            Ok(ended) => {
                for one in gathered.into_iter().filter(|one| ended.contains(&one.lease.job_id)) {
                    // Who does not wait any more need not be told.
                    _ = one.written.send(());
                }
                ended.contains(&lease.job_id)
            }
            Err(error) => {
                tracing::debug!(%error, "ends were not written together; each is written alone");
                false
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The jobs that were ended. Rows that somebody holds are left out, so that this waits for nobody while it holds others.
async fn write(db: &Db, ends: &[Waiting]) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "WITH clock AS MATERIALIZED \
         (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now), \
         given AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[]) \
             AS g (id, token, n, kind, payload)), \
         ours AS MATERIALIZED (SELECT g.*, j.user_id FROM given g CROSS JOIN clock CROSS JOIN LATERAL \
             (SELECT o.user_id FROM jobs o WHERE o.id = g.id AND o.lease_token = g.token AND o.state = 'running' \
             AND o.lease_until > clock.now FOR UPDATE SKIP LOCKED) j), \
         done AS (UPDATE jobs SET state = 'completed', wait_code = NULL, lease_token = NULL, lease_until = NULL, \
             finished_at = clock.now FROM clock, ours WHERE jobs.id = ours.id RETURNING jobs.id), \
         tried AS (UPDATE attempts SET ended_at = clock.now, outcome = 'done' FROM clock, ours \
             WHERE job_id = ours.id AND attempts.n = ours.n), \
         told AS (INSERT INTO events (user_id, kind, payload, at) \
             SELECT user_id, kind, payload, clock.now FROM clock, ours) \
         SELECT id FROM done";
    let Db::Postgres { quick, .. } = db else { return Ok(Vec::new()) };
    let texts = |of: fn(&Waiting) -> &str| ends.iter().map(|end| of(end).to_owned()).collect::<Vec<_>>();
    let mut way = quick.ends.way().await?;
    let ended = sqlx::query_as::<_, (String,)>(SQL)
        .bind(texts(|end| &end.lease.job_id))
        .bind(texts(|end| &end.lease.token))
        .bind(ends.iter().map(|end| end.lease.claim).collect::<Vec<_>>())
        .bind(texts(|end| end.kind.as_str()))
        .bind(texts(|end| &end.payload))
        .fetch_all(way.db())
        .await;
    Ok(way.back(ended)?.into_iter().map(|(id,)| id).collect())
}
