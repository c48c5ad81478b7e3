//! What a container was asked to be: the few parts of the request that can be felt, and the whole of it for `inspect`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use crate::answers::{Refusal, bad_request};

#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) image: String,
    pub(crate) labels: HashMap<String, String>,
    pub(crate) open_stdin: bool,
    pub(crate) network_mode: String,
    pub(crate) published: Vec<Published>,
    /// Named volumes, with the labels they get when they are made.
    pub(crate) volumes: Vec<(String, HashMap<String, String>)>,
    /// As `inspect` shows them.
    pub(crate) config: Value,
    pub(crate) host_config: Value,
}

/// A container port published on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) container_port: u16,
    pub(crate) host: IpAddr,
    /// 0: any free one.
    pub(crate) host_port: u16,
}

impl Spec {
    pub(crate) fn read(body: Value) -> Result<Self, Refusal> {
        let Value::Object(mut config) = body else {
            return Err(bad_request("invalid JSON: got EOF while reading request body"));
        };
        let mut host_config = config.remove("HostConfig").filter(Value::is_object).unwrap_or_else(|| json!({}));
        if text(&host_config, "NetworkMode").is_none() {
            host_config["NetworkMode"] = json!("default");
        }
        config.remove("NetworkingConfig");
        let image = config.get("Image").and_then(Value::as_str).unwrap_or_default().to_owned();
        if image.is_empty() {
            return Err(bad_request("no image specified"));
        }
        // An image's labels become its containers'; theirs win.
        let mut labels = image_labels();
        labels.extend(strings(config.get("Labels")));
        config.insert("Labels".to_owned(), json!(labels));
        Ok(Self {
            image,
            labels,
            open_stdin: config.get("OpenStdin").and_then(Value::as_bool).unwrap_or_default(),
            network_mode: text(&host_config, "NetworkMode").unwrap_or("default").to_owned(),
            published: published(&host_config)?,
            volumes: volumes(&host_config),
            config: Value::Object(config),
            host_config,
        })
    }

    pub(crate) fn host_ports(&self) -> Vec<u16> {
        self.published.iter().map(|published| published.host_port).collect()
    }
}

/// Every pretended image is a desktop that says when it is ready.
pub(crate) fn image_labels() -> HashMap<String, String> {
    HashMap::from([("berth.ready".to_owned(), "stdout".to_owned()), ("berth.port".to_owned(), "5900".to_owned())])
}

/// An object of strings; whatever else it holds is left out.
pub(crate) fn strings(value: Option<&Value>) -> HashMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn published(host: &Value) -> Result<Vec<Published>, Refusal> {
    let mut all = Vec::new();
    for (key, bindings) in host.get("PortBindings").and_then(Value::as_object).into_iter().flatten() {
        let invalid = || bad_request(format!("invalid port specification: \"{key}\""));
        let container_port = key.split('/').next().and_then(|port| port.parse().ok()).ok_or_else(invalid)?;
        for binding in bindings.as_array().into_iter().flatten() {
            let address = text(binding, "HostIp").map_or(Some(Ipv4Addr::UNSPECIFIED.into()), |ip| ip.parse().ok());
            let port = text(binding, "HostPort").map_or(Some(0), |port| port.parse().ok());
            let (Some(host), Some(host_port)) = (address, port) else { return Err(invalid()) };
            all.push(Published { container_port, host, host_port });
        }
    }
    Ok(all)
}

fn volumes(host: &Value) -> Vec<(String, HashMap<String, String>)> {
    let mounts = host.get("Mounts").and_then(Value::as_array).into_iter().flatten();
    let mounted = mounts.filter(|mount| text(mount, "Type") == Some("volume")).filter_map(|mount| {
        let labels = strings(mount.pointer("/VolumeOptions/Labels"));
        Some((text(mount, "Source")?.to_owned(), labels))
    });
    let binds = host.get("Binds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let bound = binds.filter_map(|bind| bind.split_once(':')).filter(|(source, _)| !source.starts_with('/'));
    mounted.chain(bound.map(|(source, _)| (source.to_owned(), HashMap::new()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Published, Spec};
    use serde_json::json;

    #[test]
    fn what_can_be_felt_is_read_and_the_rest_is_kept() {
        let spec = Spec::read(json!({
            "Image": "x", "OpenStdin": true, "Labels": {"berth.port": "6900", "a": "b"}, "Hostname": "h",
            "HostConfig": {
                "NetworkMode": "n1", "Memory": 7,
                "PortBindings": {"5900/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7001"}, {"HostIp": "", "HostPort": ""}]},
                "Mounts": [{"Type": "volume", "Source": "home", "VolumeOptions": {"Labels": {"c": "d"}}}, {"Type": "bind", "Source": "/x"}],
                "Binds": ["/etc:/etc", "more:/more"],
            }
        }))
        .expect("understood");
        assert_eq!(spec.published[0], Published { container_port: 5900, host: [127, 0, 0, 1].into(), host_port: 7001 });
        assert_eq!((spec.published[1].host_port, spec.network_mode.as_str()), (0, "n1"));
        let names: Vec<_> = spec.volumes.iter().map(|(name, labels)| (name.as_str(), labels.len())).collect();
        assert_eq!(names, [("home", 1), ("more", 0)]);
        assert_eq!((spec.labels["berth.port"].as_str(), spec.labels["berth.ready"].as_str()), ("6900", "stdout"));
        assert_eq!((&spec.config["Hostname"], &spec.host_config["Memory"]), (&json!("h"), &json!(7)));
        assert!(Spec::read(json!({})).is_err() && Spec::read(json!([])).is_err());
    }
}
