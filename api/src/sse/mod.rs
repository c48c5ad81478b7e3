//! One stream of events: a snapshot or what was missed, then what comes, until the log-in or this process ends.
//!
//! Stored events carry an id to resume from. Places in line and the queue's figures are computed, not stored: they have
//! none, and only the latest matters. A user's room is told its own places and what holds starts; the admin room the
//! figures.

mod known;
mod places;
mod snapshot;

use std::{collections::VecDeque, convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use axum::response::sse::Event;
use berth_shared::{
    domain::desktop::{QueueInfo, QueueReason},
    events::{Heard, Position, Room, StoredEvent},
    measure::{self, Held},
    queue::{line::Line, overview::AdminQueueLive},
};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::time::{Instant, Interval, interval_at};

pub use self::places::{EventStreams, MOST, OpenStream};
use self::{known::Known, snapshot::Snapshot};
use crate::{
    auth::caller::Caller,
    ear::{Ear, Family, LOOK},
    problem::ApiError,
    state::App,
};

/// How long a browser waits before it comes back by itself.
const COME_BACK: Duration = Duration::from_secs(1);
/// And when this process ends: another one is there already.
const MOVE: Duration = Duration::from_millis(100);

pub struct Feed {
    app: App,
    family: Family,
    /// Whose places in line are told; None is everybody's.
    of: Option<String>,
    ear: Ear,
    known: Known,
    queue: ToldQueue,
    heard_line: bool,
    looks: Interval,
    ready: VecDeque<Event>,
    leaves: Pin<Box<dyn Future<Output = ()> + Send>>,
    told_to_move: bool,
    _counted: measure::Open,
    _open: OpenStream,
}

/// What the page was told of the queue last. None: whatever it believes is to be put right.
enum ToldQueue {
    Own(Option<Places>),
    Figures(Option<Arc<AdminQueueLive>>),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Place {
    desktop_id: String,
    queue: QueueInfo,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Places {
    items: Vec<Place>,
    /// Why no start of anybody moves.
    held: Option<QueueReason>,
}

impl Feed {
    /// Goes on after an event id, or begins with a snapshot when there is none, or it is too old or not ours.
    pub async fn open(app: &App, caller: &Caller, everybody: bool, after: Option<&str>) -> Result<Self, ApiError> {
        let open = app.event_streams.open(&caller.user.id).ok_or(ApiError::TooManyEventStreams { limit: MOST })?;
        let of = (!everybody).then(|| caller.user.id.clone());
        let room = of.clone().map_or(Room::Admin, Room::User);
        let resumed = match after.and_then(|id| Position::parse(id, app.hub.epoch())) {
            Some(at) if app.hub.can_resume(at).await? => Some(at),
            _ => None,
        };
        let mut ready = VecDeque::new();
        let (at, known, items) = match resumed {
            Some(at) => {
                // Something at once, so that the browser and proxies see that it is open.
                ready.push_back(Event::default().retry(COME_BACK).comment("resumed"));
                (at, Known::default(), None)
            }
            None => {
                let Snapshot { at, desktops } = Snapshot::take(app, of.as_deref()).await?;
                let data = snapshot::json(&desktops)?;
                let id = at.to_text(app.hub.epoch());
                ready.push_back(Event::default().retry(COME_BACK).event("snapshot").id(id).data(data));
                let items = desktops
                    .iter()
                    .filter_map(|d| Some(Place { desktop_id: d.id.clone(), queue: d.queue.clone()? }))
                    .collect();
                (at, Known::of(&desktops), Some(items))
            }
        };
        let queue = match &of {
            Some(_) => ToldQueue::Own(items.map(|items| Places { items, held: None })),
            None => ToldQueue::Figures(None),
        };
        Ok(Self {
            ear: Ear::new(&app.hub, room, at),
            family: caller.family(),
            of,
            known,
            queue,
            heard_line: false,
            looks: interval_at(Instant::now() + LOOK, LOOK),
            ready,
            leaves: Box::pin(app.stream_ends()),
            told_to_move: false,
            _counted: measure::open(Held::EventStream),
            _open: open,
            app: app.clone(),
        })
    }

    pub fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut feed| async move { feed.next().await.map(|event| (Ok(event), feed)) })
    }

    /// None: the log-in or this process ends; the page comes back by its last id.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.told_to_move {
                return None;
            }
            tokio::select! {
                () = &mut self.leaves => {
                    self.told_to_move = true;
                    self.ready.push_back(Event::default().retry(MOVE).comment("this server ends, come back"));
                }
                // What is rare, and needs room for a query, has none in each stream that waits.
                _ = self.looks.tick() => if Box::pin(self.family.has_vanished(&self.app)).await { return None },
                heard = self.ear.next() => match heard {
                    Heard::Event(event) if self.family.ends_by(&event) => return None,
                    Heard::Event(event) => {
                        let told = self.tell(&event);
                        self.ready.extend(told);
                    }
                    Heard::Line(line) => {
                        let told = Box::pin(self.tell_queue(&line)).await;
                        self.ready.extend(told);
                    }
                },
            }
        }
    }

    fn tell(&mut self, event: &StoredEvent) -> Option<Event> {
        if !event.kind.is_public() || !self.known.is_news(event) {
            return None;
        }
        let id = event.position.to_text(self.app.hub.epoch());
        Some(Event::default().event(event.kind.as_str()).id(id).data(&event.payload))
    }

    async fn tell_queue(&mut self, heard: &Line) -> Option<Event> {
        let data = match &mut self.queue {
            ToldQueue::Own(told) => {
                // The first that a stream hears may be from before anybody listened.
                let fresh = if self.heard_line { None } else { self.app.line.now().await.ok() };
                self.heard_line = true;
                let line = fresh.as_deref().unwrap_or(heard);
                let items = line.of(self.of.as_deref()).into_iter();
                let items = items.map(|(desktop_id, queue)| Place { desktop_id, queue }).collect();
                let places = Places { items, held: line.held().cloned() };
                if told.as_ref() == Some(&places) {
                    return None;
                }
                serde_json::to_string(told.insert(places))
            }
            ToldQueue::Figures(told) => {
                let figures = self.app.overview.live().await.ok()?;
                if told.as_ref() == Some(&figures) {
                    return None;
                }
                serde_json::to_string(told.insert(figures).as_ref())
            }
        };
        Some(Event::default().event("queue").data(data.ok()?))
    }
}
