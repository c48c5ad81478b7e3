//! `berth admin queue pause|resume|status`.

use super::table::table;
use super::{BY, json_flag, note, say, say_json};
use crate::open;
use anyhow::bail;
use berth_shared::config::{Settings, StartSlots, flags};
use berth_shared::domain::audit::{Action, TargetKind};
use berth_shared::queue::overview::{self, AdminQueue, Ways};
use berth_shared::store::audit::Target;
use clap::{ArgMatches, Command};

pub(super) fn command() -> Command {
    let verb = |name: &'static str, about: &'static str| flags(Command::new(name).about(about).arg(json_flag()));
    Command::new("queue")
        .about("Holds starts, lets them go on, and says how the queue is")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("pause", "Holds starts; what runs goes on, stops and clean-ups too"))
        .subcommand(verb("resume", "Lets starts go on"))
        .subcommand(verb("status", "Says what waits, runs and works"))
}

pub(super) async fn run(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<()> {
    let Some((verb, matches)) = matches.subcommand() else { bail!("say what to do: `berth admin queue --help`") };
    let db = open::open(settings, false).await?.db;
    if verb != "status" {
        let mut tx = db.begin().await?;
        let (changed, action) = if verb == "pause" {
            (overview::pause(&mut tx, BY).await?, Action::QueuePause)
        } else {
            (overview::resume(&mut tx).await?, Action::QueueResume)
        };
        if changed {
            note(&mut tx, action, Target::new(TargetKind::Queue, "queue", "queue"), "").await?;
        }
        tx.commit().await?;
    }
    let ways =
        Ways { silent_after: settings.lease_ttl, auto_slots: matches!(settings.starts_per_host, StartSlots::Auto) };
    let mut tx = db.read().await?;
    let figures = AdminQueue { live: overview::live(&mut tx, ways).await?, history: overview::history(&mut tx).await? };
    if matches.get_flag("json") {
        return say_json(&figures);
    }
    say(&in_words(&figures));
    Ok(())
}

fn in_words(figures: &AdminQueue) -> String {
    let live = &figures.live;
    let mut text = match &live.paused {
        Some(paused) => format!("Starts are held by {} since {}.\n", paused.by, paused.at),
        None => "Starts go on.\n".to_owned(),
    };
    if live.workers == 0 {
        text.push_str("No worker is running: start one with `berth worker`, or `berth serve`.\n");
    }
    let seconds = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{:.1} s", ms as f64 / 1_000.0));
    let by_kind = live.by_kind;
    let waiting =
        [("start", by_kind.create), ("stop", by_kind.stop), ("clean-up", by_kind.cleanup), ("download", by_kind.pull)];
    let rows = waiting.map(|(kind, of)| [kind.to_owned(), of.waiting.to_string(), of.running.to_string()]);
    text.push_str(&format!("\n{}\n", table(["KIND", "WAITING", "RUNNING"], &rows)));
    let counts = &live.counts;
    text.push_str(&format!(
        "Finished: {} completed, {} cancelled, {} discarded ({} in the last 24 h); {} in the last full minute.\n",
        counts.completed, counts.cancelled, counts.discarded, live.failed_today, live.per_minute,
    ));
    text.push_str(&format!(
        "Oldest wait: {}. Start slots: {} of {} busy. Workers: {}. Differences between records and engines: {}.\n\n",
        seconds(live.oldest_wait_ms),
        live.slots.busy,
        live.slots.total,
        live.workers,
        live.drift,
    ));
    let nodes: Vec<[String; 4]> = live
        .nodes
        .iter()
        .map(|node| {
            let engine = if node.engine_up { "up" } else { "down" };
            [
                node.id.clone(),
                engine.to_owned(),
                format!("{}/{}", node.slots.busy, node.slots.total),
                node.engine_error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    text.push_str(&table(["NODE", "ENGINE", "SLOTS", "ERROR"], &nodes));
    text
}
