//! One line for all who ask within a moment: it is read and reckoned once.

use super::Line;
use crate::store::{Db, StoreError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

type Kept = (Instant, Arc<Line>);

/// Shared by everything in a process that tells places in line.
#[derive(Clone)]
pub struct LineCache {
    db: Db,
    silent_after: Duration,
    kept: Arc<Mutex<Option<Kept>>>,
}

impl LineCache {
    const FRESH: Duration = Duration::from_millis(250);

    #[must_use]
    pub fn new(db: Db, silent_after: Duration) -> Self {
        Self { db, silent_after, kept: Arc::default() }
    }

    /// The line, at most a quarter of a second old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn now(&self) -> Result<Arc<Line>, StoreError> {
        let recent = Instant::now().checked_sub(Self::FRESH).unwrap_or_else(Instant::now);
        self.after(recent).await
    }

    /// The line as it was read after a moment: for who has just committed something. Many who ask at once share one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn after(&self, moment: Instant) -> Result<Arc<Line>, StoreError> {
        let mut kept = self.kept.lock().await;
        if let Some((at, line)) = &*kept
            && *at >= moment
        {
            return Ok(line.clone());
        }
        let begun = Instant::now();
        let line = Arc::new(Line::load(&mut self.db.read().await?, self.silent_after).await?);
        *kept = Some((begun, line.clone()));
        Ok(line)
    }
}
