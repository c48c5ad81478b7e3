//! The wait between two tries of a job: exponential with full jitter, bounded, pure.
//!
//! Written by hand, and not taken from a crate, because the wait is stored in the row: a crate's iterator lives in memory.

use std::time::Duration;

/// The wait before try `attempt + 1`, when try `attempt` (from 1) has failed. `jitter` is uniform in `[0, 1)`.
/// Never below half the shortest wait, so that a full engine is not asked again at once.
#[must_use]
pub fn wait(attempt: i64, shortest: Duration, longest: Duration, jitter: f64) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1).clamp(0, 30)).unwrap_or(30);
    let ceiling = shortest.saturating_mul(1 << doublings).min(longest);
    ceiling.mul_f64(jitter.clamp(0.0, 1.0)).max(shortest / 2).min(longest)
}

#[cfg(test)]
mod tests {
    use super::wait;
    use proptest::prelude::*;
    use std::time::Duration;

    const SHORTEST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(60);

    #[test]
    fn doubles_up_to_the_longest() {
        let ceilings: Vec<_> = (1..=9).map(|n| wait(n, SHORTEST, LONGEST, 1.0).as_millis()).collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
    }

    proptest! {
        #[test]
        fn stays_in_bounds(attempt in i64::MIN..i64::MAX, jitter in 0.0..1.0f64) {
            let wait = wait(attempt, SHORTEST, LONGEST, jitter);
            prop_assert!(wait >= SHORTEST / 2 && wait <= LONGEST);
        }
    }
}
