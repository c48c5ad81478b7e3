//! The circuit between this worker and its engine: while it is shut off, nothing is claimed, and what was under way waits
//! without using up a try.
//!
//! ```text
//!              refused, or two pings in a row without answer,
//!              or three calls of jobs in a row without answer
//!     open ───────────────────────────────────────────────────▶ shut ── one probe, at most a second apart
//!      ▲                                                          │
//!      └── it answers, and a hung one has had its pause ◀─────────┘
//! ```
//!
//! One probe a process ([`crate::tasks::probe`]) is all that asks while it is shut; jobs only tell what they met.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::runtime::Kind;

/// So many calls of jobs in a row without an answer, and the engine hangs, whatever it says to a ping.
const MOST_UNANSWERED: u32 = 3;
/// How long an engine that answers pings but no calls is left alone, at first and at most.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(crate) struct Circuit {
    open: watch::Sender<bool>,
    /// Somebody met an engine that does not answer: the probe looks at once.
    doubt: Notify,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// When it was last shut; None: never.
    shut_at: Option<Instant>,
    unanswered: u32,
    /// Not before then, however well it answers.
    pause_until: Option<Instant>,
    next_pause: Duration,
}

impl Circuit {
    /// Shut, until the engine has answered for the first time.
    pub(crate) fn new() -> Self {
        let seen = Seen { shut_at: Some(Instant::now()), ..Seen::default() };
        Self { open: watch::Sender::new(false), doubt: Notify::new(), seen: Mutex::new(seen) }
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// Whether it is shut, or was at any time since then.
    pub(crate) fn was_shut_since(&self, began: Instant) -> bool {
        !self.is_open() || self.seen().shut_at.is_some_and(|at| at >= began)
    }

    /// A job's word on what it met.
    pub(crate) fn met(&self, kind: Kind) {
        self.met_at(kind, Instant::now());
    }

    fn met_at(&self, kind: Kind, now: Instant) {
        let hangs = {
            let mut seen = self.seen();
            seen.unanswered = if kind == Kind::TimedOut { seen.unanswered + 1 } else { 0 };
            seen.unanswered >= MOST_UNANSWERED
        };
        if hangs {
            self.hangs(now);
        }
        if matches!(kind, Kind::TimedOut | Kind::EngineDown) {
            self.doubt.notify_one();
        }
    }

    /// A job was done: the engine does what it is asked.
    pub(crate) fn worked(&self) {
        let mut seen = self.seen();
        (seen.unanswered, seen.next_pause) = (0, SHORTEST_PAUSE);
    }

    /// It answers pings but no calls: shut for a while, longer each time, since no ping tells when that is over.
    fn hangs(&self, now: Instant) {
        let pause = {
            let mut seen = self.seen();
            let pause = seen.next_pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
            seen.pause_until = Some(now + pause);
            (seen.next_pause, seen.unanswered) = (pause * 2, 0);
            pause
        };
        tracing::warn!(?pause, "the container engine lets calls hang; nothing is asked of it for a while");
        self.shut_at(now);
    }

    pub(crate) fn shut(&self) {
        self.shut_at(Instant::now());
    }

    fn shut_at(&self, now: Instant) {
        self.seen().shut_at = Some(now);
        self.open.send_replace(false);
    }

    /// Opens it, unless a pause is still on. Whether it is open.
    pub(crate) fn answered(&self) -> bool {
        self.answered_at(Instant::now())
    }

    fn answered_at(&self, now: Instant) -> bool {
        let paused = self.seen().pause_until.is_some_and(|until| until > now);
        if !paused {
            self.open.send_if_modified(|open| !std::mem::replace(open, true));
        }
        !paused
    }

    /// Waits until a job doubts that the engine answers.
    pub(crate) async fn doubted(&self) {
        self.doubt.notified().await;
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_hang_shut_it_for_longer_each_time_and_one_that_works_forgives() {
        let circuit = Circuit::new();
        let mut now = Instant::now();
        assert!(!circuit.is_open() && circuit.answered_at(now) && circuit.is_open());
        for pause in [2, 4, 8] {
            let began = now;
            circuit.met_at(Kind::TimedOut, now);
            circuit.met_at(Kind::Transient, now);
            for _ in 0..MOST_UNANSWERED {
                assert!(circuit.is_open());
                circuit.met_at(Kind::TimedOut, now);
            }
            assert!(!circuit.is_open() && circuit.was_shut_since(began));
            now += Duration::from_secs(pause);
            assert!(!circuit.answered_at(now - Duration::from_millis(1)));
            assert!(circuit.answered_at(now));
            assert!(circuit.was_shut_since(began) && !circuit.was_shut_since(now));
        }
        circuit.worked();
        (0..MOST_UNANSWERED).for_each(|_| circuit.met_at(Kind::TimedOut, now));
        assert!(circuit.answered_at(now + SHORTEST_PAUSE));
    }
}
