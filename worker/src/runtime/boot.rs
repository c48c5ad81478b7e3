//! From a container to a desktop: started, given its password, seen ready.
//!
//! An image of ours reads one line, the VNC password, from standard input, and writes `ready` once its session is painted. We attach
//! **before** the start, so that nothing it says is missed, and keep reading. A worker that resumes somebody else's start finds
//! the container running: it reads the log from the container's start, and hands the password over again unless `ready` stands there
//! already (standard input stays open when a worker dies; a line that nobody needs any more is never read). The password is
//! an argument of one call and kept nowhere.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use bollard::errors::Error as Bollard;
use bollard::query_parameters::{AttachContainerOptionsBuilder, LogsOptionsBuilder};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::container::{Container, Ending, State};
use super::engine::{Call, Engine};
use super::error::EngineError;
use super::kind::Kind;
use super::output::Output;
use super::probe::{http_answers, rfb_greets, until_yes};

const ATTACH: Call = Call::new("attach", 10);
const HAND_OVER: Call = Call::new("hand_over", 5);
const START: Call = Call::new("start", 30);
const LOGS: Call = Call::new("logs", 10);
const READY: Call = Call::new("ready", 3600);
const SETTLES_WITHIN: Duration = Duration::from_secs(2);

/// How a desktop tells that its user could work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It takes its password from standard input, says `ready` on standard output, then greets as an RFB server.
    SaysReady,
    /// A foreign image with a VNC server: the greeting is all there is.
    Greets,
    /// A foreign image with a web server: 2xx or 3xx for this path.
    Answers { path: String },
}

/// A container that was started, on its way to being ready.
pub struct Booting {
    engine: Engine,
    container_id: String,
    output: Output,
    /// Kept open while we wait: the engine drops what was not read yet when an attached client leaves.
    _input: Option<Pin<Box<dyn AsyncWrite + Send>>>,
    said_ready: bool,
}

