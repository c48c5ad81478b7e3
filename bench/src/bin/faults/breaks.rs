//! The checks checked: sound evidence is spoilt in one place, and the check that is there for it must say so.

use serde_json::{Value, json};

use crate::checks;
use crate::ear::Heard;
use crate::engine::{Container, Happening};
use crate::evidence::Evidence;
use crate::shapes::FaultIs;
use crate::tables::rows;
use crate::world::World;

/// One way to spoil evidence: what is done, the word with which it must be found, and how.
struct Break(&'static str, &'static str, fn(&mut Evidence) -> Option<()>);

const BREAKS: &[Break] = &[
    Break("an event is dropped from a page", "missed", |e| page(e).map(|heard| _ = heard.remove(2))),
    Break("a page does not hear the last event", "missed", |e| page(e).map(|heard| _ = heard.pop())),
    Break("a page hears an event twice", "repeated", |e| page(e).map(|heard| heard.insert(3, heard[2].clone()))),
    Break("two events come in the wrong order", "missed", |e| page(e).map(|heard| heard.swap(2, 3))),
    Break("a page is given a second snapshot", "repeated", |e| page(e).map(|heard| heard.insert(2, heard[0].clone()))),
    Break("a page hears other words", "events", |e| {
        page(e).map(|heard| {
            if let Heard::Event { data, .. } = &mut heard[2] {
                *data = json!({ "id": "another" });
            }
        })
    }),
    Break("a change is not in the table of events", "events", |e| {
        let last = table(e, "events").iter().rposition(|event| event["kind"] == "desktop")?;
        table(e, "events").remove(last);
        let found = table(e, "events").iter().position(|event| event["kind"] == "desktop")?;
        table(e, "events").remove(found);
        Some(())
    }),
    Break("a container of nobody is left", "leaked", |e| {
        let stray = Container { desktop: "01NOBODY".to_owned(), ..e.containers.first()?.clone() };
        e.containers.push(stray);
        Some(())
    }),
    Break("a desktop has two containers", "doubled", |e| {
        let second = Container { id: "second".to_owned(), ..e.containers.first()?.clone() };
        e.containers.push(second);
        Some(())
    }),
    Break("two containers ran at once for a moment", "doubled", |e| {
        let (desktop, installation) = (e.containers.first()?.desktop.clone(), e.installation.clone());
        for (what, id) in [("start", "one"), ("start", "two"), ("die", "one"), ("die", "two")] {
            let (desktop, installation) = (desktop.clone(), installation.clone());
            e.happened.push(Happening::Container { what: what.to_owned(), id: id.to_owned(), desktop, installation });
        }
        Some(())
    }),
    Break("a running desktop has no container", "lost", |e| {
        (!e.containers.is_empty()).then(|| _ = e.containers.remove(0))
    }),
    Break("a container is of an older generation", "doubled", |e| e.containers.first_mut().map(|c| c.generation -= 1)),
    Break("a container is at another port", "port", |e| e.containers.first_mut().map(|c| c.port = Some(1))),
    Break("a port does not greet", "lost", |e| e.greeted.values_mut().next().map(|greets| *greets = false)),
    Break("a port is leased to nobody", "leaked", |e| {
        let lease = json!({ "node_id": "here", "port": 1, "desktop_id": "01NOBODY", "generation": 1 });
        table(e, "port_leases").push(lease);
        Some(())
    }),
    Break("a start slot is held", "leaked", |e| {
        table(e, "start_slots").first_mut().map(|slot| slot["job_id"] = json!("x"))
    }),
    Break("a home of a deleted desktop is left", "leaked", |e| {
        e.homes.push("01NOBODY".to_owned());
        Some(())
    }),
    Break("a second network is left", "leaked", |e| {
        e.networks.push("another".to_owned());
        Some(())
    }),
    Break("a job is never finished", "unfinished", |e| {
        table(e, "jobs").first_mut().map(|job| job["state"] = json!("retryable"))
    }),
    Break("a claim was never closed", "attempts", |e| {
        table(e, "attempts").first_mut().map(|a| a["outcome"] = Value::Null)
    }),
    Break("a claim left no trace", "attempts", |e| {
        (!table(e, "attempts").is_empty()).then(|| _ = table(e, "attempts").remove(0))
    }),
    Break("a try is not counted", "attempts", |e| {
        let counted = |job: &&mut Value| job["attempt"].as_i64().is_some_and(|tries| tries > 0);
        table(e, "jobs").iter_mut().find(counted).map(|job| job["attempt"] = json!(0))
    }),
    Break("a start was done twice", "doubled", |e| {
        let done = |job: &&Value| job["kind"] == "desktop.create" && job["state"] == "completed";
        let again = table(e, "jobs").iter().find(done).cloned()?;
        table(e, "jobs").push(again);
        Some(())
    }),
    Break("an engine that was down used up a try", "burned", |e| {
        table(e, "attempts")
            .push(json!({ "job_id": "x", "n": 1, "outcome": "failed", "error": "create: … (engine_down: …)" }));
        Some(())
    }),
    Break("a desktop is lost", "lost", |e| running(e).map(|at| _ = table(e, "desktops").remove(at))),
    Break("a desktop was made twice", "doubled", |e| {
        let again = table(e, "desktops").first()?.clone();
        table(e, "desktops").push(again);
        Some(())
    }),
    Break("a desktop ends where nobody wanted it", "lost", |e| {
        let at = running(e)?;
        table(e, "desktops")[at]["desired"] = json!("stopped");
        Some(())
    }),
    Break("a desktop never settles", "unsettled", |e| {
        let at = running(e)?;
        table(e, "desktops")[at]["status"] = json!("starting");
        Some(())
    }),
    Break("a desktop fails without cause", "failed", |e| {
        let at = running(e)?;
        table(e, "desktops")[at]["status"] = json!("failed");
        Some(())
    }),
    Break("a history tells of a wish that nobody had", "history", |e| {
        let sure = e.people.iter().flat_map(|told| &told.desktops).find(|kept| {
            !kept.unsure && rows(&e.tables, "desktops").iter().any(|row| row["name"] == kept.name.as_str())
        })?;
        let line = json!({ "desktop_id": sure.id.clone(), "kind": "asked", "status": "stopping" });
        let again = json!({ "desktop_id": sure.id.clone(), "kind": "asked", "status": "queued" });
        table(e, "history").extend([line, again]);
        Some(())
    }),
    Break("a call fails during an upgrade", "noticed", |e| {
        (e.shape.production, e.made) = (true, [FaultIs::Rolled].into());
        e.unanswered.push("a call".to_owned());
        Some(())
    }),
    Break("a process ended by itself", "noted", |e| {
        e.noted.push("a process ended by itself".to_owned());
        Some(())
    }),
];

