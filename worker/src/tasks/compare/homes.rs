//! Homes of desktops that the records do not know. They are never removed but by somebody's word.

use berth_shared::domain::drift::{DriftAction, DriftKind, DriftSide};
use berth_shared::store::desktops;
use berth_shared::store::drift::Found;
use tokio::time::Instant;

use super::CompareError;
use super::look::Look;
use super::words;
use crate::context::Context;
use crate::runtime::Home;

pub(super) async fn unknown(ctx: &Context, look: &Look, until: Instant) -> Result<Vec<Found>, CompareError> {
    let mut suspects = Vec::new();
    for home in &look.homes {
        // With its container there, that one is listed; the home goes where it goes.
        if look.rows.contains_key(&home.desktop) || look.of(&home.desktop).is_some() {
            continue;
        }
        if desktops::get(&mut ctx.db.read().await?, &home.desktop).await?.is_none() {
            suspects.push(home);
        }
    }
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    // A cleanup takes the home away before the row: what is still there now has no row that could come back to it.
    let still = ctx.engine.homes(until).await?;
    let mut found = Vec::new();
    for home in suspects {
        if still.iter().any(|there| there.name == home.name) {
            found.push(describe(ctx, look, home).await?);
        }
    }
    Ok(found)
}

async fn describe(ctx: &Context, look: &Look, home: &Home) -> Result<Found, CompareError> {
    let owner = words::person(&mut ctx.db.read().await?, home.owner.as_deref()).await?;
    let since = home.created_at.map(words::time);
    let of = home.desktop_name.as_ref().map_or_else(|| "Files of a desktop".to_owned(), |n| format!("Files of “{n}”"));
    let age = since.map(|since| format!(", made {} ago", words::span(look.now.since(since)))).unwrap_or_default();
    Ok(Found {
        kind: DriftKind::HomeWithoutDesktop,
        subject: home.name.clone(),
        record: None,
        engine: Some(DriftSide {
            title: home.name.clone(),
            detail: format!("{of}{age}. Label says owner: {}", owner.name),
            desktop_id: Some(home.desktop.clone()),
            owner: owner.username,
            since,
            ..DriftSide::default()
        }),
        actions: vec![DriftAction::Remove, DriftAction::Forget],
        explains: "Remove deletes the files for good. Forget keeps them and lists them no longer.".to_owned(),
    })
}
