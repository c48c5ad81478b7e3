//! What the line tells, and what it must not: why nothing moves and since when, no wait that nobody measured, what a newcomer
//! would wait, and all of it quickly for ten thousand.

use crate::setup::{claim, node, node_is, ready, worker_on};
use berth_shared::both_databases;
use berth_shared::domain::desktop::QueueReasonCode;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, StepDone};
use berth_shared::queue::line::Line;
use berth_shared::queue::{Class, End};
use berth_shared::store::templates::{self, Template};
use berth_shared::store::{Db, Tx};
use berth_shared::testing::{Clock, desktop, template, user};
use std::time::{Duration, Instant};

async fn line(db: &Db) -> Line {
    Line::load(&mut db.read().await.unwrap(), Duration::from_secs(60)).await.unwrap()
}

async fn sql(db: &Db, text: &'static str) {
    let mut tx = db.begin().await.unwrap();
    match &mut tx {
        Tx::Sqlite(tx) => _ = sqlx::query(text).execute(&mut **tx).await.unwrap(),
        Tx::Postgres(tx, _) => _ = sqlx::query(text).execute(&mut **tx).await.unwrap(),
    }
    tx.commit().await.unwrap();
}

async fn the_template(db: &Db) -> Template {
    templates::all_enabled(&mut db.read().await.unwrap()).await.unwrap().remove(0)
}

/// Starts that each held their slot for so long, the last one last.
async fn measured(db: &Db, clock: &mut Clock, seconds: &[u64]) {
    let (owner, t) = (user(db, "measured", Role::User).await, template(db, "i").await);
    for took in seconds {
        desktop(db, &Signals::default(), &owner, &t).await;
        let lease = claim(db, Class::Starts).await.unwrap();
        clock.pass(Duration::from_secs(*took)).await;
        ready(db, &lease).await;
    }
}

