//! The upgrade of docs/upgrade.md, in its order. The new build is a copy of the old one: what is tried is the way, not a change.

use anyhow::{Context as _, ensure};
use std::time::{Duration, Instant};

use crate::plan::Who;
use crate::world::World;

/// Whatever else is broken meanwhile is whole again long before; an operator waits for it.
const WAITS: Duration = Duration::from_secs(30);
const LOOKS_EVERY: Duration = Duration::from_millis(100);

impl World {
    pub(crate) async fn roll(&self, ends_within: Duration) -> anyhow::Result<()> {
        let mut builds = self.builds.lock().await;
        *builds += 1;
        let build = self.folder.join(format!("berth-build-{builds}"));
        tokio::fs::copy(&self.berth, &build).await.context("copying the binary")?;
        let begun = Instant::now();
        for args in [&["migrate", "--check"][..], &["migrate"]] {
            loop {
                let mut command = self.process(Who::Worker(0)).lock().await.beside(&build, args);
                let done = command.output().await.context("running the new build")?;
                if done.status.success() {
                    break;
                }
                // The database may be away, as for any operator.
                let said = String::from_utf8_lossy(&done.stderr);
                ensure!(begun.elapsed() < WAITS, "{args:?}: {} {said}", done.status);
                tokio::time::sleep(LOOKS_EVERY).await;
            }
        }
        let workers = (0..self.workers.len()).map(Who::Worker);
        for who in workers.chain((0..self.apis.len()).map(Who::Api)) {
            let mut process = self.process(who).lock().await;
            process.start()?;
            if process.terminate(ends_within).await?.is_none() {
                self.note(format!("{} did not end within {ends_within:?} of SIGTERM", process.name));
            }
            process.replace(&build);
            process.start()?;
            drop(process);
            self.until_ready(who).await?;
        }
        Ok(())
    }

    /// Until it says of itself that it is.
    pub(crate) async fn until_ready(&self, who: Who) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        let url = self.ready_at(who);
        let begun = Instant::now();
        while !http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            ensure!(begun.elapsed() < WAITS, "{who:?} is not ready");
            tokio::time::sleep(LOOKS_EVERY).await;
        }
        Ok(())
    }
}
