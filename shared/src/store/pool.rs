//! How many of this process's database connections are in use.

use super::Db;

/// Connections of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    pub busy: u64,
    pub idle: u64,
    pub max: u64,
}

impl Db {
    /// Of this moment. On SQLite the writer and the readers together.
    #[must_use]
    pub fn pool_use(&self) -> PoolUse {
        match self {
            Self::Sqlite { writer, readers } => {
                let max = writer.options().get_max_connections() + readers.options().get_max_connections();
                of(writer.size() + readers.size(), writer.num_idle() + readers.num_idle(), max)
            }
            Self::Postgres { pool, .. } => of(pool.size(), pool.num_idle(), pool.options().get_max_connections()),
        }
    }
}

fn of(open: u32, idle: usize, max: u32) -> PoolUse {
    // Read one after the other: between them a connection may have come back.
    let (open, idle) = (u64::from(open), (idle as u64).min(u64::from(open)));
    PoolUse { busy: open - idle, idle, max: u64::from(max) }
}
