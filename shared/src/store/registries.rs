//! Who Berth is at image registries. Passwords are sealed; only who pulls opens them.

use super::{StoreError, Tx, all, exec, opt};
use crate::domain::time::Time;
use serde::Serialize;
use utoipa::ToSchema;

/// What the passwords are sealed for, each for its own host.
pub const PURPOSE: &str = "registry";

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Registry {
    pub host: String,
    pub username: String,
    /// Sealed.
    pub password: String,
    pub changed_by: String,
    pub changed_at: Time,
}

/// As administrators see it: never the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Registry)]
pub struct RegistryView {
    #[schema(example = "registry.example:5000")]
    pub host: String,
    pub username: String,
    /// A username.
    pub changed_by: String,
    pub changed_at: Time,
}

impl Registry {
    #[must_use]
    pub fn view(self) -> RegistryView {
        let Self { host, username, changed_by, changed_at, .. } = self;
        RegistryView { host, username, changed_by, changed_at }
    }
}

/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Registry>, StoreError> {
    all!(tx, Registry, "SELECT * FROM registries ORDER BY host")
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, host: &str) -> Result<Option<Registry>, StoreError> {
    opt!(tx, Registry, "SELECT * FROM registries WHERE host = $1", host)
}

/// Writes one, in place of the one of that host.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, registry: &Registry) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO registries (host, username, password, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (host) DO UPDATE SET username = $2, password = $3, changed_by = $4, changed_at = $5",
        &registry.host,
        &registry.username,
        &registry.password,
        &registry.changed_by,
        registry.changed_at,
    )?;
    Ok(())
}

/// False: there was none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, host: &str) -> Result<bool, StoreError> {
    Ok(exec!(tx, "DELETE FROM registries WHERE host = $1", host)? > 0)
}
