//! Somebody who sits before a desktop and does nothing: neither the picture nor the events may break off through nginx.

use anyhow::{Context as _, bail};
use berth_bench::client::Client;
use berth_bench::rfb::Viewer;
use std::time::{Duration, Instant};

use crate::person::Person;
use crate::world::{PASSWORD, World};

const RUNS_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(30);

impl World {
    /// Until a moment before the plan stops the desktop; then both must tell of it.
    pub(crate) async fn sit(&self, person: &Person, begun: Instant) -> anyhow::Result<()> {
        let until = begun + self.shape.lasts;
        let client = Client::sign_in(person.origin(), &person.name, PASSWORD).await?;
        let first = Instant::now();
        let id = loop {
            if let Some(id) = person.kept().get(&0).and_then(|kept| kept.id.clone()) {
                break id;
            }
            if first.elapsed() > RUNS_WITHIN {
                bail!("no desktop");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let desktop = client.until_running(&id, RUNS_WITHIN).await?;
        let mut viewer = Viewer::open(&client, desktop["connect"]["url"].as_str().context("no address")?).await?;
        let mut events = client.events().await?;
        events.next().await.context("the events began without a word")?;
        let silence = until.saturating_duration_since(Instant::now()).saturating_sub(Duration::from_secs(3));
        let (viewed, heard) = tokio::join!(
            viewer.idle(silence),
            tokio::time::timeout(silence, async {
                loop {
                    // What is told of the queue has no id: it may come at any time.
                    let event = events.next().await.context("the events broke off")?;
                    if event.id.is_some() {
                        return Ok::<_, anyhow::Error>(event);
                    }
                }
            })
        );
        viewed.context("the picture broke off")?;
        if let Ok(heard) = heard {
            bail!("heard {:?} though nothing happened", heard?.data);
        }
        viewer.screen(&mut |_, _| ()).await.context("the picture after the silence")?;
        let stopped = async {
            while events.desktop(&id).await?["status"] != "stopped" {}
            Ok::<_, anyhow::Error>(())
        };
        let limit = until.saturating_duration_since(Instant::now()) + STOPS_WITHIN;
        tokio::time::timeout(limit, stopped)
            .await
            .context("its end was not told")?
            .context("the events after the silence")
    }
}
