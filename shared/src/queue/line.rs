//! The line as the claim order really says: who waits, in which place, how long, and why.
//!
//! The wait is reckoned from the middle duration of the last starts, the slots and who runs in them; where nothing was
//! measured or nothing moves it is null, never a guess.

use crate::domain::desktop::{QueueInfo, QueueReason, QueueReasonCode, Slots};
use crate::domain::time::Time;
use crate::store::{Db, StoreError, Tx, all, one, opt};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A snapshot of the line.
#[derive(Debug, Clone, Default)]
pub struct Line {
    waiting: Vec<Waiting>,
    places: HashMap<String, usize>,
    pub slots: Slots,
    /// How long each running start has been at it.
    running_seconds: Vec<f64>,
    typical_seconds: Option<f64>,
    held: Option<QueueReason>,
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct Waiting {
    desktop_id: String,
    user_id: String,
    state: String,
    created_at: Time,
    run_at: Time,
    wait_code: Option<String>,
    last_error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct NodeRow {
    engine_up: bool,
    start_slots: i64,
    workers: i64,
}

/// How many of the last starts are looked at.
const MEASURED: i64 = 20;

impl Line {
    /// Reads the line. `silent_after`: a worker that has not been heard of for this long is no worker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(tx: &mut Tx, silent_after: Duration) -> Result<Self, StoreError> {
        let now = tx.now().await?;
        let waiting = all!(
            tx,
            Waiting,
            "SELECT desktop_id, user_id, state, created_at, run_at, wait_code, last_error FROM jobs \
             WHERE priority = 1 AND state IN ('available', 'scheduled', 'retryable') \
             ORDER BY CASE state WHEN 'available' THEN 0 ELSE 1 END, rank, created_at, id",
        )?;
        let running = all!(tx, (Time,), "SELECT started_at FROM jobs WHERE priority = 1 AND state = 'running'")?;
        let nodes = all!(
            tx,
            NodeRow,
            "SELECT n.engine_up, n.start_slots, (SELECT count(*) FROM workers w WHERE w.node_id = n.id \
             AND w.state = 'live' AND w.last_seen_at >= $1) AS workers FROM nodes n",
            now.minus(silent_after),
        )?;
        let took = all!(
            tx,
            (i64,),
            "SELECT finished_at - started_at FROM jobs WHERE finished_at IS NOT NULL AND state = 'completed' \
             AND priority = 1 ORDER BY finished_at DESC LIMIT $1",
            MEASURED,
        )?;
        let paused = opt!(
            tx,
            (Time, Option<String>),
            "SELECT paused_at, paused_by FROM queue_control WHERE paused_at IS NOT NULL"
        )?;
        let busy = one!(tx, (i64,), "SELECT count(*) FROM start_slots WHERE job_id IS NOT NULL")?.0;

        let total = nodes.iter().filter(|n| n.workers > 0 && n.engine_up).map(|n| n.start_slots).sum();
        let mut took: Vec<i64> = took.into_iter().map(|(t,)| t).collect();
        took.sort_unstable();
        Ok(Self {
            places: waiting.iter().enumerate().map(|(at, w)| (w.desktop_id.clone(), at)).collect(),
            waiting,
            slots: Slots { busy, total },
            running_seconds: running.iter().map(|(at,)| now.since(*at).as_secs_f64()).collect(),
            typical_seconds: took
                .get(took.len() / 2)
                .map(|micros| Duration::from_micros(u64::try_from(*micros).unwrap_or(0)).as_secs_f64()),
            held: held(&nodes, paused),
        })
    }

    /// How many starts wait.
    #[must_use]
    pub fn waiting(&self) -> i64 {
        i64::try_from(self.waiting.len()).unwrap_or(i64::MAX)
    }

    /// Who has starts waiting.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.waiting.iter().map(|w| w.user_id.as_str())
    }

    /// The waiting desktops of one user with their places, or of everybody.
    #[must_use]
    pub fn of(&self, user_id: Option<&str>) -> Vec<(String, QueueInfo)> {
        self.waiting
            .iter()
            .enumerate()
            .filter(|(_, w)| user_id.is_none_or(|user| user == w.user_id))
            .map(|(at, w)| (w.desktop_id.clone(), self.at(at)))
            .collect()
    }

    /// The place of one desktop, if it waits.
    #[must_use]
    pub fn info(&self, desktop_id: &str) -> Option<QueueInfo> {
        self.places.get(desktop_id).map(|at| self.at(*at))
    }

    /// What a start asked for now, at the end of the line, would wait until it runs.
    #[must_use]
    pub fn wait_for_one_more(&self) -> Option<f64> {
        if self.held.is_some() { None } else { self.wait(self.ready_count()) }
    }

    fn ready_count(&self) -> usize {
        self.waiting.iter().take_while(|w| w.state == "available").count()
    }

    fn at(&self, at: usize) -> QueueInfo {
        let me = &self.waiting[at];
        if me.state != "available" && self.held.is_none() {
            return QueueInfo {
                position: None,
                eta_seconds: None,
                ahead: i64::try_from(self.ready_count()).unwrap_or(0),
                slots: self.slots,
                reason: Some(paused_between_tries(me)),
            };
        }
        let ahead = at.min(self.ready_count());
        QueueInfo {
            position: i64::try_from(ahead + 1).ok(),
            eta_seconds: if self.held.is_some() { None } else { self.wait(ahead) },
            ahead: i64::try_from(ahead).unwrap_or(0),
            slots: self.slots,
            reason: self.held.clone().or_else(|| self.turn(at)),
        }
    }

