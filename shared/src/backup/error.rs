//! What can go wrong with a backup, a restore or a move, in words for who typed the command.

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the backup cannot be written")]
    Write(#[source] std::io::Error),
    #[error("the backup cannot be read")]
    Read(#[source] std::io::Error),
    #[error("this is no backup of Berth")]
    NoBackup,
    #[error("the backup is of format {0}, which only a newer Berth reads (this one reads format {known})", known = super::file::FORMAT)]
    NewerFormat(u32),
    #[error("the backup is damaged: {0}. Nothing was changed; take another one")]
    Damaged(String),
    #[error(
        "{what} has schema version {found} and this Berth knows {known} at most: it was written by a newer Berth; use that one"
    )]
    NewerSchema { what: &'static str, found: i64, known: i64 },
    #[error("the database has no Berth in it: run `berth migrate` or start Berth on it first")]
    NoBerth,
    #[error(
        "the database is not empty: it has {users} users and {desktops} desktops. `--replace` removes all of it and takes the other in"
    )]
    NotEmpty { users: i64, desktops: i64 },
    #[error("the database has tables that are not Berth's ({0}): is it the right one? Berth wants one of its own")]
    Strangers(String),
    #[error("a column {table}.{column} of type “{of}” is none that backups know")]
    UnknownType { table: String, column: String, of: String },
    #[error("a row of {table} cannot be stored in this database: {why}")]
    Refused { table: String, why: String },
    #[error(
        "{table} is not the same on both sides: {there} rows were read and {here} are stored, or their contents differ. Nothing was changed"
    )]
    Differs { table: String, there: u64, here: u64 },
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