fn table<'a>(evidence: &'a mut Evidence, name: &str) -> &'a mut Vec<Value> {
    match evidence.tables.entry(name.to_owned()).or_insert_with(|| json!([])) {
        Value::Array(rows) => rows,
        other => unreachable!("a table is a list of rows, not {other}"),
    }
}

/// What a page heard that heard enough to be spoilt.
fn page(evidence: &mut Evidence) -> Option<&mut Vec<Heard>> {
    evidence.pages.iter_mut().map(|page| &mut page.heard).find(|heard| heard.len() > 5)
}

fn running(evidence: &mut Evidence) -> Option<usize> {
    table(evidence, "desktops").iter().position(|row| row["status"] == "running")
}

/// Spoils sound evidence in every way. Returns how many were found, and those that were not.
pub(crate) fn spoil(sound: &Evidence) -> (usize, Vec<String>) {
    let (mut found, mut unseen) = (0, Vec::new());
    for Break(what, word, spoil) in BREAKS {
        let mut spoilt = sound.clone();
        if spoil(&mut spoilt).is_none() {
            unseen.push(format!("{what}: this world had nothing to spoil"));
        } else if checks::all(&spoilt).iter().any(|finding| finding.what == *word) {
            found += 1;
        } else {
            unseen.push(format!("{what}: not found"));
        }
    }
    (found, unseen)
}

/// The same with a living world: really left behind, really held, really forgotten.
pub(crate) async fn spoil_for_real(world: &World, sound: &Evidence) -> anyhow::Result<(usize, Vec<String>)> {
    let (mut found, mut unseen) = (0, Vec::new());
    world.miss_one().await?;
    let labels =
        json!({ "berth.installation": sound.installation, "berth.desktop": "01NOBODY", "berth.generation": "1" });
    let body = json!({ "Image": crate::engine::IMAGE, "Labels": labels });
    world.engine.ask(reqwest::Method::POST, "/containers/create?name=left-behind", Some(&body)).await?;
    world.database.write("UPDATE start_slots SET job_id = 'nobody' WHERE slot = 0").await?;
    let last = "(SELECT max(id) FROM events WHERE kind = 'desktop')";
    world.database.write(&format!("DELETE FROM events WHERE id = {last}")).await?;
    let findings = checks::all(&world.evidence().await?);
    for (what, word, part) in [
        ("a container left behind for real", "leaked", "01NOBODY"),
        ("a slot held for real", "leaked", "start slot 0"),
        ("an event forgotten for real", "repeated", "after everything"),
        ("an event that a page misses for real", "missed", "administrators' page heard"),
    ] {
        if findings.iter().any(|finding| finding.what == word && finding.detail.contains(part)) {
            found += 1;
        } else {
            unseen.push(format!("{what}: not found"));
        }
    }
    Ok((found, unseen))
}
