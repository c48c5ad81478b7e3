//! One stream of events: a snapshot or what was missed, then what comes, until the log-in or this process ends.
//!
//! Stored events carry an id to resume from. Places in line are computed, not stored: they have none, and only the
//! latest matters.

mod known;
mod snapshot;

use std::{collections::VecDeque, convert::Infallible, sync::atomic::AtomicI64, time::Duration};

use axum::response::sse::Event;
use berth_shared::{
    domain::desktop::QueueInfo,
    events::{Heard, Position, Room, StoredEvent},
    queue::line::Line,
};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::time::{Instant, Interval, interval_at};

use self::{known::Known, snapshot::Snapshot};
use crate::{
    auth::caller::Caller,
    ear::{Ear, Family, LOOK},
    problem::ApiError,
    state::{App, Figures, Gauge},
};

/// How long a browser waits before it comes back by itself.
const COME_BACK: Duration = Duration::from_secs(1);

pub struct Feed {
    app: App,
    family: Family,
    /// Whose places in line are told; None is everybody's.
    of: Option<String>,
    ear: Ear,
    known: Known,
    /// None: whatever the page believes is to be put right.
    places: Option<Vec<Place>>,
    heard_line: bool,
    looks: Interval,
    ready: VecDeque<Event>,
    _counted: Gauge<fn(&Figures) -> &AtomicI64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Place {
    desktop_id: String,
    queue: QueueInfo,
}

#[derive(Serialize)]
struct Places<'a> {
    items: &'a [Place],
}

impl Feed {
    /// Goes on after an event id, or begins with a snapshot when there is none, or it is too old or not ours.
    pub async fn open(app: &App, caller: &Caller, everybody: bool, after: Option<&str>) -> Result<Self, ApiError> {
        let of = (!everybody).then(|| caller.user.id.clone());
        let room = of.clone().map_or(Room::Admin, Room::User);
        let resumed = match after.and_then(|id| Position::parse(id, app.hub.epoch())) {
            Some(at) if app.hub.can_resume(at).await? => Some(at),
            _ => None,
        };
        let mut ready = VecDeque::new();
        let (at, known, places) = match resumed {
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
                let places = desktops
                    .iter()
                    .filter_map(|d| Some(Place { desktop_id: d.id.clone(), queue: d.queue.clone()? }))
                    .collect();
                (at, Known::of(&desktops), Some(places))
            }
        };
        Ok(Self {
            ear: Ear::new(&app.hub, room, at),
            family: caller.family(),
            of,
            known,
            places,
            heard_line: false,
            looks: interval_at(Instant::now() + LOOK, LOOK),
            ready,
            _counted: app.gauge(|figures: &Figures| &figures.sse_connections),
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
            tokio::select! {
                () = self.app.ending.cancelled() => return None,
                _ = self.looks.tick() => if self.family.has_vanished(&self.app).await { return None },
                heard = self.ear.next() => match heard {
                    Heard::Event(event) if self.family.ends_by(&event) => return None,
                    Heard::Event(event) => {
                        let told = self.tell(&event);
                        self.ready.extend(told);
                    }
                    Heard::Line(line) => {
                        let told = self.tell_places(&line).await;
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

    async fn tell_places(&mut self, heard: &Line) -> Option<Event> {
        // The first that a stream hears may be from before anybody listened.
        let fresh = if self.heard_line { None } else { self.app.line.now().await.ok() };
        self.heard_line = true;
        let line = fresh.as_deref().unwrap_or(heard);
        let places: Vec<Place> =
            line.of(self.of.as_deref()).into_iter().map(|(desktop_id, queue)| Place { desktop_id, queue }).collect();
        if self.places.as_ref() == Some(&places) {
            return None;
        }
        let data = serde_json::to_string(&Places { items: &places }).ok()?;
        self.places = Some(places);
        Some(Event::default().event("queue").data(data))
    }
}
