//! Exactly one container for a desktop that runs, of its generation, at its port, and it greets; for any other desktop nothing. Never two
//! at once, also not for a moment. No home of a deleted desktop, no port of a stopped one.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Container, Happening};
use crate::evidence::{Evidence, Finding, finding};
use crate::tables::{number, rows, text};

pub(crate) fn check(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    let desktops = rows(&evidence.tables, "desktops");
    let leases = rows(&evidence.tables, "port_leases");
    for row in desktops.iter().filter(|row| text(row, "status") == "running") {
        let (id, name) = (text(row, "id"), text(row, "name"));
        let own: Vec<&Container> = evidence.containers.iter().filter(|c| c.desktop == id).collect();
        let lease = leases.iter().find(|lease| text(lease, "desktop_id") == id);
        let port = lease.map(|lease| number(lease, "port"));
        match own.as_slice() {
            [one] if !one.runs => found.push(finding("lost", format!("{name} runs, its container does not"))),
            [one] => {
                if one.generation != number(row, "generation") || one.id != text(row, "container_id") {
                    found.push(finding("doubled", format!("{name} has another container than its row says: {one:?}")));
                }
                if port.is_none() || one.port != port {
                    found.push(finding(
                        "port",
                        format!("{name} has the lease of {port:?}, its container {:?}", one.port),
                    ));
                }
            }
            [] => found.push(finding("lost", format!("{name} runs and has no container"))),
            more => found.push(finding("doubled", format!("{name} has {} containers: {more:?}", more.len()))),
        }
        if port.is_some_and(|port| evidence.greeted.get(&port) != Some(&true)) {
            found.push(finding("lost", format!("{name} runs and its port {port:?} does not greet")));
        }
    }
    let runs = |id: &str| desktops.iter().any(|row| text(row, "id") == id && text(row, "status") == "running");
    for container in evidence.containers.iter().filter(|container| !runs(&container.desktop)) {
        found.push(finding("leaked", format!("container {container:?} of a desktop that does not run")));
    }
    for lease in leases.iter().filter(|lease| !runs(text(lease, "desktop_id"))) {
        found.push(finding(
            "leaked",
            format!("port {} is leased to a desktop that does not run", number(lease, "port")),
        ));
    }
    let mut homes = BTreeSet::new();
    for home in &evidence.homes {
        if !desktops.iter().any(|row| text(row, "id") == home) {
            found.push(finding("leaked", format!("the home of {home}, which is no more")));
        }
        if !homes.insert(home) {
            found.push(finding("doubled", format!("{home} has two homes")));
        }
    }
    // One for each thousand of ports; the worlds' ranges lie within one.
    if evidence.networks.len() > 1 {
        found.push(finding("leaked", format!("networks {:?}", evidence.networks)));
    }
    found.extend(two_at_once(evidence));
    found
}

/// What the engine told, replayed.
fn two_at_once(evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut alive: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for happening in &evidence.happened {
        match happening {
            Happening::Anew(containers) => {
                alive.clear();
                for container in containers.iter().filter(|c| c.runs && c.installation == evidence.installation) {
                    alive.entry(&container.desktop).or_default().insert(&container.id);
                }
            }
            Happening::Container { what, id, desktop, installation } if *installation == evidence.installation => {
                let own = alive.entry(desktop).or_default();
                match what.as_str() {
                    "start" => _ = own.insert(id),
                    _ => _ = own.remove(id.as_str()),
                }
            }
            Happening::Container { .. } => {}
        }
        for (desktop, containers) in alive.iter().filter(|(_, containers)| containers.len() > 1) {
            found.push(finding("doubled", format!("two containers of {desktop} ran at once: {containers:?}")));
        }
        alive.retain(|_, containers| containers.len() == 1);
    }
    found
}
