//! How many streams of events each user has open with this process.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Most of one user: a page has one, so these are as many windows.
pub const MOST: u32 = 20;

#[derive(Clone, Default)]
pub struct EventStreams {
    open: Arc<Mutex<HashMap<String, u32>>>,
}

/// A stream that is open for as long as this lives.
pub struct OpenStream {
    all: EventStreams,
    user_id: String,
}

impl EventStreams {
    /// None: there are as many as there may be.
    pub fn open(&self, user_id: &str) -> Option<OpenStream> {
        let mut open = self.map();
        let count = open.entry(user_id.to_owned()).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(OpenStream { all: self.clone(), user_id: user_id.to_owned() })
    }

    fn map(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.all.map();
        if let Some(count) = open.get_mut(&self.user_id) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.user_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EventStreams, MOST};

    #[test]
    fn each_user_has_so_many_and_room_comes_back() {
        let streams = EventStreams::default();
        let mut open: Vec<_> = (0..MOST).map(|_| streams.open("ada").unwrap()).collect();
        assert!(streams.open("ada").is_none());
        assert!(streams.open("bob").is_some());
        open.pop();
        assert!(streams.open("ada").is_some());
        drop(open);
        assert!(streams.map().is_empty());
    }
}
