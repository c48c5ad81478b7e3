//! One user's page: an event stream that is held open, comes back by its last id when it breaks, and knows how each desktop
//! stands and since when. It also holds that no event was missed or came twice: a desktop's versions count up by one.

use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout_at};

use crate::client::Client;
use crate::ledger::{Ledger, Wait, add};
use crate::sse::Event;

/// Between two tries to have the stream again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A desktop as the page knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) version: i64,
    /// `gone` once nobody knows it any more.
    pub(crate) status: String,
    /// When each status was last heard of.
    pub(crate) since: HashMap<String, Instant>,
    /// Why it failed, or waits.
    pub(crate) reason: String,
    /// Where it is opened.
    pub(crate) url: Option<String>,
}

struct Shared {
    desktops: Mutex<HashMap<String, Seen>>,
    ledger: Arc<Ledger>,
    changed: watch::Sender<u64>,
    cut: Notify,
}

/// Its stream ends when it is dropped.
pub(crate) struct Page {
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Page {
    pub(crate) fn open(client: Arc<Client>, ledger: Arc<Ledger>) -> Self {
        let (changed, _) = watch::channel(0);
        let shared = Arc::new(Shared { desktops: Mutex::default(), ledger, changed, cut: Notify::new() });
        let reader = tokio::spawn(read(client, Arc::clone(&shared)));
        Self { shared, reader }
    }

    /// The connection breaks now, as when a proxy or a network does it.
    pub(crate) fn cut(&self) {
        self.shared.cut.notify_one();
    }

    pub(crate) fn seen(&self, id: &str) -> Option<Seen> {
        self.shared.desktops().get(id).cloned()
    }

    /// Waits until the desktop is such; `Err`: how it was last, when that took too long.
    pub(crate) async fn until(
        &self,
        id: &str,
        limit: Duration,
        such: impl Fn(&Seen) -> bool,
    ) -> Result<Seen, Option<Seen>> {
        let mut changed = self.shared.changed.subscribe();
        let until = tokio::time::Instant::now() + limit;
        loop {
            changed.borrow_and_update();
            let seen = self.seen(id);
            if let Some(seen) = seen.as_ref().filter(|seen| such(seen)) {
                return Ok(seen.clone());
            }
            if !matches!(timeout_at(until, changed.changed()).await, Ok(Ok(()))) {
                return Err(seen);
            }
        }
    }

    /// Forgets a desktop that is gone.
    pub(crate) fn forget(&self, id: &str) {
        self.shared.desktops().remove(id);
    }
}

async fn read(client: Arc<Client>, shared: Arc<Shared>) {
    let (mut last, mut lost, mut pause) = (None::<String>, None::<Instant>, FIRST_PAUSE);
    loop {
        let Ok(mut events) = client.events_after(last.as_deref()).await else {
            lost.get_or_insert_with(Instant::now);
            client.another_api();
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        };
        pause = FIRST_PAUSE;
        if let Some(since) = lost.take() {
            shared.ledger.waited(Wait::Back, since.elapsed());
        }
        loop {
            let event = tokio::select! {
                event = events.next() => event.ok(),
                () = shared.cut.notified() => None,
            };
            let Some(event) = event else { break };
            if event.id.is_some() {
                last.clone_from(&event.id);
            }
            shared.heard(&event);
        }
        add(&shared.ledger.counts.streams_lost, 1);
        lost = Some(Instant::now());
    }
}

impl Shared {
    fn desktops(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.desktops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self, event: &Event) {
        match event.name.as_str() {
            "desktop" => {
                add(&self.ledger.counts.events, 1);
                self.desktop(&event.data, true);
            }
            "snapshot" => {
                let now = event.data["desktops"].as_array().cloned().unwrap_or_default();
                for seen in self.desktops().iter_mut().filter(|(id, _)| now.iter().all(|d| d["id"] != **id)) {
                    becomes(seen.1, "gone");
                }
                now.iter().for_each(|desktop| self.desktop(desktop, false));
            }
            "queue" => {
                for item in event.data["items"].as_array().into_iter().flatten() {
                    self.waits(item);
                }
            }
            _ => return,
        }
        self.changed.send_modify(|count| *count += 1);
    }

