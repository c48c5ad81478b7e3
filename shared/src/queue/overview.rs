//! The queue in figures, for administrators: what waits and runs, who works, and how the last half hour went. Read from the
//! tables each time, so that every process tells the same; one reading serves all who ask within a second.

use crate::domain::desktop::Slots;
use crate::domain::time::Time;
use crate::store::{Db, StoreError, Tx, all, drift, one, opt};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use utoipa::ToSchema;

/// How many jobs there are in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueCounts {
    pub available: i64,
    pub scheduled: i64,
    pub running: i64,
    pub retryable: i64,
    pub completed: i64,
    pub cancelled: i64,
    pub discarded: i64,
}

/// Unfinished jobs of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct KindCounts {
    pub waiting: i64,
    pub running: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByKind {
    #[serde(rename = "desktop.create")]
    pub create: KindCounts,
    #[serde(rename = "desktop.stop")]
    pub stop: KindCounts,
    #[serde(rename = "desktop.cleanup")]
    pub cleanup: KindCounts,
    #[serde(rename = "image.pull")]
    pub pull: KindCounts,
}

/// Who holds starts, since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Paused {
    pub by: String,
    pub at: Time,
}

/// One engine with its start slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NodeState {
    pub id: String,
    pub engine_up: bool,
    pub engine_error: Option<String>,
    pub slots: Slots,
    /// The number of slots follows from the engine's CPUs.
    pub auto: bool,
    pub seen_at: Time,
}

/// The figures that a page keeps live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdminQueueLive {
    pub counts: QueueCounts,
    pub by_kind: ByKind,
    /// Of the start that waits longest now.
    pub oldest_wait_ms: Option<i64>,
    /// Jobs that ended in the last full minute.
    pub per_minute: i64,
    pub paused: Option<Paused>,
    /// Of all nodes where starts move.
    pub slots: Slots,
    pub nodes: Vec<NodeState>,
    /// Workers that live.
    pub workers: i64,
    /// Jobs that were given up in the last 24 hours.
    pub failed_today: i64,
    /// Differences between records and engines that wait for a decision.
    pub drift: i64,
}

/// One minute of the last half hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueMinute {
    /// When it began.
    pub minute: Time,
    /// Jobs that ended in it.
    pub finished: i64,
    /// The longest that a start had waited in it; null: none waited.
    pub oldest_wait_ms: Option<i64>,
    /// From the click to running, of the starts that came to run in it.
    pub start_p50_ms: Option<i64>,
    pub start_p95_ms: Option<i64>,
}

/// The queue in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdminQueue {
    #[serde(flatten)]
    pub live: AdminQueueLive,
    /// The last 30 minutes, oldest first; the last one is under way.
    pub history: Vec<QueueMinute>,
}

const MINUTE: i64 = 60_000_000;
const MINUTES: i64 = 30;
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// A node that was not heard of for so long is no longer shown.
const FORGET_NODES: Duration = Duration::from_secs(3_600);

#[derive(sqlx::FromRow)]
struct NodeRow {
    id: String,
    engine_up: bool,
    engine_error: Option<String>,
    start_slots: i64,
    seen_at: Time,
    busy: i64,
    workers: i64,
}

/// What is read with.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    /// A worker that was not heard of for this long is silent.
    pub silent_after: Duration,
    /// Whether the number of start slots follows from the engine.
    pub auto_slots: bool,
}

