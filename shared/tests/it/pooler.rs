//! Behind a real PgBouncer in transaction mode, with fewer connections to the server than we have to it.

use super::queue::{LONG, claimant, node, ready};
use berth_shared::domain::user::Role;
use berth_shared::events::{self, Kind, Signals};
use berth_shared::lifecycle;
use berth_shared::queue::Class;
use berth_shared::store::{Db, PoolSize, StoreError, Tx};
use berth_shared::testing::{Bouncer, TestDb, desktop, template, user};
use std::collections::HashSet;

const SIZE: PoolSize = PoolSize { min: 0, max: 20 };

/// What the next transaction is limited to.
async fn time_outs(tx: &mut Tx) -> (String, String, String) {
    let Tx::Postgres(tx, _) = tx else { panic!("PostgreSQL") };
    let sql = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), \
               current_setting('idle_in_transaction_session_timeout')";
    sqlx::query_as(sql).persistent(false).fetch_one(&mut **tx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_through_a_pooler_in_transaction_mode() {
    let (test, bouncer) = (TestDb::postgres().await, Bouncer::start(""));
    let db = Db::open(&bouncer.before(&test.url), &test.url, SIZE).await.unwrap();
    db.migrate().await.unwrap();
    assert!(db.schema().await.unwrap().missing.is_empty());
    node(&db, 64).await;
    let t = template(&db, "i").await;
    // Many at once, so that each transaction of a connection gets another server's connection.
    let mut people = tokio::task::JoinSet::new();
    for n in 0..12 {
        let (db, t) = (db.clone(), t.clone());
        people.spawn(async move {
            let u = user(&db, &format!("u{n}"), Role::User).await;
            for turn in 0..5 {
                desktop(&db, &Signals::default(), &u, &t).await;
                let mut tx = db.begin().await.unwrap();
                let now = tx.now().await.unwrap();
                events::append(&mut tx, &u.id, Kind::Notice, &format!("{{\"turn\":{turn}}}"), now).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    people.join_all().await;
    let mut workers = tokio::task::JoinSet::new();
    for n in 0..6 {
        let db = db.clone();
        workers.spawn(async move {
            let (signals, by) = (Signals::default(), claimant(&format!("w{n}"), LONG));
            let mut done = Vec::new();
            // Two who claim at once may meet: then one comes again.
            for _ in 0..400 {
                match lifecycle::claim(&db, &signals, &by, Class::Starts).await {
                    Ok(Some(lease)) => {
                        ready(&db, &lease).await;
                        done.push(lease.job_id);
                    }
                    Ok(None) => tokio::task::yield_now().await,
                    Err(error) => {
                        assert!(error.undone() || error.violates("jobs_one_running", "jobs.desktop_id"), "{error:?}")
                    }
                }
            }
            done
        });
    }
    let done: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!((done.len(), done.iter().collect::<HashSet<_>>().len()), (60, 60), "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_outs_are_the_same_both_ways_and_do_not_stay_with_the_pooler() {
    let (test, bouncer) = (TestDb::postgres().await, Bouncer::start(""));
    let pooled = Db::open(&bouncer.before(&test.url), &test.url, SIZE).await.unwrap();
    let expected = ("30s".to_owned(), "10s".to_owned(), "1min".to_owned());
    for db in [&test.db, &pooled] {
        assert_eq!(time_outs(&mut db.begin().await.unwrap()).await, expected);
        assert_eq!(time_outs(&mut db.read().await.unwrap()).await, expected);
    }
    let Db::Postgres { pool, .. } = &pooled else { panic!("PostgreSQL") };
    let mut connection = pool.acquire().await.unwrap();
    let row = sqlx::Executor::fetch_one(&mut *connection, sqlx::raw_sql("SHOW statement_timeout")).await.unwrap();
    assert_eq!(sqlx::Row::get::<String, _>(&row, 0), "0", "the pooler's connection is as others left it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_let_go_of_ends_in_a_conflict() {
    let test = TestDb::postgres().await;
    let (mut holds, mut waits) = (test.db.begin().await.unwrap(), test.db.begin().await.unwrap());
    for (tx, sql) in
        [(&mut holds, "LOCK TABLE users IN ACCESS EXCLUSIVE MODE"), (&mut waits, "SET LOCAL lock_timeout = '50ms'")]
    {
        let Tx::Postgres(tx, _) = tx else { panic!("PostgreSQL") };
        sqlx::query(sql).execute(&mut **tx).await.unwrap();
    }
    let met = berth_shared::store::users::count(&mut waits).await.unwrap_err();
    assert!(matches!(met, StoreError::Conflict(_)), "{met:?}");
}

/// Why a database is not opened.
async fn refused(url: &str, direct_url: &str) -> String {
    match Db::open(url, direct_url, SIZE).await {
        Err(StoreError::Setup(words)) => words,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_where_the_database_itself_is_needed_is_noticed() {
    let test = TestDb::postgres().await;
    for more in ["", "ignore_startup_parameters = extra_float_digits, options"] {
        let url = Bouncer::start(more);
        let (bouncer, url) = (&url, url.before(&test.url));
        let words = refused(&url, &url).await;
        assert!(words.contains("BERTH_DATABASE_DIRECT_URL"), "{words}");
        // Ours take it, whatever it ignores.
        Db::open(&bouncer.before(&test.url), &test.url, SIZE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ways_that_lead_to_two_databases_are_noticed() {
    let (one, two) = (TestDb::postgres().await, TestDb::postgres().await);
    let words = refused(&one.url, &two.url).await;
    assert!(words.contains("lead to two databases"), "{words}");
}
