//! Faults on demand: which calls they strike, what they do, how often. They live as long as the process; `guard` carries them out.

mod guard;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub(crate) use guard::{Connection, Cut, guard};

/// The calls that a fault can strike.
pub(crate) const CALLS: &[&str] = &[
    "ping",
    "version",
    "info",
    "events",
    "create",
    "start",
    "stop",
    "kill",
    "remove",
    "inspect",
    "list",
    "attach",
    "logs",
    "stats",
    "image_inspect",
    "image_remove",
    "image_pull",
    "network_create",
    "network_inspect",
    "network_list",
    "network_remove",
    "volume_inspect",
    "volume_list",
    "volume_remove",
];

/// A fault, as it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// A call, or `any`.
    pub(crate) on: String,
    pub(crate) kind: Kind,
    /// How often it strikes; for ever when left out.
    #[serde(default)]
    times: Option<u32>,
    /// Of a slow call how long, of a hung one how long at most, of a stream or a container when it ends.
    #[serde(default)]
    ms: Option<u64>,
    /// Share of the calls it strikes; all when left out.
    #[serde(default)]
    probability: Option<f64>,
    /// Only calls in whose address, or container's name, image or labels, this stands.
    #[serde(default)]
    only: Option<String>,
    /// The call is carried out first, and only its answer is late, wrong or lost.
    #[serde(default)]
    after: bool,
    /// Of a container that dies.
    #[serde(default)]
    exit_code: Option<i64>,
    #[serde(default)]
    oom: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Takes `ms` longer.
    Slow,
    /// No answer, until `ms` are over or the faults are taken away; then the call goes on.
    Hang,
    /// Answers 500.
    Error500,
    /// The connection is dropped.
    Refuse,
    /// A start finds its host port taken.
    PortTaken,
    /// The image is not there.
    ImageMissing,
    /// The container dies `ms` after its start.
    Dies,
    /// A stream (events, logs, attach) ends `ms` after it began.
    Cut,
}

/// A fault that waits for its call.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Armed {
    id: u64,
    hits: u64,
    #[serde(flatten)]
    fault: Fault,
}

/// A fault that strikes this call now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Strike {
    pub(crate) kind: Kind,
    pub(crate) after: bool,
    pub(crate) ms: Option<u64>,
    pub(crate) exit_code: i64,
    pub(crate) oom: bool,
}

impl Strike {
    pub(crate) fn time(&self) -> Duration {
        Duration::from_millis(self.ms.unwrap_or_default())
    }
}

#[derive(Debug)]
pub(crate) struct Faults {
    /// Share of calls that fail by chance.
    fail: f64,
    inner: Mutex<Inner>,
    /// Counts how often they were taken away.
    cleared: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    armed: Vec<Armed>,
    last_id: u64,
    chance: StdRng,
}

