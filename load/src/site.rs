//! The Berth that is loaded: reached as its administrator, checked before anything is done to it, given users, and left
//! as it was found.

use anyhow::{Context as _, bail, ensure};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::time::sleep;

use crate::client::{Answer, Client};
use crate::plan::There;
use crate::resources;

/// Our users' names begin so, and their display name says whose they are: nobody else's are ever removed.
const PREFIX: &str = "load-";
const MADE_BY: &str = "Made by berth load";
/// Passwords are hashed slowly on purpose; more at once only wait for each other.
const AT_ONCE: usize = 8;
const PAUSE: Duration = Duration::from_millis(250);
/// How long a call that is only needed, and not measured, is asked again.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct Site {
    pub(crate) there: There,
    admin: Client,
}

/// What an installation has at some moment, as far as it tells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holds {
    pub(crate) busy_slots: i64,
    pub(crate) live_jobs: i64,
    pub(crate) drift: BTreeSet<String>,
}

impl Site {
    /// Signs in, and makes sure that it may do what it is about to do.
    ///
    /// # Errors
    /// In words: nobody there, not a Berth, not an administrator.
    pub(crate) async fn reach(there: There) -> anyhow::Result<Self> {
        for origin in &there.origins {
            is_berth(origin).await?;
        }
        let admin = Client::nobody(&there.origins, 0)?;
        let site = Self { there, admin };
        site.sign_in().await?;
        let (status, answer) = site.admin.call(Method::GET, "/admin/users?limit=1", None).await?;
        ensure!(
            status == 200,
            "{} may not make users here ({}): berth load needs an administrator's name and password",
            site.there.admin,
            answer["detail"].as_str().unwrap_or("refused"),
        );
        Ok(site)
    }

    async fn sign_in(&self) -> anyhow::Result<()> {
        let There { admin, password, .. } = &self.there;
        let body = json!({ "username": admin, "password": password });
        let Answer { status, body, .. } = self.admin.send(Method::POST, "/auth/login", Some(&body), None).await?;
        match status {
            200 => Ok(()),
            _ => bail!(
                "{admin} cannot sign in at {}: {}",
                self.admin.origin(),
                body["detail"].as_str().unwrap_or("refused")
            ),
        }
    }

