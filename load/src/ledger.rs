//! What is written down while a load runs: how long each call and each wait took, what failed, what was refused. Everything
//! else that is said afterwards is made of this.

use hdrhistogram::Histogram;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What somebody waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wait {
    /// From the click to a worker having begun.
    Claimed,
    /// From the click to running.
    Running,
    /// From a worker's finding it ready to the page's hearing so, by the clocks of both.
    Told,
    /// From opening a desktop to its first picture.
    Picture,
    /// From asking for its end to being stopped.
    Stopped,
    /// From asking for its deletion to being gone.
    Gone,
    /// From losing the event stream to having it again.
    Back,
}

impl Wait {
    pub(crate) const ALL: [Self; 7] =
        [Self::Claimed, Self::Running, Self::Told, Self::Picture, Self::Stopped, Self::Gone, Self::Back];

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Claimed => "click → begun",
            Self::Running => "click → running",
            Self::Told => "ready → heard on the page",
            Self::Picture => "opened → first picture",
            Self::Stopped => "stop → stopped",
            Self::Gone => "delete → gone",
            Self::Back => "event stream lost → back",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Running => "running",
            Self::Told => "told",
            Self::Picture => "picture",
            Self::Stopped => "stopped",
            Self::Gone => "gone",
            Self::Back => "back",
        }
    }
}

const LONGEST: Duration = Duration::from_secs(86_400);

/// Times, in microseconds inside.
#[derive(Debug, Clone)]
pub(crate) struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        // Three digits, and it grows with what it is told: this is refused for more digits only.
        Self(Histogram::new(3).expect("three digits are few enough"))
    }
}

impl Times {
    pub(crate) fn add(&mut self, took: Duration) {
        // Nobody waits for longer than a day: then recording cannot fail.
        _ = self.0.record(u64::try_from(took.min(LONGEST).as_micros()).unwrap_or_default());
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time, in milliseconds, that this share is not above.
    pub(crate) fn ms(&self, share: f64) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.value_at_quantile(share) as f64 / 1000.0 }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0 += &other.0;
    }

    pub(crate) fn json(&self) -> Value {
        let at = |share| (self.ms(share) * 1000.0).round() / 1000.0;
        json!({ "count": self.count(), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1.0) })
    }
}

/// One kind of call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls {
    pub(crate) times: Times,
    /// By status; 0: no answer.
    pub(crate) answers: BTreeMap<u16, u64>,
}

/// Everything that was written down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    pub(crate) calls: BTreeMap<&'static str, Calls>,
    pub(crate) waits: BTreeMap<Wait, Times>,
    /// In words, and how often.
    pub(crate) failures: BTreeMap<String, u64>,
    /// By the code of the refusal.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Why somebody waited, in the queue's own words, and how often it was said.
    pub(crate) reasons: BTreeMap<String, u64>,
    /// When the first click was, and when the last desktop began to run.
    pub(crate) first_click: Option<Instant>,
    pub(crate) last_running: Option<Instant>,
}

/// What is counted while it happens; also what the line of progress shows.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) users: AtomicI64,
    pub(crate) waiting: AtomicI64,
    pub(crate) running: AtomicI64,
    pub(crate) most_running: AtomicI64,
    pub(crate) viewers: AtomicI64,
    pub(crate) most_viewers: AtomicI64,
    pub(crate) started: AtomicU64,
    pub(crate) ran: AtomicU64,
    pub(crate) deleted: AtomicU64,
    pub(crate) events: AtomicU64,
    /// Events that never came, and that came twice.
    pub(crate) missed: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) streams_lost: AtomicU64,
    pub(crate) keys: AtomicU64,
    pub(crate) stream_bytes: AtomicU64,
}

/// Shared by everybody of one run.
pub(crate) struct Ledger {
    pub(crate) begun: Instant,
    pub(crate) counts: Counts,
    book: Mutex<Book>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { begun: Instant::now(), counts: Counts::default(), book: Mutex::default() }
    }
}

