//! Images that are not here but at a pretended registry: what a pull brings, how long it takes, what it needs.
//!
//! Every image is here and always was, but for those that were offered: they are here once they were pulled.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::journal::What;
use super::world::World;
use super::{Engine, Inner};
use crate::answers::{self, Refusal};

/// An image at a pretended registry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offer {
    /// Bytes of each layer.
    #[serde(default = "two_layers")]
    layers: Vec<u64>,
    /// How long a pull takes.
    #[serde(default)]
    ms: u64,
    /// What the registry says in place of the image.
    #[serde(default)]
    error: Option<String>,
    /// Who must ask, as `name:password`; anybody when left out.
    #[serde(default)]
    only_for: Option<String>,
    /// Offered again under the same name it is another one.
    #[serde(default)]
    version: u32,
}

impl Default for Offer {
    fn default() -> Self {
        Self { layers: two_layers(), ms: 0, error: None, only_for: None, version: 0 }
    }
}

fn two_layers() -> Vec<u64> {
    vec![80_000_000, 20_000_000]
}

/// What a pull says, and when.
pub(crate) struct Story {
    pub(crate) lines: Vec<Value>,
    /// Between two lines.
    pub(crate) pause: Duration,
    /// At its end the image is here.
    pub(crate) brings: Option<u32>,
}

/// A name says `latest` when it says nothing.
fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

impl World {
    /// Whether an image is here.
    pub(crate) fn has_image(&self, name: &str) -> bool {
        let name = tagged(name);
        !self.offers.contains_key(&name) || self.pulled.contains_key(&name)
    }

    /// What its id is made from: its name, and of one that was pulled also which it was.
    pub(crate) fn image_seed(&self, name: &str) -> String {
        match self.pulled.get(&tagged(name)) {
            Some(version) => format!("{}#{version}", tagged(name)),
            None => name.to_owned(),
        }
    }

    pub(super) fn image_offered(&mut self, name: &str, offer: &Offer) {
        let name = tagged(name);
        let version = self.offers.get(&name).map_or(0, |before| before.version + 1);
        self.offers.insert(name, Offer { version, ..offer.clone() });
    }

    pub(super) fn image_pulled(&mut self, name: &str, version: u32) {
        self.pulled.insert(tagged(name), version);
    }
}

impl Engine {
    /// From now on this image is at a registry. One that is here already stays here until the newer one is pulled.
    pub(crate) fn offer_image(&self, name: String, offer: Offer) -> Result<(), Refusal> {
        self.lock().commit(What::ImageOffered { name, offer })
    }

    /// What a pull of this image by this one (`name:password`) says.
    pub(crate) fn pull_story(&self, name: &str, who: Option<&str>) -> Result<Story, Refusal> {
        let inner = self.lock();
        let Some(offer) = inner.world.offers.get(&tagged(name)) else { return Ok(up_to_date(name)) };
        match &offer.only_for {
            Some(_) if who.is_none() => return Err(answers::no_credentials(name)),
            Some(only) if who != Some(only.as_str()) => return Err(answers::wrong_credentials()),
            Some(_) | None => {}
        }
        if let Some(error) = &offer.error {
            let lines = vec![json!({ "errorDetail": { "message": error }, "error": error })];
            return Ok(Story { lines, pause: Duration::from_millis(offer.ms), brings: None });
        }
        if inner.world.pulled.get(&tagged(name)) == Some(&offer.version) {
            return Ok(up_to_date(name));
        }
        Ok(offer.story(name))
    }

    pub(crate) fn image_arrived(&self, name: &str, version: u32) {
        let inner: &mut Inner = &mut self.lock();
        inner.happened(What::ImagePulled { name: name.to_owned(), version });
    }
}

fn up_to_date(name: &str) -> Story {
    let lines = vec![json!({ "status": format!("Status: Image is up to date for {name}") })];
    Story { lines, pause: Duration::ZERO, brings: None }
}

impl Offer {
    fn story(&self, name: &str) -> Story {
        const STEPS: u64 = 10;
        let id = |n: usize| format!("{n:012x}");
        let mut lines = vec![json!({ "status": format!("Pulling from {name}"), "id": "latest" })];
        lines.extend(
            (0..self.layers.len()).map(|n| json!({ "status": "Pulling fs layer", "progressDetail": {}, "id": id(n) })),
        );
        for step in 1..=STEPS {
            for (n, total) in self.layers.iter().enumerate() {
                let detail = json!({ "current": total * step / STEPS, "total": total });
                lines.push(json!({ "status": "Downloading", "progressDetail": detail, "id": id(n) }));
            }
        }
        for n in 0..self.layers.len() {
            lines.push(json!({ "status": "Download complete", "progressDetail": {}, "id": id(n) }));
            lines.push(json!({ "status": "Pull complete", "progressDetail": {}, "id": id(n) }));
        }
        lines.push(json!({ "status": format!("Status: Downloaded newer image for {name}") }));
        let pause = Duration::from_millis(self.ms) / u32::try_from(lines.len()).unwrap_or(1);
        Story { lines, pause, brings: Some(self.version) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Offer, World, tagged};

    #[test]
    fn an_offered_image_is_here_once_it_was_pulled_and_a_newer_one_has_another_id() {
        let offer: Offer = serde_json::from_str("{}").expect("an offer");
        let mut world = World::default();
        assert!(world.has_image("any"));
        world.image_offered("r.example/x", &offer);
        assert!(!world.has_image("r.example/x:latest") && world.has_image("r.example/x:1"));
        world.image_pulled("r.example/x", 0);
        let first = world.image_seed("r.example/x");
        world.image_offered("r.example/x:latest", &offer);
        assert!(world.has_image("r.example/x") && world.image_seed("r.example/x") == first);
        assert_eq!(world.offers[&tagged("r.example/x")].version, 1);
        world.image_pulled("r.example/x", 1);
        assert_ne!(world.image_seed("r.example/x"), first);
    }
}
