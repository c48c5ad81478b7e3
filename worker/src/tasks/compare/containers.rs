//! Containers of ours that no desktop knows: after an older backup was restored, most likely.

use berth_shared::domain::drift::{DriftAction, DriftKind, DriftSide};
use berth_shared::lifecycle::{self, NotAdopted, Orphan};
use berth_shared::queue;
use berth_shared::store::desktops::{self, Desktop};
use berth_shared::store::drift::Found;
use berth_shared::store::{StoreError, templates};
use tokio::time::Instant;

use super::CompareError;
use super::look::Look;
use super::words::{self, Person};
use crate::context::Context;
use crate::runtime::{Container, Listed, Phase, State};

/// Why a container cannot be adopted, as the end of a sentence.
#[derive(Debug, thiserror::Error)]
pub(in crate::tasks) enum NotOffered {
    #[error("it has ended")]
    Ended,
    #[error("it has ended and its owner is not known")]
    EndedWithoutOwner,
    #[error("it does not say whose it is")]
    SaysNoOwner,
    #[error("it has no port")]
    NoPort,
    #[error(transparent)]
    Not(#[from] NotAdopted),
}

pub(super) async fn unknown(ctx: &Context, look: &Look, until: Instant) -> Result<Vec<Found>, CompareError> {
    let mut found = Vec::new();
    for listed in look.containers.iter().filter(|listed| listed.phase != Phase::Removing) {
        if look.rows.get(&listed.desktop).is_some_and(|row| knows(row, listed)) {
            continue;
        }
        // The row again, then the container again: a job takes the container away before it takes the row away.
        let Some(row) = known_now(ctx, listed).await? else { continue };
        let Some(container) = ctx.engine.inspect(&listed.id, until).await? else { continue };
        if container.state != State::Removing {
            found.push(describe(ctx, look, &container, row.as_ref(), until).await?);
        }
    }
    Ok(found)
}

fn knows(row: &Desktop, listed: &Listed) -> bool {
    listed.generation <= row.generation
}

/// The row of a container's desktop, when it does not know that container (Some(None): no row at all). None: all is well.
#[allow(clippy::option_option)]
async fn known_now(ctx: &Context, listed: &Listed) -> Result<Option<Option<Desktop>>, StoreError> {
    let mut tx = ctx.db.read().await?;
    Ok(match desktops::get(&mut tx, &listed.desktop).await? {
        Some(row) if knows(&row, listed) || queue::has_unfinished(&mut tx, &row.id).await? => None,
        row => Some(row),
    })
}

async fn describe(
    ctx: &Context,
    look: &Look,
    container: &Container,
    row: Option<&Desktop>,
    until: Instant,
) -> Result<Found, CompareError> {
    let orphan = orphan_of(ctx, container).await?;
    let mut tx = ctx.db.read().await?;
    let owner = words::person(&mut tx, container.owner.as_deref()).await?;
    let template = match template_of(&mut tx, container).await? {
        Some(template) => template.name,
        None => container.image.clone(),
    };
    drop(tx);
    let (status, since) = match &container.state {
        State::Running { started_at } => ("running", *started_at),
        State::Exited(exit) => ("exited", exit.finished_at),
        State::Created => ("created", container.created_at),
        State::Removing => ("removing", None),
    };
    let since = since.map(words::time);
    let memory_bytes = match &container.state {
        State::Running { .. } => ctx.engine.memory_bytes(&container.id, until).await,
        State::Exited(_) | State::Created | State::Removing => None,
    };
    let age = since.map(|since| words::span(look.now.since(since)));
    let mut facts = vec![match (&container.desktop_name, template) {
        (Some(name), template) if *name != template => format!("“{name}”, {template}"),
        (_, template) => template,
    }];
    facts.push(match (&container.state, age) {
        (State::Running { .. }, Some(age)) => format!("up {age}"),
        (State::Exited(_), Some(age)) => format!("exited {age} ago"),
        (State::Created, Some(age)) => format!("made {age} ago, never started"),
        (_, _) => status.to_owned(),
    });
    facts.extend(memory_bytes.map(words::megabytes));
    facts.extend(container.node_port.map(|port| format!("port {port}")));
    let engine = DriftSide {
        title: container.name.clone(),
        detail: format!("{}. Label says owner: {}", facts.join(", "), owner.name),
        desktop_id: Some(container.desktop.clone()),
        container_id: Some(container.id.clone()),
        status: Some(status.to_owned()),
        port: container.node_port,
        since,
        memory_bytes,
        owner: owner.username.clone(),
    };
    let mut actions = vec![DriftAction::Remove, DriftAction::Forget];
    if orphan.is_ok() {
        actions.insert(0, DriftAction::Adopt);
    }
    Ok(Found {
        kind: DriftKind::ContainerWithoutDesktop,
        subject: container.id.clone(),
        record: row.map(|row| record(row, container)),
        engine: Some(engine),
        actions,
        explains: explains(orphan.as_ref().err(), &owner),
    })
}

fn record(row: &Desktop, container: &Container) -> DriftSide {
    let (was, is) = (row.generation, container.generation);
    DriftSide {
        title: format!("{}, {}", row.name, words::status(row.status)),
        detail: format!("Its last start was number {was}; this container is of number {is}"),
        desktop_id: Some(row.id.clone()),
        owner: Some(row.owner.clone()),
        status: Some(row.status.to_string()),
        ..DriftSide::default()
    }
}

fn explains(not: Option<&NotOffered>, owner: &Person) -> String {
    match not {
        None => format!("Adopt gives it back to {} as a running desktop.", owner.name),
        Some(why @ NotOffered::Not(NotAdopted::Known(_))) => {
            format!("Cannot be adopted: {why}. A new start of it takes this container's place.")
        }
        Some(why) => format!("Cannot be adopted: {why}."),
    }
}

/// The desktop that this container would be, as its labels tell; or why it would be none.
pub(in crate::tasks) async fn orphan_of(
    ctx: &Context,
    container: &Container,
) -> Result<Result<Orphan, NotOffered>, StoreError> {
    let mut tx = ctx.db.read().await?;
    let started_at = match &container.state {
        State::Running { started_at } => started_at.map(words::time),
        State::Created | State::Exited(_) | State::Removing => {
            let owner = words::person(&mut tx, container.owner.as_deref()).await?;
            let known = owner.username.is_some();
            return Ok(Err(if known { NotOffered::Ended } else { NotOffered::EndedWithoutOwner }));
        }
    };
    let Some(owner_id) = container.owner.clone() else { return Ok(Err(NotOffered::SaysNoOwner)) };
    let Some(port) = container.node_port else { return Ok(Err(NotOffered::NoPort)) };
    let Some(template) = template_of(&mut tx, container).await? else {
        return Ok(Err(NotAdopted::NoTemplate.into()));
    };
    let orphan = Orphan {
        desktop_id: container.desktop.clone(),
        generation: container.generation,
        owner_id,
        template_id: template.id,
        name: container.desktop_name.clone(),
        node: ctx.settings.node.clone(),
        container_id: container.id.clone(),
        port,
        connect_address: ctx.settings.port_connect.clone(),
        started_at,
    };
    let may = lifecycle::may_adopt(&mut tx, &orphan).await?;
    Ok(may.map(|()| orphan).map_err(NotOffered::from))
}

/// By its label; a container of an older version has none, and is known by its image.
async fn template_of(
    tx: &mut berth_shared::store::Tx,
    container: &Container,
) -> Result<Option<templates::Template>, StoreError> {
    match container.template.as_deref() {
        Some(id) => templates::get(tx, id).await,
        None => {
            let all = templates::all_enabled(tx).await?;
            Ok(all.into_iter().find(|template| template.image == container.image))
        }
    }
}
