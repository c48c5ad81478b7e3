//! What there is, in Docker's shapes: the fields that clients of ours read, and those a person looks for.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::events::has_label;
use super::network::Network;
use super::world::{Container, Volume, World};
use super::{Engine, image_labels};
use crate::VERSION;
use crate::answers::{self, Refusal};

const NEVER: &str = "0001-01-01T00:00:00Z";

type Filters = HashMap<String, Vec<String>>;

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| NEVER.to_owned(), |at| at.to_string())
}

fn image_id(name: &str) -> String {
    // Any 64 digits that belong to the name.
    let digits = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("sha256:{}", format!("{digits:016x}").repeat(4))
}

impl Engine {
    pub(crate) fn info(&self) -> Value {
        let inner = self.lock();
        let all = inner.world.containers.values();
        let running = all.clone().filter(|container| container.runs()).count();
        json!({
            "ID": "PRET:ENDE", "Name": "pretended", "ServerVersion": VERSION, "OperatingSystem": "Berth's pretended engine",
            "OSType": "linux", "Architecture": "x86_64", "NCPU": self.options.cpus, "MemTotal": 16_u64 << 30,
            "Containers": all.len(), "ContainersRunning": running, "ContainersPaused": 0,
            "ContainersStopped": all.len() - running, "Images": 1, "Driver": "pretended", "CgroupDriver": "none",
            "CgroupVersion": "2", "SystemTime": Timestamp::now().to_string(), "LoggingDriver": "json-file",
            "DockerRootDir": self.options.state, "LiveRestoreEnabled": false,
        })
    }

    pub(crate) fn inspect_image(&self, name: &str) -> Result<Value, Refusal> {
        let inner = self.lock();
        if !inner.world.has_image(name) {
            return Err(answers::no_such_image_to_inspect(name));
        }
        Ok(json!({
            "Id": image_id(&inner.world.image_seed(name)), "RepoTags": [name], "RepoDigests": [], "Created": "2020-01-01T00:00:00Z",
            "Architecture": "amd64", "Os": "linux", "Size": 0,
            "Config": { "Image": "", "Labels": image_labels(), "ExposedPorts": { "5900/tcp": {} } },
        }))
    }

    pub(crate) fn inspect(&self, asked: &str) -> Result<Value, Refusal> {
        let inner = self.lock();
        let c = inner.container(asked)?;
        Ok(json!({
            "Id": c.id, "Created": c.created_at.to_string(), "Name": format!("/{}", c.name), "Path": "pretended", "Args": [],
            "State": {
                "Status": c.status(), "Running": c.runs(), "Paused": false, "Restarting": false, "OOMKilled": c.oom,
                "Dead": false, "Pid": i64::from(c.runs()), "ExitCode": c.exit_code, "Error": c.error,
                "StartedAt": time(c.started_at), "FinishedAt": time(c.finished_at),
            },
            "Image": image_id(&c.spec.image), "RestartCount": 0, "Driver": "pretended", "Platform": "linux",
            "HostConfig": c.spec.host_config, "Config": c.spec.config, "Mounts": mounts(c),
            "NetworkSettings": { "Ports": bound(c), "Networks": networks(&inner.world, c) },
        }))
    }

    /// The memory that a light desktop takes, and a hundredth of a core.
    pub(crate) fn stats(&self, asked: &str) -> Result<Value, Refusal> {
        let inner = self.lock();
        let c = inner.container(asked)?;
        let memory =
            if c.runs() { json!({ "usage": 24 << 20, "limit": 16_u64 << 30, "stats": {} }) } else { json!({}) };
        let ran =
            c.started_at.filter(|_| c.runs()).map_or(0, |began| Timestamp::now().duration_since(began).as_nanos());
        let cpu = json!({ "cpu_usage": { "total_usage": u64::try_from(ran / 100).unwrap_or_default() } });
        Ok(
            json!({ "read": Timestamp::now().to_string(), "name": format!("/{}", c.name), "id": c.id, "memory_stats": memory, "cpu_stats": cpu }),
        )
    }

    /// Newest first, as Docker lists them.
    pub(crate) fn list(&self, all: bool, filters: &Filters) -> Result<Value, Refusal> {
        if let Some(key) = filters.keys().find(|key| !["label", "name", "id", "status"].contains(&key.as_str())) {
            return Err(answers::bad_request(format!("Invalid filter '{key}'")));
        }
        let inner = self.lock();
        let by_status = filters.contains_key("status");
        let mut found: Vec<&Container> = inner.world.containers.values().collect();
        found.retain(|c| (all || by_status || c.runs()) && passes(c, filters));
        found.sort_by_key(|c| std::cmp::Reverse(c.created_at));
        Ok(found.into_iter().map(|c| summary(&inner.world, c)).collect())
    }

    pub(crate) fn networks(&self, filters: &Filters) -> Value {
        let inner = self.lock();
        let passes = |network: &&Network| {
            filters.iter().all(|(key, values)| match key.as_str() {
                "name" => values.iter().any(|value| network.name.contains(value.as_str())),
                "id" => values.iter().any(|value| network.id.starts_with(value.as_str())),
                "label" => values.iter().all(|value| has_label(&network.labels, value)),
                _ => true,
            })
        };
        inner.world.networks.values().filter(passes).map(|network| shape_of_network(network, &Map::new())).collect()
    }