    /// `in_order`: it is the one after the last.
    fn desktop(&self, desktop: &Value, in_order: bool) {
        let Some(id) = desktop["id"].as_str() else { return };
        let mut desktops = self.desktops();
        let known = desktops.contains_key(id);
        let seen = desktops.entry(id.to_owned()).or_default();
        if desktop["deleted"] == true {
            becomes(seen, "gone");
            return;
        }
        let version = desktop["version"].as_i64().unwrap_or_default();
        if in_order && known && seen.version > 0 {
            let counts = &self.ledger.counts;
            if version <= seen.version {
                add(&counts.repeated, 1);
            }
            add(&counts.missed, u64::try_from(version - seen.version - 1).unwrap_or_default());
        }
        if version <= seen.version {
            return;
        }
        seen.version = version;
        seen.url = desktop["connect"]["url"].as_str().map(str::to_owned);
        seen.reason = desktop["reason"]["text"].as_str().unwrap_or_default().to_owned();
        let status = desktop["status"].as_str().unwrap_or_default();
        if in_order && status == "running" && seen.status != "running" {
            self.told(desktop);
        }
        becomes(seen, status);
    }

    /// How late the page hears of it, as far as the clocks of both agree.
    fn told(&self, desktop: &Value) {
        let steps = desktop["steps"].as_array().into_iter().flatten();
        let at = steps.filter(|step| step["name"] == "ready").filter_map(|step| step["at"].as_str()).next_back();
        let at: Option<jiff::Timestamp> = at.and_then(|text| text.parse().ok());
        if let Some(late) = at.and_then(|at| Duration::try_from(jiff::Timestamp::now().duration_since(at)).ok()) {
            self.ledger.waited(Wait::Told, late);
        }
    }

    fn waits(&self, item: &Value) {
        let Some(reason) = item["queue"]["reason"]["text"].as_str() else { return };
        self.ledger.waits_because(reason);
        let mut desktops = self.desktops();
        if let Some(seen) = item["desktop_id"].as_str().and_then(|id| desktops.get_mut(id)) {
            seen.reason = reason.to_owned();
        }
    }
}

fn becomes(seen: &mut Seen, status: &str) {
    if seen.status != status {
        seen.status = status.to_owned();
        seen.since.insert(status.to_owned(), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Seen, Shared};
    use crate::ledger::Ledger;
    use crate::sse::Event;
    use serde_json::{Value, json};
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;
    use tokio::sync::{Notify, watch};

    fn page() -> Page {
        let (changed, _) = watch::channel(0);
        let ledger = Arc::new(Ledger::default());
        let shared = Arc::new(Shared { desktops: Default::default(), ledger, changed, cut: Notify::new() });
        Page { shared, reader: tokio::spawn(async {}) }
    }

    fn hears(page: &Page, name: &str, data: Value) {
        page.shared.heard(&Event { id: None, name: name.to_owned(), data });
    }

    fn desktop(version: i64, status: &str) -> Value {
        json!({ "id": "a", "version": version, "status": status, "steps": [], "reason": null })
    }

    #[tokio::test]
    async fn a_gap_is_a_missed_event_and_an_old_one_a_repeated_one() {
        let page = page();
        for (version, status) in [(1, "queued"), (2, "starting"), (2, "starting"), (5, "running")] {
            hears(&page, "desktop", desktop(version, status));
        }
        let counts = &page.shared.ledger.counts;
        assert_eq!((counts.missed.load(Ordering::Relaxed), counts.repeated.load(Ordering::Relaxed)), (2, 1));
        let runs = |seen: &Seen| seen.status == "running";
        assert!(page.until("a", Duration::from_secs(1), runs).await.is_ok());
    }

    #[tokio::test]
    async fn a_snapshot_is_the_truth_whatever_was_missed() {
        let page = page();
        hears(&page, "desktop", desktop(3, "running"));
        hears(&page, "snapshot", json!({ "desktops": [desktop(9, "stopped")] }));
        assert_eq!(page.seen("a").map(|seen| seen.status).as_deref(), Some("stopped"));
        hears(&page, "snapshot", json!({ "desktops": [] }));
        assert_eq!(page.seen("a").map(|seen| seen.status).as_deref(), Some("gone"));
        assert_eq!(page.shared.ledger.counts.missed.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn who_waits_too_long_learns_how_it_was() {
        let page = page();
        hears(&page, "desktop", desktop(1, "queued"));
        hears(
            &page,
            "queue",
            json!({ "items": [{ "desktop_id": "a", "queue": { "reason": { "text": "no port" } } }] }),
        );
        let last = page.until("a", Duration::from_millis(5), |seen| seen.status == "running").await;
        assert_eq!(last.err().flatten().map(|seen| seen.reason).as_deref(), Some("no port"));
    }
}
