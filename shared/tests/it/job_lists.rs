//! Lists of jobs: pages, filters, search, rows of a newer version; and the figures.

use super::queue::{LONG, claim, node, ready};
use berth_shared::both_databases;
use berth_shared::domain::job::{JobState, Kind};
use berth_shared::domain::steer::{Action, Refused};
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Steered, Steerer};
use berth_shared::queue::Class;
use berth_shared::queue::jobs::{self, FilterFields, Found};
use berth_shared::queue::overview::{self, Ways};
use berth_shared::store::{Db, Tx, desktops, figures, workers};
use berth_shared::testing::{Clock, desktop, template, user};
use std::time::Duration;

async fn ids(db: &Db, json: &str) -> Vec<String> {
    let fields: FilterFields = serde_json::from_str(json).unwrap();
    let (mut found, mut before) = (Vec::new(), String::new());
    loop {
        let mut tx = db.read().await.unwrap();
        let (rows, next) = jobs::page(&mut tx, &fields.parse().unwrap(), &before, 3).await.unwrap();
        found.extend(rows.into_iter().map(|row| row.view.id));
        match next {
            Some(next) => before = next,
            None => return found,
        }
    }
}

/// Runs a statement as a newer version of the schema would allow it.
async fn as_newer(db: &Db, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    match &mut tx {
        Tx::Sqlite(tx) => {
            sqlx::query("PRAGMA ignore_check_constraints = ON").execute(&mut **tx).await.unwrap();
            sqlx::query(sql).execute(&mut **tx).await.unwrap();
            sqlx::query("PRAGMA ignore_check_constraints = OFF").execute(&mut **tx).await.unwrap();
        }
        Tx::Postgres(tx, _) => {
            for drop in [
                "ALTER TABLE jobs DROP CONSTRAINT IF EXISTS jobs_kind_check",
                "ALTER TABLE jobs DROP CONSTRAINT IF EXISTS jobs_state_check",
            ] {
                sqlx::query(drop).execute(&mut **tx).await.unwrap();
            }
            sqlx::query(sql).execute(&mut **tx).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

both_databases! {
    async fn filters_and_search_find_what_they_say(db: TestDb) {
        node(&db.db, 50).await;
        let (db, signals) = (&db.db, Signals::default());
        let (ada, bob) = (user(db, "Ada", Role::User).await, user(db, "b_b", Role::User).await);
        let t = template(db, "i").await;
        let first = desktop(db, &signals, &ada, &t).await;
        let lease = claim(db, Class::Starts).await.unwrap();
        ready(db, &lease).await;
        let mut of_bob = Vec::new();
        for _ in 0..7 {
            of_bob.insert(0, desktop(db, &signals, &bob, &t).await);
        }
        let newest_first: Vec<String> = of_bob.iter().map(|d| d.job_id.clone().unwrap()).collect();
        let mut all = newest_first.clone();
        all.push(lease.job_id.clone());
        assert_eq!(ids(db, "{}").await, all);
        let none: &[String] = &[];
        for (json, expected) in [
            (r#"{"state":"available"}"#, &newest_first[..]),
            (r#"{"state":"available,completed"}"#, &all[..]),
            (r#"{"state":"completed,running"}"#, &all[7..]),
            (r#"{"kind":"desktop.create"}"#, &all[..]),
            (r#"{"kind":"desktop.stop,desktop.cleanup"}"#, none),
            (r#"{"user":"aDA"}"#, &all[7..]),
            (r#"{"user":"nobody"}"#, none),
            (r#"{"user":"ada","state":"available"}"#, none),
            (r#"{"worker":"w"}"#, &all[7..]),
            (r#"{"worker":"w","state":"completed","user":"ada","q":"da","since":"1h","kind":"desktop.create"}"#, &all[7..]),
            (r#"{"since":"1h"}"#, &all[..]),
            (r#"{"since":"0s"}"#, none),
            (r#"{"since":"2100-01-01T00:00:00Z"}"#, none),
            (r#"{"q":"B_B"}"#, &newest_first[..]),
            (r#"{"q":"_"}"#, &newest_first[..]),
            (r#"{"q":"%"}"#, none),
            (r#"{"q":"\\"}"#, none),
            (r#"{"q":"'; DROP TABLE jobs; --"}"#, none),
            (r#"{"q":"light desktop 7"}"#, &newest_first[..1]),
            (r#"{"q":"a\u0000"}"#, none),
        ] {
            assert_eq!(ids(db, json).await, expected, "{json}");
        }
        for (q, expected) in [
            (first.id.to_lowercase(), &all[7..]),
            (newest_first[3][..25].to_owned(), &all[3..4]),
            (format!("x{}", first.id), none),
        ] {
            let found = ids(db, &format!(r#"{{"q":"{q}"}}"#)).await;
            assert!(found.iter().all(|id| all.contains(id)) && expected.iter().all(|id| found.contains(id)), "{q}: {found:?}");
        }
        assert_eq!(ids(db, &format!(r#"{{"desktop":"{}"}}"#, first.id)).await, all[7..]);
    }

    async fn rows_of_a_newer_version_are_in_no_list_and_left_alone(db: TestDb) {
        node(&db.db, 50).await;
        let (db, signals) = (&db.db, Signals::default());
        let (u, t) = (user(db, "u", Role::User).await, template(db, "i").await);
        let mut made = Vec::new();
        for _ in 0..8 {
            made.insert(0, desktop(db, &signals, &u, &t).await.job_id.unwrap());
        }
        as_newer(db, "UPDATE jobs SET kind = 'desktop.sleep' WHERE id IN (SELECT id FROM jobs ORDER BY id LIMIT 4)").await;
        as_newer(db, "UPDATE jobs SET state = 'dreaming' WHERE id IN (SELECT id FROM jobs ORDER BY id DESC LIMIT 1)").await;
        assert_eq!(ids(db, "{}").await, made[1..4]);
        for id in [&made[0], &made[7]] {
            assert_eq!(jobs::find(&mut db.read().await.unwrap(), id).await.unwrap(), Some(Found::Unknown));
            let by = Steerer { username: "root", job_max_attempts: 8, trace_id: None, user_id: None, address: None };
            let refused = lifecycle::steer(db, &signals, id, Action::Cancel, by).await.unwrap();
            assert_eq!(refused, Steered::Refused(Refused::UnknownKind));
        }
        let ways = Ways { silent_after: LONG, auto_slots: true };
        let live = overview::live(&mut db.read().await.unwrap(), ways).await.unwrap();
        assert_eq!((live.counts.available, live.by_kind.create.waiting), (7, 3));
        let everything = FilterFields { user: Some("u".into()), ..FilterFields::default() }.parse().unwrap();
        let by = Steerer { username: "root", job_max_attempts: 8, trace_id: None, user_id: None, address: None };
        let bulk = lifecycle::steer_all(db, &signals, &everything, Action::Cancel, by, false).await.unwrap();
        assert_eq!((bulk.matched, bulk.changed), (3, 3));
    }

    async fn what_could_run_waits_also_where_nobody_lives_to_write_that_down(db: TestDb) {
        node(&db.db, 2).await;
        let (db, signals) = (&db.db, Signals::default());
        let (u, t) = (user(db, "u", Role::User).await, template(db, "i").await);
        for _ in 0..2 {
            desktop(db, &signals, &u, &t).await;
            claim(db, Class::Starts).await.unwrap();
        }
        as_newer(db, "UPDATE jobs SET state = 'retryable', lease_token = NULL, lease_until = NULL, worker_id = NULL, \
            run_at = run_at + 30000000 WHERE id IN (SELECT id FROM jobs ORDER BY id LIMIT 1)").await;
        let mut clock = Clock::new(db).await;
        for (passed, available, waited) in [(0, 0, 0), (40, 1, 40), (40 + LONG.as_secs(), 2, 40 + LONG.as_secs())] {
            clock.set(Duration::from_secs(passed)).await;
            let whole = figures::whole(&mut db.read().await.unwrap(), LONG).await.unwrap();
            let of = |state| whole.jobs.iter().find(|(key, _)| *key == (Kind::Create, state)).unwrap().1;
            let (running, retryable) = (i64::from(available < 2), i64::from(available < 1));
            let all = (of(JobState::Available), of(JobState::Running), of(JobState::Retryable));
            assert_eq!(all, (available, running, retryable), "after {passed} s");
            assert!((waited..waited + 20).contains(&whole.oldest_wait.as_secs()), "{:?}", whole.oldest_wait);
        }
    }

    async fn a_start_whose_worker_fell_silent_waits_again(db: TestDb) {
        node(&db.db, 2).await;
        let (db, signals) = (&db.db, Signals::default());
        desktop(db, &signals, &user(db, "u", Role::User).await, &template(db, "i").await).await;
        claim(db, Class::Starts).await.unwrap();
        let waits = async || figures::whole(&mut db.read().await.unwrap(), LONG).await.unwrap().oldest_wait;
        assert_eq!(waits().await, Duration::ZERO);
        Clock::new(db).await.pass(LONG + LONG).await;
        assert!(waits().await >= LONG + LONG);
    }

    async fn figures_are_what_the_tables_say(db: TestDb) {
        node(&db.db, 2).await;
        let (db, signals) = (&db.db, Signals::default());
        let (u, t) = (user(db, "u", Role::User).await, template(db, "i").await);
        let ways = Ways { silent_after: LONG, auto_slots: true };
        let empty = overview::live(&mut db.read().await.unwrap(), ways).await.unwrap();
        assert_eq!((empty.workers, empty.slots.total, empty.oldest_wait_ms, empty.paused), (1, 2, None, None));
        for _ in 0..4 {
            desktop(db, &signals, &u, &t).await;
        }
        let done = claim(db, Class::Starts).await.unwrap();
        ready(db, &done).await;
        claim(db, Class::Starts).await.unwrap();
        let live = overview::live(&mut db.read().await.unwrap(), ways).await.unwrap();
        assert_eq!((live.counts.available, live.counts.running, live.counts.completed), (2, 1, 1));
        assert_eq!((live.by_kind.create.waiting, live.by_kind.create.running, live.slots.busy), (2, 1, 1));
        assert_eq!((live.nodes[0].id.as_str(), live.nodes[0].slots.busy, live.nodes[0].auto), ("a", 1, true));
        assert!(live.oldest_wait_ms.is_some_and(|ms| (0..10_000).contains(&ms)));
        let history = overview::history(&mut db.read().await.unwrap()).await.unwrap();
        assert_eq!(history.len(), 30);
        assert!(history.windows(2).all(|two| two[1].minute.0 - two[0].minute.0 == 60_000_000));
        // The minute may have turned meanwhile.
        let lately = &history[28..];
        assert_eq!(lately.iter().map(|minute| minute.finished).sum::<i64>(), 1);
        assert!(lately.iter().any(|minute| minute.start_p50_ms.is_some() && minute.start_p50_ms == minute.start_p95_ms));
        assert!(lately[1].oldest_wait_ms.is_some());

        let mut tx = db.begin().await.unwrap();
        assert!(overview::pause(&mut tx, "ada").await.unwrap());
        assert!(!overview::pause(&mut tx, "bob").await.unwrap(), "twice is the same as once");
        tx.commit().await.unwrap();
        assert!(claim(db, Class::Starts).await.is_none(), "starts are held");
        let live = overview::live(&mut db.read().await.unwrap(), ways).await.unwrap();
        assert_eq!(live.paused.unwrap().by, "ada");
        let mut tx = db.begin().await.unwrap();
        assert!(overview::resume(&mut tx).await.unwrap() && !overview::resume(&mut tx).await.unwrap());
        tx.commit().await.unwrap();
        assert!(claim(db, Class::Starts).await.is_some());

        let seen = workers::views(&mut db.read().await.unwrap(), LONG).await.unwrap();
        assert_eq!((seen[0].id.as_str(), seen[0].state.as_str(), seen[0].running, seen[0].given_back), ("w", "live", 2, 0));
        let silent = workers::views(&mut db.read().await.unwrap(), std::time::Duration::ZERO).await.unwrap();
        assert_eq!(silent[0].state, workers::WorkerState::Silent);
        assert!(desktops::get(&mut db.read().await.unwrap(), &done.desktop_id).await.unwrap().is_some());
    }
}
