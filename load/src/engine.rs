//! The container engine of a Berth of our own, asked over its socket: that nothing of it is left behind, and, of the
//! pretended one, that things go wrong.

use anyhow::{Context as _, ensure};
use rand::RngExt as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

use crate::plan::Fault;

/// In the order in which they can be removed: kind, and where its list stands in the answer.
const KINDS: [(&str, &str, Option<&str>); 3] = [
    ("containers", "/containers/json?all=true&", None),
    ("volumes", "/volumes?", Some("Volumes")),
    ("networks", "/networks?", None),
];
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub(crate) struct Engine {
    http: reqwest::Client,
}

impl Engine {
    /// # Errors
    /// When no connection can ever be made.
    pub(crate) fn at(socket: &Path) -> anyhow::Result<Self> {
        Ok(Self { http: reqwest::Client::builder().unix_socket(socket).timeout(ANSWERS_WITHIN).build()? })
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method.clone(), format!("http://engine{path}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.context("the container engine does not answer")?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        ensure!(status.is_success(), "the engine: {method} {path}: {status} {}", body["message"]);
        Ok(body)
    }

    /// Its version, in words.
    pub(crate) async fn version(&self) -> anyhow::Result<String> {
        let version = self.ask(Method::GET, "/version", None).await?;
        Ok(version["Version"].as_str().unwrap_or("unknown").to_owned())
    }

    /// What it has of this installation, in words; networks stay while Berth runs.
    pub(crate) async fn left_of(&self, installation: &str) -> anyhow::Result<Vec<String>> {
        let mut left = Vec::new();
        for (kind, path, list) in &KINDS[..2] {
            left.extend(self.ids(path, *list, installation).await?.into_iter().map(|id| format!("{kind} {id}")));
        }
        Ok(left)
    }

    /// Takes everything of this installation away.
    pub(crate) async fn remove_all_of(&self, installation: &str) -> anyhow::Result<()> {
        for (kind, path, list) in KINDS {
            for id in self.ids(path, list, installation).await? {
                self.ask(Method::DELETE, &format!("/{kind}/{id}?force=true&v=true"), None).await?;
            }
        }
        Ok(())
    }

    async fn ids(&self, path: &str, list: Option<&str>, installation: &str) -> anyhow::Result<Vec<String>> {
        // {"label":["berth.installation=…"]}, as an address has to write it.
        let filter = format!("filters=%7B%22label%22%3A%5B%22berth.installation%3D{installation}%22%5D%7D");
        let answer = self.ask(Method::GET, &format!("{path}{filter}"), None).await?;
        let items = list.map_or(&answer, |list| &answer[list]).as_array().cloned().unwrap_or_default();
        let id = |item: &Value| item["Id"].as_str().or(item["Name"].as_str()).map(str::to_owned);
        Ok(items.iter().filter_map(id).collect())
    }

    /// Ends the pretended engine, which nobody else does. Nothing happens to a real one.
    pub(crate) async fn end_pretended(&self) {
        let about = self.ask(Method::GET, "/sim", None).await.unwrap_or_default();
        if let Some(pid) = about["pid"].as_u64() {
            _ = tokio::process::Command::new("kill").args(["-TERM", &pid.to_string()]).status().await;
        }
    }

    /// Makes the pretended engine go wrong; what was done, in words.
    pub(crate) async fn strike(&self, fault: Fault, dice: &mut StdRng) -> anyhow::Result<String> {
        let arm = async |fault: Value| self.ask(Method::POST, "/sim/faults", Some(&fault)).await;
        match fault {
            Fault::EngineSlow => {
                let (times, ms) = (dice.random_range(3..12), dice.random_range(500..3000));
                arm(json!({ "on": "any", "kind": "slow", "times": times, "ms": ms })).await?;
                Ok(format!("the engine answers {times} calls {ms} ms later"))
            }
            Fault::EngineErrors => {
                let (times, after) = (dice.random_range(1..6), dice.random_bool(0.5));
                arm(json!({ "on": "any", "kind": "error500", "times": times, "after": after })).await?;
                let when = if after { "after" } else { "before" };
                Ok(format!("the engine answers {times} calls with 500, {when} the work"))
            }
            Fault::ContainerDies => {
                let all = self.ask(Method::GET, "/containers/json", None).await?;
                let ids: Vec<&str> =
                    all.as_array().into_iter().flatten().filter_map(|container| container["Id"].as_str()).collect();
                if ids.is_empty() {
                    return Ok("a container was to die, and there is none".to_owned());
                }
                let id = ids[dice.random_range(0..ids.len())];
                self.ask(Method::POST, &format!("/sim/containers/{id}/die"), None).await?;
                Ok("a container died".to_owned())
            }
            Fault::EngineEventsCut => {
                self.ask(Method::POST, "/sim/events/cut", None).await?;
                Ok("the engine's event streams were cut".to_owned())
            }
            Fault::KillApi | Fault::KillWorker | Fault::Cut => Ok(String::new()),
        }
    }

    /// Takes all faults away that were armed.
    pub(crate) async fn whole_again(&self) -> anyhow::Result<()> {
        self.ask(Method::DELETE, "/sim/faults", None).await.map(|_| ())
    }
}
