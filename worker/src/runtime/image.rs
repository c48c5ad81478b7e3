//! What an image says of itself: whether it is there, and how a desktop made of it tells that it is ready.
//!
//! They are fetched in `pull`, which templates allow by naming their image's registry.

use bollard::models::ImageInspect;
use tokio::time::Instant;

use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;

const INSPECT: Call = Call::new("image_inspect", 10);

/// An image that the engine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: String,
    pub architecture: String,
    /// Label `berth.ready=stdout`: it reads a password line first, writes `ready` once its session is painted, and brings its own init.
    pub says_ready: bool,
    /// Label `berth.port`: where it listens.
    pub port: Option<u16>,
}

impl Engine {
    /// The image of this name, or none when the engine does not have it.
    ///
    /// # Errors
    /// As any call; an image that is not there is no error.
    pub async fn image(&self, name: &str, until: Instant) -> Result<Option<Image>, EngineError> {
        let answer = self.call(INSPECT, until, |docker| async move { docker.inspect_image(name).await }).await;
        match answer {
            Ok(image) => Ok(Some(read(image))),
            Err(error) if matches!(error.kind, Kind::ImageMissing | Kind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(image: ImageInspect) -> Image {
    let labels = image.config.and_then(|config| config.labels).unwrap_or_default();
    Image {
        id: image.id.unwrap_or_default(),
        architecture: image.architecture.unwrap_or_default(),
        says_ready: labels.get("berth.ready").is_some_and(|how| how == "stdout"),
        port: labels.get("berth.port").and_then(|port| port.parse().ok()),
    }
}
