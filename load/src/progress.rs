//! How it goes, on standard error: one line that is written anew on a terminal, else a line now and then.

use std::convert::Infallible;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::goal::time;
use crate::ledger::{Ledger, Wait};

const ON_A_TERMINAL: Duration = Duration::from_millis(500);
const ELSEWHERE: Duration = Duration::from_secs(5);

pub(crate) struct Progress {
    ledger: Arc<Ledger>,
    begun: Instant,
    phase: Mutex<String>,
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        Self { ledger, begun: Instant::now(), phase: Mutex::default(), on_terminal }
    }

    /// What is done from now on.
    pub(crate) fn phase(&self, words: &str) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = words.to_owned();
        self.write();
    }

    /// Goes on until it is dropped.
    pub(crate) async fn keep_telling(&self) -> Infallible {
        loop {
            tokio::time::sleep(if self.on_terminal { ON_A_TERMINAL } else { ELSEWHERE }).await;
            self.write();
        }
    }

    /// Something worth a line of its own.
    pub(crate) fn tell(&self, words: &str) {
        self.put(words, true);
    }

    fn write(&self) {
        let line = self.line();
        self.put(&line, !self.on_terminal);
    }

    fn put(&self, line: &str, stays: bool) {
        let (before, after) = match (self.on_terminal, stays) {
            (true, true) => ("\r\x1b[2K", "\n"),
            (true, false) => ("\r\x1b[2K", ""),
            (false, _) => ("", "\n"),
        };
        // Nobody is helped when progress that cannot be shown ends the run.
        _ = write!(std::io::stderr().lock(), "{before}{line}{after}");
    }

    fn line(&self) -> String {
        let (seconds, counts) = (self.begun.elapsed().as_secs(), &self.ledger.counts);
        let phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let book = self.ledger.copy();
        let mut line = format!("{:>3}:{:02}  {phase}", seconds / 60, seconds % 60);
        let (users, started) = (counts.users.load(Relaxed), counts.started.load(Relaxed));
        if users > 0 {
            line.push_str(&format!("  users {users}"));
        }
        if started > 0 {
            let (waiting, running) = (counts.waiting.load(Relaxed), counts.running.load(Relaxed));
            line.push_str(&format!("  clicks {started}  waiting {waiting}  running {running}"));
        }
        if counts.viewers.load(Relaxed) > 0 {
            line.push_str(&format!("  typed at {}", counts.viewers.load(Relaxed)));
        }
        let waits = book.wait(Wait::Running);
        if waits.count() > 0 {
            line.push_str(&format!("  wait p50 {} p95 {}", time(waits.ms(0.5)), time(waits.ms(0.95))));
        }
        let calls = book.all_calls();
        if calls.times.count() > 0 {
            line.push_str(&format!("  api p99 {}", time(calls.times.ms(0.99))));
        }
        let failed: u64 = book.failures.values().sum();
        if failed > 0 {
            line.push_str(&format!("  FAILED {failed}"));
        }
        line
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on_terminal {
            self.put("", false);
        }
    }
}