impl fmt::Debug for Booting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Booting").field("container_id", &self.container_id).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the container and hands the password over, or picks up where an earlier attempt left it.
    ///
    /// # Errors
    /// As any call; [`Kind::PortTaken`] when somebody else has the host port, [`Kind::ImageBroken`] when its program cannot be run,
    /// [`Kind::Ended`] when it was started before and ended, [`Kind::NotFound`] when it is gone.
    pub async fn start(
        &self,
        container_id: &str,
        password: Option<&str>,
        until: Instant,
    ) -> Result<Booting, EngineError> {
        let gone = || EngineError::new(Kind::NotFound, START.name, "the container is gone");
        let container = self.inspect(container_id, until).await?.ok_or_else(gone)?;
        match container.state {
            State::Created => self.start_new(container_id, password, until).await,
            State::Running { started_at } => self.take_over(container_id, started_at, password, until).await,
            State::Removing => Err(EngineError::new(Kind::Removing, START.name, "the container is being removed")),
            State::Exited(_) => Err(self.why_ended(container_id, String::new(), until).await),
        }
    }

    /// Starts a container that was made just now.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_new(
        &self,
        container_id: &str,
        password: Option<&str>,
        until: Instant,
    ) -> Result<Booting, EngineError> {
        let options = AttachContainerOptionsBuilder::default()
            .stream(true)
            .stdin(password.is_some())
            .stdout(true)
            .stderr(true)
            .build();
        let attached = self
            .call(ATTACH, until, |docker| async move { docker.attach_container(container_id, Some(options)).await })
            .await?;
        let started =
            self.call(START, until, |docker| async move { docker.start_container(container_id, None).await }).await;
        if let Err(error) = started {
            if error.kind == Kind::Network {
                self.forget_networks(); // somebody removed it: the next attempt makes it anew
            }
            return Err(error);
        }
        let mut input = attached.input;
        if let Some(password) = password {
            self.hand_over(container_id, &mut input, password, until).await?;
        }
        Ok(self.booting(container_id, Output::new(attached.output), Some(input), false))
    }

    async fn take_over(
        &self,
        container_id: &str,
        started_at: Option<Timestamp>,
        password: Option<&str>,
        until: Instant,
    ) -> Result<Booting, EngineError> {
        let said_ready = self.said_ready(container_id, started_at, until).await?;
        let mut input = None;
        if let (Some(password), false) = (password, said_ready) {
            let options = AttachContainerOptionsBuilder::default().stream(true).stdin(true).build();
            let attached = self
                .call(ATTACH, until, |docker| async move { docker.attach_container(container_id, Some(options)).await })
                .await?;
            let mut open = attached.input;
            self.hand_over(container_id, &mut open, password, until).await?;
            input = Some(open);
        }
        let output = self.log(container_id, started_at, true, until).await?;
        Ok(self.booting(container_id, output, input, said_ready))
    }

    /// Does the container's log, from this time on, say that it is ready?
    ///
    /// # Errors
    /// As any call.
    pub async fn said_ready(
        &self,
        container_id: &str,
        since: Option<Timestamp>,
        until: Instant,
    ) -> Result<bool, EngineError> {
        let mut log = self.log(container_id, since, false, until).await?;
        timeout_at(until.min(Instant::now() + LOGS.cap), log.says_ready())
            .await
            .map_err(|_| EngineError::new(Kind::TimedOut, LOGS.name, "the log did not end in time"))
    }

    async fn log(
        &self,
        container_id: &str,
        since: Option<Timestamp>,
        follow: bool,
        until: Instant,
    ) -> Result<Output, EngineError> {
        let seconds = since.and_then(|time| i32::try_from(time.as_second()).ok()).unwrap_or_default();
        let options = LogsOptionsBuilder::default().follow(follow).stdout(true).stderr(true).since(seconds).build();
        self.call(LOGS, until, |docker| async move { Ok(Output::new(docker.logs(container_id, Some(options)))) }).await
    }

    async fn hand_over(
        &self,
        container_id: &str,
        input: &mut Pin<Box<dyn AsyncWrite + Send>>,
        password: &str,
        until: Instant,
    ) -> Result<(), EngineError> {
        let line = format!("{password}\n");
        let handed = self
            .call(HAND_OVER, until, |_| async move {
                input.write_all(line.as_bytes()).await?;
                input.flush().await.map_err(Bollard::from)
            })
            .await;
        match handed {
            // Who closed the other end: the engine, which then does not answer, or the container?
            Err(error) if error.kind == Kind::EngineDown => match self.inspect(container_id, until).await {
                Err(away) if away.kind == Kind::EngineDown => Err(error),
                _ => Err(error.meaning(Kind::Transient)),
            },
            handed => handed,
        }
    }

    fn booting(
        &self,
        container_id: &str,
        output: Output,
        input: Option<Pin<Box<dyn AsyncWrite + Send>>>,
        said_ready: bool,
    ) -> Booting {
        Booting { engine: self.clone(), container_id: container_id.to_owned(), output, _input: input, said_ready }
    }

    /// Its output ended: because it did, because somebody removed it, or because the engine went away?
    async fn why_ended(&self, container_id: &str, last_words: String, until: Instant) -> EngineError {
        let ended = |kind, detail: String| EngineError::new(kind, READY.name, detail);
        match self.settled(container_id, until).await {
            Ok(Some(container)) => match container.state {
                State::Exited(exit) => {
                    let kind = match exit.ending() {
                        Ending::OutOfMemory => Kind::OutOfMemory,
                        Ending::Broken => Kind::ImageBroken,
                        Ending::Clean | Ending::Killed | Ending::Crashed => Kind::Ended,
                    };
                    ended(kind, format!("exit code {}: {last_words}", exit.code))
                }
                State::Created | State::Running { .. } | State::Removing => {
                    ended(Kind::Transient, "the connection to its output was lost".to_owned())
                }
            },
            Ok(None) => ended(Kind::NotFound, "the container is gone".to_owned()),
            Err(error) => error,
        }
    }

    /// The engine closes a container's output a moment before it says that it ended.
    async fn settled(&self, container_id: &str, until: Instant) -> Result<Option<Container>, EngineError> {
        let ends = until.min(Instant::now() + SETTLES_WITHIN);
        loop {
            let found = self.inspect(container_id, until).await?;
            let runs = found.as_ref().is_some_and(|found| matches!(found.state, State::Running { .. }));
            if !runs || Instant::now() >= ends {
                return Ok(found);
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Booting {
    #[must_use]
    pub fn container_id(&self) -> &str {
        &self.container_id
    }

    /// Waits until its port answers as its viewers expect it to.
    ///
    /// # Errors
    /// [`Kind::NoAnswer`] when `until` comes first; [`Kind::Ended`], [`Kind::OutOfMemory`] or [`Kind::ImageBroken`] when it ended
    /// instead; [`Kind::NotFound`] when somebody removed it.
    pub async fn answers(&mut self, how: &Readiness, address: SocketAddr, until: Instant) -> Result<(), EngineError> {
        let answer = async {
            match how {
                Readiness::SaysReady | Readiness::Greets => until_yes(|within| rfb_greets(address, within)).await,
                Readiness::Answers { path } => until_yes(|within| http_answers(address, path, within)).await,
            }
        };
        tokio::select! {
            () = answer => Ok(()),
            () = self.output.ends() => Err(self.why_ended().await),
            () = sleep_until(until) => {
                Err(EngineError::new(Kind::NoAnswer, READY.name, format!("nothing answers at {address}")))
            }
        }
    }

    /// Waits until its user could work: after [`Self::answers`], an image of ours still has to say so.
    ///
    /// # Errors
    /// [`Kind::NotReady`] when `until` comes first; otherwise as [`Self::answers`].
    pub async fn ready(&mut self, how: &Readiness, until: Instant) -> Result<(), EngineError> {
        match how {
            Readiness::Greets | Readiness::Answers { .. } => Ok(()),
            Readiness::SaysReady if self.said_ready => Ok(()),
            Readiness::SaysReady => match timeout_at(until, self.output.says_ready()).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(self.why_ended().await),
                Err(_) => Err(EngineError::new(Kind::NotReady, READY.name, "it never said that it was ready")),
            },
        }
    }

    /// Whether its output has ended by now, which is before the engine tells of the container's end.
    pub fn has_ended(&mut self) -> bool {
        self.output.ends().now_or_never().is_some()
    }

    async fn why_ended(&mut self) -> EngineError {
        let until = Instant::now() + START.cap;
        self.engine.why_ended(&self.container_id, self.output.last_words(), until).await
    }
}