impl Ledger {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `status`: 0 when there was no answer.
    pub(crate) fn call(&self, what: &'static str, took: Duration, status: u16) {
        let mut book = self.book();
        let calls = book.calls.entry(what).or_default();
        *calls.answers.entry(status).or_default() += 1;
        if status > 0 {
            calls.times.add(took);
        }
    }

    pub(crate) fn waited(&self, wait: Wait, took: Duration) {
        self.book().waits.entry(wait).or_default().add(took);
    }

    pub(crate) fn failed(&self, why: &str) {
        *self.book().failures.entry(why.to_owned()).or_default() += 1;
    }

    pub(crate) fn refused(&self, code: &str) {
        *self.book().refused.entry(code.to_owned()).or_default() += 1;
    }

    /// Counted by its words without their numbers, which differ with every place in line.
    pub(crate) fn waits_because(&self, reason: &str) {
        let mut words = String::with_capacity(reason.len());
        for c in reason.chars() {
            match c {
                '0'..='9' if words.ends_with('#') => {}
                '0'..='9' => words.push('#'),
                other => words.push(other),
            }
        }
        *self.book().reasons.entry(words).or_default() += 1;
    }

    pub(crate) fn clicked(&self) {
        add(&self.counts.started, 1);
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        self.book().first_click.get_or_insert_with(Instant::now);
    }

    /// A start that was clicked waits no more; `running`: because it runs.
    pub(crate) fn arrived(&self, running: Option<Instant>) {
        self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
        if let Some(at) = running {
            add(&self.counts.ran, 1);
            let now = self.counts.running.fetch_add(1, Ordering::Relaxed) + 1;
            self.counts.most_running.fetch_max(now, Ordering::Relaxed);
            let mut book = self.book();
            book.last_running = book.last_running.max(Some(at));
        }
    }

    pub(crate) fn ended(&self) {
        self.counts.running.fetch_sub(1, Ordering::Relaxed);
    }

    /// How it stands.
    pub(crate) fn copy(&self) -> Book {
        self.book().clone()
    }
}

pub(crate) fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

impl Book {
    /// All calls together.
    pub(crate) fn all_calls(&self) -> Calls {
        let mut all = Calls::default();
        for calls in self.calls.values() {
            all.times.merge(&calls.times);
            for (status, count) in &calls.answers {
                *all.answers.entry(*status).or_default() += count;
            }
        }
        all
    }

    pub(crate) fn wait(&self, wait: Wait) -> Times {
        self.waits.get(&wait).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, Times, Wait};
    use std::time::Duration;

    #[test]
    fn times_are_kept_to_three_digits_and_nothing_has_none() {
        let mut times = Times::default();
        assert_eq!((times.ms(0.99), times.count()), (0.0, 0));
        (1..=1000).for_each(|ms| times.add(Duration::from_millis(ms)));
        for (share, ms) in [(0.5, 500.0), (0.95, 950.0), (1.0, 1000.0)] {
            assert!((times.ms(share) / ms - 1.0).abs() < 0.002, "{share}: {}", times.ms(share));
        }
    }

    #[test]
    fn calls_without_an_answer_are_counted_and_have_no_time() {
        let ledger = Ledger::default();
        ledger.call("start", Duration::from_millis(3), 202);
        ledger.call("start", Duration::from_secs(30), 0);
        ledger.waited(Wait::Running, Duration::from_secs(1));
        let book = ledger.copy();
        assert_eq!(book.all_calls().times.count(), 1);
        assert_eq!(book.all_calls().answers.into_iter().collect::<Vec<_>>(), [(0, 1), (202, 1)]);
        assert_eq!(book.wait(Wait::Running).count(), 1);
        assert_eq!(book.wait(Wait::Gone).count(), 0);
    }

    #[test]
    fn why_one_waits_is_one_reason_at_every_place_in_line() {
        let ledger = Ledger::default();
        for words in ["4 at a time; 17 before you.", "4 at a time; 3 before you.", "No worker."] {
            ledger.waits_because(words);
        }
        let reasons: Vec<_> = ledger.copy().reasons.into_iter().collect();
        assert_eq!(reasons, [("# at a time; # before you.".to_owned(), 2), ("No worker.".to_owned(), 1)]);
    }
}