    /// Asks until it is answered: set-up and cleaning are not measured, and go on whatever is broken meanwhile.
    async fn insist(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(u16, Value)> {
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self.admin.send(method.clone(), path, body, None).await;
            let pause = match answer {
                Ok(Answer { status: 401, .. }) => {
                    self.sign_in().await?;
                    PAUSE
                }
                Ok(Answer { status: 429, retry_after, .. }) => retry_after.unwrap_or(PAUSE),
                Ok(Answer { status, body, .. }) if status < 500 => return Ok((status, body)),
                Ok(_) | Err(_) => {
                    self.admin.another_api();
                    PAUSE
                }
            };
            ensure!(Instant::now() < until, "{method} {path}: nobody answers");
            sleep(pause).await;
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let (status, answer) = self.insist(method.clone(), path, body).await?;
        ensure!((200..300).contains(&status), "{method} {path}: {status} {}", answer["detail"]);
        Ok(answer)
    }

    /// What would be started: the template's id.
    ///
    /// # Errors
    /// In words: no such template, or one that cannot be started.
    pub(crate) async fn template(&self, wanted: Option<&str>) -> anyhow::Result<String> {
        let templates = self.ask(Method::GET, "/templates", None).await?;
        let items = templates["items"].as_array().cloned().unwrap_or_default();
        let found = match wanted {
            Some(wanted) => items.iter().find(|t| t["id"] == wanted || t["name"] == wanted),
            None => items.iter().find(|t| t["default"] == true).or(items.first()),
        };
        let Some(found) = found else {
            let names: Vec<&str> = items.iter().filter_map(|template| template["name"].as_str()).collect();
            bail!("there is no template {:?} here; there are: {}", wanted.unwrap_or("at all"), names.join(", "));
        };
        let id = found["id"].as_str().context("a template without an id")?;
        ensure!(
            found["ready"] != false,
            "the template {id:?} cannot be started: {}",
            found["reason"].as_str().or(found["reason"]["text"].as_str()).unwrap_or("it is not ready")
        );
        Ok(id.to_owned())
    }

    /// Waits until a worker offers start slots; how many there are.
    ///
    /// # Errors
    /// When none does.
    pub(crate) async fn slots(&self, limit: Duration) -> anyhow::Result<i64> {
        let until = Instant::now() + limit;
        loop {
            let limits = self.ask(Method::GET, "/limits", None).await?;
            match limits["queue"]["slots"]["total"].as_i64() {
                Some(0) | None if Instant::now() < until => sleep(PAUSE).await,
                Some(0) | None => bail!("no worker offers a start slot: is one running, and does its engine answer?"),
                Some(slots) => return Ok(slots),
            }
        }
    }

    /// Whether so many desktops fit into the host ports, where its metrics tell.
    ///
    /// # Errors
    /// In words, when they do not.
    pub(crate) async fn has_ports_for(&self, desktops: usize) -> anyhow::Result<()> {
        let (size, leased) = (self.gauge("berth_port_range_size").await, self.gauge("berth_port_leases").await);
        if let Some(size) = size {
            let free = size - leased.unwrap_or_default();
            ensure!(
                desktops as f64 <= free,
                "{desktops} desktops at once need as many host ports, and {free} of {size} are free here: fewer users or \
                 desktops, or a larger BERTH_PORT_RANGE"
            );
        }
        Ok(())
    }

    /// The largest value of a gauge without labels over all metrics addresses that answer.
    async fn gauge(&self, name: &str) -> Option<f64> {
        let mut most = None::<f64>;
        for address in &self.there.metrics {
            let text = crate::server::metrics(*address).await.unwrap_or_default();
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok());
            most = most.into_iter().chain(value).reduce(f64::max);
        }
        most
    }

    /// Makes that many users, with limits of their own that are in nobody's way: name and password of each.
    pub(crate) async fn make_users(
        &self,
        run: &str,
        count: usize,
        desktops: usize,
    ) -> anyhow::Result<Vec<(String, String)>> {
        let make = async |n: usize| {
            let (name, password) = (format!("{PREFIX}{run}-{n}"), crate::server::random_password());
            let limits = json!({ "max_desktops": desktops + 1, "start_limits": "off", "max_streams": desktops + 3 });
            let user = json!({ "username": name, "password": password, "role": "user", "display_name": MADE_BY, "limits": limits });
            self.ask(Method::POST, "/admin/users", Some(&user)).await.context("making a user")?;
            anyhow::Ok((name, password))
        };
        let made: Vec<_> = futures_util::stream::iter((0..count).map(make)).buffered(AT_ONCE).collect().await;
        made.into_iter().collect()
    }

