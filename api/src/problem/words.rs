//! What a refusal says where it is more than one fixed sentence, and an error with its causes in one line.
use std::time::Duration;

use berth_shared::domain::drift::DriftAction;

use super::FieldError;

/// Rounded up, at least 1: who comes back after it is not refused again.
pub(super) fn whole_seconds(d: Duration) -> u64 {
    d.as_millis().div_ceil(1000).max(1) as u64
}

pub(super) fn window_words(window: Duration) -> String {
    match window.as_secs() {
        60 => "a minute".to_owned(),
        3600 => "an hour".to_owned(),
        86_400 => "a day".to_owned(),
        s => format!("{s} s"),
    }
}

pub(super) fn desktops_words(count: i64) -> String {
    let many = if count == 1 { "a desktop".to_owned() } else { format!("{count} desktops") };
    format!("This user has {many}: say whether to delete them or whom to give them to.")
}

pub(super) fn offered_words(offered: &[DriftAction]) -> String {
    let offered: Vec<&str> = offered.iter().map(|action| action.as_str()).collect();
    match offered.as_slice() {
        [] => "Nothing can be decided about it here.".to_owned(),
        some => format!("This is not offered for it; what is: {}.", some.join(", ")),
    }
}

pub(super) fn first_fault(errors: &[FieldError]) -> String {
    match errors.first() {
        Some(e) if e.field.is_empty() => e.message.clone(),
        Some(e) => format!("{}: {}", e.field, e.message),
        None => "Something in the call is not valid.".to_owned(),
    }
}

/// What went wrong, and why, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        // Many libraries repeat the cause in their own text.
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