/// Reads the figures of this moment.
///
/// # Errors
/// When the database fails.
pub async fn live(tx: &mut Tx, ways: Ways) -> Result<AdminQueueLive, StoreError> {
    let now = tx.now().await?;
    let silent = now.minus(ways.silent_after);
    let mut counts = QueueCounts::default();
    for (state, n) in all!(&mut *tx, (String, i64), "SELECT state, count(*) FROM jobs GROUP BY state")? {
        match state.as_str() {
            "available" => counts.available = n,
            "scheduled" => counts.scheduled = n,
            "running" => counts.running = n,
            "retryable" => counts.retryable = n,
            "completed" => counts.completed = n,
            "cancelled" => counts.cancelled = n,
            "discarded" => counts.discarded = n,
            _ => {} // written by a newer version
        }
    }
    let mut by_kind = ByKind::default();
    let sql = "SELECT kind, state = 'running', count(*) FROM jobs \
               WHERE state IN ('available', 'scheduled', 'retryable', 'running') GROUP BY 1, 2";
    for (kind, runs, n) in all!(&mut *tx, (String, bool, i64), sql)? {
        let of = match kind.as_str() {
            "desktop.create" => &mut by_kind.create,
            "desktop.stop" => &mut by_kind.stop,
            "desktop.cleanup" => &mut by_kind.cleanup,
            "image.pull" => &mut by_kind.pull,
            _ => continue, // for measuring, or written by a newer version
        };
        *(if runs { &mut of.running } else { &mut of.waiting }) += n;
    }
    let sql = "SELECT min(created_at) FROM jobs WHERE kind = 'desktop.create' AND state IN ('available', 'scheduled', 'retryable')";
    let oldest = one!(&mut *tx, (Option<Time>,), sql)?.0;
    let minute = now.0 - now.0.rem_euclid(MINUTE);
    let sql = "SELECT count(*) FROM jobs WHERE finished_at >= $1 AND finished_at < $2";
    let per_minute = one!(&mut *tx, (i64,), sql, minute - MINUTE, minute)?.0;
    let sql = "SELECT paused_by, paused_at FROM queue_control WHERE paused_at IS NOT NULL";
    let paused = opt!(&mut *tx, (Option<String>, Time), sql)?;
    // The plus keeps the day's jobs out of it: few are given up, many may have ended.
    let sql = "SELECT count(*) FROM jobs WHERE state = 'discarded' AND +finished_at >= $1";
    let failed_today = one!(&mut *tx, (i64,), sql, now.minus(DAY))?.0;
    let rows = all!(
        &mut *tx,
        NodeRow,
        "SELECT n.id, n.engine_up, n.engine_error, n.start_slots, n.seen_at, \
         (SELECT count(*) FROM start_slots s WHERE s.node_id = n.id AND s.job_id IS NOT NULL) AS busy, \
         (SELECT count(*) FROM workers w WHERE w.node_id = n.id AND w.state = 'live' AND w.last_seen_at >= $1) AS workers \
         FROM nodes n ORDER BY n.id",
        silent,
    )?;
    let moving = rows.iter().filter(|node| node.workers > 0 && node.engine_up).map(|node| node.start_slots);
    Ok(AdminQueueLive {
        counts,
        by_kind,
        oldest_wait_ms: oldest.map(|at| millis(now.0 - at.0)),
        per_minute,
        paused: paused.map(|(by, at)| Paused { by: by.unwrap_or_else(|| "an administrator".to_owned()), at }),
        slots: Slots { busy: rows.iter().map(|node| node.busy).sum(), total: moving.sum() },
        workers: rows.iter().map(|node| node.workers).sum(),
        nodes: rows
            .into_iter()
            .filter(|node| node.busy > 0 || node.seen_at >= now.minus(FORGET_NODES))
            .map(|node| NodeState {
                id: node.id,
                engine_up: node.engine_up,
                engine_error: node.engine_error,
                slots: Slots { busy: node.busy, total: node.start_slots },
                auto: ways.auto_slots,
                seen_at: node.seen_at,
            })
            .collect(),
        failed_today,
        drift: drift::open_count(tx).await?,
    })
}

/// Reads the last half hour.
///
/// # Errors
/// When the database fails.
pub async fn history(tx: &mut Tx) -> Result<Vec<QueueMinute>, StoreError> {
    let now = tx.now().await?;
    let last = now.0.div_euclid(MINUTE);
    let first = last - MINUTES + 1;
    let from = first * MINUTE;
    let finished = all!(
        &mut *tx,
        (i64, i64),
        "SELECT finished_at / 60000000, count(*) FROM jobs WHERE finished_at >= $1 GROUP BY 1",
        from,
    )?;
    let starts = all!(
        &mut *tx,
        (i64, Option<i64>, Option<i64>),
        "WITH starts AS (SELECT finished_at / 60000000 AS minute, finished_at - created_at AS took, \
             row_number() OVER (PARTITION BY finished_at / 60000000 ORDER BY finished_at - created_at) AS n, \
             count(*) OVER (PARTITION BY finished_at / 60000000) AS total \
             FROM jobs WHERE state = 'completed' AND priority = 1 AND finished_at >= $1) \
         SELECT minute, min(CASE WHEN n * 2 >= total THEN took END), min(CASE WHEN n * 100 >= total * 95 THEN took END) \
         FROM starts GROUP BY minute",
        from,
    )?;
    // A start waits until it is claimed; one that never was, until it ended. Within one minute the longest is enough.
    let waits = all!(
        &mut *tx,
        (i64, i64),
        "SELECT coalesce(started_at, finished_at) / 60000000, max(coalesce(started_at, finished_at) - created_at) \
         FROM jobs WHERE priority = 1 AND (finished_at >= $1 OR state = 'running') GROUP BY 1",
        from,
    )?;
    // Those that waited on into a later minute count in each.
    let crossed = all!(
        &mut *tx,
        (i64, i64),
        "SELECT created_at, coalesce(started_at, finished_at) FROM jobs \
         WHERE priority = 1 AND (finished_at >= $1 OR state = 'running') \
         AND created_at / 60000000 < coalesce(started_at, finished_at) / 60000000",
        from,
    )?;
    let sql =
        "SELECT min(created_at) FROM jobs WHERE priority = 1 AND state IN ('available', 'scheduled', 'retryable')";
    let waits_on = one!(&mut *tx, (Option<i64>,), sql)?.0;

    let mut longest: BTreeMap<i64, i64> = waits.into_iter().collect();
    let mut note = |minute: i64, wait: i64| {
        let most = longest.entry(minute).or_insert(wait);
        *most = wait.max(*most);
    };
    for (created, left) in crossed {
        let (begin, end) = (created.div_euclid(MINUTE).max(first), left.div_euclid(MINUTE));
        (begin..end).for_each(|minute| note(minute, (minute + 1) * MINUTE - created));
    }
    if let Some(created) = waits_on {
        let begin = created.div_euclid(MINUTE).max(first);
        (begin..=last).for_each(|minute| note(minute, ((minute + 1) * MINUTE).min(now.0) - created));
    }
    let finished: BTreeMap<i64, i64> = finished.into_iter().collect();
    let starts: BTreeMap<i64, (Option<i64>, Option<i64>)> =
        starts.into_iter().map(|(minute, p50, p95)| (minute, (p50, p95))).collect();
    Ok((first..=last)
        .map(|minute| {
            let (p50, p95) = starts.get(&minute).copied().unwrap_or_default();
            QueueMinute {
                minute: Time(minute * MINUTE),
                finished: finished.get(&minute).copied().unwrap_or(0),
                oldest_wait_ms: longest.get(&minute).map(|wait| millis(*wait)),
                start_p50_ms: p50.map(millis),
                start_p95_ms: p95.map(millis),
            }
        })
        .collect())
}

