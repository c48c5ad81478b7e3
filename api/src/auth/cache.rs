//! Whom session tokens named a moment ago, so that a page that calls ten times a second is looked up once. At most a
//! second old, which is how long another api may let a log-in live on; what is changed here, or told of by an event or over
//! Redis, is forgotten at once. While the link over Redis proves that nothing said was missed, it may be older.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use berth_shared::events::{Fanout, Whose};
use tokio::sync::watch;

use super::caller::Caller;

/// From when the database was asked.
const FRESH: Duration = Duration::from_secs(1);
/// The same while others would have told.
const TOLD: Duration = Duration::from_secs(15);
/// Callers kept at most; each is a few hundred bytes.
const MOST: usize = 10_000;

#[derive(Clone, Default)]
pub struct Callers {
    kept: Arc<Mutex<Kept>>,
    redis: Option<Fanout>,
}

#[derive(Default)]
struct Kept {
    by_token: HashMap<String, Entry>,
    /// Grows when anything is forgotten.
    forgotten: u64,
}

struct Entry {
    caller: Arc<Caller>,
    asked_at: Instant,
    /// When the session token runs out.
    until: Instant,
}

impl Entry {
    fn holds(&self, told: bool) -> bool {
        self.until > Instant::now() && self.asked_at.elapsed() < if told { TOLD } else { FRESH }
    }
}

/// Taken before the database is asked: what it says may be old by the time that it is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    at: Instant,
    forgotten: u64,
}

impl Callers {
    /// Forgets what other apis say over Redis, and says there what they are to forget.
    #[must_use]
    pub fn told_by(redis: Option<&Fanout>) -> Self {
        let callers = Self { kept: Arc::default(), redis: redis.cloned() };
        if let Some(redis) = redis {
            let kept = Arc::clone(&callers.kept);
            redis.on_people(move |whose| forget(&kept, whose));
        }
        callers
    }

    pub fn get(&self, token_hash: &str) -> Option<Arc<Caller>> {
        let told = self.is_told();
        let kept = self.kept();
        let entry = kept.by_token.get(token_hash)?;
        entry.holds(told).then(|| entry.caller.clone())
    }

    pub fn asked(&self) -> Asked {
        Asked { at: Instant::now(), forgotten: self.kept().forgotten }
    }

    /// Keeps what the database said, for as long as the session token lasts (`lasts`) and no longer than we may.
    pub fn keep(&self, asked: Asked, token_hash: String, caller: Arc<Caller>, lasts: Duration) {
        let told = self.is_told();
        let mut kept = self.kept();
        if kept.forgotten != asked.forgotten {
            return;
        }
        if kept.by_token.len() >= MOST {
            kept.by_token.retain(|_, entry| entry.holds(told));
        }
        if kept.by_token.len() < MOST {
            kept.by_token.insert(token_hash, Entry { caller, asked_at: asked.at, until: asked.at + lasts });
        }
    }

    /// To be called after each commit that changed somebody's log-ins or rights, or those of many.
    pub fn forget(&self, whose: &Whose) {
        forget(&self.kept, whose);
        if let Some(redis) = &self.redis {
            redis.people(whose);
        }
    }

    fn is_told(&self) -> bool {
        self.redis.as_ref().is_some_and(Fanout::proven)
    }

    /// Forgets whenever an event tells of a log-in's end, here or elsewhere.
    pub async fn follow(self, mut ends: watch::Receiver<u64>) {
        while ends.changed().await.is_ok() {
            forget(&self.kept, &Whose::Everybody);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}

fn forget(kept: &Mutex<Kept>, whose: &Whose) {
    let mut kept = lock(kept);
    kept.forgotten = kept.forgotten.wrapping_add(1);
    match whose {
        Whose::Everybody => kept.by_token.clear(),
        Whose::User(id) => kept.by_token.retain(|_, entry| entry.caller.user.id != *id),
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
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
        callers.forget(&Whose::User("somebody else".into()));
        assert!(callers.get("a").is_some());
        callers.forget(&Whose::User(callers.get("a").unwrap().user.id.clone()));
        assert!(callers.get("a").is_none());
        callers.keep(callers.asked(), "a".into(), caller(), LONG);
        callers.forget(&Whose::Everybody);
        assert!(callers.get("a").is_none());
    }

    #[test]
    fn what_was_asked_before_is_not_kept_after() {
        let callers = Callers::default();
        let asked = callers.asked();
        callers.forget(&Whose::Everybody);
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
        callers.forget(&Whose::Everybody);
        let old = Asked { forgotten: 1, ..old };
        for n in 0..MOST {
            callers.keep(old, n.to_string(), caller(), LONG);
        }
        callers.keep(callers.asked(), "new".into(), caller(), LONG);
        assert!(callers.get("new").is_some());
    }
}
