//! Moves everything into another database, of either kind. Both transactions are open at once: the one that marks the old database
//! as moved is committed after the one that filled the new one.

use super::fill::Filler;
use super::tables::{TABLES, What};
use super::{BackupError, rows, settle, target, write};
use crate::store::schema::SchemaLock;
use crate::store::{Db, Tx, installation};
use sqlx::AssertSqlSafe;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Moved {
    /// Each table's name, and how many rows of it are the same on both sides.
    pub tables: Vec<(String, u64)>,
    pub took: Duration,
}

/// Moves `from`, whose schema is up to date, into `to`. Nobody else may use either. `to_words` is what the old database says of where
/// everything is now: no password in it.
///
/// # Errors
/// When one of them fails, or `to` is not empty. Then both are as they were.
pub async fn transfer(
    (from, _from_lock): (&Db, &SchemaLock),
    (to, _to_lock): (&Db, &SchemaLock),
    to_words: &str,
    how: super::How<'_>,
) -> Result<Moved, BackupError> {
    let begun = Instant::now();
    let mut old = open_source(from).await?;
    let mut new = to.begin().await?;
    new.without_limits().await?;
    let schema = write::schema_of(&mut old).await?;
    let heads = write::heads(&mut old, What::Move).await?;
    target::empty(&mut new, how.replace).await?;
    new.migrate_to(Some(schema)).await?;
    target::clear(&mut new, &heads).await?;
    let mut tables = Vec::new();
    for head in &heads {
        let mut filler = Filler::new(&mut new, &head.name, &head.columns).await?;
        rows::each(&mut old, &head.name, &head.columns, async |row| filler.add(&mut new, row).await).await?;
        tables.push((head.name.clone(), filler.end(&mut new).await?));
    }
    new.migrate_to(None).await?;
    settle::moved(&mut new, how.by, &format!("To {to_words}.")).await?;
    installation::mark_moved(&mut old, to_words).await?;
    new.commit().await?;
    old.commit().await?;
    settle::give_back(to).await;
    Ok(Moved { tables, took: begun.elapsed() })
}

/// A transaction in which nothing else is written meanwhile, and which sees one moment.
async fn open_source(from: &Db) -> Result<Tx, BackupError> {
    let mut tx = from.begin().await?;
    if let Tx::Postgres(pg, _) = &mut tx {
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut **pg).await?;
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let lock = AssertSqlSafe(format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", ")));
        sqlx::query(lock).execute(&mut **pg).await?;
    }
    tx.without_limits().await?;
    Ok(tx)
}
