//! Whom session tokens named a moment ago, so that a page that calls ten times a second is looked up once. At most a
//! second old, which is how long another api may let a log-in live on; what is changed here, or told of by an event, is
//! forgotten at once.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::caller::Caller;

/// From when the database was asked.
const FRESH: Duration = Duration::from_secs(1);
/// Callers kept at most; each is a few hundred bytes.
const MOST: usize = 10_000;

#[derive(Clone, Default)]
pub struct Callers {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    by_token: HashMap<String, (Arc<Caller>, Instant)>,
    /// Grows when all is forgotten.
    forgotten: u64,
}

/// Taken before the database is asked: what it says may be old by the time that it is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    at: Instant,
    forgotten: u64,
}

impl Callers {
    pub fn get(&self, token_hash: &str) -> Option<Arc<Caller>> {
        let kept = self.kept();
        let (caller, until) = kept.by_token.get(token_hash)?;
        (*until > Instant::now()).then(|| caller.clone())
    }

    pub fn asked(&self) -> Asked {
        Asked { at: Instant::now(), forgotten: self.kept().forgotten }
    }

    /// Keeps what the database said, for as long as the session token lasts (`lasts`) and no longer than a second.
    pub fn keep(&self, asked: Asked, token_hash: String, caller: Arc<Caller>, lasts: Duration) {
        let mut kept = self.kept();
        if kept.forgotten != asked.forgotten {
            return;
        }
        if kept.by_token.len() >= MOST {
            let now = Instant::now();
            kept.by_token.retain(|_, (_, until)| *until > now);
        }
        if kept.by_token.len() < MOST {
            kept.by_token.insert(token_hash, (caller, asked.at + lasts.min(FRESH)));
        }
    }

    /// To be called after each commit that changed log-ins or people.
    pub fn forget(&self) {
        let mut kept = self.kept();
        kept.forgotten = kept.forgotten.wrapping_add(1);
        kept.by_token.clear();
    }

    /// Forgets whenever an event tells of a log-in's end, here or elsewhere.
    pub async fn follow(self, mut ends: watch::Receiver<u64>) {
        while ends.changed().await.is_ok() {
            self.forget();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{
        domain::{time::Time, user::Role},
        store::users::User,
    };

    use super::*;

    const LONG: Duration = Duration::from_secs(900);

    fn caller() -> Arc<Caller> {
        let user = User::new("ada", Role::User, Time::of_this_process());
        Arc::new(Caller { user, session_id: "s".into(), token: None })
    }

    #[test]
    fn what_is_kept_is_found_until_it_is_forgotten() {
        let callers = Callers::default();
        callers.keep(callers.asked(), "a".into(), caller(), LONG);
        assert_eq!(callers.get("a").unwrap().session_id, "s");
        assert!(callers.get("b").is_none());
        callers.forget();
        assert!(callers.get("a").is_none());
    }

    #[test]
    fn what_was_asked_before_is_not_kept_after() {
        let callers = Callers::default();
        let asked = callers.asked();
        callers.forget();
        callers.keep(asked, "a".into(), caller(), LONG);
        assert!(callers.get("a").is_none());
    }

    #[test]
    fn it_lasts_a_second_and_no_longer_than_the_token() {
        let callers = Callers::default();
        let asked = callers.asked();
        callers.keep(asked, "over".into(), caller(), Duration::ZERO);
        assert!(callers.get("over").is_none());
        callers.keep(Asked { at: asked.at - FRESH, ..asked }, "old".into(), caller(), LONG);
        assert!(callers.get("old").is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let callers = Callers::default();
        let asked = callers.asked();
        for n in 0..MOST + 5 {
            callers.keep(asked, n.to_string(), caller(), LONG);
        }
        assert!(callers.kept().by_token.len() <= MOST);
        let old = Asked { at: asked.at - FRESH, ..asked };
        callers.forget();
        let old = Asked { forgotten: 1, ..old };
        for n in 0..MOST {
            callers.keep(old, n.to_string(), caller(), LONG);
        }
        callers.keep(callers.asked(), "new".into(), caller(), LONG);
        assert!(callers.get("new").is_some());
    }
}
