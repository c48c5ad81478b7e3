//! What a page has seen in its snapshot. On PostgreSQL a change may be in the snapshot and come again as an event:
//! told twice it would do no harm to the page, but the contract says once.
use std::collections::HashMap;

use berth_shared::{
    domain::desktop::DesktopView,
    events::{Kind, StoredEvent},
};
use serde::Deserialize;

#[derive(Debug, Default)]
pub(super) struct Known {
    versions: HashMap<String, i64>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    /// None: deleted.
    version: Option<i64>,
}

impl Known {
    pub(super) fn of(desktops: &[DesktopView]) -> Self {
        Self { versions: desktops.iter().map(|d| (d.id.clone(), d.version)).collect() }
    }

    /// Whether the event tells more than the snapshot did.
    pub(super) fn is_news(&mut self, event: &StoredEvent) -> bool {
        if event.kind != Kind::Desktop || self.versions.is_empty() {
            return true;
        }
        let Ok(told) = serde_json::from_str::<Told>(&event.payload) else { return true };
        match (self.versions.get(&told.id), told.version) {
            (Some(seen), Some(version)) if version <= *seen => false,
            // From here on each is newer than the one before.
            _ => {
                self.versions.remove(&told.id);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::events::Position;

    use super::*;

    #[test]
    fn what_the_snapshot_had_is_not_told_again() {
        let event = |payload: &str| StoredEvent {
            position: Position { xid: 0, id: 1 },
            user_id: "u".to_owned(),
            kind: Kind::Desktop,
            payload: payload.to_owned(),
            at: berth_shared::domain::time::Time(0),
        };
        let mut known = Known { versions: [("a".to_owned(), 3)].into() };
        assert!(!known.is_news(&event(r#"{"id":"a","version":2}"#)));
        assert!(!known.is_news(&event(r#"{"id":"a","version":3}"#)));
        assert!(known.is_news(&event(r#"{"id":"b","version":1}"#)));
        assert!(known.is_news(&event(r#"{"id":"a","version":4}"#)));
        assert!(known.is_news(&event(r#"{"id":"a","deleted":true}"#)));
    }
}
