//! What each page heard is what the table of events has of its room from the page's snapshot on: all of it, once, in that order. And the
//! table has each change of each desktop: its versions count up by one.

use serde_json::Value;
use std::collections::BTreeMap;

use crate::ear::Heard;
use crate::evidence::{Evidence, Finding, Page, finding};
use crate::tables::{number, rows, text};

pub(crate) fn check(evidence: &Evidence) -> Vec<Finding> {
    let mut found = versions(evidence);
    for page in &evidence.pages {
        found.extend(heard(evidence, page));
    }
    found
}

fn versions(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for event in rows(&evidence.tables, "events").iter().filter(|event| text(event, "kind") == "desktop") {
        let told: Value = serde_json::from_str(text(event, "payload")).unwrap_or_default();
        let desktop = text(&told, "id").to_owned();
        let before = last.get(&desktop).copied().unwrap_or(0);
        let now = if told["deleted"] == true { i64::MAX } else { number(&told, "version") };
        if before == i64::MAX {
            found.push(finding("events", format!("{desktop} was told of after its end")));
        } else if now != i64::MAX && now != before + 1 {
            found.push(finding("events", format!("{desktop}: version {now} was told after {before}")));
        }
        last.insert(desktop, now);
    }
    for row in rows(&evidence.tables, "desktops") {
        if last.get(text(row, "id")).copied() != Some(number(row, "version")) {
            found.push(finding("missed", format!("the last change of {} was not told", text(row, "name"))));
        }
    }
    found
}

fn heard(evidence: &Evidence, page: &Page) -> Vec<Finding> {
    let who = if page.admin { "the administrators' page".to_owned() } else { format!("the page of {}", page.user) };
    let tables = &evidence.tables;
    let epoch = rows(tables, "installation").first().map_or("", |row| text(row, "epoch"));
    let user =
        rows(tables, "users").iter().find(|user| text(user, "username") == page.user).map(|user| text(user, "id"));
    let Some((Heard::Snapshot { id: first }, rest)) = page.heard.split_first() else {
        return vec![finding("missed", format!("{who} began without a snapshot"))];
    };
    let Some(from) = position(first, epoch) else {
        return vec![finding("events", format!("{who}: {first} is no event id of this installation"))];
    };
    let told: Vec<(String, Value)> = rows(tables, "events")
        .iter()
        .filter(|event| text(event, "kind") != "signed_out")
        .filter(|event| page.admin || Some(text(event, "user_id")) == user)
        .filter(|event| (number(event, "xid"), number(event, "id")) > from)
        .map(|event| {
            let id = format!("{epoch}-{:x}-{:x}", number(event, "xid"), number(event, "id"));
            (id, serde_json::from_str(text(event, "payload")).unwrap_or_default())
        })
        .collect();
    let mut found = Vec::new();
    let mut next = told.iter();
    for one in rest {
        let (id, data) = match one {
            Heard::Snapshot { id } => {
                found.push(finding(
                    "repeated",
                    format!("{who} was given a new snapshot at {id} instead of what it missed"),
                ));
                return found;
            }
            Heard::Event { id, data } => (id, data),
        };
        match next.next() {
            Some((expected, payload)) if expected == id => {
                if payload != data {
                    found.push(finding("events", format!("{who} heard other words at {id}: {data}")));
                }
            }
            Some((expected, _)) => {
                let earlier = told.iter().position(|(other, _)| other == id);
                let at = told.iter().position(|(other, _)| other == expected);
                let what = if earlier < at { "repeated" } else { "missed" };
                found.push(finding(what, format!("{who} heard {id} in the place of {expected}")));
                return found;
            }
            None => {
                found.push(finding("repeated", format!("{who} heard {id} after everything")));
                return found;
            }
        }
    }
    let left = next.count();
    if left > 0 {
        found.push(finding("missed", format!("{who} did not hear the last {left} events")));
    }
    found
}

/// A place in the order of events.
fn position(id: &str, epoch: &str) -> Option<(i64, i64)> {
    let (xid, id) = id.strip_prefix(epoch)?.strip_prefix('-')?.split_once('-')?;
    Some((i64::from_str_radix(xid, 16).ok()?, i64::from_str_radix(id, 16).ok()?))
}
