//! Each wish honoured once: every desktop ends where the last accepted wish says, there is one of it, and its history says what its
//! owner asked, in that order.

use serde_json::Value;

use crate::evidence::{Evidence, Finding, Told, finding};
use crate::person::{Kept, Wanted};
use crate::plan::Ask;
use crate::shapes::FaultIs;
use crate::tables::{rows, text};

pub(crate) fn check(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    for told in &evidence.people {
        for kept in &told.desktops {
            one(evidence, told, kept, &mut found);
        }
    }
    for row in rows(&evidence.tables, "desktops") {
        let asked = evidence.people.iter().any(|told| told.desktops.iter().any(|kept| kept.name == text(row, "name")));
        if !asked {
            found.push(finding("unknown", format!("nobody asked for desktop {}", text(row, "name"))));
        }
    }
    found
}

fn one(evidence: &Evidence, told: &Told, kept: &Kept, found: &mut Vec<Finding>) {
    let mine: Vec<&Value> =
        rows(&evidence.tables, "desktops").iter().filter(|row| text(row, "name") == kept.name).collect();
    let wanted = &kept.may_be;
    match mine.as_slice() {
        [] if wanted.contains(&Wanted::Gone) => {}
        [] => {
            found.push(finding("lost", format!("{}: {wanted:?} was accepted and there is no such desktop", kept.name)))
        }
        [row] => {
            if kept.id.as_deref().is_some_and(|id| id != text(row, "id")) {
                found.push(finding(
                    "lost",
                    format!("{}: the one that was accepted is gone, another is there", kept.name),
                ));
            }
            settled(evidence, kept, row, found);
            history(evidence, kept, row, found);
        }
        more => found.push(finding("doubled", format!("{}: {} desktops of {}", kept.name, more.len(), told.user))),
    }
}

fn settled(evidence: &Evidence, kept: &Kept, row: &Value, found: &mut Vec<Finding>) {
    let (status, reason) = (text(row, "status"), text(row, "reason_code"));
    let is = match text(row, "desired") {
        "running" => Wanted::Running,
        "stopped" => Wanted::Stopped,
        _ => Wanted::Gone,
    };
    if !kept.may_be.contains(&is) {
        found.push(finding(
            "lost",
            format!("{} is {status} ({reason}), {:?} was accepted last", kept.name, kept.may_be),
        ));
    }
    match status {
        "running" | "stopped" => {}
        "failed" => {
            let told = match reason {
                "image_missing" => evidence.answers.contains("image_missing"),
                "crashed" => evidence.made.contains(&FaultIs::ContainerCrashed) || evidence.answers.contains("dies"),
                _ => false,
            };
            if !told || text(row, "reason_text").is_empty() {
                let error = text(row, "last_error");
                found.push(finding("failed", format!("{} failed without cause: {reason} ({error})", kept.name)));
            }
        }
        _ => found.push(finding("unsettled", format!("{} is still {status}", kept.name))),
    }
}

/// What was asked, as its history tells it, is what was accepted; asking twice in a row is asking once.
fn history(evidence: &Evidence, kept: &Kept, row: &Value, found: &mut Vec<Finding>) {
    if kept.unsure {
        return;
    }
    let mut told: Vec<Wanted> = rows(&evidence.tables, "history")
        .iter()
        .filter(|line| line["desktop_id"] == row["id"] && text(line, "kind") == "asked")
        .filter_map(|line| match text(line, "status") {
            "queued" => Some(Wanted::Running),
            "stopping" => Some(Wanted::Stopped),
            // Of a stop only when nothing had to be taken away; else it is the stop's own end, in its asker's name.
            "stopped" => Some(Wanted::Stopped),
            _ => None,
        })
        .collect();
    let mut asked: Vec<Wanted> = kept
        .accepted
        .iter()
        .map(|ask| match ask {
            Ask::Create | Ask::Start => Wanted::Running,
            Ask::Stop => Wanted::Stopped,
            Ask::Delete => Wanted::Gone,
        })
        .collect();
    told.dedup();
    asked.dedup();
    if told != asked {
        found.push(finding("history", format!("{} was asked {asked:?}, its history says {told:?}", kept.name)));
    }
}
