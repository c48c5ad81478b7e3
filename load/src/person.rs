//! One user: signs in, has a page open, starts desktops, works at them and leaves, and writes down how long everything took.
//! Asks again, at another api if there is one, when nobody answers.

use anyhow::{Context as _, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::client::{Answer, Client};
use crate::ledger::{Ledger, Wait, add};
use crate::page::{Page, Seen};
use crate::rfb::Viewer;

/// Between two tries when nobody answers.
const PAUSE: Duration = Duration::from_millis(200);
/// Four letters a second: who types fast.
const BETWEEN_KEYS: Duration = Duration::from_millis(250);

pub(crate) struct Person {
    pub(crate) name: String,
    password: String,
    client: Arc<Client>,
    pub(crate) page: Page,
    ledger: Arc<Ledger>,
    template: String,
    patience: Duration,
    /// Each click has an idempotency key of its own.
    clicks: AtomicU64,
    /// Viewers of this user break their connections and open them again.
    pub(crate) cut: tokio::sync::Notify,
}

/// What everybody is told.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) template: String,
    pub(crate) patience: Duration,
}

impl Person {
    /// Signs in and opens the page.
    pub(crate) async fn arrive(
        origins: &[String],
        n: usize,
        (name, password): (String, String),
        terms: &Terms,
    ) -> anyhow::Result<Self> {
        let Terms { ledger, template, patience } = terms.clone();
        let client = Arc::new(Client::nobody(origins, n)?);
        sign_in(&client, &ledger, &name, &password, patience).await?;
        let page = Page::open(Arc::clone(&client), Arc::clone(&ledger));
        ledger.counts.users.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            name,
            password,
            client,
            page,
            ledger,
            template,
            patience,
            clicks: AtomicU64::new(0),
            cut: tokio::sync::Notify::new(),
        })
    }

    /// Asks until there is an answer that is no 5xx.
    async fn insist(
        &self,
        what: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let until = Instant::now() + self.patience;
        loop {
            let begun = Instant::now();
            let answer = self.client.send(method.clone(), path, body, key).await.ok();
            self.ledger.call(what, begun.elapsed(), answer.as_ref().map_or(0, |answer| answer.status));
            match answer {
                // Its session has run out.
                Some(answer) if answer.status == 401 => {
                    sign_in(&self.client, &self.ledger, &self.name, &self.password, self.patience).await?;
                }
                Some(answer) if answer.status < 500 => return Ok(answer),
                _ => self.client.another_api(),
            }
            if Instant::now() > until {
                bail!("{what}: nobody answers");
            }
            sleep(PAUSE).await;
        }
    }

    /// Clicks start and waits until the desktop runs. None: it does not, and why is written down.
    pub(crate) async fn start(&self) -> Option<String> {
        let body = json!({ "template": self.template });
        let key = format!("{}-{}", self.name, self.clicks.fetch_add(1, Ordering::Relaxed));
        let clicked = Instant::now();
        self.ledger.clicked();
        let asked = self.insist("POST /desktops", Method::POST, "/desktops", Some(&body), Some(&key)).await;
        let id = self.accepted(asked).and_then(|answer| answer["id"].as_str().map(str::to_owned));
        let Some(id) = id else {
            self.ledger.arrived(None);
            return None;
        };
        self.until_running(&id, clicked).await.then_some(id)
    }

    /// Starts a stopped one again.
    pub(crate) async fn start_again(&self, id: &str) -> bool {
        let clicked = Instant::now();
        self.ledger.clicked();
        let path = format!("/desktops/{id}/start");
        let asked = self.insist("POST …/start", Method::POST, &path, None, None).await;
        if self.accepted(asked).is_none() {
            self.ledger.arrived(None);
            return false;
        }
        self.until_running(id, clicked).await
    }

    async fn until_running(&self, id: &str, clicked: Instant) -> bool {
        let since = |seen: &Seen, status: &str| seen.since.get(status).copied().filter(|at| *at >= clicked);
        let there =
            |seen: &Seen| since(seen, "running").is_some() || ["failed", "gone"].contains(&seen.status.as_str());
        let seen = self.page.until(id, self.patience, there).await;
        let running = seen.as_ref().ok().and_then(|seen| since(seen, "running"));
        self.ledger.arrived(running);
        match (seen, running) {
            (Ok(seen), Some(at)) => {
                self.ledger.waited(Wait::Running, at - clicked);
                if let Some(begun) = since(&seen, "starting").filter(|begun| *begun <= at) {
                    self.ledger.waited(Wait::Claimed, begun - clicked);
                }
                return true;
            }
            (Ok(seen), None) => self.ledger.failed(&format!("a desktop {}: {}", seen.status, seen.reason)),
            (Err(last), _) => {
                let Seen { status, reason, .. } = last.unwrap_or_default();
                let status = if status.is_empty() { "unknown to its page" } else { &status };
                self.ledger
                    .failed(&format!("after {} s a desktop is still {status}: {reason}", self.patience.as_secs()));
            }
        }
        false
    }

    /// The body of what was accepted. None: it was not, and why is written down.
    fn accepted(&self, asked: anyhow::Result<Answer>) -> Option<Value> {
        match asked {
            Ok(answer) if answer.status == 202 => return Some(answer.body),
            Ok(answer) => match answer.body["code"].as_str() {
                Some(code) if [409, 429].contains(&answer.status) => self.ledger.refused(code),
                _ => self.ledger.failed(&format!("a start: {} {}", answer.status, answer.body["detail"])),
            },
            Err(error) => self.ledger.failed(&format!("{error:#}")),
        }
        None
    }

    /// Stops a desktop and waits for it.
    pub(crate) async fn stop(&self, id: &str) {
        let path = format!("/desktops/{id}/stop");
        self.end(id, "POST …/stop", Method::POST, &path, Wait::Stopped, "stopped").await;
    }

    /// Deletes a desktop and waits until it is gone.
    pub(crate) async fn delete(&self, id: &str) {
        let path = format!("/desktops/{id}");
        if self.end(id, "DELETE /desktops/{id}", Method::DELETE, &path, Wait::Gone, "gone").await {
            add(&self.ledger.counts.deleted, 1);
            self.page.forget(id);
        }
    }

    async fn end(&self, id: &str, what: &'static str, method: Method, path: &str, wait: Wait, status: &str) -> bool {
        let (asked, ran) = (Instant::now(), self.page.seen(id).is_some_and(|seen| seen.status == "running"));
        match self.insist(what, method, path, None, None).await {
            Ok(answer) if [202, 404].contains(&answer.status) => {}
            Ok(answer) => self.ledger.failed(&format!("{what}: {} {}", answer.status, answer.body["detail"])),
            Err(error) => self.ledger.failed(&format!("{error:#}")),
        }
        if ran {
            self.ledger.ended();
        }
        match self.page.until(id, self.patience, |seen| seen.status == status).await {
            Ok(seen) => {
                let at = seen.since.get(status).copied().unwrap_or(asked);
                self.ledger.waited(wait, at.saturating_duration_since(asked));
                true
            }
            Err(last) => {
                let last =
                    last.map_or("unknown", |seen| if seen.status == "gone" { "gone" } else { "there" }).to_owned();
                self.ledger
                    .failed(&format!("after {} s a desktop is not {status} but {last}", self.patience.as_secs()));
                false
            }
        }
    }

    /// Opens the desktop and types, for this long or until `end`; comes back when the connection breaks.
    pub(crate) async fn work_at(&self, id: &str, limit: Duration, end: &CancellationToken) {
        let until = Instant::now() + limit;
        let counts = &self.ledger.counts;
        while Instant::now() < until && !end.is_cancelled() {
            let Some(url) = self.page.seen(id).filter(|seen| seen.status == "running").and_then(|seen| seen.url) else {
                // It was lost, and is healed, or stopped.
                wait(PAUSE, end).await;
                continue;
            };
            let now = counts.viewers.fetch_add(1, Ordering::Relaxed) + 1;
            counts.most_viewers.fetch_max(now, Ordering::Relaxed);
            let typed = tokio::select! {
                typed = self.type_at(&url, until) => typed,
                () = self.cut.notified() => Ok(()),
                () = end.cancelled() => Ok(()),
            };
            counts.viewers.fetch_sub(1, Ordering::Relaxed);
            if typed.is_err() {
                self.ledger.call("WebSocket …/vnc", Duration::ZERO, 0);
                self.client.another_api();
                wait(PAUSE, end).await;
            }
        }
    }

    async fn type_at(&self, url: &str, until: Instant) -> anyhow::Result<()> {
        let opened = Instant::now();
        let mut viewer = tokio::time::timeout(self.patience, Viewer::open(&self.client, url)).await??;
        viewer.watch().await?;
        self.ledger.waited(Wait::Picture, opened.elapsed());
        let mut letters = (b'a'..=b'z').cycle();
        while Instant::now() < until {
            viewer.press(letters.next().context("letters without end")?).await?;
            add(&self.ledger.counts.keys, 1);
            let bytes = viewer.take(BETWEEN_KEYS).await?;
            add(&self.ledger.counts.stream_bytes, bytes as u64);
        }
        viewer.close().await;
        Ok(())
    }

    /// One look at what a page shows: its desktops, limits, templates.
    pub(crate) async fn look_around(&self) {
        for (what, path) in
            [("GET /desktops", "/desktops"), ("GET /limits", "/limits"), ("GET /templates", "/templates")]
        {
            if let Err(error) = self.insist(what, Method::GET, path, None, None).await {
                self.ledger.failed(&format!("{error:#}"));
            }
        }
    }
}

/// Sleeps, unless everything ends.
pub(crate) async fn wait(time: Duration, end: &CancellationToken) {
    _ = tokio::time::timeout(time, end.cancelled()).await;
}

/// Asks until somebody says yes, or no for good.
async fn sign_in(
    client: &Client,
    ledger: &Ledger,
    name: &str,
    password: &str,
    patience: Duration,
) -> anyhow::Result<()> {
    let body = json!({ "username": name, "password": password });
    let until = Instant::now() + patience;
    loop {
        let begun = Instant::now();
        let answer = client.send(Method::POST, "/auth/login", Some(&body), None).await.ok();
        ledger.call("POST /auth/login", begun.elapsed(), answer.as_ref().map_or(0, |answer| answer.status));
        let pause = match answer {
            Some(Answer { status: 200, .. }) => return Ok(()),
            Some(Answer { status: 429, retry_after, .. }) => retry_after.unwrap_or(PAUSE),
            Some(Answer { status: 400..500, body, .. }) => bail!("{name} cannot sign in: {}", body["detail"]),
            _ => {
                client.another_api();
                PAUSE
            }
        };
        anyhow::ensure!(Instant::now() < until, "{name} cannot sign in: nobody answers");
        sleep(pause).await;
    }
}
