//! What a claim takes, what it leaves, and what holds it.

use super::queue::{LONG, claim, claimant, node};
use berth_shared::both_databases;
use berth_shared::domain::desktop::{QueueReasonCode, Status};
use berth_shared::domain::job::{JobState, Kind};
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Applied};
use berth_shared::queue::{self, Class, End, Ends, Job, NewJob, overview};
use berth_shared::store::{Db, desktops};
use berth_shared::testing::{desktop, template, user};
use std::time::Duration;

/// Runs SQL that both databases understand, outside all rules.
pub(crate) async fn run(db: &Db, sql: &str) -> u64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match db {
        Db::Sqlite { writer, .. } => sqlx::query(sql).execute(writer).await.unwrap().rows_affected(),
        Db::Postgres { pool, .. } => sqlx::query(sql).execute(pool).await.unwrap().rows_affected(),
    }
}

/// One number.
pub(crate) async fn count(db: &Db, sql: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match db {
        Db::Sqlite { readers, .. } => sqlx::query_scalar(sql).fetch_one(readers).await.unwrap(),
        Db::Postgres { pool, .. } => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
    }
}

async fn job(db: &Db, id: &str) -> Job {
    queue::get(&mut db.read().await.unwrap(), id).await.unwrap().unwrap()
}

/// Jobs that do nothing, one for each of so many desktops.
async fn noops(db: &Db, many: usize) -> Vec<String> {
    let (u, t) = (user(db, "u", Role::User).await, template(db, "i").await);
    let mut ids = Vec::new();
    for _ in 0..many {
        let d = desktop(db, &Signals::default(), &u, &t).await;
        let mut tx = db.begin().await.unwrap();
        let new = NewJob {
            kind: Kind::Noop,
            desktop_id: &d.id,
            user_id: &u.id,
            generation: 1,
            node_id: None,
            max_attempts: 1,
            run_at: None,
            trace_id: None,
        };
        ids.push(queue::enqueue(&mut tx, &new).await.unwrap());
        tx.commit().await.unwrap();
    }
    ids
}