fn millis(micros: i64) -> i64 {
    micros.max(0) / 1_000
}

/// Holds starts, from the next claim on. Twice is the same as once: who was first stays named. True: it was not held before.
///
/// # Errors
/// When the database fails.
pub async fn pause(tx: &mut Tx, by: &str) -> Result<bool, StoreError> {
    let now = tx.now().await?;
    let sql = "UPDATE queue_control SET paused_at = $1, paused_by = $2 WHERE paused_at IS NULL";
    Ok(crate::store::exec!(tx, sql, now, by)? > 0)
}

/// Lets starts go on. True: they were held.
///
/// # Errors
/// When the database fails.
pub async fn resume(tx: &mut Tx) -> Result<bool, StoreError> {
    let sql = "UPDATE queue_control SET paused_at = NULL, paused_by = NULL WHERE paused_at IS NOT NULL";
    Ok(crate::store::exec!(tx, sql)? > 0)
}

type Kept<T> = Arc<Mutex<Option<(Instant, Arc<T>)>>>;

/// One reading for all who ask within a second.
#[derive(Clone)]
pub struct Overview {
    db: Db,
    ways: Ways,
    live: Kept<AdminQueueLive>,
    history: Kept<Vec<QueueMinute>>,
}

impl Overview {
    const FRESH: Duration = Duration::from_millis(900);

    #[must_use]
    pub fn new(db: Db, ways: Ways) -> Self {
        Self { db, ways, live: Arc::default(), history: Arc::default() }
    }

    #[must_use]
    pub const fn ways(&self) -> Ways {
        self.ways
    }

    /// The figures, at most about a second old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live(&self) -> Result<Arc<AdminQueueLive>, StoreError> {
        self.live_after(Instant::now().checked_sub(Self::FRESH).unwrap_or_else(Instant::now)).await
    }

    /// The figures as they were read after a moment: for who has just changed something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_after(&self, moment: Instant) -> Result<Arc<AdminQueueLive>, StoreError> {
        let mut kept = self.live.lock().await;
        if let Some((at, live)) = &*kept
            && *at >= moment
        {
            return Ok(live.clone());
        }
        let begun = Instant::now();
        let read = Arc::new(live(&mut self.db.read().await?, self.ways).await?);
        *kept = Some((begun, read.clone()));
        Ok(read)
    }

    /// All of it; the half hour is at most about a second old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn whole_after(&self, moment: Instant) -> Result<AdminQueue, StoreError> {
        let live = self.live_after(moment).await?;
        let recent = Instant::now().checked_sub(Self::FRESH).unwrap_or_else(Instant::now);
        let mut kept = self.history.lock().await;
        let history = match &*kept {
            Some((at, history)) if *at >= recent => history.clone(),
            Some(_) | None => {
                let begun = Instant::now();
                let read = Arc::new(history(&mut self.db.read().await?).await?);
                *kept = Some((begun, read.clone()));
                read
            }
        };
        Ok(AdminQueue { live: (*live).clone(), history: (*history).clone() })
    }

    /// All of it, at most about a second old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn whole(&self) -> Result<AdminQueue, StoreError> {
        self.whole_after(Instant::now().checked_sub(Self::FRESH).unwrap_or_else(Instant::now)).await
    }
}
