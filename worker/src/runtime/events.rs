//! What happens to our containers, as the engine tells it: the stream behind "noticed within 2 s".
//!
//! The stream heals itself: it reconnects with a backoff, and a ping now and then finds an engine that hangs without hanging up.
//! After each [`EngineEvent::EngineUp`] something may have happened unseen, so whoever listens compares what it knows
//! with what is there. From the engine's time read before that event on, nothing is missed.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bollard::errors::Error as Bollard;
use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::engine::{Call, Engine};
use super::error::EngineError;
use super::names::{LABEL_DESKTOP, LABEL_GENERATION};

const EVENTS: Call = Call::new("events", 5);
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
const PING_EVERY: Duration = Duration::from_secs(5);

/// News of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    /// The stream is open, for the first time or again: compare now.
    EngineUp,
    /// The engine went away, or was not there to begin with. Said once, until it is up again.
    EngineDown { detail: String },
    /// Something happened to a desktop's container.
    Desktop { happening: Happening, container_id: String, desktop: String, generation: i64 },
}

/// What happened to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    Started,
    /// Its program ended, by itself or because it was told to.
    Died {
        exit_code: i64,
    },
    /// The kernel killed a process of it for lack of memory; the desktop may live on.
    OutOfMemory,
    /// Somebody asked it to stop, and it did.
    Stopped,
    /// It was removed.
    Destroyed,
}

type Stories = Pin<Box<dyn Stream<Item = Result<EventMessage, Bollard>> + Send>>;

impl Engine {
    /// Opens the stream. It goes on until the receiver is dropped.
    #[must_use]
    pub fn events(&self) -> mpsc::Receiver<EngineEvent> {
        let (sender, receiver) = mpsc::channel(256);
        let engine = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = sender.closed() => {}
                () = engine.tell_for_ever(&sender) => {}
            }
        });
        receiver
    }

    async fn tell_for_ever(&self, sender: &mpsc::Sender<EngineEvent>) {
        let fresh = || {
            let waits = ExponentialBuilder::default().with_min_delay(SHORTEST_WAIT).with_max_delay(LONGEST_WAIT);
            waits.with_jitter().without_max_times().build()
        };
        let mut waits = fresh();
        let mut told_down = false;
        loop {
            let why = match self.open_stream().await {
                Ok(stories) => {
                    waits = fresh();
                    told_down = false;
                    let _ = sender.send(EngineEvent::EngineUp).await;
                    self.tell(stories, sender).await
                }
                Err(error) => error.to_string(),
            };
            tracing::debug!(why, "engine events: connection lost");
            // A stream that merely ended is taken up again at once; only an engine that does not answer is down.
            if !told_down && let Err(error) = self.ping(Instant::now() + EVENTS.cap).await {
                told_down = true;
                let _ = sender.send(EngineEvent::EngineDown { detail: error.to_string() }).await;
            }
            sleep(waits.next().unwrap_or(LONGEST_WAIT)).await;
        }
    }

    async fn open_stream(&self) -> Result<Stories, EngineError> {
        let until = Instant::now() + EVENTS.cap;
        // The engine keeps its last events: asking from its own time before the request leaves no gap.
        let since = self.info(until).await?.now.unwrap_or_else(Timestamp::now);
        let filters = HashMap::from([
            ("type", vec!["container".to_owned()]),
            ("label", vec![self.installation().filter()]),
            ("event", ["start", "die", "oom", "stop", "destroy"].map(str::to_owned).to_vec()),
        ]);
        let since = format!("{}.{:09}", since.as_second(), since.subsec_nanosecond());
        let options = EventsOptionsBuilder::default().since(&since).filters(&filters).build();
        self.call(EVENTS, until, |docker| async move { Ok(Box::pin(docker.events(Some(options))) as Stories) }).await
    }

    /// Passes on what the stream says until it ends or the engine no longer answers; tells why.
    async fn tell(&self, mut stories: Stories, sender: &mpsc::Sender<EngineEvent>) -> String {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                story = stories.next() => match story {
                    Some(Ok(message)) => {
                        if let Some(event) = read(message) {
                            let _ = sender.send(event).await;
                        }
                    }
                    Some(Err(error)) => return EngineError::of(EVENTS.name, error).to_string(),
                    None => return "the engine ended the stream".to_owned(),
                },
                _ = pings.tick() => {
                    if let Err(error) = self.ping(Instant::now() + EVENTS.cap).await {
                        return error.to_string();
                    }
                }
            }
        }
    }
}

fn read(message: EventMessage) -> Option<EngineEvent> {
    let actor = message.actor?;
    let facts = actor.attributes?;
    let happening = match message.action?.as_str() {
        "start" => Happening::Started,
        "die" => Happening::Died { exit_code: facts.get("exitCode")?.parse().ok()? },
        "oom" => Happening::OutOfMemory,
        "stop" => Happening::Stopped,
        "destroy" => Happening::Destroyed,
        _ => return None,
    };
    Some(EngineEvent::Desktop {
        happening,
        container_id: actor.id?,
        desktop: facts.get(LABEL_DESKTOP)?.clone(),
        generation: facts.get(LABEL_GENERATION)?.parse().ok()?,
    })
}
