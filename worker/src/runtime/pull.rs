//! Fetching an image from its registry, and how far that has come.
//!
//! The engine does it and tells in a stream; whoever drops the stream ends the pull, and layers that had come stay for the next one.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use berth_shared::domain::image_ref::ImageRef;
use bollard::auth::DockerCredentials;
use bollard::errors::Error as Bollard;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout};

use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;

const PULL: Call = Call::new("image_pull", 30);
/// A registry that says nothing for this long is away.
const SILENCE: Duration = Duration::from_secs(120);
const MB: u64 = 1_000_000;

/// Who Berth is at a registry.
#[derive(Clone)]
pub struct Credentials {
    pub host: String,
    pub username: String,
    pub password: String,
}

/// A pull under way.
pub struct Pulling {
    told: Pin<Box<dyn Stream<Item = Result<CreateImageInfo, Bollard>> + Send>>,
    progress: Progress,
}

/// How far a pull has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    layers: BTreeMap<String, Layer>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Layer {
    /// Bytes that have come, of how many. None: nobody said.
    loaded: Option<(u64, u64)>,
    is_here: bool,
}

impl Engine {
    /// Begins to pull. An image that is up to date is asked about all the same: only its registry knows.
    ///
    /// # Errors
    /// As any call.
    pub async fn pull(
        &self,
        image: &ImageRef,
        who: Option<Credentials>,
        until: Instant,
    ) -> Result<Pulling, EngineError> {
        let (name, version) = image.to_pull();
        let options = CreateImageOptionsBuilder::default().from_image(&name).tag(&version).build();
        let credentials = who.map(|who| DockerCredentials {
            username: Some(who.username),
            password: Some(who.password),
            serveraddress: Some(who.host),
            ..DockerCredentials::default()
        });
        let begin = |docker: bollard::Docker| async move {
            let told: Pin<Box<dyn Stream<Item = _> + Send>> =
                Box::pin(docker.create_image(Some(options), None, credentials));
            Ok(told)
        };
        let told = self.call(PULL, until, begin).await?;
        Ok(Pulling { told, progress: Progress::default() })
    }
}

impl Pulling {
    /// Waits for the next news. None: the image is there.
    ///
    /// # Errors
    /// [`Kind::ImageMissing`] and [`Kind::PullDenied`] for good, [`Kind::RegistryAway`] when it may work later, [`Kind::EngineDown`].
    pub async fn next(&mut self) -> Result<Option<&Progress>, EngineError> {
        match timeout(SILENCE, self.told.next()).await {
            Err(_) => Err(EngineError::new(Kind::RegistryAway, PULL.name, "nothing came for two minutes")),
            Ok(None) => Ok(None),
            Ok(Some(Ok(news))) => {
                self.progress.take(news);
                Ok(Some(&self.progress))
            }
            Ok(Some(Err(error))) => Err(meaning(EngineError::of(PULL.name, error))),
        }
    }
}

/// Whatever an engine cannot say better is the registry's fault, and passes.
fn meaning(error: EngineError) -> EngineError {
    match error.kind {
        Kind::ImageMissing | Kind::PullDenied | Kind::EngineDown | Kind::NoSpace | Kind::RegistryAway => error,
        Kind::NotFound | Kind::Refused => error.meaning(Kind::ImageMissing),
        _ => error.meaning(Kind::RegistryAway),
    }
}

impl Progress {
    fn take(&mut self, news: CreateImageInfo) {
        let (Some(id), Some(status)) = (news.id, news.status) else { return };
        // "Pulling from team/desktop" bears the tag where the others bear their layer.
        if status.starts_with("Pulling from") {
            return;
        }
        let layer = self.layers.entry(id).or_default();
        match status.as_str() {
            "Downloading" => {
                let detail = news.progress_detail.unwrap_or_default();
                let bytes = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
                if let (Some(came), Some(of)) = (bytes(detail.current), bytes(detail.total)) {
                    layer.loaded = Some((came.min(of), of));
                }
            }
            "Download complete" | "Verifying Checksum" | "Extracting" | "Pull complete" | "Already exists" => {
                layer.is_here = true;
                layer.loaded = layer.loaded.map(|(_, of)| (of, of));
            }
            _ => {}
        }
    }

    /// Of all bytes; none until it is known how many there are.
    #[must_use]
    pub fn percent(&self) -> Option<i64> {
        let known = self.layers.values().all(|layer| layer.is_here || layer.loaded.is_some());
        let (came, of) = self.bytes();
        (known && of > 0).then(|| i64::try_from(came * 100 / of).unwrap_or(100))
    }

    fn bytes(&self) -> (u64, u64) {
        let loaded = self.layers.values().filter_map(|layer| layer.loaded);
        loaded.fold((0, 0), |(came, of), (more_came, more)| (came + more_came, of + more))
    }

    /// In words, as the end of a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let (came, of) = self.bytes();
        let megabytes = |bytes: u64| bytes.div_ceil(MB);
        if !self.layers.is_empty() && self.layers.values().all(|layer| layer.is_here) {
            return "all of it is here, and being unpacked".to_owned();
        }
        match self.percent() {
            Some(percent) => format!("{percent} % of {} MB", megabytes(of)),
            None if came > 0 => format!("{} MB so far", megabytes(came)),
            None => "asking its registry".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use bollard::models::{CreateImageInfo, ProgressDetail};

    fn news(id: &str, status: &str, bytes: Option<(i64, i64)>) -> CreateImageInfo {
        CreateImageInfo {
            id: Some(id.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: bytes
                .map(|(current, total)| ProgressDetail { current: Some(current), total: Some(total) }),
            ..CreateImageInfo::default()
        }
    }

    #[test]
    fn a_pull_is_told_in_bytes_once_they_are_known() {
        let mut progress = Progress::default();
        let mut told = |id, status, bytes| {
            progress.take(news(id, status, bytes));
            (progress.percent(), progress.text())
        };
        let asking = (None, "asking its registry".to_owned());
        assert_eq!(told("latest", "Pulling from team/desktop", None), asking);
        assert_eq!(told("a", "Pulling fs layer", None), asking);
        told("b", "Pulling fs layer", None);
        told("c", "Already exists", None);
        assert_eq!(told("a", "Downloading", Some((30_000_000, 100_000_000))), (None, "30 MB so far".to_owned()));
        let of_all = (Some(15), "15 % of 200 MB".to_owned());
        assert_eq!(told("b", "Downloading", Some((0, 100_000_000))), of_all);
        assert_eq!(told("a", "Verifying Checksum", None).0, Some(50));
        let unpacking = (Some(100), "all of it is here, and being unpacked".to_owned());
        assert_eq!(told("b", "Download complete", None), unpacking);
        // What is unpacked is counted anew by the engine; here it is not.
        assert_eq!(told("a", "Extracting", Some((1, 100))), unpacking);
    }
}
