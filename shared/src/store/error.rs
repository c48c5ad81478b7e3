//! What can go wrong between us and the database, sorted once.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// An error of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or has no connection free in time: worth a retry.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// The connection was lost before the answer to a commit came: it may have been done or not, so asking again is only for
    /// what may be done twice.
    #[error("the database did not confirm")]
    Unconfirmed(#[source] sqlx::Error),
    /// The settings lead to something that cannot be used; what, and what to do, is in its words.
    #[error("{0}")]
    Setup(String),
    /// A rule of the schema was broken; the name says which.
    #[error("the database refused a row: {0}")]
    Constraint(String, #[source] sqlx::Error),
    /// Two transactions stood in each other's way: worth a retry at once.
    #[error("two changes met in the database")]
    Conflict(#[source] sqlx::Error),
    #[error("the database failed")]
    Other(#[source] sqlx::Error),
    /// Somebody else has changed the schema for too long.
    #[error("another process is changing the database's schema; try again when it is done")]
    Busy,
    #[error("the database's schema could not be brought up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    #[error("a stored value could not be read")]
    Json(#[from] serde_json::Error),
}

impl StoreError {
    /// Whether the violated constraint is `name`. SQLite names the columns instead (`table.column`), so both are asked.
    #[must_use]
    pub fn violates(&self, name: &str, columns: &str) -> bool {
        matches!(self, Self::Constraint(found, _) if found == name || found.contains(columns))
    }

    /// Whether the database may answer when asked again.
    #[must_use]
    pub const fn passing(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Unconfirmed(_) | Self::Conflict(_) => true,
            Self::Setup(_) | Self::Constraint(..) | Self::Other(_) | Self::Busy | Self::Migrate(_) | Self::Json(_) => {
                false
            }
        }
    }

    /// Whether it changed nothing, so that the whole transaction may be tried again at once: two met, or the connection broke
    /// before anything was to be kept. A pool that had no connection to give has waited long enough already.
    #[must_use]
    pub const fn undone(&self) -> bool {
        match self {
            Self::Conflict(_) => true,
            Self::Unavailable(error) => !matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed),
            Self::Unconfirmed(_)
            | Self::Setup(_)
            | Self::Constraint(..)
            | Self::Other(_)
            | Self::Busy
            | Self::Migrate(_)
            | Self::Json(_) => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::PoolTimedOut | E::PoolClosed => Self::Unavailable(error),
            E::Io(_) | E::Tls(_) | E::WorkerCrashed | E::Protocol(_) => {
                note_broken();
                Self::Unavailable(error)
            }
            E::Database(told) => {
                let code = told.code().unwrap_or_default().into_owned();
                // PostgreSQL: class 08 connection, 57P shutdown, 25006 a standby, 25P03 too long idle inside; 53 resources,
                // 57014 a statement's time-out; 40 conflicts, 55P03 a lock's time-out. SQLite: 5 busy, 6 locked.
                if code.starts_with("08") || code.starts_with("57P") || matches!(code.as_str(), "25006" | "25P03") {
                    note_broken();
                    Self::Unavailable(error)
                } else if code.starts_with("53") || code == "57014" || is_disk(&code) {
                    Self::Unavailable(error)
                } else if code.starts_with("40") || code == "55P03" || matches!(code.as_str(), "5" | "6" | "517") {
                    Self::Conflict(error)
                } else if told.is_unique_violation() || told.is_check_violation() || told.is_foreign_key_violation() {
                    let name = told.constraint().unwrap_or_else(|| told.message()).to_owned();
                    Self::Constraint(name, error)
                } else {
                    Self::Other(error)
                }
            }
            _ => Self::Other(error),
        }
    }
}

/// When a connection of this process was last lost, or led to where nothing can be written.
static BROKEN: Mutex<Option<Instant>> = Mutex::new(None);

fn note_broken() {
    *BROKEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

/// Connections from before are to be asked before they are used.
pub(super) fn broken_at() -> Option<Instant> {
    *BROKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SQLite's 10 (the disk failed) and 13 (it is full), also with more said in the higher bits. PostgreSQL's codes are longer.
fn is_disk(code: &str) -> bool {
    code.len() < 5 && code.parse().is_ok_and(|code: u32| matches!(code & 0xff, 10 | 13))
}