impl Faults {
    pub(crate) fn new(seed: u64, fail: f64) -> Self {
        let inner = Inner { armed: Vec::new(), last_id: 0, chance: StdRng::seed_from_u64(seed) };
        Self { fail, inner: Mutex::new(inner), cleared: watch::Sender::new(0) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a fault in, or says what is wrong with it.
    pub(crate) fn arm(&self, fault: Fault) -> Result<Armed, String> {
        if fault.on != "any" && !CALLS.contains(&fault.on.as_str()) {
            return Err(format!("on: “{}” is no call; write any, or one of {}", fault.on, CALLS.join(", ")));
        }
        if fault.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("probability: write a share from 0 to 1".to_owned());
        }
        let mut inner = self.lock();
        inner.last_id += 1;
        let armed = Armed { id: inner.last_id, hits: 0, fault };
        inner.armed.push(armed.clone());
        Ok(armed)
    }

    /// Those that are there, also when they have struck as often as they should.
    pub(crate) fn all(&self) -> Vec<Armed> {
        self.lock().armed.clone()
    }

    /// Takes one away, or all; whatever hangs goes on. Whether there was any.
    pub(crate) fn clear(&self, id: Option<u64>) -> bool {
        let mut inner = self.lock();
        let before = inner.armed.len();
        inner.armed.retain(|armed| id.is_some_and(|id| id != armed.id));
        let fewer = inner.armed.len() < before;
        drop(inner);
        self.cleared.send_modify(|count| *count += 1);
        fewer
    }

    /// Returns when faults are taken away the next time.
    pub(crate) async fn until_cleared(&self) {
        let mut cleared = self.cleared.subscribe();
        cleared.mark_unchanged();
        let _ = cleared.changed().await; // the sender lives as long as we do
    }

    /// What strikes a call about which these words are known.
    pub(crate) fn strikes(&self, call: &str, words: &str) -> Vec<Strike> {
        let mut inner = self.lock();
        let Inner { armed, chance, .. } = &mut *inner;
        let mut strikes: Vec<Strike> = armed
            .iter_mut()
            .filter(|armed| armed.meets(call, words))
            .filter(|armed| armed.fault.probability.is_none_or(|share| chance.random::<f64>() < share))
            .map(Armed::strike)
            .collect();
        if strikes.is_empty() && fails_by_chance(call) && self.fail > 0.0 && chance.random::<f64>() < self.fail {
            let kind = if chance.random::<bool>() { Kind::Error500 } else { Kind::Refuse };
            strikes.push(Strike { kind, after: chance.random(), ms: None, exit_code: 0, oom: false });
        }
        strikes
    }
}

/// Whether the engine lives is not left to chance: that is asked for by faults, or by ending it.
fn fails_by_chance(call: &str) -> bool {
    !["ping", "version", "info", "events"].contains(&call)
}

impl Armed {
    fn meets(&self, call: &str, words: &str) -> bool {
        let fault = &self.fault;
        let left = fault.times.is_none_or(|times| self.hits < u64::from(times));
        left && (fault.on == "any" || fault.on == call)
            && fault.kind.fits(call)
            && fault.only.as_ref().is_none_or(|only| words.contains(only.as_str()))
    }

    fn strike(&mut self) -> Strike {
        self.hits += 1;
        let Fault { kind, after, ms, exit_code, oom, .. } = self.fault;
        Strike { kind, after, ms, exit_code: exit_code.unwrap_or(if oom { 137 } else { 1 }), oom }
    }
}

impl Kind {
    /// Whether this can happen to that call.
    fn fits(self, call: &str) -> bool {
        match self {
            Self::Slow | Self::Hang | Self::Error500 | Self::Refuse => true,
            Self::PortTaken | Self::Dies => call == "start",
            Self::ImageMissing => ["create", "image_inspect"].contains(&call),
            Self::Cut => ["events", "logs", "attach", "image_pull"].contains(&call),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, Kind};
    use serde_json::json;

    fn fault(value: serde_json::Value) -> Fault {
        serde_json::from_value(value).expect("a fault")
    }

    #[test]
    fn a_fault_strikes_its_call_as_often_as_it_should() {
        let faults = Faults::new(1, 0.0);
        faults.arm(fault(json!({"on": "create", "kind": "error500", "times": 2, "only": "abc"}))).expect("armed");
        assert_eq!(faults.strikes("start", "abc"), []);
        assert_eq!(faults.strikes("create", "xyz"), []);
        assert_eq!(faults.strikes("create", "xabcx")[0].kind, Kind::Error500);
        assert_eq!(faults.strikes("create", "abc").len(), 1);
        assert_eq!(faults.strikes("create", "abc"), []);
        assert!(faults.clear(None) && faults.all().is_empty() && !faults.clear(None));
    }

    #[test]
    fn any_call_means_those_to_which_it_can_happen() {
        let faults = Faults::new(1, 0.0);
        faults.arm(fault(json!({"on": "any", "kind": "image_missing"}))).expect("armed");
        assert_eq!(faults.strikes("start", ""), []);
        assert_eq!(faults.strikes("image_inspect", "").len(), 1);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let faults = Faults::new(1, 0.0);
        assert!(faults.arm(fault(json!({"on": "creat", "kind": "slow"}))).is_err());
        assert!(faults.arm(fault(json!({"on": "any", "kind": "slow", "probability": 2}))).is_err());
        assert!(serde_json::from_value::<Fault>(json!({"on": "any", "kind": "slow", "tims": 2})).is_err());
    }

    #[test]
    fn chance_strikes_a_share_of_the_calls_and_never_the_question_whether_it_lives() {
        let faults = Faults::new(7, 0.2);
        let struck = (0..1000).filter(|_| !faults.strikes("create", "").is_empty()).count();
        assert!((150..250).contains(&struck), "{struck}");
        assert!((0..1000).all(|_| faults.strikes("ping", "").is_empty()));
    }
}