both_databases! {
    async fn a_claim_takes_as_many_as_there_is_room_for_in_the_order_of_the_line(db: TestDb) {
        node(&db.db, 3).await;
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.push(desktop(&db.db, &Signals::default(), &u, &t).await.id);
        }
        let by = claimant("w", LONG);
        let mut begun = Vec::new();
        for _ in 0..4 {
            let claims = lifecycle::claim_some(&db.db, &Signals::default(), &by, Class::Starts, 2).await.unwrap();
            begun.extend(claims.leases.into_iter().map(|lease| lease.desktop_id));
        }
        assert_eq!(begun, asked[..3], "three slots, in the order of the line");
        assert_eq!(count(&db.db, "SELECT count(DISTINCT job_id) FROM start_slots WHERE job_id IS NOT NULL").await, 3);
        for id in &begun {
            let row = desktops::get(&mut db.db.read().await.unwrap(), id).await.unwrap().unwrap();
            assert_eq!((row.status, row.node_id.as_deref()), (Status::Starting, Some("a")));
        }
    }

    async fn a_job_that_does_nothing_goes_the_whole_way(db: TestDb) {
        let ids = noops(&db.db, 11).await;
        let (signals, by) = (Signals::default(), claimant("w", LONG));
        let ends = Ends::new(db.db.clone());
        let events = count(&db.db, "SELECT count(*) FROM events").await;
        let first = lifecycle::claim_some(&db.db, &signals, &by, Class::Ends, 8).await.unwrap().leases;
        assert_eq!(first.iter().map(|lease| lease.job_id.as_str()).collect::<Vec<_>>(), ids[..8]);
        let rest = lifecycle::claim_some(&db.db, &signals, &by, Class::Ends, 8).await.unwrap().leases;
        assert_eq!(rest.len(), 3);
        let tokens: std::collections::HashSet<_> = first.iter().chain(&rest).map(|lease| &lease.token).collect();
        assert_eq!(tokens.len(), 11);

        assert_eq!(lifecycle::nothing_done(&ends, &signals, &first[0]).await.unwrap(), Applied::Yes);
        assert_eq!(lifecycle::nothing_done(&ends, &signals, &first[0]).await.unwrap(), Applied::LeaseLost);
        let done = job(&db.db, &ids[0]).await;
        assert_eq!((done.state, done.attempt, done.lease_token), (JobState::Completed, 1, None));
        assert_eq!(count(&db.db, "SELECT count(*) FROM attempts WHERE outcome = 'done'").await, 1);
        assert_eq!(count(&db.db, "SELECT count(*) FROM events").await, events + 1);

        run(&db.db, "UPDATE jobs SET lease_until = 1 WHERE state = 'running'").await;
        assert_eq!(lifecycle::nothing_done(&ends, &signals, &first[1]).await.unwrap(), Applied::LeaseLost, "it ran out");
    }

    async fn held_starts_are_not_claimed_and_ends_are(db: TestDb) {
        node(&db.db, 2).await;
        let ids = noops(&db.db, 1).await;
        let (u, t) = (user(&db.db, "v", Role::User).await, "light");
        let t = berth_shared::store::templates::get(&mut db.db.read().await.unwrap(), t).await.unwrap().unwrap();
        desktop(&db.db, &Signals::default(), &u, &t).await;
        let mut tx = db.db.begin().await.unwrap();
        assert!(overview::pause(&mut tx, "ada").await.unwrap());
        tx.commit().await.unwrap();
        assert!(claim(&db.db, Class::Starts).await.is_none());
        assert_eq!(claim(&db.db, Class::Ends).await.unwrap().job_id, ids[0]);
        let mut tx = db.db.begin().await.unwrap();
        overview::resume(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(claim(&db.db, Class::Starts).await.is_some());
    }

    async fn what_waits_for_the_engine_goes_on_when_it_is_back_and_keeps_its_place(db: TestDb) {
        node(&db.db, 1).await;
        let (signals, t) = (Signals::default(), template(&db.db, "i").await);
        let (first, later) = (user(&db.db, "first", Role::User).await, user(&db.db, "later", Role::User).await);
        let d = desktop(&db.db, &signals, &first, &t).await;
        let lease = claim(&db.db, Class::Starts).await.unwrap();
        let run_at = db.db.begin().await.unwrap().now().await.unwrap().plus(Duration::from_secs(60));
        let end = End::Snooze { code: QueueReasonCode::EngineDown, words: "w".into(), error: "e".into(), run_at };
        lifecycle::hand_on(&db.db, &signals, &lease, &end).await.unwrap();
        desktop(&db.db, &signals, &later, &t).await;
        assert_eq!(lifecycle::engine_is_back(&db.db, &signals, "another").await.unwrap(), 0);
        assert_eq!(lifecycle::engine_is_back(&db.db, &signals, "a").await.unwrap(), 1);
        let again = claim(&db.db, Class::Starts).await.unwrap();
        assert_eq!((again.desktop_id, again.attempt, again.claim), (d.id, 1, 2), "no try was used up, nobody went before");
    }

    async fn leases_of_the_dead_are_free_at_once(db: TestDb) {
        node(&db.db, 2).await;
        let (signals, t) = (Signals::default(), template(&db.db, "i").await);
        let u = user(&db.db, "u", Role::User).await;
        for _ in 0..2 {
            desktop(&db.db, &signals, &u, &t).await;
            claim(&db.db, Class::Starts).await.unwrap();
        }
        assert_eq!(lifecycle::take_over(&db.db, &signals).await.unwrap(), 2);
        assert_eq!(lifecycle::take_over(&db.db, &signals).await.unwrap(), 0);
        assert_eq!(count(&db.db, "SELECT count(*) FROM attempts WHERE outcome = 'lost'").await, 2);
        assert_eq!(count(&db.db, "SELECT count(*) FROM workers").await, 0, "nobody is left who could be said to live");
        let again = claim(&db.db, Class::Starts).await.unwrap();
        assert_eq!((again.attempt, again.claim), (1, 2));
    }

    async fn a_newer_versions_jobs_are_left_for_it(db: TestDb) {
        node(&db.db, 2).await;
        let ids = noops(&db.db, 2).await;
        match &db.db {
            Db::Sqlite { .. } => run(&db.db, "PRAGMA ignore_check_constraints = ON").await,
            Db::Postgres { .. } => run(&db.db, "ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check").await,
        };
        run(&db.db, &format!("UPDATE jobs SET kind = 'desktop.move', rank = -1 WHERE id = '{}'", ids[0])).await;
        assert_eq!(claim(&db.db, Class::Ends).await.unwrap().job_id, ids[1]);
        assert!(claim(&db.db, Class::Ends).await.is_none());
        run(&db.db, &format!("UPDATE jobs SET state = 'running', lease_token = 't', lease_until = 1 WHERE id = '{}'", ids[0])).await;
        assert_eq!(lifecycle::expire_leases(&db.db, &Signals::default()).await.unwrap(), 0);
    }

    async fn a_stop_that_fails_for_long_says_why_and_is_never_given_up(db: TestDb) {
        node(&db.db, 1).await;
        let (signals, t) = (Signals::default(), template(&db.db, "i").await);
        let u = user(&db.db, "u", Role::User).await;
        let d = desktop(&db.db, &signals, &u, &t).await;
        crate::queue::ready(&db.db, &claim(&db.db, Class::Starts).await.unwrap()).await;
        crate::lifecycle::ask(&db.db, &u, &d.id, lifecycle::Wish::Stop).await;
        let said = async || {
            let row = desktops::get(&mut db.db.read().await.unwrap(), &d.id).await.unwrap().unwrap();
            (row.status, row.last_error)
        };
        for n in 1..=4 {
            let stop = claim(&db.db, Class::Ends).await.unwrap();
            assert_eq!(stop.attempt, n);
            let run_at = db.db.begin().await.unwrap().now().await.unwrap();
            let end = End::Retry { words: "The server is busy.".into(), error: "500".into(), run_at };
            assert_eq!(lifecycle::hand_on(&db.db, &signals, &stop, &end).await.unwrap(), Applied::Yes);
            let expected = (n >= 3).then(|| "The server is busy.".to_owned());
            assert_eq!(said().await, (Status::Stopping, expected), "after try {n}");
        }
        let stop = claim(&db.db, Class::Ends).await.unwrap();
        lifecycle::step(&db.db, &signals, &stop, &lifecycle::StepDone::Cleared).await.unwrap();
        assert_eq!(said().await, (Status::Stopped, None));
    }
}
