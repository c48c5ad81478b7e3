//! How far this machine's clock is from the database's. Leases, windows and times are the database's own, so nothing breaks by it;
//! logs and one-time codes are of this machine, and people compare them.

use super::{StoreError, Tx};
use crate::domain::time::Time;
use std::time::Duration;

/// Above this somebody should look at it: clocks that are kept differ by milliseconds.
const WIDE: Duration = Duration::from_secs(2);

/// The difference, and by how much it may be wrong: the time that asking took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// Above zero: this machine is behind.
    micros: i64,
    unsure: i64,
}

impl Apart {
    fn of(before: Time, theirs: Time, after: Time) -> Self {
        Self { micros: theirs.0 - before.0.midpoint(after.0), unsure: (after.0 - before.0).abs() / 2 }
    }

    fn at_least(self) -> Duration {
        let micros = self.micros.saturating_abs().saturating_sub(self.unsure).max(0);
        Duration::from_micros(micros.unsigned_abs())
    }

    /// Whether they differ by more than two seconds for certain.
    #[must_use]
    pub fn is_wide(self) -> bool {
        self.at_least() > WIDE
    }
}

impl std::fmt::Display for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = self.micros.unsigned_abs() / 1_000;
        let which = if self.micros > 0 { "behind" } else { "ahead of" };
        write!(f, "this machine's clock is {millis} ms {which} the database's")
    }
}

/// Compares the two.
///
/// # Errors
/// When the database fails.
pub async fn apart(tx: &mut Tx) -> Result<Apart, StoreError> {
    let before = Time::of_this_process();
    let theirs = tx.now().await?;
    Ok(Apart::of(before, theirs, Time::of_this_process()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_counts() {
        let second = 1_000_000;
        let apart = |theirs, took| Apart::of(Time(0), Time(theirs), Time(took));
        assert!(!apart(0, 0).is_wide() && !apart(2 * second, 10).is_wide() && !apart(-2 * second, 10).is_wide());
        assert!(apart(60 * second, 0).is_wide() && apart(-60 * second, second).is_wide());
        // It took eight seconds to answer: the difference may be no more than that.
        assert!(!apart(8 * second, 8 * second).is_wide());
        assert_eq!(apart(60 * second, 0).to_string(), "this machine's clock is 60000 ms behind the database's");
        assert!(apart(-60 * second, 0).to_string().contains("ahead of"));
    }
}
