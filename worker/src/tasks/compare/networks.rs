//! Networks of ours that no start will use: of a port range of before, or made twice. Empty ones that the present range wants
//! are no difference: the next start takes them.

use berth_shared::domain::drift::{DriftAction, DriftKind, DriftSide};
use berth_shared::store::drift::Found;

use super::look::Look;
use super::words;
use crate::context::Context;
use crate::runtime::{OwnNetwork, network_index};

pub(super) fn unused(ctx: &Context, look: &Look) -> Vec<Found> {
    let range = network_index(ctx.settings.ports.first)..=network_index(ctx.settings.ports.last);
    let wanted = |n: &OwnNetwork| {
        n.index.is_some_and(|index| range.contains(&index)) && oldest(look, &n.name) == Some(n.id.as_str())
    };
    let used = |n: &OwnNetwork| look.containers.iter().any(|container| container.network == n.id);
    look.networks.iter().filter(|n| !wanted(n) && !used(n)).map(|n| describe(look, n)).collect()
}

/// Of several with one name, everybody takes the oldest.
fn oldest<'a>(look: &'a Look, name: &str) -> Option<&'a str> {
    let named = look.networks.iter().filter(|network| network.name == name);
    named.min_by_key(|network| (network.created_at, network.id.as_str())).map(|network| network.id.as_str())
}

fn describe(look: &Look, network: &OwnNetwork) -> Found {
    let since = network.created_at.map(words::time);
    let age = since.map(|since| format!("Made {} ago, ", words::span(look.now.since(since)))).unwrap_or_default();
    Found {
        kind: DriftKind::NetworkUnused,
        subject: network.id.clone(),
        record: None,
        engine: Some(DriftSide {
            title: network.name.clone(),
            detail: format!("{age}no desktop is connected"),
            since,
            ..DriftSide::default()
        }),
        actions: vec![DriftAction::Remove],
        explains:
            "No start will use it: the port range is another one now, or there is an older network of this name. \
                   Remove gives its addresses back."
                .to_owned(),
    }
}