    /// Why it is not this one's turn: others came first, or others have fewer starts under way.
    /// None: it is its turn, and a worker takes it any moment.
    fn turn(&self, at: usize) -> Option<QueueReason> {
        if at == 0 && self.slots.busy < self.slots.total {
            return None;
        }
        let me = &self.waiting[at];
        let passed = self.waiting[..at].iter().any(|w| w.user_id != me.user_id && w.created_at > me.created_at);
        let (code, text) = if passed {
            (QueueReasonCode::FairTurn, "Users with fewer starts under way are served first.".to_owned())
        } else {
            let total = self.slots.total;
            (
                QueueReasonCode::NoStartSlot,
                format!("The server starts {total} desktops at a time; {at} starts go before this one."),
            )
        };
        Some(QueueReason { code, text, retry_at: None })
    }

    /// Plays the line forward: each start takes the slot that is free first, and the typical time.
    fn wait(&self, ahead: usize) -> Option<f64> {
        let typical = self.typical_seconds?;
        let total = usize::try_from(self.slots.total).ok().filter(|total| *total > 0)?;
        let mut free_at: Vec<f64> = self.running_seconds.iter().map(|ran| (typical - ran).max(0.0)).collect();
        free_at.sort_by(f64::total_cmp);
        free_at.resize(free_at.len().max(total), 0.0);
        free_at.sort_by(f64::total_cmp);
        for _ in 0..ahead {
            free_at[0] += typical;
            free_at.sort_by(f64::total_cmp);
        }
        let seconds = free_at[0] + typical;
        Some((seconds * 10.0).round() / 10.0)
    }
}

fn held(nodes: &[NodeRow], paused: Option<(Time, Option<String>)>) -> Option<QueueReason> {
    let because = |code, text: String| Some(QueueReason { code, text, retry_at: None });
    if let Some((at, by)) = paused {
        let by = by.unwrap_or_else(|| "an administrator".to_owned());
        return because(QueueReasonCode::Paused, format!("Starts are held by {by} since {at}."));
    }
    let live: Vec<_> = nodes.iter().filter(|n| n.workers > 0).collect();
    if live.is_empty() {
        return because(QueueReasonCode::NoWorker, "No worker is running.".to_owned());
    }
    if live.iter().all(|n| !n.engine_up) {
        return because(QueueReasonCode::EngineDown, "The container engine does not answer.".to_owned());
    }
    None
}

fn paused_between_tries(me: &Waiting) -> QueueReason {
    let code = me.wait_code.clone().and_then(|c| QueueReasonCode::try_from(c).ok()).unwrap_or(QueueReasonCode::Backoff);
    QueueReason { code, text: me.last_error.clone().unwrap_or_default(), retry_at: Some(me.run_at) }
}

type Kept = (Instant, Arc<Line>);

/// One line for all who ask within a moment.
#[derive(Clone)]
pub struct LineCache {
    db: Db,
    silent_after: Duration,
    kept: Arc<Mutex<Option<Kept>>>,
}

impl LineCache {
    const FRESH: Duration = Duration::from_millis(250);

    #[must_use]
    pub fn new(db: Db, silent_after: Duration) -> Self {
        Self { db, silent_after, kept: Arc::default() }
    }

    /// The line, at most a quarter of a second old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn now(&self) -> Result<Arc<Line>, StoreError> {
        let recent = Instant::now().checked_sub(Self::FRESH).unwrap_or_else(Instant::now);
        self.after(recent).await
    }

    /// The line as it was read after a moment: for who has just committed something. Many who ask at once share one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn after(&self, moment: Instant) -> Result<Arc<Line>, StoreError> {
        let mut kept = self.kept.lock().await;
        if let Some((at, line)) = &*kept
            && *at >= moment
        {
            return Ok(line.clone());
        }
        let begun = Instant::now();
        let line = Arc::new(Line::load(&mut self.db.read().await?, self.silent_after).await?);
        *kept = Some((begun, line.clone()));
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(running: &[f64], total: i64, typical: Option<f64>) -> Line {
        Line {
            slots: Slots { busy: 0, total },
            running_seconds: running.to_vec(),
            typical_seconds: typical,
            ..Line::default()
        }
    }

    #[test]
    fn the_wait_is_played_forward_over_the_slots() {
        let two = line(&[1.0, 0.0], 2, Some(3.0));
        assert_eq!(two.wait(0), Some(5.0)); // the slot that began 1 s ago frees in 2 s
        assert_eq!(two.wait(1), Some(6.0));
        assert_eq!(two.wait(2), Some(8.0));
        assert_eq!(line(&[], 4, Some(3.0)).wait(0), Some(3.0));
    }

    #[test]
    fn what_was_not_measured_is_not_guessed() {
        assert_eq!(line(&[], 4, None).wait(0), None);
        assert_eq!(line(&[], 0, Some(3.0)).wait(0), None);
    }
}
