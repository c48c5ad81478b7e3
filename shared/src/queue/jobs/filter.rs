//! What a list of jobs, or a call on many, is narrowed to. The same words in the address, in a body and at the shell.

use crate::domain::job::{JobState, Kind};
use crate::domain::time::Time;
use crate::domain::user::username_key;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// As it is given. What is left out, or empty, does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = JobFilter)]
pub struct FilterFields {
    /// One or more states, with commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "retryable,discarded")]
    pub state: Option<String>,
    /// One or more kinds, with commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "desktop.create")]
    pub kind: Option<String>,
    /// A username.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A desktop's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desktop: Option<String>,
    /// A worker's id: jobs that it has or had a try of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Part of a username, display name or desktop's name, or the beginning of a job's or desktop's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub q: Option<String>,
    /// Made or ended since then: RFC 3339, or how long ago (`24h`, `7d`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "24h")]
    pub since: Option<String>,
}

/// A field that cannot be read, and what may stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: &'static str,
    pub message: String,
}

/// From when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    At(Time),
    Back(Duration),
}

/// Understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub(super) states: Vec<JobState>,
    pub(super) kinds: Vec<Kind>,
    pub(super) user_key: Option<String>,
    pub(super) desktop: Option<String>,
    pub(super) worker: Option<String>,
    pub(super) q: Option<String>,
    pub(super) since: Option<Since>,
    /// A value that nothing of ours can have.
    pub(super) matches_nothing: bool,
}

const LONGEST_Q: usize = 100;
const LONGEST_ID: usize = 200;

impl FilterFields {
    /// Whether nothing narrows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.state, &self.kind, &self.user, &self.desktop, &self.worker, &self.q, &self.since]
            .into_iter()
            .all(|field| given(field.as_ref()).is_none())
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// Every field that cannot be read.
    pub fn parse(&self) -> Result<Filter, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut filter = Filter::default();
        match words(self.state.as_ref(), JobState::ALL, JobState::as_str) {
            Ok(states) => filter.states = states,
            Err(message) => faults.push(Fault { field: "state", message }),
        }
        // Jobs for measuring are in no list.
        match words(self.kind.as_ref(), &[Kind::Create, Kind::Stop, Kind::Cleanup, Kind::Pull], Kind::as_str) {
            Ok(kinds) => filter.kinds = kinds,
            Err(message) => faults.push(Fault { field: "kind", message }),
        }
        if let Some(user) = given(self.user.as_ref()) {
            filter.matches_nothing |= username_key(user).is_err();
            filter.user_key = username_key(user).ok();
        }
        for (field, into) in [(&self.desktop, &mut filter.desktop), (&self.worker, &mut filter.worker)] {
            if let Some(id) = given(field.as_ref()) {
                filter.matches_nothing |= id.len() > LONGEST_ID || id.contains(char::is_control);
                *into = Some(id.to_owned());
            }
        }
        if let Some(q) = given(self.q.as_ref()) {
            if q.chars().count() > LONGEST_Q {
                faults.push(Fault { field: "q", message: format!("write at most {LONGEST_Q} characters") });
            }
            filter.matches_nothing |= q.contains(char::is_control);
            filter.q = Some(q.to_owned());
        }
        if let Some(text) = given(self.since.as_ref()) {
            match since(text) {
                Some(since) => filter.since = Some(since),
                None => faults.push(Fault {
                    field: "since",
                    message: "write a time as 2026-01-31T12:00:00Z, or how long ago as 30m, 24h or 7d".to_owned(),
                }),
            }
        }
        if faults.is_empty() { Ok(filter) } else { Err(faults) }
    }
}

fn given(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn words<T: Copy + PartialEq>(
    field: Option<&String>,
    all: &[T],
    as_str: impl Fn(T) -> &'static str,
) -> Result<Vec<T>, String> {
    let mut found = Vec::new();
    for word in given(field).unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match all.iter().find(|known| as_str(**known) == word) {
            Some(known) if found.contains(known) => {}
            Some(known) => found.push(*known),
            None => {
                let allowed: Vec<&str> = all.iter().map(|known| as_str(*known)).collect();
                return Err(format!("write one or more of {}, with commas", allowed.join(", ")));
            }
        }
    }
    Ok(found)
}

fn since(text: &str) -> Option<Since> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(Since::At(Time(at.as_microsecond())));
    }
    humantime::parse_duration(text).ok().map(Since::Back)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> FilterFields {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_given_is_read_and_every_fault_is_told() {
        let read =
            fields(r#"{"state":"running, retryable,running","kind":"","since":"7d","user":"Ada"}"#).parse().unwrap();
        assert_eq!(read.states, [JobState::Running, JobState::Retryable]);
        assert_eq!((read.kinds.len(), read.user_key.as_deref()), (0, Some("ada")));
        assert_eq!(read.since, Some(Since::Back(Duration::from_secs(7 * 86_400))));
        let long = "x".repeat(101);
        let bad = format!(r#"{{"state":"done","kind":"noop","q":"{long}","since":"yesterday"}}"#);
        let faults = fields(&bad).parse().unwrap_err();
        assert_eq!(faults.iter().map(|f| f.field).collect::<Vec<_>>(), ["state", "kind", "q", "since"]);
        assert!(faults[0].message.contains("discarded"), "{}", faults[0].message);
    }

    #[test]
    fn what_nothing_can_have_matches_nothing() {
        for json in [r#"{"user":"a b"}"#, r#"{"desktop":"a\u0000"}"#, r#"{"worker":"\u0007x"}"#, r#"{"q":"a\nb"}"#] {
            assert!(fields(json).parse().unwrap().matches_nothing, "{json}");
        }
        assert!(fields(r#"{"state":" ","q":""}"#).is_empty());
        assert!(!fields(r#"{"state":"running"}"#).is_empty());
    }
}
