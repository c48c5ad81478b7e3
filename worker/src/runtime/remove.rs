//! The end of a container and of a home.
//!
//! Nothing is removed that was not looked at first: a container goes by its id, after its labels were read, so that a worker which
//! slept through its lease cannot take away what another one made meanwhile under the same name. All of it is safe to repeat.

use std::time::Duration;

use bollard::query_parameters::{
    RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder, StopContainerOptionsBuilder,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::container::State;
use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;
use super::names::LABEL_DESKTOP;

const STOP: Call = Call::new("stop", 20);
const REMOVE: Call = Call::new("remove", 30);
const VOLUME_INSPECT: Call = Call::new("volume_inspect", 10);
const VOLUME_REMOVE: Call = Call::new("volume_remove", 30);

impl Engine {
    /// Asks the container to end, waits `grace` for it, and removes it. One that is gone already is a success.
    ///
    /// # Errors
    /// As any call; [`Kind::NotOurs`] when its labels are another desktop's, which touches nothing.
    pub async fn stop_and_remove(
        &self,
        container_id: &str,
        desktop: &str,
        grace: Duration,
        until: Instant,
    ) -> Result<(), EngineError> {
        let Some(container) = self.inspect(container_id, until).await? else {
            return Ok(());
        };
        if container.desktop != desktop {
            let whose = format!("container {} belongs to desktop {}", container.id, container.desktop);
            return Err(EngineError::new(Kind::NotOurs, STOP.name, whose));
        }
        if matches!(container.state, State::Running { .. }) {
            self.stop(&container.id, grace, until).await?;
        }
        self.remove(&container.id, until).await
    }

    async fn stop(&self, container_id: &str, grace: Duration, until: Instant) -> Result<(), EngineError> {
        let seconds = i32::try_from(grace.as_millis().div_ceil(1000)).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        let answer = self
            .call(STOP, until, |docker| async move { docker.stop_container(container_id, Some(options)).await })
            .await;
        match answer {
            // It went by itself, or somebody else removes it: `remove` sees to the rest.
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Removing) => Ok(()),
            // The engine missed its end ("did not receive an exit event"); removing by force kills it once more.
            Err(error) if error.kind == Kind::Transient => Ok(()),
            other => other,
        }
    }

    /// Removes by id and by force, and returns when it is gone.
    pub(crate) async fn remove(&self, container_id: &str, until: Instant) -> Result<(), EngineError> {
        // With `v` go the unnamed volumes that a foreign image declares; the home has a name and stays.
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let answer = self
            .call(REMOVE, until, |docker| async move { docker.remove_container(container_id, Some(options)).await })
            .await;
        match answer {
            Err(error) if error.kind == Kind::NotFound => Ok(()),
            Err(error) if error.kind == Kind::Removing => self.until_gone(container_id, until, error).await,
            other => other,
        }
    }

    async fn until_gone(
        &self,
        container_id: &str,
        until: Instant,
        still_there: EngineError,
    ) -> Result<(), EngineError> {
        let ends = until.min(Instant::now() + REMOVE.cap);
        while self.inspect(container_id, ends).await?.is_some() {
            tokio::select! {
                () = sleep(Duration::from_millis(100)) => {}
                () = sleep_until(ends) => return Err(still_there),
            }
        }
        Ok(())
    }

    /// Removes the desktop's home for good. One that is not there is a success.
    ///
    /// # Errors
    /// As any call; [`Kind::NotOurs`] when a stranger's volume has the name; [`Kind::InUse`] while a container still has it.
    pub async fn remove_home(&self, desktop: &str, until: Instant) -> Result<(), EngineError> {
        let name = self.installation().volume_name(desktop);
        let volume = {
            let name = name.as_str();
            self.call(VOLUME_INSPECT, until, |docker| async move { docker.inspect_volume(name).await }).await
        };
        match volume {
            Ok(volume) => {
                let desktop_too = volume.labels.get(LABEL_DESKTOP).is_some_and(|id| id == desktop);
                if !desktop_too || !self.installation().owns(&volume.labels) {
                    return Err(EngineError::new(
                        Kind::NotOurs,
                        VOLUME_REMOVE.name,
                        format!("volume {name} has other labels"),
                    ));
                }
            }
            Err(error) if error.kind == Kind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        let options = RemoveVolumeOptionsBuilder::default().build();
        let answer = self
            .call(VOLUME_REMOVE, until, |docker| async move { docker.remove_volume(&name, Some(options)).await })
            .await;
        match answer {
            Err(error) if error.kind == Kind::NotFound => Ok(()),
            other => other,
        }
    }
}
