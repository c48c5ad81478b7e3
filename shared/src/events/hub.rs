//! The fan-out within one api process: one reader follows the table and hands each event to the rooms that listen.
//!
//! A listener that comes back with a position gets what it missed from the table, then what is new; whatever the
//! channel dropped is read from the table again. So nothing is lost and nothing is told twice.

use super::log::{self, Kind, Position, StoredEvent};
use super::signals::Signals;
use crate::domain::time::Time;
use crate::measure;
use crate::queue::{
    self,
    line::{Line, LineCache},
};
use crate::store::{Db, StoreError};
use crate::trace;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Whose events one hears.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Room {
    User(String),
    /// Everybody's.
    Admin,
}

impl Room {
    fn user(&self) -> Option<&str> {
        match self {
            Self::User(id) => Some(id),
            Self::Admin => None,
        }
    }
}

/// Hands events on. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    epoch: String,
    rooms: Mutex<HashMap<Room, broadcast::Sender<Arc<StoredEvent>>>>,
    line: watch::Sender<Arc<Line>>,
    sign_outs: watch::Sender<u64>,
}

/// What a listener hears.
#[derive(Debug, Clone)]
pub enum Heard {
    Event(Arc<StoredEvent>),
    /// The line has moved. Comes at most once a second, the latest only.
    Line(Arc<Line>),
}

/// Events that wait for a listener who is slow; one who is slower reads the table. A user's are few, and users are many.
const fn room_for(room: &Room) -> usize {
    match room {
        Room::User(_) => 32,
        Room::Admin => 256,
    }
}
const BATCH: usize = 500;
/// How often the table is looked at without a notice.
const POLL: Duration = Duration::from_millis(1_000);
/// A row that a notice told of may not be below the horizon yet: look again soon, this often.
const SOON: Duration = Duration::from_millis(10);
const SOON_TIMES: u32 = 10;
/// The line is told at most this often.
const EVERY_LINE: Duration = Duration::from_secs(1);
/// And at least this long after, when nobody says that jobs changed.
const IDLE_LINE: Duration = Duration::from_millis(500);

