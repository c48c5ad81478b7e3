//! graphile-worker, run by the script in bench/queue_peers on a database of its own.

use anyhow::{Context as _, ensure};
use berth_bench::tables::Tables;
use serde_json::Value;
use std::path::PathBuf;
use tokio::process::Command;

use crate::Bench;

/// How to run it.
pub(crate) struct Peer {
    node: PathBuf,
    script: PathBuf,
    pub(crate) name: String,
}

impl Peer {
    /// As bench/run.sh has installed it.
    pub(crate) fn find(bench: &Bench) -> anyhow::Result<Self> {
        let script = bench.peers.join("peer.mjs");
        let installed = bench.peers.join("node_modules/graphile-worker/package.json");
        let text = std::fs::read_to_string(&installed)
            .with_context(|| format!("{} is missing: bench/run.sh installs it", installed.display()))?;
        let version = serde_json::from_str::<Value>(&text)?["version"].as_str().context("no version")?.to_owned();
        Ok(Self { node: bench.node.clone(), script, name: format!("graphile-worker {version}") })
    }

    /// One phase, on a new database: what it measured.
    pub(crate) async fn run(&self, server: &str, phase: &str, jobs: usize) -> anyhow::Result<Value> {
        let tables = Tables::scratch(server).await?;
        let mut node = Command::new(&self.node);
        node.arg(&self.script).args([phase, &jobs.to_string()]).env("POSTGRES_URL", tables.url()).kill_on_drop(true);
        let done = node.output().await.with_context(|| format!("{} cannot be run", self.node.display()))?;
        tables.drop_scratch(server).await?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "{} {phase}: {said}", self.name);
        serde_json::from_slice(&done.stdout).with_context(|| format!("{} {phase} said nothing: {said}", self.name))
    }
}
