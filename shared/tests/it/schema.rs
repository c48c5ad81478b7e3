//! Which binary may work on which schema, and bringing it up to date from several at once.

use super::claims::run;
use berth_shared::both_databases;
use berth_shared::store::{Db, StoreError};
use berth_shared::testing::TestDb;

both_databases! {
    async fn what_a_newer_one_added_is_no_hindrance_until_it_takes_something_away(db: TestDb) {
        let now = db.db.schema().await.unwrap();
        assert!(now.missing.is_empty() && now.newer.is_empty(), "{now:?}");
        let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9001, 'later', true, ";
        let checksum = if matches!(db.db, Db::Sqlite { .. }) { "x'00'" } else { "'\\x00'::bytea" };
        run(&db.db, &format!("{later}{checksum}, 0)")).await;
        assert_eq!(db.db.schema().await.unwrap().newer, [9001]);
        db.db.migrate().await.expect("one of before starts beside it");

        run(&db.db, "UPDATE schema_needs SET oldest = 9001").await;
        let Err(StoreError::Setup(words)) = db.db.migrate().await else { panic!("it was taken") };
        assert!(words.contains("too new") && words.contains("9001"), "{words}");
    }

    async fn what_another_build_made_is_said(db: TestDb) {
        let checksum = if matches!(db.db, Db::Sqlite { .. }) { "x'00'" } else { "'\\x00'::bytea" };
        run(&db.db, &format!("UPDATE _sqlx_migrations SET checksum = {checksum} WHERE version = 3")).await;
        let Err(StoreError::Setup(words)) = db.db.migrate().await else { panic!("it was taken") };
        assert!(words.contains("another build") && words.contains("0003"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_bring_an_empty_database_up_to_date_at_once() {
    let db = TestDb::postgres().await;
    run(&db.db, "DROP SCHEMA public CASCADE").await;
    run(&db.db, "CREATE SCHEMA public").await;
    assert!(db.db.schema().await.unwrap().missing.len() > 10, "none was run");
    let all = (0..6).map(|_| async { TestDb::connect(&db.url).await?.migrate().await });
    for done in futures_util::future::join_all(all).await {
        done.unwrap();
    }
    assert!(db.db.schema().await.unwrap().missing.is_empty());
}
