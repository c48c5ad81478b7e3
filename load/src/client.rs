//! One signed-in user: log-in by cookies, desktops asked for, waited for and deleted.

use anyhow::{Context as _, bail, ensure};
use reqwest::Method;
use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::sse::Events;

/// Between two looks at something that is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub struct Client {
    http: reqwest::Client,
    jar: Arc<Jar>,
    /// All of one installation.
    origins: Vec<String>,
    /// Which of them is asked.
    at: AtomicUsize,
}

/// What came back: status, body (null when there is none), and how long to wait, when Berth says so.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub retry_after: Option<Duration>,
}

impl Client {
    /// Signs in; `origin` is `http://host:port`.
    ///
    /// # Errors
    /// When Berth does not answer, or refuses.
    pub async fn sign_in(origin: &str, user: &str, password: &str) -> anyhow::Result<Self> {
        let client = Self::nobody(&[origin.to_owned()], 0)?;
        let body = json!({ "username": user, "password": password });
        client.ask(Method::POST, "/auth/login", Some(&body)).await.context("signing in")?;
        Ok(client)
    }

    /// Not signed in yet. Several addresses are of several apis of one installation; `first` is asked first.
    ///
    /// # Errors
    /// When no connection can ever be made.
    pub fn nobody(origins: &[String], first: usize) -> anyhow::Result<Self> {
        let jar = Arc::new(Jar::default());
        let http = reqwest::Client::builder().cookie_provider(Arc::clone(&jar)).no_proxy().build()?;
        Ok(Self { http, jar, origins: origins.to_vec(), at: AtomicUsize::new(first) })
    }

    /// The address that is asked now.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origins[self.at.load(Ordering::Relaxed) % self.origins.len()]
    }

    /// As a proxy in front of several apis would, when one does not answer.
    pub fn another_api(&self) {
        self.at.fetch_add(1, Ordering::Relaxed);
    }

    /// One call below `/api/v1`: its status and body (null when there is none).
    ///
    /// # Errors
    /// When Berth does not answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(u16, Value)> {
        let Answer { status, body, .. } = self.send(method, path, body, None).await?;
        Ok((status, body))
    }

    /// As [`Self::call`], with an `Idempotency-Key` where there is one.
    ///
    /// # Errors
    /// When Berth does not answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.origin()));
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = answer.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(Answer { status, body, retry_after: retry_after.map(Duration::from_secs) })
    }

    /// As [`Self::call`], where anything but success is an error.
    ///
    /// # Errors
    /// Also when Berth refuses.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let (status, answer) = self.call(method.clone(), path, body).await?;
        ensure!((200..300).contains(&status), "{method} {path}: {status} {}", answer["detail"]);
        Ok(answer)
    }

    /// The template that the page would offer first.
    ///
    /// # Errors
    /// As [`Self::ask`]; when there is none.
    pub async fn template(&self) -> anyhow::Result<String> {
        let templates = self.ask(Method::GET, "/templates", None).await?;
        let items = templates["items"].as_array().cloned().unwrap_or_default();
        let first = items.iter().find(|t| t["default"] == true).or(items.first()).context("there is no template")?;
        Ok(first["id"].as_str().context("a template without an id")?.to_owned())
    }

    /// Clicks start: the new desktop's id.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn start(&self, template: &str) -> anyhow::Result<String> {
        let desktop = self.ask(Method::POST, "/desktops", Some(&json!({ "template": template }))).await?;
        Ok(desktop["id"].as_str().context("a desktop without an id")?.to_owned())
    }

    /// # Errors
    /// As [`Self::ask`]; one that is gone already is fine.
    pub async fn delete(&self, id: &str) -> anyhow::Result<()> {
        let (status, answer) = self.call(Method::DELETE, &format!("/desktops/{id}"), None).await?;
        ensure!(status == 202 || status == 404, "delete: {status} {}", answer["detail"]);
        Ok(())
    }

    /// Waits until the desktop runs.
    ///
    /// # Errors
    /// When it fails, is gone, or does not run within `limit`.
    pub async fn until_running(&self, id: &str, limit: Duration) -> anyhow::Result<Value> {
        let until = Instant::now() + limit;
        loop {
            let desktop = self.ask(Method::GET, &format!("/desktops/{id}"), None).await?;
            match desktop["status"].as_str() {
                Some("running") => return Ok(desktop),
                Some("failed") => bail!("the desktop failed: {}", desktop["reason"]["text"]),
                status => ensure!(Instant::now() < until, "still {status:?} after {limit:?}"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until nobody knows the desktop any more.
    ///
    /// # Errors
    /// When it is still there after `limit`.
    pub async fn until_gone(&self, id: &str, limit: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + limit;
        while self.call(Method::GET, &format!("/desktops/{id}"), None).await?.0 != 404 {
            ensure!(Instant::now() < until, "still there after {limit:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Waits until a worker offers start slots.
    ///
    /// # Errors
    /// When none does within `limit`.
    pub async fn until_slots(&self, limit: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + limit;
        while self.ask(Method::GET, "/limits", None).await?["queue"]["slots"]["total"].as_i64() == Some(0) {
            ensure!(Instant::now() < until, "no worker offers a start slot after {limit:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// The user's own events, from now on.
    ///
    /// # Errors
    /// When Berth refuses.
    pub async fn events(&self) -> anyhow::Result<Events> {
        self.events_after(None).await
    }

    /// The user's own events after the one with this id.
    ///
    /// # Errors
    /// When Berth refuses.
    pub async fn events_after(&self, id: Option<&str>) -> anyhow::Result<Events> {
        let mut request = self.http.get(format!("{}/api/v1/events", self.origin()));
        if let Some(id) = id {
            request = request.header("Last-Event-ID", id);
        }
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "GET /events: {}", answer.status());
        Ok(Events::new(answer))
    }

    /// Address and cookies for a WebSocket at this path.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn websocket(&self, path: &str) -> anyhow::Result<(String, HeaderValue)> {
        Ok((format!("{}{path}", self.origin()).replacen("http", "ws", 1), self.cookies()?))
    }

    /// What the browser would send along.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub fn cookies(&self) -> anyhow::Result<HeaderValue> {
        self.jar.cookies(&self.origin().parse()?).context("no cookies: not signed in")
    }
}