    pub(crate) fn inspect_network(&self, asked: &str) -> Result<Value, Refusal> {
        let inner = self.lock();
        let network = inner.world.network(asked).ok_or_else(|| answers::no_such_network(asked))?;
        let on_it = inner
            .world
            .containers
            .values()
            .filter(|c| c.runs() && inner.world.network_of(c).is_some_and(|its| its.id == network.id));
        let seats = on_it.map(|c| {
            let address = c.address.map(|address| address.to_string()).unwrap_or_default();
            (c.id.clone(), json!({ "Name": c.name, "IPv4Address": address }))
        });
        Ok(shape_of_network(network, &seats.collect()))
    }

    pub(crate) fn volumes(&self, filters: &Filters) -> Value {
        let inner = self.lock();
        let passes = |(name, volume): &(&String, &Volume)| {
            filters.iter().all(|(key, values)| match key.as_str() {
                "name" => values.iter().any(|value| name.contains(value.as_str())),
                "label" => values.iter().all(|value| has_label(&volume.labels, value)),
                "dangling" => values.iter().all(|v| inner.world.users_of(name).is_empty() == (v == "true" || v == "1")),
                _ => true,
            })
        };
        let found = inner.world.volumes.iter().filter(passes).map(|(name, volume)| shape_of_volume(name, volume));
        json!({ "Volumes": found.collect::<Vec<_>>(), "Warnings": null })
    }

    pub(crate) fn inspect_volume(&self, name: &str) -> Result<Value, Refusal> {
        let inner = self.lock();
        let volume = inner.world.volumes.get(name).ok_or_else(|| answers::no_such_volume(name))?;
        Ok(shape_of_volume(name, volume))
    }

    /// What a fault that names a container is compared with: its id, name, image and labels.
    pub(crate) fn words_of(&self, asked: &str) -> String {
        let inner = self.lock();
        let Some(container) = inner.world.find(asked) else { return String::new() };
        let labels: Vec<_> = container.spec.labels.values().map(String::as_str).collect();
        format!("{} {} {} {}", container.id, container.name, container.spec.image, labels.join(" "))
    }
}

fn passes(c: &Container, filters: &Filters) -> bool {
    filters.iter().all(|(key, values)| match key.as_str() {
        "label" => values.iter().all(|value| has_label(&c.spec.labels, value)),
        "name" => values.iter().any(|value| c.name.contains(value.trim_start_matches('/'))),
        "id" => values.iter().any(|value| c.id.starts_with(value.as_str())),
        "status" => values.iter().any(|value| value == c.status()),
        _ => true,
    })
}

fn summary(world: &World, c: &Container) -> Value {
    let ports = if c.runs() { c.spec.published.as_slice() } else { &[] };
    let ports = ports.iter().zip(&c.ports).map(|(published, port)| {
        json!({
            "IP": published.host.to_string(), "PrivatePort": published.container_port, "PublicPort": port, "Type": "tcp",
        })
    });
    json!({
        "Id": c.id, "Names": [format!("/{}", c.name)], "Image": c.spec.image, "ImageID": image_id(&c.spec.image),
        "Command": "pretended", "Created": c.created_at.as_second(), "Ports": ports.collect::<Vec<_>>(),
        "Labels": c.spec.labels, "State": c.status(), "Status": c.status(),
        "HostConfig": { "NetworkMode": c.spec.network_mode },
        "NetworkSettings": { "Networks": networks(world, c) }, "Mounts": mounts(c),
    })
}

fn mounts(c: &Container) -> Value {
    let volumes = c.spec.volumes.iter();
    volumes.map(|(name, _)| json!({ "Type": "volume", "Name": name, "Driver": "local", "RW": true })).collect()
}

fn bound(c: &Container) -> Value {
    if !c.runs() {
        return json!({});
    }
    let mut all: Map<String, Value> = Map::new();
    for (published, port) in c.spec.published.iter().zip(&c.ports) {
        let bindings = all.entry(format!("{}/tcp", published.container_port)).or_insert_with(|| json!([]));
        if let Value::Array(bindings) = bindings {
            bindings.push(json!({ "HostIp": published.host.to_string(), "HostPort": port.to_string() }));
        }
    }
    Value::Object(all)
}

fn networks(world: &World, c: &Container) -> Value {
    let seat = match world.network_of(c).filter(|_| c.runs()) {
        None => json!({ "NetworkID": "", "EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0 }),
        Some(network) => {
            let subnet = network.subnet();
            json!({
                "NetworkID": network.id, "EndpointID": c.id,
                "Gateway": subnet.map(|subnet| subnet.gateway().to_string()).unwrap_or_default(),
                "IPAddress": c.address.map(|address| address.to_string()).unwrap_or_default(),
                "IPPrefixLen": subnet.map_or(0, |subnet| subnet.prefix),
            })
        }
    };
    json!({ c.network_name.clone(): seat })
}

fn shape_of_network(network: &Network, containers: &Map<String, Value>) -> Value {
    json!({
        "Name": network.name, "Id": network.id, "Created": network.created, "Scope": "local", "Driver": network.driver,
        "EnableIPv6": false, "IPAM": { "Driver": "default", "Options": null, "Config": network.ipam },
        "Internal": network.internal, "Attachable": false, "Ingress": false, "ConfigOnly": false,
        "Containers": containers, "Options": network.options, "Labels": network.labels,
    })
}

fn shape_of_volume(name: &str, volume: &Volume) -> Value {
    json!({
        "Name": name, "Driver": "local", "Mountpoint": "", "Labels": volume.labels, "Options": null, "Scope": "local",
        "CreatedAt": volume.created_at.to_string(),
    })
}
