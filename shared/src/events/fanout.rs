//! Hints from process to process over Redis, beside NOTIFY and polling: "jobs or events changed", "what you keep of callers is
//! old". Nothing is stored there: the tables are the truth, so a message that is lost costs milliseconds, and a Redis that is
//! away, slow, restarted or flushed costs nothing but speed.
//!
//! Whoever keeps something only for as long as it would be told asks [`Fanout::proven`]: a ping that came back over the
//! connection that hears says that everything said before it was heard. What is wrong with a URL: [`super::redis_url`].

use super::Signals;
use futures_util::{FutureExt as _, StreamExt as _};
use redis::{AsyncConnectionConfig, Msg, RedisError};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often the link proves itself, and how long a proof is good for: as long as an api may be wrong about a log-in.
const BEAT: Duration = Duration::from_millis(300);
const PROOF: Duration = Duration::from_secs(1);
/// For a connection, or the answer to anything.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(500);
/// What comes within this time after a message is told by one more.
const GATHER: Duration = Duration::from_millis(2);
/// More people than this are everybody.
const MOST_PEOPLE: usize = 100;

/// Drops what this process keeps of callers.
type Forget = Box<dyn Fn(&Whose) + Send + Sync>;

/// One process's link. Cheap to clone; does nothing until [`Signals::run`] runs it.
#[derive(Clone)]
pub struct Fanout {
    inner: Arc<Inner>,
}

struct Inner {
    client: redis::Client,
    /// Carries the installation's id, so that two of them on one Redis do not hear each other.
    channel: String,
    process: String,
    /// When the last ping went out that came back.
    proven: Mutex<Option<Instant>>,
    to_say: Mutex<ToSay>,
    more_to_say: Notify,
    forget: OnceLock<Forget>,
}

/// Whose log-ins or rights are other ones now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    User(String),
    Everybody,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct ToSay {
    changed: bool,
    people: Vec<String>,
    everybody: bool,
}

/// A message. Another version may say more.
#[derive(Serialize, Deserialize)]
struct Message {
    from: String,
    #[serde(default)]
    changed: bool,
    /// Ids of users.
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    everybody: bool,
}

impl Fanout {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// When the URL is none of Redis.
    pub fn new(url: &str, installation: &str) -> Result<Self, RedisError> {
        let inner = Inner {
            client: redis::Client::open(url)?,
            channel: format!("berth:{installation}:hints"),
            process: crate::domain::new_id(),
            proven: Mutex::default(),
            to_say: Mutex::default(),
            more_to_say: Notify::new(),
            forget: OnceLock::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether everything that others said until a second ago has been heard, and acted on.
    #[must_use]
    pub fn proven(&self) -> bool {
        lock(&self.inner.proven).is_some_and(|at| at.elapsed() < PROOF)
    }

    /// What to do, at once, when others say whose rights changed. The first to call it is the one.
    pub fn on_people(&self, forget: impl Fn(&Whose) + Send + Sync + 'static) {
        _ = self.inner.forget.set(Box::new(forget));
    }

    /// Says, after the commit, whose log-ins or rights changed.
    pub fn people(&self, whose: &Whose) {
        let mut to_say = lock(&self.inner.to_say);
        match whose {
            Whose::User(id) if to_say.people.len() < MOST_PEOPLE => to_say.people.push(id.clone()),
            Whose::User(_) | Whose::Everybody => to_say.everybody = true,
        }
        drop(to_say);
        self.inner.more_to_say.notify_one();
    }

    pub(super) fn changed(&self) {
        lock(&self.inner.to_say).changed = true;
        self.inner.more_to_say.notify_one();
    }

    /// Links again and again. Never ends.
    pub(super) async fn run(&self, signals: &Signals) {
        let mut away = false;
        loop {
            let Err(error) = self.link(signals, &mut away).await;
            *lock(&self.inner.proven) = None;
            if !away {
                tracing::warn!(%error, "Redis is away: processes hear of each other through the database meanwhile");
                away = true;
            }
            sleep(PAUSE).await;
        }
    }

    async fn link(&self, signals: &Signals, away: &mut bool) -> Result<Infallible, RedisError> {
        let (mut ear, mut heard) = in_time(self.inner.client.get_async_pubsub()).await?.split();
        in_time(ear.subscribe(&self.inner.channel)).await?;
        let patient =
            AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
        let mut mouth = self.inner.client.get_multiplexed_async_connection_with_config(&patient).await?;
        if std::mem::take(away) {
            tracing::info!("Redis is back");
        }
        // What was said meanwhile was not heard, and what others kept meanwhile is theirs to forget.
        self.forget(&Whose::Everybody);
        self.people(&Whose::Everybody);
        self.changed();
        signals.wake();
        let hear = async {
            let mut beat = tokio::time::interval(BEAT);
            loop {
                tokio::select! {
                    message = heard.next() => self.hear(signals, &message.ok_or_else(hung_up)?),
                    _ = beat.tick() => {
                        let asked = Instant::now();
                        in_time(ear.ping::<redis::Value>()).await?;
                        // What came before the answer is in the queue by now.
                        while let Some(message) = heard.next().now_or_never() {
                            self.hear(signals, &message.ok_or_else(hung_up)?);
                        }
                        *lock(&self.inner.proven) = Some(asked);
                    }
                }
            }
        };
        let say = async {
            loop {
                self.inner.more_to_say.notified().await;
                let to_say = std::mem::take(&mut *lock(&self.inner.to_say));
                if to_say == ToSay::default() {
                    continue;
                }
                let ToSay { changed, people, everybody } = to_say;
                let message = Message { from: self.inner.process.clone(), changed, people, everybody };
                let message = serde_json::to_string(&message).unwrap_or_default();
                redis::cmd("PUBLISH").arg(&self.inner.channel).arg(message).exec_async(&mut mouth).await?;
                // The first goes at once; of many, one in a moment.
                sleep(GATHER).await;
            }
        };
        tokio::select! { ended = hear => ended, ended = say => ended }
    }

    fn hear(&self, signals: &Signals, message: &Msg) {
        let Ok(Message { from, changed, people, everybody }) = serde_json::from_slice(message.get_payload_bytes())
        else {
            tracing::debug!("somebody else speaks on our channel of Redis");
            return;
        };
        if from == self.inner.process {
            return;
        }
        if everybody {
            self.forget(&Whose::Everybody);
        }
        for id in people {
            self.forget(&Whose::User(id));
        }
        if changed {
            signals.wake();
        }
    }

    fn forget(&self, whose: &Whose) {
        if let Some(forget) = self.inner.forget.get() {
            forget(whose);
        }
    }
}

async fn in_time<T>(what: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    timeout(PATIENCE, what).await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

fn hung_up() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
