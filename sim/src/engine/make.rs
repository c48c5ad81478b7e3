//! Making a container: its image, its name, its volumes.

use serde_json::Value;

use super::journal::{What, Who};
use super::spec::Spec;
use super::{Engine, new_id};
use crate::answers::{Refusal, bad_request, name_taken, no_such_image};

impl Engine {
    /// Its id.
    pub(crate) fn create(&self, name: Option<&str>, body: Value) -> Result<String, Refusal> {
        let spec = Spec::read(body.clone())?;
        let id = new_id();
        let name = match name.map(|name| name.trim_start_matches('/')) {
            Some(name) if !name.is_empty() => checked(name)?.to_owned(),
            Some(_) | None => format!("pretended_{}", &id[..12]),
        };
        let mut inner = self.lock();
        if !inner.world.has_image(&spec.image) {
            return Err(no_such_image(&spec.image));
        }
        if let Some(by) = inner.world.names.get(&name) {
            return Err(name_taken(&name, by));
        }
        for (volume, labels) in &spec.volumes {
            if !inner.world.volumes.contains_key(volume) {
                inner.commit(What::VolumeCreated { name: volume.clone(), labels: labels.clone() })?;
            }
        }
        let ports = spec.host_ports();
        let who = Who { id: id.clone(), name, labels: spec.labels, ports };
        inner.commit(What::ContainerCreated { who, image: spec.image, body })?;
        Ok(id)
    }
}

fn checked(name: &str) -> Result<&str, Refusal> {
    let fine = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if fine {
        return Ok(name);
    }
    Err(bad_request(format!("Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")))
}
