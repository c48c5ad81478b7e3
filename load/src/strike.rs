//! Breaks things while the load runs, one after the other, each of those that were asked for in turn.

use rand::RngExt as _;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::sleep;

use crate::crowd::Crowd;
use crate::engine::Engine;
use crate::own::OwnBerth;
use crate::plan::{Fault, Plan};
use crate::progress::Progress;

/// What was broken: seconds since the beginning, and what, in words.
pub(crate) type Struck = Arc<Mutex<Vec<(f64, String)>>>;

/// Goes on until it is dropped.
pub(crate) async fn keep_breaking(
    plan: &Plan,
    crowd: &Crowd,
    own: Option<&tokio::sync::Mutex<OwnBerth>>,
    engine: Option<&Engine>,
    (struck, progress): (&Struck, &Progress),
) -> Infallible {
    let (begun, mut dice) = (Instant::now(), crowd.dice(usize::MAX));
    let mut faults = plan.faults.iter().cycle();
    loop {
        sleep(plan.fault_every).await;
        let Some(fault) = faults.next() else { continue };
        let n: usize = dice.random_range(0..1000);
        let done = match (fault, own, engine) {
            (Fault::KillApi, Some(own), _) => own.lock().await.kill_one("api", n).await,
            (Fault::KillWorker, Some(own), _) => own.lock().await.kill_one("worker", n).await,
            (Fault::Cut, ..) => {
                let people = crowd.here();
                let half: Vec<_> = people.iter().filter(|_| dice.random_bool(0.5)).collect();
                for person in &half {
                    person.page.cut();
                    person.cut.notify_waiters();
                }
                Ok(format!("the connections of {} users were cut", half.len()))
            }
            (fault, _, Some(engine)) => engine.strike(*fault, &mut dice).await,
            _ => continue,
        };
        let words = done.unwrap_or_else(|error| format!("{} failed: {error:#}", fault.name()));
        progress.tell(&words);
        struck.lock().unwrap_or_else(PoisonError::into_inner).push((begun.elapsed().as_secs_f64(), words));
    }
}

/// Nothing stays broken when everybody leaves: the last fault may have been broken off in its middle.
pub(crate) async fn make_whole(
    plan: &Plan,
    own: Option<&tokio::sync::Mutex<OwnBerth>>,
    engine: Option<&Engine>,
) -> anyhow::Result<()> {
    if let (Some(engine), true) = (engine, plan.faults.iter().any(|fault| fault.needs_pretended_engine())) {
        // An engine that is away has no faults either.
        _ = tokio::time::timeout(Duration::from_secs(5), engine.whole_again()).await;
    }
    match own {
        Some(own) if plan.faults.iter().any(|fault| fault.needs_own()) => own.lock().await.live().await,
        Some(_) | None => Ok(()),
    }
}
