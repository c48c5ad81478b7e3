//! Recorded bursts of real starts, played again through the real claim order in simulated time. What each waiting desktop is
//! told every second is held against what came. `fixtures/record.py` records them.

use crate::setup::{LONG, claim, node, ready};
use berth_shared::both_databases;
use berth_shared::domain::desktop::QueueReasonCode;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::queue::line::Line;
use berth_shared::queue::{Class, Lease};
use berth_shared::testing::{Clock, TestDb, desktop, template, user};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;

#[derive(Deserialize)]
struct Record {
    what: String,
    slots: i64,
    starts: Vec<Start>,
}

#[derive(Deserialize)]
struct Start {
    user: String,
    asked_ms: u64,
    claimed_ms: u64,
    running_ms: u64,
}

/// What one waiting desktop was told at one moment.
struct Told {
    start: usize,
    at: Duration,
    eta_seconds: Option<f64>,
    position: Option<i64>,
    reason: Option<QueueReasonCode>,
}

/// What was told, and when each start got its slot and ran.
struct Played {
    told: Vec<Told>,
    claimed: Vec<Duration>,
    running: Vec<Duration>,
}

async fn play(db: &TestDb, record: &Record) -> Played {
    let db = &db.db;
    node(db, record.slots).await;
    let (signals, template) = (Signals::default(), template(db, "i").await);
    let mut users = HashMap::new();
    for start in &record.starts {
        if !users.contains_key(&start.user) {
            users.insert(start.user.clone(), user(db, &start.user, Role::User).await);
        }
    }
    let mut clock = Clock::new(db).await;
    let asked: Vec<_> = record.starts.iter().map(|s| Duration::from_millis(s.asked_ms)).collect();
    let took: Vec<_> = record.starts.iter().map(|s| Duration::from_millis(s.running_ms - s.claimed_ms)).collect();
    let mut by_desktop: HashMap<String, usize> = HashMap::new();
    let mut starting: Vec<(Duration, usize, Lease)> = Vec::new();
    let none = vec![Duration::ZERO; asked.len()];
    let mut played = Played { told: Vec::new(), claimed: none.clone(), running: none };
    let mut next_look = Duration::from_secs(1);
    while by_desktop.len() < asked.len() || !starting.is_empty() {
        let arrives = asked.get(by_desktop.len()).copied().unwrap_or(Duration::MAX);
        let ends = starting.iter().map(|(at, ..)| *at).min().unwrap_or(Duration::MAX);
        let next = arrives.min(ends).min(next_look);
        clock.set(next).await;
        if next == next_look {
            let line = Line::load(&mut db.read().await.unwrap(), LONG).await.unwrap();
            played.told.extend(line.of(None).into_iter().map(|(id, queue)| Told {
                start: by_desktop[&id],
                at: next,
                eta_seconds: queue.eta_seconds,
                position: queue.position,
                reason: queue.reason.map(|reason| reason.code),
            }));
            next_look += Duration::from_secs(1);
        } else if next == arrives {
            let start = by_desktop.len();
            let owner = &users[&record.starts[start].user];
            by_desktop.insert(desktop(db, &signals, owner, &template).await.id, start);
        } else {
            let at = starting.iter().position(|(at, ..)| *at == ends).unwrap();
            let (_, start, lease) = starting.swap_remove(at);
            ready(db, &lease).await;
            played.running[start] = next;
        }
        while let Some(lease) = claim(db, Class::Starts).await {
            let start = by_desktop[&lease.desktop_id];
            played.claimed[start] = next;
            starting.push((next + took[start], start, lease));
        }
    }
    played
}

/// Relative errors of every wait told against what came, the smallest first.
fn errors(told: &[Told], running: &[Duration]) -> Vec<f64> {
    let mut errors: Vec<f64> = told
        .iter()
        .filter_map(|told| {
            let came = (running[told.start].saturating_sub(told.at)).as_secs_f64();
            told.eta_seconds.map(|eta| (eta - came).abs() / came)
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    errors
}

#[expect(clippy::print_stdout, reason = "the figures are for who reads the test's output")]
async fn hold_what_is_told_against_what_came(db: &TestDb, record: &str) {
    let record: Record = serde_json::from_str(record).unwrap();
    let played = play(db, &record).await;
    let errors = errors(&played.told, &played.running);
    let middle = errors[errors.len() / 2];
    let (told, of) = (errors.len(), played.told.len());
    println!(
        "{}: {told} of {of} waits told; relative error: median {:.1} %, 90th percentile {:.1} %",
        record.what,
        middle * 100.0,
        errors[errors.len() * 9 / 10] * 100.0,
    );
    assert!(middle <= 0.25, "the median relative error of the told wait is {middle}");
    assert!(told * 10 >= of * 9, "from the first start that ran on, every wait is told: {told} of {of}");

    // The replay went as the real burst did, so that what came in it is what came there.
    let mut late: Vec<_> = record
        .starts
        .iter()
        .zip(&played.claimed)
        .map(|(start, played)| played.as_secs_f64() - Duration::from_millis(start.claimed_ms).as_secs_f64())
        .collect();
    late.sort_by(f64::total_cmp);
    println!("    against the recording, slots were taken {:+.2} s later (median)", late[late.len() / 2]);
    let length = record.starts.iter().map(|s| s.running_ms).max().unwrap();
    let length = Duration::from_millis(length).as_secs_f64();
    let replayed = played.running.iter().max().unwrap().as_secs_f64();
    assert!((replayed / length - 1.0).abs() < 0.15, "{length} s were recorded, {replayed} s replayed");

    let mut last: HashMap<usize, i64> = HashMap::new();
    let mut worse = 0;
    for told in &played.told {
        let now = told.position.expect("nothing pauses here");
        if last.insert(told.start, now).is_some_and(|before| before < now) {
            worse += 1;
            assert_eq!(
                told.reason,
                Some(QueueReasonCode::FairTurn),
                "place {now} of start {} at {:?}",
                told.start,
                told.at
            );
        }
    }
    println!("    a place got worse {worse} times, each time by the fairness rule and said so");
}

both_databases! {
    async fn a_burst_of_a_hundred(db: TestDb) {
        hold_what_is_told_against_what_came(&db, include_str!("../fixtures/burst.json")).await;
    }

    async fn thirty_one_after_the_other(db: TestDb) {
        hold_what_is_told_against_what_came(&db, include_str!("../fixtures/staggered.json")).await;
    }
}
