//! What the container engine has of one installation, asked with the `docker` command: to see that nothing is left behind.

use anyhow::{Context as _, ensure};
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Runs `docker` and returns what it said.
///
/// # Errors
/// When it fails.
pub async fn docker(args: &[&str]) -> anyhow::Result<String> {
    let done = Command::new("docker").args(args).kill_on_drop(true).output().await.context("docker cannot be run")?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "docker {}: {}", args.join(" "), said.trim());
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// The container of this desktop, as `docker inspect` shows it, when there is one.
///
/// # Errors
/// When the engine does not answer.
pub async fn container_of(desktop: &str) -> anyhow::Result<Option<serde_json::Value>> {
    let id = docker(&["ps", "-aq", "--no-trunc", "--filter", &format!("label=berth.desktop={desktop}")]).await?;
    let Some(id) = id.lines().next() else { return Ok(None) };
    let found: serde_json::Value = serde_json::from_str(&docker(&["inspect", id]).await?)?;
    Ok(Some(found[0].clone()))
}

/// The id under which the engine knows the installation that this desktop belongs to; waited for until its container is
/// made, at most `limit`.
///
/// # Errors
/// When the engine does not answer. None: no container came.
pub async fn installation_of(desktop: &str, limit: Duration) -> anyhow::Result<Option<String>> {
    let until = Instant::now() + limit;
    loop {
        if let Some(container) = container_of(desktop).await? {
            return Ok(container["Config"]["Labels"]["berth.installation"].as_str().map(str::to_owned));
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Everything of this installation that the engine still has, in words. Networks are shared by all desktops and stay while
/// Berth runs, so they count only `with_networks`.
///
/// # Errors
/// When the engine does not answer.
pub async fn left_of(installation: &str, with_networks: bool) -> anyhow::Result<Vec<String>> {
    let mut left = Vec::new();
    for kind in kinds(with_networks) {
        left.extend(ids(kind, installation).await?.into_iter().map(|id| format!("{kind} {id}")));
    }
    Ok(left)
}

/// Removes everything of this installation.
///
/// # Errors
/// When the engine does not answer, or something cannot be removed.
pub async fn remove_all_of(installation: &str) -> anyhow::Result<()> {
    for kind in kinds(true) {
        for id in ids(kind, installation).await? {
            let force: &[&str] = if *kind == "container" { &["--force", "--volumes"] } else { &[] };
            docker(&[&[*kind, "rm"], force, &[&id]].concat()).await?;
        }
    }
    Ok(())
}

/// In the order in which they can be removed.
fn kinds(with_networks: bool) -> &'static [&'static str] {
    const ALL: &[&str] = &["container", "volume", "network"];
    if with_networks { ALL } else { &ALL[..2] }
}

async fn ids(kind: &str, installation: &str) -> anyhow::Result<Vec<String>> {
    let filter = format!("label=berth.installation={installation}");
    let all: &[&str] = if kind == "container" { &["--all"] } else { &[] };
    let said = docker(&[&[kind, "ls", "--quiet", "--filter", &filter], all].concat()).await?;
    Ok(said.lines().map(str::to_owned).collect())
}