    /// Our users, of this run or of all: name and id.
    pub(crate) async fn our_users(&self, run: &str) -> anyhow::Result<Vec<(String, String)>> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.ask(Method::GET, &format!("/admin/users?q={PREFIX}{run}&limit=200{cursor}"), None).await?;
            for user in page["items"].as_array().into_iter().flatten() {
                let (name, id) = (user["username"].as_str().unwrap_or_default(), user["id"].as_str());
                let ours = name.starts_with(&format!("{PREFIX}{run}")) && user["display_name"] == MADE_BY;
                found.extend(id.filter(|_| ours).map(|id| (name.to_owned(), id.to_owned())));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(found),
            }
        }
    }

    /// Asks for all of our users to be deleted with all they have. Their rows go with their last desktops.
    pub(crate) async fn ask_users_to_leave(&self, run: &str) -> anyhow::Result<usize> {
        let users = self.our_users(run).await?;
        let leave = async |(name, id): &(String, String)| {
            let body = json!({ "desktops": "delete" });
            let (status, answer) = self.insist(Method::DELETE, &format!("/admin/users/{id}"), Some(&body)).await?;
            ensure!([202, 404, 409].contains(&status), "{name} cannot be deleted: {status} {}", answer["detail"]);
            anyhow::Ok(())
        };
        let asked: Vec<_> =
            futures_util::stream::iter(users.iter().map(leave)).buffer_unordered(AT_ONCE).collect().await;
        asked.into_iter().collect::<anyhow::Result<Vec<()>>>()?;
        Ok(users.len())
    }

    /// Waits until none of our users is left.
    ///
    /// # Errors
    /// When some are after `limit`.
    pub(crate) async fn until_users_left(&self, run: &str, limit: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + limit;
        loop {
            let left = self.our_users(run).await?;
            if left.is_empty() {
                return Ok(());
            }
            ensure!(Instant::now() < until, "{} users are still there after {} s", left.len(), limit.as_secs());
            sleep(PAUSE * 2).await;
        }
    }

    /// What it holds now: start slots, jobs that are not over, drift. `compare`: the engine is asked for the last of these.
    pub(crate) async fn holds(&self, compare: bool) -> anyhow::Result<Holds> {
        if compare {
            self.ask(Method::POST, "/admin/drift/compare", None).await?;
            sleep(PAUSE * 6).await;
        }
        let queue = self.ask(Method::GET, "/admin/queue", None).await?;
        let drift = self.ask(Method::GET, "/admin/drift", None).await?;
        let count = |state: &str| queue["counts"][state].as_i64().unwrap_or_default();
        Ok(Holds {
            busy_slots: queue["slots"]["busy"].as_i64().unwrap_or_default(),
            live_jobs: ["available", "running", "scheduled", "retryable"].map(count).iter().sum(),
            drift: drift["items"].as_array().into_iter().flatten().map(drift_in_words).collect(),
        })
    }

    /// Processes whose resources are worth a look: those that listen at our addresses on this machine, and those named.
    pub(crate) fn processes(&self) -> Vec<(String, u32)> {
        let mut found: Vec<(String, u32)> = Vec::new();
        for (n, origin) in self.there.origins.iter().enumerate() {
            let url = origin.parse::<reqwest::Url>().ok();
            let local = url
                .as_ref()
                .and_then(reqwest::Url::host_str)
                .is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
            let pid = url.filter(|_| local).and_then(|url| resources::listener(url.port_or_known_default()?));
            if let Some(pid) = pid.filter(|pid| found.iter().all(|(_, known)| known != pid)) {
                found.push((format!("api {}", n + 1), pid));
            }
        }
        found.extend(self.there.watch.iter().cloned());
        found
    }
}

fn drift_in_words(item: &Value) -> String {
    format!("{} {}", item["kind"].as_str().unwrap_or("drift"), item["id"].as_str().unwrap_or_default())
}

/// # Errors
/// In words: nobody there, or somebody else.
async fn is_berth(origin: &str) -> anyhow::Result<()> {
    let client = Client::nobody(&[origin.to_owned()], 0)?;
    let about = tokio::time::timeout(Duration::from_secs(10), client.call(Method::GET, "/about", None)).await;
    match about {
        Err(_) => bail!("nobody answers at {origin} within 10 s; is the address right?"),
        Ok(Err(error)) => {
            let why = error.chain().last().map(ToString::to_string).unwrap_or_default();
            bail!("nobody answers at {origin} ({why}); --address says where Berth is, or --own starts one for this")
        }
        Ok(Ok((200, about))) if about["name"] == "Berth" => Ok(()),
        Ok(Ok((status, _))) => bail!("what answers at {origin} is no Berth (GET /api/v1/about: {status})"),
    }
}
