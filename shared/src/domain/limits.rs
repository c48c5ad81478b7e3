//! Start windows such as `5/minute,50/hour,200/day`, and what a user has left of them.

use super::{time::Time, words};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

words!(
    /// A length of time over which calls are counted.
    Window { Second = "second", Minute = "minute", Hour = "hour", Day = "day" }
);

impl Window {
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        })
    }
}

words!(
    /// Where a limit of somebody's comes from.
    LimitFrom {
        /// It was set for them.
        Own = "own",
        Group = "group",
        /// The installation's.
        Default = "default",
    }
);

/// A limit: one's own, or else the group's, or else the installation's.
pub fn resolved<T>(own: Option<T>, group: Option<T>, default: impl FnOnce() -> T) -> (T, LimitFrom) {
    match (own, group) {
        (Some(own), _) => (own, LimitFrom::Own),
        (None, Some(group)) => (group, LimitFrom::Group),
        (None, None) => (default(), LimitFrom::Default),
    }
}

/// At most `limit` in any `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub limit: u32,
    pub window: Window,
}

/// Reads `5/minute,50/hour`; `off` or an empty text is no limit.
///
/// # Errors
/// In words, what does not fit.
pub fn parse_rates(text: &str) -> Result<Vec<Rate>, String> {
    if matches!(text.trim(), "" | "off") {
        return Ok(Vec::new());
    }
    text.split(',').map(|part| parse_rate(part.trim())).collect()
}

fn parse_rate(part: &str) -> Result<Rate, String> {
    let wrong = || format!("“{part}” is no limit; write for example 5/minute, with second, minute, hour or day");
    let (limit, window) = part.split_once('/').ok_or_else(wrong)?;
    let limit: u32 = limit.trim().parse().map_err(|_| wrong())?;
    let window = Window::try_from(window.trim().to_owned()).map_err(|_| wrong())?;
    if limit == 0 {
        return Err(format!("“{part}” would refuse every call; write off for no limit"));
    }
    Ok(Rate { limit, window })
}

/// One start window as `/limits` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StartWindow {
    pub window: Window,
    pub limit: i64,
    pub used: i64,
    /// When the oldest start that counts leaves the window; null when none counts.
    pub resets_at: Option<Time>,
}

/// Counts the times of past starts (any order) against each rate.
#[must_use]
pub fn windows(rates: &[Rate], starts: &[Time], now: Time) -> Vec<StartWindow> {
    let used_in = |rate: &Rate| {
        let inside: Vec<Time> = starts.iter().copied().filter(|at| now.since(*at) < rate.window.length()).collect();
        StartWindow {
            window: rate.window,
            limit: i64::from(rate.limit),
            used: i64::try_from(inside.len()).unwrap_or(i64::MAX),
            resets_at: inside.iter().min().map(|at| at.plus(rate.window.length())),
        }
    };
    rates.iter().map(used_in).collect()
}

/// The full window that frees last, if any is full.
#[must_use]
pub fn full(windows: &[StartWindow]) -> Option<&StartWindow> {
    windows.iter().filter(|w| w.used >= w.limit).max_by_key(|w| w.resets_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let rates = parse_rates("5/minute, 50/hour,200/day").unwrap();
        assert_eq!(rates.len(), 3);
        assert_eq!(rates[1], Rate { limit: 50, window: Window::Hour });
        assert!(parse_rates("off").unwrap().is_empty());
        for bad in ["5", "0/minute", "x/minute", "5/fortnight", "5/minute,,", "-1/day"] {
            assert!(parse_rates(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn windows_slide() {
        let rates = parse_rates("2/minute,3/hour").unwrap();
        let now = Time(10_000_000_000);
        let ago = |seconds: i64| Time(now.0 - seconds * 1_000_000);
        let counted = windows(&rates, &[ago(0), ago(59), ago(60), ago(3_601)], now);
        assert_eq!((counted[0].used, counted[1].used), (2, 3));
        assert_eq!(counted[0].resets_at, Some(Time(now.0 + 1_000_000)));
        assert_eq!(full(&counted).unwrap().window, Window::Hour);
    }
}
