//! One user at a page: signs in, asks, asks again when nobody answers, and remembers what may have become of each desktop.

use anyhow::{Context as _, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex as Lock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::plan::{Ask, Wish};

/// Longer than any sleep of an api, so that what was asked of one that sleeps is mostly answered.
const ONE_REQUEST: Duration = Duration::from_secs(8);
/// Everything that is broken is whole again long before.
const ASKS_FOR: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(150);

/// Where a desktop may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    Running,
    Stopped,
    Gone,
}

/// One desktop of a person, from the first click on.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) name: String,
    /// None: nobody ever said.
    pub(crate) id: Option<String>,
    /// One, unless a request was not answered.
    pub(crate) may_be: BTreeSet<Wanted>,
    /// Requests that somebody may still be carrying out.
    adrift: BTreeSet<Wanted>,
    /// What was accepted, in order.
    pub(crate) accepted: Vec<Ask>,
    /// A request was not answered, so what was accepted need not be all.
    pub(crate) unsure: bool,
}

pub(crate) struct Person {
    pub(crate) name: String,
    password: String,
    http: reqwest::Client,
    origins: Vec<String>,
    /// Which api is asked next.
    at: AtomicUsize,
    pub(crate) kept: Lock<BTreeMap<usize, Kept>>,
    /// Refusals that should not have been.
    pub(crate) refused: Lock<Vec<String>>,
    pub(crate) asked: AtomicUsize,
    unanswered: Lock<Vec<String>>,
    behind_proxy: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) enum Said {
    Answer(u16, Value),
    /// No connection: certainly not heard.
    NotHeard,
    /// The connection ended: whoever heard it is dead.
    Cut,
    /// Too late: it may be carried out any time.
    Adrift,
}

