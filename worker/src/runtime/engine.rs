//! The connection to one container engine, and the one door for every call to it.
//!
//! [`Engine::call`] gives each call a time-out: its own cap, or less when `until` comes first. Callers pass as `until` the end
//! of what they may still do (their lease, with a margin), so that no call outlives it. The client is made at the first call and
//! made anew after the engine was away, so a worker may start before its engine and survives the engine's upgrade.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use berth_shared::{measure, trace};
use bollard::errors::Error as Bollard;
use bollard::{API_DEFAULT_VERSION, Docker};
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use super::error::EngineError;
use super::kind::Kind;
use super::names::Installation;

const LOCAL_SOCKET: &str = "unix:///var/run/docker.sock";

/// A call to the engine: the name that the metric shows, and the longest it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) cap: Duration,
}

impl Call {
    pub(crate) const fn new(name: &'static str, cap_seconds: u64) -> Self {
        Self { name, cap: Duration::from_secs(cap_seconds) }
    }
}

const CONNECT: Call = Call::new("version", 5);
const PING: Call = Call::new("ping", 3);
const INFO: Call = Call::new("info", 10);

/// One engine, seen by one installation.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    host: String,
    installation: Installation,
    client: Mutex<Option<Docker>>,
    /// Ids of the networks known to be there, by index.
    networks: Mutex<HashMap<u16, String>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("host", &self.inner.host).finish_non_exhaustive()
    }
}

/// What the engine says of itself and its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    pub version: String,
    pub cpus: u32,
    pub memory_bytes: u64,
    pub architecture: String,
    pub cgroup_version: String,
    /// The engine's clock.
    pub now: Option<Timestamp>,
}

impl Engine {
    /// Of `unix:///path`, `tcp://host:port`, or the local socket when `host` is none. Nothing is sent yet.
    #[must_use]
    pub fn new(host: Option<&str>, installation: Installation) -> Self {
        Self {
            inner: Arc::new(Inner {
                host: host.unwrap_or(LOCAL_SOCKET).to_owned(),
                installation,
                client: Mutex::default(),
                networks: Mutex::default(),
            }),
        }
    }

    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.inner.installation
    }

    /// Whether the engine shares this machine's network, so that this machine's routes are its routes too.
    pub(crate) fn is_local(&self) -> bool {
        self.inner.host.starts_with("unix://")
    }

    /// Does the engine answer?
    ///
    /// # Errors
    /// [`Kind::EngineDown`] or [`Kind::TimedOut`] when not.
    pub async fn ping(&self, until: Instant) -> Result<(), EngineError> {
        self.call(PING, until, |docker| async move { docker.ping().await.map(drop) }).await
    }

    /// # Errors
    /// As any call.
    pub async fn info(&self, until: Instant) -> Result<EngineInfo, EngineError> {
        let info = self.call(INFO, until, |docker| async move { docker.info().await }).await?;
        Ok(EngineInfo {
            version: info.server_version.unwrap_or_default(),
            cpus: info.ncpu.and_then(|n| u32::try_from(n).ok()).unwrap_or(1).max(1),
            memory_bytes: info.mem_total.and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
            architecture: info.architecture.unwrap_or_default(),
            cgroup_version: info.cgroup_version.map(|v| v.to_string()).unwrap_or_default(),
            now: info.system_time.and_then(|text| text.parse().ok()),
        })
    }

    /// Sends one call, within its cap and `until`, and measures it.
    pub(crate) async fn call<T, F>(
        &self,
        call: Call,
        until: Instant,
        send: impl FnOnce(Docker) -> F,
    ) -> Result<T, EngineError>
    where
        F: Future<Output = Result<T, Bollard>>,
    {
        let began = Instant::now();
        let ends = until.min(began + call.cap);
        let answer = match self.client(ends).await {
            // Nothing is sent once the time is over: the lease may be somebody else's.
            _ if Instant::now() >= ends => Err(EngineError::new(Kind::TimedOut, call.name, "no time was left for it")),
            Ok(docker) => within(call, ends, send(docker)).instrument(span(call)).await,
            Err(error) => Err(error),
        };
        measure(call, &answer, began.elapsed());
        if let Err(error) = &answer
            && error.kind == Kind::EngineDown
        {
            self.forget_client();
        }
        answer
    }

    /// The client, made and its version agreed on when there is none.
    async fn client(&self, until: Instant) -> Result<Docker, EngineError> {
        if let Some(docker) = self.known_client() {
            return Ok(docker);
        }
        let until = until.min(Instant::now() + CONNECT.cap);
        let docker = self.open().map_err(|error| EngineError::of(CONNECT.name, error))?;
        let docker = within(CONNECT, until, docker.negotiate_version()).await?;
        *self.inner.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(docker.clone());
        Ok(docker)
    }

    fn open(&self) -> Result<Docker, Bollard> {
        const UNLIMITED_SECONDS: u64 = 3600; // each call has a time-out of ours, and streams have none
        let host = self.inner.host.as_str();
        if host.starts_with("unix://") {
            Docker::connect_with_unix(host, UNLIMITED_SECONDS, API_DEFAULT_VERSION)
        } else if host.starts_with("tcp://") || host.starts_with("http://") {
            Docker::connect_with_http(host, UNLIMITED_SECONDS, API_DEFAULT_VERSION)
        } else {
            Err(Bollard::UnsupportedURISchemeError { uri: host.to_owned() })
        }
    }

    fn known_client(&self) -> Option<Docker> {
        self.inner.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn forget_client(&self) {
        *self.inner.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn known_network(&self, index: u16) -> Option<String> {
        self.inner.networks.lock().unwrap_or_else(PoisonError::into_inner).get(&index).cloned()
    }

    pub(crate) fn remember_network(&self, index: u16, id: &str) {
        self.inner.networks.lock().unwrap_or_else(PoisonError::into_inner).insert(index, id.to_owned());
    }

    pub(crate) fn forget_networks(&self) {
        self.inner.networks.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

async fn within<T>(
    call: Call,
    until: Instant,
    answer: impl Future<Output = Result<T, Bollard>>,
) -> Result<T, EngineError> {
    match tokio::time::timeout_at(until, answer).await {
        Ok(answer) => answer.map_err(|error| EngineError::of(call.name, error)),
        Err(_) => Err(EngineError::new(Kind::TimedOut, call.name, "no answer in time")),
    }
}

/// Within a job's trace only: pings and comparisons belong to nobody's click.
fn span(call: Call) -> Span {
    if !trace::is_on() || Span::current().is_none() {
        return Span::none();
    }
    tracing::info_span!("engine", otel.name = format!("docker {}", call.name), otel.kind = "client", call = call.name)
}

/// The one place that sees how long each call took and how it ended: `berth_docker_request_seconds{call,outcome}`.
fn measure<T>(call: Call, answer: &Result<T, EngineError>, took: Duration) {
    let outcome = match answer {
        Ok(_) => "ok",
        Err(error) => error.kind.as_str(),
    };
    measure::engine_called(call.name, outcome, took);
    tracing::debug!(call = call.name, outcome, took_ms = took.as_secs_f64() * 1e3, "engine call");
}
