//! One page's event stream: opened before anything happens, opened again by its last id whenever it breaks, and everything that it
//! hears is kept.

use anyhow::{Context as _, bail};
use berth_bench::sse::Events;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as Lock};
use std::time::{Duration, Instant};

use crate::person::Person;

/// The contract promises a comment line at least every 15 s.
const SILENT_FOR: Duration = Duration::from_secs(17);
const COME_BACK: Duration = Duration::from_millis(150);
/// So often a page reloads or its network changes.
const HANGS_UP_AFTER: Duration = Duration::from_secs(7);

#[derive(Debug, Clone)]
pub(crate) enum Heard {
    Snapshot { id: String },
    Event { id: String, data: Value },
}

pub(crate) struct Ear {
    pub(crate) person: Arc<Person>,
    /// Everybody's events, or its person's own.
    pub(crate) admin: bool,
    heard: Lock<Vec<Heard>>,
    opened: AtomicUsize,
    /// Drops the next event, for the checks of the checker.
    pub(crate) misses_next: AtomicBool,
}

impl Ear {
    pub(crate) fn new(person: Arc<Person>, admin: bool) -> Arc<Self> {
        Arc::new(Self { person, admin, heard: Lock::default(), opened: 0.into(), misses_next: false.into() })
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.lock().clone()
    }

    pub(crate) fn times_opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Listens for ever; whoever started it ends it.
    pub(crate) async fn listen(self: Arc<Self>) {
        loop {
            // How it broke does not matter: what was missed is told by the next one, or the checker finds it.
            if self.listen_once().await.is_err() {
                self.person.another_api();
            }
            tokio::time::sleep(COME_BACK).await;
        }
    }

    async fn listen_once(&self) -> anyhow::Result<()> {
        let last = self.lock().last().map(|heard| match heard {
            Heard::Snapshot { id } | Heard::Event { id, .. } => id.clone(),
        });
        let mut request = self.person.get(if self.admin { "/events?room=admin" } else { "/events" });
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = tokio::time::timeout(SILENT_FOR, request.send()).await.context("no answer");
        let answer = match answer.and_then(|answer| Ok(answer?)) {
            Ok(answer) if answer.status() == 401 => return self.person.sign_in().await,
            Ok(answer) if answer.status().is_success() => answer,
            refused => {
                let why = match refused {
                    Ok(answer) => answer.status().to_string(),
                    Err(error) => format!("{error:#}"),
                };
                self.person.unanswered().push(format!(
                    "GET /events of {} at {}: {why}",
                    self.person.name,
                    jiff::Timestamp::now()
                ));
                bail!(why);
            }
        };
        let opened = self.opened.fetch_add(1, Ordering::Relaxed);
        // Not all at once, and not so often that nothing is heard live.
        let hangs_up = Instant::now() + HANGS_UP_AFTER + Duration::from_millis(700 * (opened % 7) as u64);
        let mut events = Events::new(answer);
        loop {
            let left = SILENT_FOR.min(hangs_up.saturating_duration_since(Instant::now()));
            let event = match tokio::time::timeout(left, events.next()).await {
                Ok(event) => event?,
                Err(_) => return Ok(()),
            };
            let Some(id) = event.id else { continue };
            if event.name != "snapshot" && self.misses_next.swap(false, Ordering::SeqCst) {
                continue;
            }
            self.lock().push(match event.name.as_str() {
                "snapshot" => Heard::Snapshot { id },
                _ => Heard::Event { id, data: event.data },
            });
        }
    }
}