impl Person {
    pub(crate) fn new(name: &str, password: &str, origins: &[String], first: usize) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().cookie_store(true).no_proxy().build()?;
        Ok(Self {
            name: name.to_owned(),
            password: password.to_owned(),
            http,
            origins: origins.to_vec(),
            at: AtomicUsize::new(first),
            kept: Lock::default(),
            refused: Lock::default(),
            asked: AtomicUsize::new(0),
            unanswered: Lock::default(),
            behind_proxy: false,
        })
    }

    /// Then a connection that ends says nothing of who had heard through it.
    pub(crate) const fn behind_proxy(mut self, is: bool) -> Self {
        self.behind_proxy = is;
        self
    }

    pub(crate) fn unanswered(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.unanswered.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origins[self.at.load(Ordering::Relaxed) % self.origins.len()]
    }

    /// As a proxy in front of several apis would.
    pub(crate) fn another_api(&self) {
        self.at.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}/api/v1{path}", self.origin()))
    }

    async fn once(&self, method: &Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Said {
        let mut request =
            self.http.request(method.clone(), format!("{}/api/v1{path}", self.origin())).timeout(ONE_REQUEST);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let done = async {
            let answer = request.send().await?;
            let status = answer.status().as_u16();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        };
        match done.await {
            Ok((status, bytes)) => Said::Answer(status, serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.is_connect() => Said::NotHeard,
            Err(error) if error.is_timeout() || self.behind_proxy => Said::Adrift,
            Err(_) => Said::Cut,
        }
    }

    pub(crate) async fn sign_in(&self) -> anyhow::Result<()> {
        let body = json!({ "username": self.name, "password": self.password });
        let begun = Instant::now();
        loop {
            match self.once(&Method::POST, "/auth/login", Some(&body), None).await {
                Said::Answer(200..300, _) => return Ok(()),
                Said::Answer(status @ (400..500), said) => bail!("{} cannot sign in: {status} {said}", self.name),
                _ if begun.elapsed() > ASKS_FOR => bail!("{} cannot sign in: nobody answers", self.name),
                said => {
                    self.note_unanswered("POST /auth/login", &said);
                    self.another_api();
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn note_unanswered(&self, call: &str, said: &Said) {
        let now = jiff::Timestamp::now();
        self.unanswered().push(format!("{call} of {} was not answered at {now}: {said:?}", self.name));
    }

    /// Asks until there is an answer that is no 5xx.
    pub(crate) async fn insist(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> anyhow::Result<(u16, Value)> {
        self.insist_noting(&method, path, body, key, &mut |_| {}).await
    }

    async fn insist_noting(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
        note: &mut (dyn FnMut(&Said) + Send),
    ) -> anyhow::Result<(u16, Value)> {
        let begun = Instant::now();
        loop {
            let said = self.once(method, path, body, key).await;
            match said {
                Said::Answer(401, _) => self.sign_in().await?,
                Said::Answer(status @ 0..500, answer) => return Ok((status, answer)),
                Said::Answer(..) | Said::NotHeard | Said::Cut | Said::Adrift => {
                    self.note_unanswered(&format!("{method} {path}"), &said);
                    note(&said);
                    self.another_api();
                }
            }
            if begun.elapsed() > ASKS_FOR {
                bail!("{method} {path}: nobody answers {}", self.name);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Carries the wishes out, each at its time or as soon after as the one before has been answered.
    pub(crate) async fn wish(&self, wishes: &[Wish], template: &str, begun: Instant) -> anyhow::Result<()> {
        for wish in wishes {
            tokio::time::sleep_until((begun + wish.at).into()).await;
            self.grant(wish, template).await?;
        }
        Ok(())
    }

    async fn grant(&self, wish: &Wish, template: &str) -> anyhow::Result<()> {
        if wish.ask == Ask::Create {
            let name = format!("{}-{}", self.name, wish.desktop);
            let kept = Kept {
                name,
                id: None,
                may_be: [Wanted::Gone].into(),
                adrift: BTreeSet::new(),
                accepted: Vec::new(),
                unsure: false,
            };
            self.kept().insert(wish.desktop, kept);
        }
        let (name, id) = self
            .kept()
            .get(&wish.desktop)
            .map(|kept| (kept.name.clone(), kept.id.clone()))
            .context("no such desktop")?;
        let (method, path, body) = match (wish.ask, self.id_of(wish, &name, id).await?) {
            (Ask::Create, _) => {
                (Method::POST, "/desktops".to_owned(), Some(json!({ "template": template, "name": name })))
            }
            // Its create was not answered, and it is not there: nothing to ask of it.
            (_, None) => return Ok(()),
            (Ask::Start, Some(id)) => (Method::POST, format!("/desktops/{id}/start"), None),
            (Ask::Stop, Some(id)) => (Method::POST, format!("/desktops/{id}/stop"), None),
            (Ask::Delete, Some(id)) => (Method::DELETE, format!("/desktops/{id}"), None),
        };
        self.asked.fetch_add(1, Ordering::Relaxed);
        let wanted = wanted(wish.ask);
        let key = (wish.ask == Ask::Create).then_some(name.as_str());
        let mut note = |said: &Said| self.may_have_counted(wish.desktop, wanted, said);
        let answered = if wish.insists {
            Some(self.insist_noting(&method, &path, body.as_ref(), key, &mut note).await?)
        } else {
            match self.once(&method, &path, body.as_ref(), key).await {
                Said::Answer(401, _) => Some(self.insist_noting(&method, &path, body.as_ref(), key, &mut note).await?),
                Said::Answer(status @ 0..500, answer) => Some((status, answer)),
                said => {
                    self.note_unanswered(&format!("{method} {path}"), &said);
                    note(&said);
                    None
                }
            }
        };
        if let Some((status, answer)) = answered {
            self.answered(wish, status, &answer);
        }
        Ok(())
    }

    /// The desktop's id, if it is there: looked for by its name when its create was never answered.
    async fn id_of(&self, wish: &Wish, name: &str, known: Option<String>) -> anyhow::Result<Option<String>> {
        if known.is_some() || wish.ask == Ask::Create {
            return Ok(known);
        }
        let (_, list) = self.insist(Method::GET, "/desktops?limit=200", None, None).await?;
        let found = list["items"].as_array().into_iter().flatten().find(|desktop| desktop["name"] == name);
        let id = found.and_then(|desktop| desktop["id"].as_str()).map(str::to_owned);
        if let Some(kept) = self.kept().get_mut(&wish.desktop) {
            kept.id.clone_from(&id);
        }
        Ok(id)
    }

    fn may_have_counted(&self, desktop: usize, wanted: Wanted, said: &Said) {
        if let (Some(kept), false) = (self.kept().get_mut(&desktop), matches!(said, Said::NotHeard)) {
            kept.may_be.insert(wanted);
            kept.unsure = true;
            if matches!(said, Said::Adrift) {
                kept.adrift.insert(wanted);
            }
        }
    }

    fn answered(&self, wish: &Wish, status: u16, answer: &Value) {
        let mut all = self.kept();
        let Some(kept) = all.get_mut(&wish.desktop) else { return };
        let gone = kept.may_be.contains(&Wanted::Gone);
        match (wish.ask, status) {
            (Ask::Create, 202) => kept.id = answer["id"].as_str().map(str::to_owned),
            (Ask::Start | Ask::Stop, 202) | (Ask::Delete, 202 | 404) => {}
            // An earlier delete that nobody had answered.
            (Ask::Start | Ask::Stop, 404 | 409) if gone => return,
            _ => {
                let refused = format!("{:?} of {} was refused: {status} {}", wish.ask, kept.name, answer["detail"]);
                self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(refused);
                return;
            }
        }
        kept.accepted.push(wish.ask);
        kept.may_be = kept.adrift.clone();
        kept.may_be.insert(wanted(wish.ask));
    }

    pub(crate) fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<usize, Kept>> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

const fn wanted(ask: Ask) -> Wanted {
    match ask {
        Ask::Create | Ask::Start => Wanted::Running,
        Ask::Stop => Wanted::Stopped,
        Ask::Delete => Wanted::Gone,
    }
}
