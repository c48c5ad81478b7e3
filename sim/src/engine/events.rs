//! The engine's events, told as Docker tells them. The last 256 can be asked for again; a restart forgets them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::journal::{Entry, What, Who};
use super::world::World;

/// As many as Docker keeps.
const KEPT: usize = 256;
/// A listener that is further behind than this is cut off.
const BEHIND: usize = 8192;

#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) at: Timestamp,
    kind: &'static str,
    action: &'static str,
    id: String,
    name: String,
    labels: HashMap<String, String>,
    /// One line of JSON.
    pub(crate) line: String,
}

#[derive(Debug)]
pub(crate) struct Events {
    kept: VecDeque<Arc<Told>>,
    sender: broadcast::Sender<Arc<Told>>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self { kept: VecDeque::new(), sender: broadcast::Sender::new(BEHIND) }
    }

    /// Those kept since then, and all that follow: nothing between the two is missed.
    pub(crate) fn listen(&self, since: Option<Timestamp>) -> (Vec<Arc<Told>>, broadcast::Receiver<Arc<Told>>) {
        let kept = self.kept.iter().filter(|told| since.is_some_and(|since| told.at >= since)).cloned().collect();
        (kept, self.sender.subscribe())
    }

    /// What the journal's line means to those who listen.
    pub(crate) fn tell_of(&mut self, world: &World, entry: &Entry) {
        let at = entry.at;
        match &entry.what {
            What::ContainerCreated { who, image, .. } => self.tell(at, who, image, "create", &[]),
            What::ContainerStarted { who, .. } => self.tell_by_id(world, at, who, "start", &[]),
            What::ContainerDied { who, exit_code, oom } => {
                if *oom {
                    self.tell_by_id(world, at, who, "oom", &[]);
                }
                self.tell_by_id(world, at, who, "die", &[("exitCode", exit_code.to_string())]);
            }
            What::ContainerRemoved { who, vanished: false } => self.tell_by_id(world, at, who, "destroy", &[]),
            What::ContainerRemoved { vanished: true, .. } => {}
            What::NetworkCreated { network } => {
                let facts = HashMap::from([
                    ("name".to_owned(), network.name.clone()),
                    ("type".to_owned(), network.driver.clone()),
                ]);
                self.send(at, "network", "create", &network.id, &network.name, &network.labels, &facts, None);
            }
            What::NetworkRemoved { id, name } => {
                let facts = HashMap::from([("name".to_owned(), name.clone())]);
                self.send(at, "network", "destroy", id, name, &HashMap::new(), &facts, None);
            }
            What::VolumeCreated { name, labels } => {
                self.send(at, "volume", "create", name, name, labels, &HashMap::new(), None);
            }
            What::VolumeRemoved { name } => {
                self.send(at, "volume", "destroy", name, name, &HashMap::new(), &HashMap::new(), None);
            }
            What::EngineStarted { .. }
            | What::EngineEnded
            | What::StartRefused { .. }
            | What::ContainerSaid { .. }
            | What::ImageMade { .. }
            | What::ImageRemoved { .. }
            | What::ImageOffered { .. }
            | What::ImagePulled { .. } => {}
        }
    }

    fn tell_by_id(&mut self, world: &World, at: Timestamp, who: &Who, action: &'static str, more: &[(&str, String)]) {
        let image = world.containers.get(&who.id).map(|container| container.spec.image.clone()).unwrap_or_default();
        self.tell(at, who, &image, action, more);
    }

    /// Something happened to a container.
    pub(crate) fn tell(
        &mut self,
        at: Timestamp,
        who: &Who,
        image: &str,
        action: &'static str,
        more: &[(&str, String)],
    ) {
        let mut facts = who.labels.clone();
        facts.insert("image".to_owned(), image.to_owned());
        facts.insert("name".to_owned(), who.name.clone());
        facts.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        self.send(at, "container", action, &who.id, &who.name, &who.labels, &facts, Some(image));
    }

    #[allow(clippy::too_many_arguments)] // the parts of one message
    fn send(
        &mut self,
        at: Timestamp,
        kind: &'static str,
        action: &'static str,
        id: &str,
        name: &str,
        labels: &HashMap<String, String>,
        facts: &HashMap<String, String>,
        image: Option<&str>,
    ) {
        let nanos = i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX);
        let mut message = json!({
            "Type": kind, "Action": action, "Actor": {"ID": id, "Attributes": facts}, "scope": "local",
            "time": at.as_second(), "timeNano": nanos,
        });
        if let (Some(image), Value::Object(fields)) = (image, &mut message) {
            fields.extend([("status", action), ("id", id), ("from", image)].map(|(key, v)| (key.to_owned(), json!(v))));
        }
        let told = Arc::new(Told {
            at,
            kind,
            action,
            id: id.to_owned(),
            name: name.to_owned(),
            labels: labels.clone(),
            line: format!("{message}\n"),
        });
        self.kept.push_back(Arc::clone(&told));
        let surplus = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..surplus);
        let _ = self.sender.send(told); // nobody listens
    }
}

impl Told {
    /// Docker's filters: of one key any value, of several keys all.
    pub(crate) fn passes(&self, filters: &HashMap<String, Vec<String>>) -> bool {
        filters.iter().all(|(key, values)| {
            values.is_empty()
                || match key.as_str() {
                    "type" => values.iter().any(|value| value == self.kind),
                    "event" => values.iter().any(|value| value == self.action),
                    "container" => {
                        values.iter().any(|value| *value == self.name || self.id.starts_with(value.as_str()))
                    }
                    // Labels are the exception: all of them.
                    "label" => values.iter().all(|value| has_label(&self.labels, value)),
                    _ => true,
                }
        })
    }
}

/// `key` or `key=value`.
pub(crate) fn has_label(labels: &HashMap<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((key, value)) => labels.get(key).is_some_and(|have| have == value),
        None => labels.contains_key(wanted),
    }
}
