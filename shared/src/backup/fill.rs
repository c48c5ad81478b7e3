//! Fills one table, in batches, and looks afterwards whether what is stored is what was given.

use super::columns::listed;
use super::digest::Digest;
use super::{BackupError, Column, Type, Value, columns, rows};
use crate::store::{StoreError, Tx};
use sqlx::{Postgres, QueryBuilder, Sqlite};

/// Both databases take a few ten thousand values with a statement; more than this makes nothing quicker.
const VALUES_AT_ONCE: usize = 8_000;

pub(super) struct Filler<'a> {
    table: &'a str,
    columns: &'a [Column],
    batch: Vec<Vec<Value>>,
    given: Digest,
}

impl<'a> Filler<'a> {
    /// The table must have these columns, of these types.
    pub(super) async fn new(tx: &mut Tx, table: &'a str, given: &'a [Column]) -> Result<Self, BackupError> {
        let there = columns::of_table(tx, table).await?;
        if let Some(unknown) = given.iter().find(|column| !there.contains(column)) {
            return Err(BackupError::Damaged(format!("{table} has no column {}", unknown.name)));
        }
        Ok(Self { table, columns: given, batch: Vec::new(), given: Digest::default() })
    }

    pub(super) async fn add(&mut self, tx: &mut Tx, row: Vec<Value>) -> Result<(), BackupError> {
        self.given.add(&row);
        self.batch.push(row);
        if self.batch.len() * self.columns.len() >= VALUES_AT_ONCE {
            self.store(tx).await?;
        }
        Ok(())
    }

    /// Stores what is left, and reads all of it back. Returns how many rows there are.
    pub(super) async fn end(mut self, tx: &mut Tx) -> Result<u64, BackupError> {
        self.store(tx).await?;
        let mut stored = Digest::default();
        rows::each(tx, self.table, self.columns, async |row| {
            stored.add(&row);
            Ok(())
        })
        .await?;
        if stored != self.given {
            let (there, here) = (self.given.rows, stored.rows);
            return Err(BackupError::Differs { table: self.table.to_owned(), there, here });
        }
        Ok(stored.rows)
    }

    async fn store(&mut self, tx: &mut Tx) -> Result<(), BackupError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        if matches!(tx, Tx::Postgres(..)) && batch.iter().flatten().any(has_nul) {
            return Err(self.refused("a text has a NUL character in it, which PostgreSQL cannot hold"));
        }
        let insert = format!("INSERT INTO {} ({}) ", self.table, listed(self.columns));
        macro_rules! push {
            ($database:ty, $tx:expr) => {{
                let mut query = QueryBuilder::<$database>::new(insert);
                query.push_values(batch, |mut cells, row| {
                    for (column, value) in self.columns.iter().zip(row) {
                        match (column.of, value) {
                            (Type::Text, Value::Text(text)) => cells.push_bind(text),
                            (Type::Text, _) => cells.push_bind(None::<String>),
                            (Type::Integer, Value::Integer(number)) => cells.push_bind(number),
                            (Type::Integer, _) => cells.push_bind(None::<i64>),
                            (Type::Boolean, Value::Boolean(yes)) => cells.push_bind(yes),
                            (Type::Boolean, _) => cells.push_bind(None::<bool>),
                        };
                    }
                });
                query.build().persistent(false).execute(&mut **$tx).await.map(|_| ())
            }};
        }
        let stored = match tx {
            Tx::Sqlite(tx) => push!(Sqlite, tx),
            Tx::Postgres(tx, _) => push!(Postgres, tx),
        };
        match stored.map_err(StoreError::from) {
            Ok(()) => Ok(()),
            // The schema refuses a row that it took once: the rows are not what they were.
            Err(error @ (StoreError::Constraint(..) | StoreError::Other(_))) => Err(self.refused(&words(&error))),
            Err(error) => Err(error.into()),
        }
    }

    fn refused(&self, why: &str) -> BackupError {
        BackupError::Refused { table: self.table.to_owned(), why: why.to_owned() }
    }
}

fn has_nul(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.contains('\0'))
}

fn words(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
