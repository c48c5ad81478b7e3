//! Compares the records with the engine: after each time the engine was away, when somebody asks, and now and then.
//!
//! ```text
//!  take the node's turn ─▶ carry out what was decided ─▶ rows, then engine ─▶ heal ─▶ rows again for each suspect ─▶ write
//!  (one worker at a time)   (`tasks/drift`)               (`look`)            (`heal`)  (one file a kind)             the list
//! ```
//!
//! Rows are read before the engine, so what a job does meanwhile is either in neither or told by the row when it is read again.
//! What a row proves superseded is healed at once; what nobody knows is listed for somebody to decide.

mod containers;
mod heal;
mod homes;
mod look;
mod lost;
mod networks;
mod ports;
mod words;

use std::time::Duration;

use berth_shared::store::drift::{self, Found};
use berth_shared::store::nodes::{self, COMPARE_LIMIT, CompareTurn};
use berth_shared::store::{StoreError, desktops};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::drift::carry_out;
use super::with_jitter;
use crate::context::Context;
use crate::preview::Differences;
use crate::runtime::EngineError;

pub(super) use containers::{NotOffered, orphan_of};
use look::Look;

/// Between two comparisons; with its jitter less than `nodes::LONGEST_PAUSE`.
const EVERY: Duration = Duration::from_secs(30);
/// After one that could not be done.
const AGAIN: Duration = Duration::from_secs(5);
/// How often to look whether somebody asked, where no notice comes.
const POLL: Duration = Duration::from_secs(2);
/// Notices come with every job: they are looked at this often at most.
const SETTLE: Duration = Duration::from_millis(200);
/// What a turn may take, so that it is over before somebody else can have the next.
const ONE_TURN: Duration = Duration::from_secs(25);

#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("it took longer than {} s", ONE_TURN.as_secs())]
    TooLong,
    #[error("this worker ends")]
    Ending,
}

/// What a comparison found.
#[derive(Debug, Default)]
struct Findings {
    found: Vec<Found>,
    desktops: i64,
    ports: i64,
}

/// What this worker remembers between its turns.
#[derive(Default)]
struct Memory {
    /// A comparison is wanted and not yet asked for in the database.
    wanted: bool,
    healing_was_held: Option<bool>,
}

pub(crate) async fn run(ctx: &Context, end: &CancellationToken) {
    const { assert!(ONE_TURN.as_secs() < COMPARE_LIMIT.as_secs()) };
    let mut memory = Memory::default();
    let mut notices = ctx.signals.jobs();
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = ctx.compare.notified() => memory.wanted = true,
            () = sleep(with_jitter(POLL)) => {}
            _ = notices.changed() => {
                sleep(SETTLE).await;
                notices.mark_unchanged();
            }
        }
        if !ctx.circuit.is_open() {
            continue;
        }
        match turn(ctx, end, &mut memory).await {
            Ok(()) | Err(CompareError::Ending) => {}
            Err(error) => tracing::warn!(%error, "records and engine were not compared"),
        }
    }
}

/// Compares, when it is time and nobody else does.
async fn turn(ctx: &Context, end: &CancellationToken, memory: &mut Memory) -> Result<(), CompareError> {
    let Some(turn) = take(ctx, memory).await? else { return Ok(()) };
    let until = Instant::now() + ONE_TURN;
    let done = tokio::select! {
        () = end.cancelled() => Err(CompareError::Ending),
        done = tokio::time::timeout_at(until, work(ctx, until)) => done.unwrap_or(Err(CompareError::TooLong)),
    };
    write(ctx, turn, done).await
}

async fn take(ctx: &Context, memory: &mut Memory) -> Result<Option<CompareTurn>, CompareError> {
    let node = &ctx.settings.node;
    let mut tx = ctx.db.read().await?;
    // Not heard of yet: this worker's first sign of life is on its way.
    let Some(state) = nodes::comparison(&mut tx, node).await? else { return Ok(None) };
    let held = drift::healing_is_held(&mut tx).await?;
    let now = tx.now().await?;
    drop(tx);
    memory.wanted |= memory.healing_was_held.replace(held).is_some_and(|before| before != held);
    let silent_after = ctx.settings.lease_ttl;
    if !memory.wanted && !state.due(now, silent_after) {
        return Ok(None);
    }
    let mut tx = ctx.db.begin().await?;
    if memory.wanted {
        nodes::ask_compare(&mut tx, node).await?;
    }
    let turn = nodes::take_compare(&mut tx, node, &ctx.worker_id, silent_after).await?;
    tx.commit().await?;
    memory.wanted = false;
    Ok(turn)
}

async fn work(ctx: &Context, until: Instant) -> Result<(Findings, bool), CompareError> {
    let decided = drift::decided(&mut ctx.db.read().await?, &ctx.settings.node).await?;
    for decision in &decided {
        carry_out(ctx, decision, until).await?;
    }
    Ok((compare(ctx, until).await?, !decided.is_empty()))
}

async fn compare(ctx: &Context, until: Instant) -> Result<Findings, CompareError> {
    let mut look = look::look(ctx, until).await?;
    heal::heal(ctx, &mut look, until).await?;
    find(ctx, look, until).await
}

async fn find(ctx: &Context, mut look: Look, until: Instant) -> Result<Findings, CompareError> {
    // Healing may have changed them.
    look.set_rows(desktops::on_node(&mut ctx.db.read().await?, &ctx.settings.node).await?);
    let mut found = containers::unknown(ctx, &look, until).await?;
    found.extend(lost::lost(ctx, &look).await?);
    let (ports, leases) = ports::leased(ctx, &look).await?;
    found.extend(leases);
    found.extend(ports::foreign(ctx, &look).await?);
    found.extend(networks::unused(ctx, &look));
    found.extend(homes::unknown(ctx, &look, until).await?);
    Ok(Findings { found, desktops: look.matched(), ports })
}

/// What a comparison would find and do with these records, on this engine, which is only looked at. The records are written to as
/// ever: they are a copy.
///
/// # Errors
/// When the engine does not answer, or the database fails.
pub(crate) async fn only_look(ctx: &Context) -> Result<Differences, CompareError> {
    let until = Instant::now() + ONE_TURN;
    let mut look = look::look(ctx, until).await?;
    let removed = heal::without_removing(ctx, &mut look).await?;
    let Findings { found, desktops, ports } = find(ctx, look, until).await?;
    Ok(Differences { found, removed, desktops, ports })
}

/// Ends the turn. What somebody else may have found meanwhile, because ours had run out, is not written over.
async fn write(
    ctx: &Context,
    turn: CompareTurn,
    done: Result<(Findings, bool), CompareError>,
) -> Result<(), CompareError> {
    let node = &ctx.settings.node;
    let mut tx = ctx.db.begin().await?;
    match done {
        Ok((findings, acted)) => {
            let matched = Some((findings.desktops, findings.ports));
            if !nodes::end_compare(&mut tx, node, turn, with_jitter(EVERY), matched).await? {
                return Ok(());
            }
            let news = drift::write(&mut tx, node, &findings.found).await?;
            tx.commit().await?;
            if news || acted {
                ctx.signals.changed();
            }
            Ok(())
        }
        Err(error) => {
            let pause = if matches!(error, CompareError::Ending) { Duration::ZERO } else { AGAIN };
            nodes::end_compare(&mut tx, node, turn, pause, None).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}
