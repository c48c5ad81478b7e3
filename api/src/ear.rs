//! Listening to a room for as long as a stream lives: goes on when the database comes back, and knows when a log-in ends.
use std::time::Duration;

use berth_shared::{
    events::{Heard, Hub, Kind, Position, Room, StoredEvent},
    store::{StoreError, sessions, tokens},
};
use serde::Deserialize;

use crate::state::App;

/// Between two looks whether a log-in still exists, in case that nobody told of its end: it ran out, say.
pub const LOOK: Duration = Duration::from_secs(60);
/// After the database failed.
const PAUSE: Duration = Duration::from_secs(1);

/// A listener that never gives up.
pub struct Ear {
    hub: Hub,
    room: Room,
    at: Position,
    listener: berth_shared::events::Listener,
}

impl Ear {
    /// Hears what comes after `at`.
    pub fn new(hub: &Hub, room: Room, at: Position) -> Self {
        Self { hub: hub.clone(), listener: hub.listen(room.clone(), at), room, at }
    }

    pub async fn next(&mut self) -> Heard {
        loop {
            match self.listener.next().await {
                Some(heard) => {
                    if let Heard::Event(event) = &heard {
                        self.at = event.position;
                    }
                    return heard;
                }
                None => {
                    tokio::time::sleep(PAUSE).await;
                    self.listener = self.hub.listen(self.room.clone(), self.at);
                }
            }
        }
    }
}

/// The log-in, or the token, that a stream belongs to.
#[derive(Debug, Clone)]
pub struct Family {
    pub user_id: String,
    pub session_id: String,
}

#[derive(Deserialize)]
struct SignedOut {
    /// None: all of the user's.
    sessions: Option<Vec<String>>,
}

impl Family {
    /// Whether this event ends it.
    pub fn ends_by(&self, event: &StoredEvent) -> bool {
        event.kind == Kind::SignedOut
            && event.user_id == self.user_id
            && serde_json::from_str::<SignedOut>(&event.payload)
                .is_ok_and(|ended| ended.sessions.is_none_or(|ids| ids.contains(&self.session_id)))
    }

    /// Whether it has gone without a word. A database that is away says nothing about anybody.
    pub async fn has_vanished(&self, app: &App) -> bool {
        let look = async {
            let mut tx = app.db.read().await?;
            Ok::<_, StoreError>(
                sessions::exists(&mut tx, &self.session_id).await? || tokens::lives(&mut tx, &self.session_id).await?,
            )
        };
        matches!(look.await, Ok(false))
    }

    /// Returns when it has gone without a word.
    pub async fn vanishes(&self, app: &App) {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.has_vanished(app).await {
                return;
            }
        }
    }
}
