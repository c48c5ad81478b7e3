//! What an engine's failure means, sorted once for all callers.
//!
//! [`sort`] is the one place that reads Docker's texts: it turns a failed call into a [`Kind`], and everything else follows from
//! that. The texts in the tests are what real engines say, 20.10 and later.

use std::fmt;

use bollard::errors::Error as Bollard;

use super::kind::Kind;

/// A failed engine call, or a desktop that did not come up.
#[derive(Debug, thiserror::Error)]
pub struct EngineError {
    pub kind: Kind,
    /// The call that failed, as the metric names it.
    pub call: &'static str,
    /// What was seen, for the log and the administrator: exit code, last words, the engine's own text.
    pub detail: String,
    #[source]
    source: Option<Bollard>,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}: {})", self.call, self.kind.words(), self.kind.as_str(), self.detail)
    }
}

impl EngineError {
    pub(crate) fn new(kind: Kind, call: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, call, detail: detail.into(), source: None }
    }

    pub(crate) fn of(call: &'static str, source: Bollard) -> Self {
        let detail = match &source {
            Bollard::DockerResponseServerError { message, .. } => message.trim().to_owned(),
            Bollard::HyperLegacyError { err } => in_full(err),
            other => other.to_string(),
        };
        Self { kind: sort(&source), call, detail, source: Some(source) }
    }

    /// The same, for a caller that knows better what it means.
    pub(crate) fn meaning(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The words for the desktop's owner.
    #[must_use]
    pub fn words(&self) -> &'static str {
        self.kind.words()
    }
}

/// An error and all that it came from, on one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

/// The one function that tells what bollard's error means. Exhaustive: a new variant does not compile until it is sorted.
fn sort(error: &Bollard) -> Kind {
    match error {
        Bollard::DockerResponseServerError { status_code, message } => sort_answer(*status_code, message),
        Bollard::DockerStreamError { error } => sort_answer(500, error),
        Bollard::DockerContainerWaitError { error, .. } => sort_answer(500, error),
        Bollard::RequestTimeoutError => Kind::TimedOut,
        Bollard::SocketNotFoundError(_)
        | Bollard::IOError { .. }
        | Bollard::HyperResponseError { .. }
        | Bollard::HyperLegacyError { .. } => Kind::EngineDown,
        // An answer cut short or of another engine's make: a restart in the middle looks like this.
        Bollard::JsonDataError { .. }
        | Bollard::JsonSerdeError { .. }
        | Bollard::StrParseError { .. }
        | Bollard::APIVersionParseError {}
        | Bollard::HttpHeaderNotFoundError(_)
        | Bollard::HttpHeaderToStrError { .. }
        | Bollard::Base64DecodeError { .. } => Kind::Transient,
        Bollard::UnsupportedURISchemeError { .. }
        | Bollard::MissingSessionBuildkitError {}
        | Bollard::MissingVersionBuildkitError {}
        | Bollard::StrFmtError { .. }
        | Bollard::HttpClientError { .. }
        | Bollard::URLEncodedError { .. }
        | Bollard::URLParseError { .. }
        | Bollard::InvalidURIError { .. }
        | Bollard::InvalidURIPartsError { .. } => Kind::Refused,
    }
}

/// Texts before status codes: the engine wraps the same fault in 400, 404, 409 or 500 as its version pleases. The first hit counts.
const TEXTS: &[(&str, Kind)] = &[
    ("port is already allocated", Kind::PortTaken),
    ("address already in use", Kind::PortTaken),
    ("ports are not available", Kind::PortTaken),
    ("cannot assign requested address", Kind::Refused),
    ("no space left on device", Kind::NoSpace),
    ("disk quota exceeded", Kind::NoSpace),
    ("cannot allocate memory", Kind::NoSpace),
    ("resource temporarily unavailable", Kind::NoSpace),
    ("too many open files", Kind::NoSpace),
    ("no such image", Kind::ImageMissing),
    ("manifest unknown", Kind::ImageMissing),
    ("pull access denied", Kind::ImageMissing),
    ("no basic auth credentials", Kind::PullDenied),
    ("unauthorized", Kind::PullDenied),
    ("authentication required", Kind::PullDenied),
    ("requested access to the resource is denied", Kind::PullDenied),
    ("dial tcp", Kind::RegistryAway),
    ("no such host", Kind::RegistryAway),
    ("tls handshake", Kind::RegistryAway),
    ("server gave http response to https client", Kind::RegistryAway),
    ("toomanyrequests", Kind::RegistryAway),
    ("invalid reference format", Kind::ImageMissing),
    ("no such container", Kind::NotFound),
    ("no such volume", Kind::NotFound),
    ("already in progress", Kind::Removing),
    ("is marked for removal", Kind::Removing),
    ("is dead", Kind::Removing),
    ("volume is in use", Kind::InUse),
    ("pool overlaps", Kind::Network),
    ("overlaps with", Kind::Network),
    ("non-overlapping", Kind::Network),
    ("address pools", Kind::Network),
    ("no available ipv4 addresses", Kind::Network),
    ("same bridge name", Kind::Network),
    ("exchange full", Kind::Network),
    ("has active endpoints", Kind::Network),
    ("already in use by container", Kind::NameTaken),
    ("already exists", Kind::NameTaken),
    ("executable file not found", Kind::ImageBroken),
    ("exec format error", Kind::ImageBroken),
    ("no command specified", Kind::ImageBroken),
    ("no such file or directory: unknown", Kind::ImageBroken),
    ("permission denied: unknown", Kind::ImageBroken),
    ("unable to find user", Kind::ImageBroken),
    ("process: exec:", Kind::ImageBroken),
    ("process caused: exec:", Kind::ImageBroken),
    ("setting rlimit", Kind::Refused),
    ("containerd.sock", Kind::EngineDown),
    ("context deadline exceeded", Kind::TimedOut),
    ("context canceled", Kind::Transient),
];

fn sort_answer(status: u16, message: &str) -> Kind {
    let text = message.to_ascii_lowercase();
    if text.contains("network") && text.contains("not found") {
        return Kind::Network;
    }
    let hit = TEXTS.iter().find(|(part, _)| text.contains(part)).map(|(_, kind)| *kind);
    match (hit, status) {
        (Some(kind), _) => kind,
        (None, 404) => Kind::NotFound,
        (None, 409 | 408 | 429) => Kind::Transient,
        (None, 400..=499) => Kind::Refused,
        (None, _) => Kind::Transient,
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
