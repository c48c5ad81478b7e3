//! `berth admin …`: what an operator does at the shell of the server. Speaks to the database itself, so it works beside a
//! running Berth and without one; whatever runs sees what was done within a second or two.

mod alone;
mod backup;
mod drift;
mod firewall;
mod jobs;
mod move_database;
mod queue;
mod restore;
mod table;
mod users;

use berth_shared::config::{Settings, flags};
use berth_shared::domain::audit::Action;
use berth_shared::store::audit::{self, Entry, Target};
use berth_shared::store::{StoreError, Tx};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;

/// Whom pages and rows name for what was done here.
const BY: &str = "berth admin";

pub(crate) fn command() -> Command {
    Command::new("admin")
        .about("Users, the queue and upkeep")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(users::commands())
        .subcommand(queue::command())
        .subcommand(jobs::command())
        .subcommand(drift::command())
        .subcommand(firewall::command())
        .subcommands([backup::command(), restore::command(), move_database::command()].map(flags))
}

pub(crate) async fn run(verb: &str, matches: &ArgMatches, settings: Settings) -> anyhow::Result<()> {
    match verb {
        "create-user" => users::create_user(matches, &settings).await,
        "reset-password" => users::reset_password(matches, &settings).await,
        "queue" => queue::run(matches, &settings).await,
        "jobs" => jobs::run(matches, &settings).await,
        "drift" => drift::run(matches, &settings).await,
        "firewall" => firewall::run(matches).await,
        "backup" => backup::run(matches, &settings).await,
        "restore" => restore::run(matches, settings).await,
        "move-database" => move_database::run(matches, &settings).await,
        other => anyhow::bail!("`berth admin {other}` is not there yet"),
    }
}

/// Writes what was done here into the audit log, in the transaction that did it.
async fn note(tx: &mut Tx, action: Action, target: Target<'_>, detail: &str) -> Result<(), StoreError> {
    audit::write(tx, &Entry::at_the_shell(BY, action, target, detail)).await
}

fn json_flag() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print what the API answers, as JSON")
}

/// The answer of a command.
#[allow(clippy::print_stdout)]
fn say(text: &str) {
    println!("{}", text.trim_end());
}

fn say_json<T: Serialize>(answer: &T) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(answer)?);
    Ok(())
}
