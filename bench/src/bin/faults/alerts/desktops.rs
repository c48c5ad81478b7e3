//! The desktops that a case needs: asked for, waited for, taken away.

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use berth_bench::rfb::Viewer;
use futures_util::future::try_join_all;
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::time::sleep;

use super::scene::{LOOKS_EVERY, SLOTS, Scene};
use crate::person::Person;
use crate::world::PASSWORD;

const DESKTOP_WITHIN: Duration = Duration::from_secs(40);

impl Scene<'_> {
    pub(super) async fn use_desktop(&self, person: &Arc<Person>) -> anyhow::Result<()> {
        let client = Client::sign_in(person.origin(), &person.name, PASSWORD).await?;
        let id = self.start_for(person).await?;
        self.until_for(person, &id, "running").await?;
        let desktop = client.until_running(&id, DESKTOP_WITHIN).await?;
        let url = desktop["connect"]["url"].as_str().context("no address")?;
        let mut viewer = Viewer::open(&client, url).await?;
        viewer.idle(Duration::from_secs(2)).await?;
        viewer.close().await;
        for (what, then) in [("stop", "stopped"), ("start", "running")] {
            let (status, said) = person.insist(Method::POST, &format!("/desktops/{id}/{what}"), None, None).await?;
            ensure!(status == 202, "{what}: {status} {said}");
            self.until_for(person, &id, then).await?;
        }
        person.insist(Method::DELETE, &format!("/desktops/{id}"), None, None).await?;
        self.until_for(person, &id, "gone").await
    }

    pub(super) async fn start(&self) -> anyhow::Result<String> {
        self.start_for(&self.world.admin).await
    }

    pub(super) async fn start_for(&self, person: &Person) -> anyhow::Result<String> {
        let name = format!("desktop-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let body = json!({ "template": self.world.template, "name": name });
        let (status, desktop) = person.insist(Method::POST, "/desktops", Some(&body), Some(&name)).await?;
        ensure!(status == 202, "it was not started: {status} {desktop}");
        Ok(desktop["id"].as_str().context("a desktop without an id")?.to_owned())
    }

    /// So many new ones; workers are at as many of them as there are slots.
    pub(super) async fn starting(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let desktops = try_join_all((0..count).map(|_| self.start())).await?;
        let begun = Instant::now();
        loop {
            let mut starting = 0;
            for desktop in &desktops {
                starting += usize::from(self.status(&self.world.admin, desktop).await? == "starting");
            }
            if starting == count.min(SLOTS) {
                return Ok(desktops);
            }
            ensure!(begun.elapsed() < DESKTOP_WITHIN, "{starting} of {count} are being started");
            sleep(LOOKS_EVERY).await;
        }
    }

    /// All of the administrator's.
    pub(super) async fn all(&self) -> anyhow::Result<Vec<String>> {
        let (_, list) = self.world.admin.insist(Method::GET, "/desktops?limit=200", None, None).await?;
        let items = list["items"].as_array().context("no list")?.iter();
        Ok(items.filter_map(|desktop| desktop["id"].as_str().map(str::to_owned)).collect())
    }

    pub(super) async fn status(&self, person: &Person, desktop: &str) -> anyhow::Result<String> {
        let (status, said) = person.insist(Method::GET, &format!("/desktops/{desktop}"), None, None).await?;
        Ok(if status == 404 { "gone".to_owned() } else { said["status"].as_str().unwrap_or_default().to_owned() })
    }

    pub(super) async fn until(&self, desktop: &str, status: &str) -> anyhow::Result<()> {
        self.until_for(&self.world.admin, desktop, status).await
    }

    pub(super) async fn until_for(&self, person: &Person, desktop: &str, wanted: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let is = self.status(person, desktop).await?;
            if is == wanted {
                return Ok(());
            }
            ensure!(begun.elapsed() < DESKTOP_WITHIN, "a desktop is {is} and not {wanted}");
            sleep(LOOKS_EVERY).await;
        }
    }

    pub(super) async fn gone(&self, desktops: Vec<String>) -> anyhow::Result<()> {
        for desktop in &desktops {
            self.world.admin.insist(Method::DELETE, &format!("/desktops/{desktop}"), None, None).await?;
        }
        for desktop in &desktops {
            self.until(desktop, "gone").await?;
        }
        Ok(())
    }
}
