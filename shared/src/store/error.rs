//! What can go wrong between us and the database, sorted once.

/// An error of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or has no connection free in time: worth a retry.
    #[error("the database does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// A rule of the schema was broken; the name says which.
    #[error("the database refused a row: {0}")]
    Constraint(String, #[source] sqlx::Error),
    /// Two transactions stood in each other's way: worth a retry at once.
    #[error("two changes met in the database")]
    Conflict(#[source] sqlx::Error),
    #[error("the database failed")]
    Other(#[source] sqlx::Error),
    /// Somebody else has changed the schema for too long.
    #[error("another process has been changing the database's schema for half a minute; try again when it is done")]
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
            Self::Unavailable(_) | Self::Conflict(_) => true,
            Self::Constraint(..) | Self::Other(_) | Self::Busy | Self::Migrate(_) | Self::Json(_) => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => {
                Self::Unavailable(error)
            }
            E::Database(told) => {
                let code = told.code().unwrap_or_default().into_owned();
                // PostgreSQL: class 08 connection, 57P shutdown, 53 resources; 40 conflicts. SQLite: 5 busy, 6 locked.
                if code.starts_with("08") || code.starts_with("57P") || code.starts_with("53") || is_disk(&code) {
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

/// SQLite's 10 (the disk failed) and 13 (it is full), also with more said in the higher bits. PostgreSQL's codes are longer.
fn is_disk(code: &str) -> bool {
    code.len() < 5 && code.parse().is_ok_and(|code: u32| matches!(code & 0xff, 10 | 13))
}
