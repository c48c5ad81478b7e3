//! JupyterHub with DockerSpawner, run by the script in bench/jupyterhub: the same burst on the same desktops.

use anyhow::{Context as _, bail, ensure};
use berth_bench::engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::Bench;
use crate::burst::{Burst, Used};
use crate::floor::Floor;

/// The desktop with an answer at a port, since JupyterHub knows no other sign of being ready. Removed again.
const IMAGE: &str = "berth-bench-jupyterhub";
/// What DockerSpawner sets itself: it has the engine remove what has ended, choose the port, and mount the home by its short form.
const ITS_OWN: [&str; 4] = ["AutoRemove", "PortBindings", "Binds", "Mounts"];

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Limits {
    /// As they come.
    Default,
    /// So that a burst reaches none.
    Raised,
}

pub(crate) struct Hub<'a> {
    bench: &'a Bench,
    /// What it needs to know of a container of Berth's.
    wanted: Value,
}

impl<'a> Hub<'a> {
    /// For containers like those of the floor, whose image it wraps.
    pub(crate) async fn like(bench: &'a Bench, floor: &Floor) -> anyhow::Result<Self> {
        let container = &floor.wanted;
        let base = container["Image"].as_str().context("no image")?;
        let folder = bench.hub.join("image");
        let folder = folder.to_str().context("not UTF-8")?;
        engine::docker(&["build", "--quiet", "--build-arg", &format!("BASE={base}"), "--tag", IMAGE, folder]).await?;
        let home = &container["HostConfig"]["Mounts"][0]["Target"];
        ensure!(home.is_string(), "no home");
        let wanted = json!({
            "image": IMAGE, "hostname": container["Hostname"], "home": home, "host": container["HostConfig"],
        });
        Ok(Self { bench, wanted })
    }

    /// One burst of a fresh hub, and what else it said of itself.
    pub(crate) async fn burst(
        &self,
        limits: Limits,
        run_within: Duration,
        gone_within: Duration,
    ) -> anyhow::Result<(Burst, Value)> {
        let Bench { hub, hub_python: python, node, clicks, .. } = self.bench;
        let seconds = |duration: Duration| duration.as_secs().to_string();
        let mut peer = Command::new(python);
        peer.arg(hub.join("peer.py"))
            .arg(if limits == Limits::Default { "default" } else { "raised" })
            .args([clicks.to_string(), seconds(run_within), seconds(gone_within)])
            .arg(node)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let missing = || format!("{} cannot be run: bench/run.sh installs it", python.display());
        let mut peer = peer.spawn().with_context(missing)?;
        // Kept open: when we end, however that is, so does the script, and takes away what it made.
        let mut input = peer.stdin.take().context("no standard input")?;
        input.write_all(format!("{}\n", self.wanted).as_bytes()).await?;
        let done = peer.wait_with_output().await?;
        drop(input);
        let words = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "JupyterHub: {words}");
        let mut said: Value =
            serde_json::from_slice(&done.stdout).with_context(|| format!("JupyterHub said nothing: {words}"))?;
        self.same(&said["container"].take())?;
        Ok((self.read(&said)?, said))
    }

    fn read(&self, said: &Value) -> anyhow::Result<Burst> {
        let numbers =
            |key: &str| -> Vec<f64> { said[key].as_array().into_iter().flatten().filter_map(Value::as_f64).collect() };
        let used = |(name, used): (&String, &Value)| {
            let number = |key: &str| used[key].as_f64().with_context(|| format!("no {key}"));
            let used = Used {
                cpu_s: number("cpu_s")?,
                before_mib: number("before_mib")?,
                most_mib: number("most_mib")?,
                end_mib: number("end_mib")?,
            };
            anyhow::Ok((name.clone(), used))
        };
        let failed: BTreeMap<String, usize> = serde_json::from_value(said["failed"].clone())?;
        let burst = Burst {
            asked: self.bench.clicks,
            ready: numbers("usable_s"),
            failed,
            post_s: numbers("post_s").into_iter().reduce(f64::max),
            gone_s: said["gone_s"].as_f64(),
            used: said["processes"].as_object().into_iter().flatten().map(used).collect::<anyhow::Result<_>>()?,
        };
        ensure!(burst.used.len() == 2, "a hub and a proxy: {said}");
        Ok(burst)
    }

    /// Its containers have the limits and the hardening of Berth's.
    fn same(&self, container: &Value) -> anyhow::Result<()> {
        let (ours, theirs) = (&self.wanted["host"], &container["HostConfig"]);
        if theirs.is_null() {
            return Ok(()); // none started
        }
        for (key, value) in ours.as_object().into_iter().flatten() {
            if theirs[key] != *value && !ITS_OWN.contains(&key.as_str()) {
                bail!("JupyterHub's is another container: {key} is {}, Berth's {value}", theirs[key]);
            }
        }
        Ok(())
    }
}

/// JupyterHub, and what it spawns with, of this version.
pub(crate) fn named(said: &Value) -> String {
    let version = |key: &str| said["versions"][key].as_str().unwrap_or("?").to_owned();
    format!("JupyterHub {}, DockerSpawner {}", version("jupyterhub"), version("dockerspawner"))
}

/// Takes the image away, when there is one.
pub(crate) async fn remove_image() {
    _ = engine::docker(&["rmi", IMAGE]).await;
}