both_databases! {
    async fn what_holds_everybody_is_told_with_since_when(db: TestDb) {
        let db = &db.db;
        node(db, 2).await;
        let mut clock = Clock::new(db).await;
        measured(db, &mut clock, &[2]).await;
        node(db, 2).await;
        let (u, t) = (user(db, "u", Role::User).await, the_template(db).await);
        let d = desktop(db, &Signals::default(), &u, &t).await.id;
        let free = line(db).await;
        assert!(free.held().is_none() && free.info(&d).unwrap().eta_seconds.is_some());

        sql(db, "UPDATE queue_control SET paused_at = 1790000000000000, paused_by = 'ada'").await;
        let paused = line(db).await;
        let reason = paused.held().unwrap().clone();
        assert_eq!((reason.code, reason.since.map(|at| at.0)), (QueueReasonCode::Paused, Some(1_790_000_000_000_000)));
        assert!(reason.text.contains("ada"));
        let info = paused.info(&d).unwrap();
        assert_eq!((info.position, info.eta_seconds, info.reason), (Some(1), None, Some(reason)));
        assert_eq!(paused.wait_for_one_more(&u.id), None);
        let json = serde_json::to_value(paused.held()).unwrap();
        assert_eq!(json["since"], "2026-09-21T14:13:20.000000Z");
        sql(db, "UPDATE queue_control SET paused_at = NULL, paused_by = NULL").await;

        node_is(db, "a", 2, false).await;
        let down = line(db).await;
        assert_eq!(down.held().map(|r| (r.code, r.since)), Some((QueueReasonCode::EngineDown, None)));
        assert_eq!(down.info(&d).unwrap().eta_seconds, None);
        node_is(db, "a", 2, true).await;

        clock.pass(Duration::from_secs(61)).await;
        let silent = line(db).await;
        assert_eq!(silent.held().unwrap().code, QueueReasonCode::NoWorker);
        assert_eq!((silent.slots.total, silent.info(&d).unwrap().position), (0, Some(1)));
    }

    async fn a_wait_is_told_only_where_starts_were_measured(db: TestDb) {
        let db = &db.db;
        node(db, 1).await;
        let mut clock = Clock::new(db).await;
        let (u, t) = (user(db, "u", Role::User).await, template(db, "i").await);
        let waits = [desktop(db, &Signals::default(), &u, &t).await.id, desktop(db, &Signals::default(), &u, &t).await.id];
        assert_eq!(line(db).await.info(&waits[0]).unwrap().eta_seconds, None);
        assert_eq!(line(db).await.wait_for_one_more(&u.id), None);
        let lease = claim(db, Class::Starts).await.unwrap();
        clock.pass(Duration::from_secs(4)).await;
        ready(db, &lease).await;
        let eta = line(db).await.info(&waits[1]).unwrap().eta_seconds.unwrap();
        assert!((3.9..5.0).contains(&eta), "{eta}");
        // It runs late: what is left of it is not nothing.
        let late = claim(db, Class::Starts).await.unwrap();
        let next = desktop(db, &Signals::default(), &u, &t).await.id;
        clock.pass(Duration::from_secs(10)).await;
        let eta = line(db).await.info(&next).unwrap().eta_seconds.unwrap();
        assert!((8.9..11.0).contains(&eta), "half as long again as it ran, and a start: {eta}");
        assert_eq!(late.desktop_id, waits[1]);
    }

    async fn permits_of_live_workers_bound_the_slots(db: TestDb) {
        let db = &db.db;
        node_is(db, "a", 8, true).await;
        worker_on(db, "a", 4, None).await; // three for starts, one for what gives room back
        assert_eq!(line(db).await.slots.total, 3);
        node_is(db, "a", 2, true).await;
        assert_eq!(line(db).await.slots.total, 2);
    }

    async fn what_a_newcomer_is_told_is_what_it_is_told_afterwards(db: TestDb) {
        let db = &db.db;
        node(db, 2).await;
        let mut clock = Clock::new(db).await;
        measured(db, &mut clock, &[3, 3, 3]).await;
        node(db, 2).await;
        let t = the_template(db).await;
        let (many, few) = (user(db, "many", Role::User).await, user(db, "few", Role::User).await);
        for _ in 0..12 {
            desktop(db, &Signals::default(), &many, &t).await;
        }
        claim(db, Class::Starts).await.unwrap();
        claim(db, Class::Starts).await.unwrap();
        for newcomer in [&few, &many, &few, &few, &many] {
            let told = line(db).await.wait_for_one_more(&newcomer.id).unwrap();
            let id = desktop(db, &Signals::default(), newcomer, &t).await.id;
            let then = line(db).await.info(&id).unwrap();
            let eta = then.eta_seconds.unwrap();
            assert!((told - eta).abs() <= 0.3, "told {told} before, and {eta} in place {:?}", then.position);
        }
    }

    async fn with_no_port_left_nobody_is_promised_anything(db: TestDb) {
        let db = &db.db;
        node(db, 1).await;
        let mut clock = Clock::new(db).await;
        measured(db, &mut clock, &[2]).await;
        node(db, 1).await;
        let t = the_template(db).await;
        let u = user(db, "u", Role::User).await;
        desktop(db, &Signals::default(), &u, &t).await;
        let next = desktop(db, &Signals::default(), &u, &t).await.id;
        let lease = claim(db, Class::Starts).await.unwrap();
        let run_at = db.read().await.unwrap().now().await.unwrap().plus(Duration::from_secs(1));
        let (words, error) = ("No room.".to_owned(), "range full".to_owned());
        let end = End::Snooze { code: QueueReasonCode::NoFreePort, words, error, run_at };
        lifecycle::hand_on(db, &Signals::default(), &lease, &end).await.unwrap();
        let info = line(db).await.info(&next).unwrap();
        assert_eq!((info.eta_seconds, info.reason.unwrap().code), (None, QueueReasonCode::NoFreePort));
        let first = line(db).await.info(&lease.desktop_id).unwrap();
        assert_eq!((first.position, first.reason.unwrap().code), (None, QueueReasonCode::NoFreePort));
        clock.pass(Duration::from_secs(2)).await;
        let lease = claim(db, Class::Starts).await.unwrap();
        let created = StepDone::Created { container_id: "c".into(), image_id: None };
        lifecycle::step(db, &Signals::default(), &lease, &created).await.unwrap();
        assert_eq!(line(db).await.info(&next).unwrap().reason.unwrap().code, QueueReasonCode::NoStartSlot);
    }

    async fn ten_thousand_in_line_are_told_in_a_moment(db: TestDb) {
        let db = &db.db;
        node(db, 4).await;
        let u = user(db, "u", Role::User).await;
        desktop(db, &Signals::default(), &u, &template(db, "i").await).await;
        sql(db, "INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, claims, \
                 run_at, created_at) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9999) \
                 SELECT 'j' || n, 'desktop.create', 'd' || n, (SELECT min(user_id) FROM jobs), 1, 'available', 1, n + 1, 0, 8, 0, \
                 (SELECT max(run_at) FROM jobs) + n, (SELECT max(created_at) FROM jobs) + n FROM n").await;
        let begun = Instant::now();
        let told = line(db).await;
        let everybody = told.of(None);
        let took = begun.elapsed();
        assert_eq!((told.waiting(), everybody.len()), (10_000, 10_000));
        assert_eq!(everybody[9_999].1.position, Some(10_000));
        assert!(took < Duration::from_millis(500), "{took:?}");
        assert_eq!(told.of(Some("nobody")).len(), 0);
    }
}
