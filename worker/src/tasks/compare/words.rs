//! The words of the drift page: lengths of time, memory, people. Plain, and short enough for one line.

use std::time::Duration;

use berth_shared::domain::desktop::Status;
use berth_shared::domain::time::Time;
use berth_shared::store::users;
use berth_shared::store::{StoreError, Tx};
use jiff::Timestamp;

/// A person, as far as the records know them.
pub(super) struct Person {
    pub(super) username: Option<String>,
    /// The name that others see, or `unknown`.
    pub(super) name: String,
}

pub(super) async fn person(tx: &mut Tx, id: Option<&str>) -> Result<Person, StoreError> {
    let user = match id {
        Some(id) => users::get(tx, id).await?,
        None => None,
    };
    Ok(match user {
        Some(user) => Person { username: Some(user.username), name: user.display_name },
        None => Person { username: None, name: "unknown".to_owned() },
    })
}

pub(super) fn time(stamp: Timestamp) -> Time {
    Time(stamp.as_microsecond())
}

/// `12 s`, `41 min`, `3 h`, `6 days`
pub(super) fn span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// `31 MB`
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1 << 20))
}

/// With a capital, as at the head of a line.
pub(super) const fn status(status: Status) -> &'static str {
    match status {
        Status::Queued => "Queued",
        Status::Starting => "Starting",
        Status::Running => "Running",
        Status::Stopping => "Stopping",
        Status::Stopped => "Stopped",
        Status::Failed => "Failed",
        Status::Deleting => "Deleting",
    }
}

#[cfg(test)]
mod tests {
    use super::{megabytes, span};
    use std::time::Duration;

    #[test]
    fn lengths_are_short_words() {
        for (seconds, words) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h")] {
            assert_eq!(span(Duration::from_secs(seconds)), words);
        }
        assert_eq!(span(Duration::from_secs(47 * 3_600)), "47 h");
        assert_eq!(span(Duration::from_secs(6 * 86_400)), "6 days");
        assert_eq!(megabytes(32_000_000), "31 MB");
    }
}