impl Hub {
    #[must_use]
    pub fn new(db: Db, epoch: String) -> Self {
        let line = watch::Sender::new(Arc::default());
        Self { inner: Arc::new(Inner { db, epoch, rooms: Mutex::default(), line, sign_outs: watch::Sender::new(0) }) }
    }

    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.inner.epoch
    }

    /// Follows the table until told to end.
    pub async fn run(self, signals: Signals, line: LineCache, end: CancellationToken) {
        tokio::select! {
            () = end.cancelled() => {}
            () = self.follow(signals.clone()) => {}
            () = self.follow_line(signals, line) => {}
        }
    }

    async fn follow(&self, signals: Signals) {
        let mut events = signals.events();
        let mut at = loop {
            match self.head().await {
                Ok(at) => break at,
                Err(error) => {
                    tracing::warn!(%error, "events cannot be read yet");
                    tokio::time::sleep(POLL).await;
                }
            }
        };
        // Who has listened before read the table earlier than `at`: what came between is handed on by nobody, so they read again.
        self.rooms().clear();
        // Only PostgreSQL has a horizon; on SQLite what was told of is there.
        let again = if matches!(self.inner.db, Db::Sqlite { .. }) { 0 } else { SOON_TIMES };
        let mut soon = 0;
        loop {
            match self.pass_on(&mut at).await {
                // There may be more; otherwise what comes next is told of by a notice of its own.
                Ok(BATCH) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "events cannot be read"),
            }
            let wait = if soon > 0 { SOON } else { POLL };
            tokio::select! {
                _ = events.changed() => soon = again,
                () = tokio::time::sleep(wait) => soon = soon.saturating_sub(1),
            }
        }
    }

    async fn head(&self) -> Result<Position, StoreError> {
        log::head(&mut self.inner.db.read().await?).await
    }

    async fn pass_on(&self, at: &mut Position) -> Result<usize, StoreError> {
        let (events, now) = {
            let mut tx = self.inner.db.read().await?;
            let events = log::after(&mut tx, None, *at, BATCH as i64).await?;
            let now = if events.is_empty() { None } else { Some(tx.now().await?) };
            (events, now)
        };
        let told = self.hand_on(&events, at, now);
        if trace::is_on() {
            // Beside this: nobody is to hear of the next event later for it.
            tokio::spawn(traced(self.inner.db.clone(), told));
        }
        Ok(events.len())
    }

    /// Hands events to the rooms, and says which of them somebody hears.
    fn hand_on(&self, events: &[StoredEvent], at: &mut Position, now: Option<Time>) -> Vec<Arc<StoredEvent>> {
        let read = Instant::now();
        let mut told = Vec::new();
        let mut rooms = self.rooms();
        for event in events {
            let mut heard = false;
            if event.kind == Kind::SignedOut {
                self.inner.sign_outs.send_modify(|n| *n = n.wrapping_add(1));
            }
            let event = Arc::new(event.clone());
            for room in [Room::User(event.user_id.clone()), Room::Admin] {
                match rooms.get(&room).map(|sender| sender.send(event.clone())) {
                    Some(Ok(_)) => heard = true,
                    Some(Err(_)) => _ = rooms.remove(&room), // the last listener has left
                    None => {}
                }
            }
            *at = event.position;
            if let (true, Some(now)) = (heard, now) {
                measure::event_told(now.since(event.at) + read.elapsed());
                told.push(event);
            }
        }
        told
    }

    async fn follow_line(&self, signals: Signals, cache: LineCache) {
        let mut jobs = signals.jobs();
        loop {
            jobs.mark_unchanged();
            if self.inner.line.receiver_count() > 0 {
                // Read anew: one kept from just before the change that woke us would hide it.
                match cache.after(Instant::now()).await {
                    Ok(line) => _ = self.inner.line.send_replace(line),
                    Err(error) => tracing::debug!(%error, "the line cannot be read"),
                }
            }
            tokio::time::sleep(EVERY_LINE).await;
            // With nothing waiting little moves: workers and engines come and go, another process pauses the queue.
            if self.inner.line.borrow().waiting() == 0 {
                _ = tokio::time::timeout(IDLE_LINE, jobs.changed()).await;
            }
        }
    }

    /// Listens to a room from now on; `since` is where the listener is already.
    #[must_use]
    pub fn listen(&self, room: Room, since: Position) -> Listener {
        let live = self.subscribe(&room);
        let mut line = self.inner.line.subscribe();
        line.mark_changed();
        Listener { hub: self.clone(), room, at: since, live, behind: true, queue: VecDeque::new(), line }
    }

    fn subscribe(&self, room: &Room) -> broadcast::Receiver<Arc<StoredEvent>> {
        self.rooms().entry(room.clone()).or_insert_with(|| broadcast::Sender::new(room_for(room))).subscribe()
    }

    /// Changes whenever log-ins have ended, of whomever.
    #[must_use]
    pub fn sign_outs(&self) -> watch::Receiver<u64> {
        self.inner.sign_outs.subscribe()
    }

    /// Whether everything after a position is still kept, and the position is not from the future.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn can_resume(&self, at: Position) -> Result<bool, StoreError> {
        let mut tx = self.inner.db.read().await?;
        if at > log::head(&mut tx).await? {
            return Ok(false);
        }
        Ok(at >= log::pruned(&mut tx).await?)
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, HashMap<Room, broadcast::Sender<Arc<StoredEvent>>>> {
        self.inner.rooms.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Ends the traces that the events belong to: each was told of to those who listen here.
async fn traced(db: Db, events: Vec<Arc<StoredEvent>>) {
    #[derive(serde::Deserialize)]
    struct Told {
        id: String,
        status: Option<String>,
        job_id: Option<String>,
    }
    for event in events {
        let Ok(Told { id, status, job_id: Some(job) }) = serde_json::from_str(&event.payload) else { continue };
        let found = async { queue::get(&mut db.read().await?, &job).await };
        match found.await {
            Ok(Some(job)) => {
                let status = status.unwrap_or_default();
                let span = tracing::info_span!("event", otel.kind = "producer", desktop = id, status);
                trace::follow(&span, job.trace_id.as_deref());
                span.in_scope(|| {});
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "an event's trace is not known"),
        }
    }
}

/// One stream's ear.
pub struct Listener {
    hub: Hub,
    room: Room,
    at: Position,
    live: broadcast::Receiver<Arc<StoredEvent>>,
    /// The table has what the channel may not: read it first.
    behind: bool,
    queue: VecDeque<StoredEvent>,
    line: watch::Receiver<Arc<Line>>,
}

impl Listener {
    async fn missed(&self) -> Result<Vec<StoredEvent>, StoreError> {
        log::after(&mut self.hub.inner.db.read().await?, self.room.user(), self.at, BATCH as i64).await
    }

    /// What comes next. None: the database failed; the client comes back by its last id.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                self.at = event.position;
                return Some(Heard::Event(Arc::new(event)));
            }
            if self.behind {
                // Boxed: thousands wait below, and none of them needs the room for a query meanwhile.
                let missed = Box::pin(self.missed()).await.ok()?;
                self.behind = !missed.is_empty();
                self.queue.extend(missed);
                continue;
            }
            tokio::select! {
                event = self.live.recv() => match event {
                    Ok(event) if event.position > self.at => {
                        self.at = event.position;
                        return Some(Heard::Event(event));
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => self.behind = true,
                    Err(broadcast::error::RecvError::Closed) => {
                        self.live = self.hub.subscribe(&self.room);
                        self.behind = true;
                    }
                },
                changed = self.line.changed() => {
                    changed.ok()?;
                    return Some(Heard::Line(self.line.borrow_and_update().clone()));
                }
            }
        }
    }
}

impl Kind {
    /// Whether pages are told.
    #[must_use]
    pub const fn is_public(self) -> bool {
        match self {
            Self::Desktop | Self::Notice => true,
            Self::SignedOut => false,
        }
    }
}
