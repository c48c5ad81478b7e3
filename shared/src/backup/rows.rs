//! Reads a table row by row.

use super::columns::listed;
use super::{BackupError, Column, Type, Value};
use crate::store::{Tx, one};
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Row, Type as SqlType};

/// Hands each row of a table on, in no order.
pub(super) async fn each(
    tx: &mut Tx,
    table: &str,
    columns: &[Column],
    mut take: impl AsyncFnMut(Vec<Value>) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let sql = AssertSqlSafe(format!("SELECT {} FROM {table}", listed(columns)));
    macro_rules! stream {
        ($tx:expr) => {{
            let mut rows = sqlx::query(sql).fetch(&mut **$tx);
            while let Some(row) = rows.try_next().await? {
                take(values(&row, columns)?).await?;
            }
        }};
    }
    match tx {
        Tx::Sqlite(tx) => stream!(tx),
        Tx::Postgres(tx, _) => stream!(tx),
    }
    Ok(())
}

pub(super) async fn count(tx: &mut Tx, table: &str) -> Result<i64, BackupError> {
    Ok(one!(tx, (i64,), AssertSqlSafe(format!("SELECT count(*) FROM {table}")))?.0)
}

fn values<'r, R: Row>(row: &'r R, columns: &[Column]) -> Result<Vec<Value>, sqlx::Error>
where
    usize: ColumnIndex<R>,
    String: Cell<'r, R::Database>,
    i64: Cell<'r, R::Database>,
    bool: Cell<'r, R::Database>,
{
    let mut values = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let value = match column.of {
            Type::Text => row.try_get::<Option<String>, _>(at)?.map(Value::Text),
            Type::Integer => row.try_get::<Option<i64>, _>(at)?.map(Value::Integer),
            Type::Boolean => row.try_get::<Option<bool>, _>(at)?.map(Value::Boolean),
        };
        values.push(value.unwrap_or(Value::Null));
    }
    Ok(values)
}

/// What a database can give as one of our types.
trait Cell<'r, D: Database>: Decode<'r, D> + SqlType<D> {}
impl<'r, D: Database, T: Decode<'r, D> + SqlType<D>> Cell<'r, D> for T {}
