//! What everybody does, by scenario. Each person is a task of their own; what goes wrong is written down by the person, so
//! that one who fails keeps nobody else from going on.

use futures_util::future::join_all;
use rand::RngExt as _;
use rand::rngs::StdRng;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

use crate::crowd::Crowd;
use crate::person::{Person, wait};
use crate::plan::{Plan, Scenario};

/// How often a storm comes within its time.
const STORMS: u32 = 8;
/// A page that has lost its stream has it again within this time, or the next storm comes anyway.
const CALM: Duration = Duration::from_secs(2);

/// Plays it to its end. Dropping it ends everybody at once.
pub(crate) async fn play(crowd: &Arc<Crowd>, plan: &Plan) -> anyhow::Result<()> {
    match plan.scenario {
        Scenario::Burst => burst(crowd, plan).await,
        Scenario::Day => day(crowd, plan).await,
        Scenario::Churn => churn(crowd, plan).await,
        Scenario::Storm => storm(crowd, plan).await,
    }
}

/// Runs one task a person, and waits for all of them.
async fn each<F, T>(people: Vec<Arc<Person>>, mut what: F) -> anyhow::Result<()>
where
    F: FnMut(usize, Arc<Person>) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for (n, person) in people.into_iter().enumerate() {
        tasks.spawn(what(n, person));
    }
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    Ok(())
}

async fn burst(crowd: &Arc<Crowd>, plan: &Plan) -> anyhow::Result<()> {
    let people = crowd.all_arrive().await?;
    let (desktops, stay) = (plan.desktops, plan.duration);
    // Whoever is first ready waits for the last, so that all are there at once.
    let all_there = Arc::new(tokio::sync::Barrier::new(people.len()));
    let begin = tokio::time::Instant::now() + Duration::from_secs(1);
    each(people, |n, person| {
        let (crowd, all_there) = (Arc::clone(crowd), Arc::clone(&all_there));
        async move {
            tokio::time::sleep_until(begin).await;
            let starts = join_all((0..desktops).map(|_| person.start())).await;
            let ids: Vec<String> = starts.into_iter().flatten().collect();
            all_there.wait().await;
            use_for(&crowd, &person, n, &ids, stay).await;
            all_there.wait().await;
            join_all(ids.iter().map(|id| person.delete(id))).await;
        }
    })
    .await
}

/// Looks at the page, and types at those desktops that chance says.
async fn use_for(crowd: &Crowd, person: &Person, n: usize, ids: &[String], time: Duration) {
    if time.is_zero() {
        return;
    }
    let mut dice = crowd.dice(n);
    let opened: Vec<&String> = ids.iter().filter(|_| crowd.is_opened(&mut dice)).collect();
    let look = async {
        person.look_around().await;
        wait(time, &crowd.end).await;
    };
    tokio::join!(look, join_all(opened.into_iter().map(|id| person.work_at(id, time, &crowd.end))));
}

async fn day(crowd: &Arc<Crowd>, plan: &Plan) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for n in 0..crowd.size() {
        let (crowd, length, desktops) = (Arc::clone(crowd), plan.duration, plan.desktops);
        tasks.spawn(async move {
            let mut dice = crowd.dice(n);
            // Half of them within the first sixth of the day, the others until noon.
            let arrives =
                if dice.random_bool(0.5) { dice.random_range(0.0..0.17) } else { dice.random_range(0.17..0.5) };
            wait(length.mul_f64(arrives), &crowd.end).await;
            let leaves = Instant::now() + length.mul_f64((1.0 - arrives) * dice.random_range(0.5..0.95));
            match crowd.arrive(n).await {
                Ok(person) => whole_day(&crowd, &person, &mut dice, (n, desktops), leaves).await,
                Err(error) => crowd.terms.ledger.failed(&format!("{error:#}")),
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done?;
    }
    Ok(())
}

async fn whole_day(crowd: &Crowd, person: &Person, dice: &mut StdRng, (n, desktops): (usize, usize), leaves: Instant) {
    let mut ids = Vec::new();
    for _ in 0..desktops {
        person.look_around().await;
        ids.extend(person.start().await);
    }
    let left = leaves.saturating_duration_since(Instant::now());
    if dice.random_bool(0.3) {
        // A break: stopped, the home kept, and started again.
        use_for(crowd, person, n, &ids, left.mul_f64(0.4)).await;
        join_all(ids.iter().map(|id| person.stop(id))).await;
        wait(left.mul_f64(0.2), &crowd.end).await;
        join_all(ids.iter().map(|id| person.start_again(id))).await;
    }
    use_for(crowd, person, n, &ids, leaves.saturating_duration_since(Instant::now())).await;
    if dice.random_bool(0.5) {
        join_all(ids.iter().map(|id| person.stop(id))).await;
    }
    join_all(ids.iter().map(|id| person.delete(id))).await;
}

async fn churn(crowd: &Arc<Crowd>, plan: &Plan) -> anyhow::Result<()> {
    let people = crowd.all_arrive().await?;
    let until = Instant::now() + plan.duration;
    let desktops = plan.desktops;
    each(people, |n, person| {
        let crowd = Arc::clone(crowd);
        async move {
            join_all((0..desktops).map(|desktop| churn_one(&crowd, &person, n * desktops + desktop, until))).await;
        }
    })
    .await
}

/// One desktop after the other.
async fn churn_one(crowd: &Crowd, person: &Person, n: usize, until: Instant) {
    let mut dice = crowd.dice(n);
    while Instant::now() < until {
        let Some(id) = person.start().await else {
            wait(Duration::from_secs(1), &crowd.end).await;
            continue;
        };
        let uses = Duration::from_millis(dice.random_range(200..4000));
        if crowd.is_opened(&mut dice) {
            person.work_at(&id, uses, &crowd.end).await;
        } else {
            wait(uses, &crowd.end).await;
        }
        if dice.random_bool(0.4) {
            person.stop(&id).await;
            person.start_again(&id).await;
        }
        person.delete(&id).await;
    }
}

async fn storm(crowd: &Arc<Crowd>, plan: &Plan) -> anyhow::Result<()> {
    let people = crowd.all_arrive().await?;
    let (desktops, time) = (plan.desktops, plan.duration);
    let all_there = Arc::new(tokio::sync::Barrier::new(people.len() + 1));
    let storms = {
        let (crowd, people, all_there) = (Arc::clone(crowd), people.clone(), Arc::clone(&all_there));
        async move {
            all_there.wait().await;
            let between = (time / STORMS).max(CALM);
            let until = Instant::now() + time;
            while Instant::now() + between <= until {
                wait(between, &crowd.end).await;
                for person in &people {
                    person.page.cut();
                    person.cut.notify_waiters();
                }
            }
        }
    };
    let everybody = each(people, |n, person| {
        let (crowd, all_there) = (Arc::clone(crowd), Arc::clone(&all_there));
        async move {
            let ids: Vec<String> =
                join_all((0..desktops).map(|_| person.start())).await.into_iter().flatten().collect();
            all_there.wait().await;
            use_for(&crowd, &person, n, &ids, time).await;
            join_all(ids.iter().map(|id| person.delete(id))).await;
        }
    });
    tokio::join!(storms, everybody).1?;
    let lost = crowd.terms.ledger.counts.streams_lost.load(Ordering::Relaxed);
    anyhow::ensure!(lost > 0, "no connection was ever cut: --duration is too short for a storm");
    Ok(())
}
