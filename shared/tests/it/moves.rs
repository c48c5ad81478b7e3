//! PostgreSQL moves: connections drop, another server answers, for a while one that only reads. Nobody starts anything anew.

use berth_shared::domain::user::Role;
use berth_shared::store::{Db, PoolSize, StoreError, Tx, users};
use berth_shared::testing::{TestDb, eventually, user};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Does something to the test's database from outside.
async fn from_outside(test: &TestDb, sql: &str) {
    let (server, name) = test.url.rsplit_once('/').unwrap();
    let mut admin = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.replace("{name}", name))).execute(&mut admin).await.unwrap();
}

async fn drop_connections(test: &TestDb) {
    from_outside(test, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'").await;
}

/// Writes, in a transaction of its own.
async fn write(db: &Db, user: &str) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let now = tx.now().await?;
    users::seen(&mut tx, user, now).await?;
    tx.commit().await
}

async fn run(tx: &mut Tx, sql: &'static str) {
    let Tx::Postgres(tx, _) = tx else { panic!("PostgreSQL") };
    sqlx::query(sql).execute(&mut **tx).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_connections_were_dropped_one_is_lost_and_the_others_are_asked_first() {
    let test = TestDb::postgres().await;
    let u = user(&test.db, "u", Role::User).await;
    // Several are open and were just used.
    let open = futures_util::future::join_all((0..8).map(|_| test.db.begin())).await;
    drop(open);
    write(&test.db, &u.id).await.unwrap();
    drop_connections(&test).await;
    let mut lost = 0;
    for _ in 0..16 {
        if let Err(error) = write(&test.db, &u.id).await {
            assert!(error.undone(), "{error:?}");
            lost += 1;
        }
    }
    assert!(lost <= 1, "{lost} of them were lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_an_answer_is_told_from_a_transaction_that_came_to_nothing() {
    let test = TestDb::postgres().await;
    let u = user(&test.db, "u", Role::User).await;
    let mut tx = test.db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    users::seen(&mut tx, &u.id, now).await.unwrap();
    drop_connections(&test).await;
    let error = tx.commit().await.unwrap_err();
    assert!(matches!(error, StoreError::Unconfirmed(_)) && error.passing() && !error.undone(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_not_stayed_with() {
    let test = TestDb::postgres().await;
    let u = user(&test.db, "u", Role::User).await;
    // The way leads to a standby from now on.
    from_outside(&test, "ALTER DATABASE \"{name}\" SET default_transaction_read_only = on").await;
    drop_connections(&test).await;
    let error = eventually("nothing is written", async || write(&test.db, &u.id).await.err()).await;
    assert!(error.passing(), "{error:?}");
    let opened = Db::open(&test.url, &test.url, PoolSize { min: 0, max: 2 }).await.unwrap_err();
    assert!(opened.passing(), "{opened:?}");
    // It is the primary now.
    from_outside(&test, "ALTER DATABASE \"{name}\" RESET default_transaction_read_only").await;
    eventually("it is written", async || write(&test.db, &u.id).await.ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_turns_out_to_only_read_is_thrown_away() {
    let test = TestDb::postgres().await;
    let db = Db::open(&test.url, &test.url, PoolSize { min: 0, max: 1 }).await.unwrap();
    let u = user(&db, "u", Role::User).await;
    let mut tx = db.begin().await.unwrap();
    run(&mut tx, "SET default_transaction_read_only = on").await;
    tx.commit().await.unwrap();
    let error = write(&db, &u.id).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)) && error.undone(), "{error:?}");
    write(&db, &u.id).await.expect("another connection");
}
