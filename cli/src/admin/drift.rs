//! `berth admin drift …`: where records and engines do not agree, and what is decided about it. The words go to the database; a worker
//! of that node carries them out within a few seconds, as it does for the page.

use super::{BY, json_flag, note, say, say_json};
use crate::open;
use anyhow::bail;
use berth_shared::config::{Settings, flags};
use berth_shared::domain::audit::TargetKind;
use berth_shared::domain::drift::{DriftAction, DriftItem, DriftKind, DriftList, DriftSide};
use berth_shared::domain::time::Time;
use berth_shared::store::Db;
use berth_shared::store::audit::Target;
use berth_shared::store::drift::{self, Answer};
use clap::{Arg, ArgMatches, Command};

pub(super) fn command() -> Command {
    let id = || Arg::new("id").required(true).value_name("ID").help("The difference's id, as `list` shows it");
    let verb = |name: &'static str, about: &'static str| flags(Command::new(name).about(about).arg(json_flag()));
    let about_one =
        |name: &'static str, about: &'static str| flags(Command::new(name).about(about).arg(id()).arg(json_flag()));
    Command::new("drift")
        .about("Where records and container engines do not agree")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("list", "Lists every difference, and what may be done about it"))
        .subcommand(about_one("adopt", "Gives a container that no desktop knows its desktop back"))
        .subcommand(about_one(
            "remove",
            "Removes what is there without a record, or the desktop that lost its container",
        ))
        .subcommand(about_one("forget", "Leaves it alone, or takes it from the records: `list` says which"))
        .subcommand(verb("compare", "Asks the workers to compare now"))
}

pub(super) async fn run(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<()> {
    let Some((verb, matches)) = matches.subcommand() else { bail!("say what to do: `berth admin drift --help`") };
    let json = matches.get_flag("json");
    let opened = open::open(settings, false).await?;
    let db = &opened.db;
    match verb {
        "list" => show(&drift::overview(&mut db.read().await?).await?, json),
        "compare" => {
            let mut tx = db.begin().await?;
            drift::compare_all(&mut tx).await?;
            tx.commit().await?;
            if json {
                return say_json(&drift::overview(&mut db.read().await?).await?);
            }
            say("Asked: each node's workers compare now. `berth admin drift list` shows what they find.");
            Ok(())
        }
        other => {
            let action = DriftAction::try_from(other.to_owned())?;
            let id = matches.get_one::<String>("id").map(String::as_str).unwrap_or_default();
            let item = decide(db, id, action).await?;
            if json {
                return say_json(&item);
            }
            say(&format!("Asked: a worker of {} carries it out. {}", item.node, item.explains));
            Ok(())
        }
    }
}

async fn decide(db: &Db, id: &str, action: DriftAction) -> anyhow::Result<DriftItem> {
    let mut tx = db.begin().await?;
    match drift::ask(&mut tx, id, action, BY).await? {
        Answer::Asked(item) => {
            let target = Target::new(TargetKind::Drift, id, item.kind.as_str());
            note(&mut tx, action.written(), target, &format!("On {}.", item.node)).await?;
            tx.commit().await?;
            Ok(*item)
        }
        Answer::Unknown => bail!("there is no difference {id}: it is settled already, or never was"),
        Answer::NotOffered { offered } => {
            let offered: Vec<&str> = offered.iter().map(|action| action.as_str()).collect();
            bail!("this is not offered for it; what is: {}", offered.join(", "))
        }
        Answer::EngineDown { node } => bail!("the container engine of {node} does not answer; ask again when it does"),
    }
}

fn show(list: &DriftList, json: bool) -> anyhow::Result<()> {
    if json {
        return say_json(list);
    }
    let mut text = String::new();
    for item in &list.items {
        let actions: Vec<String> = item.actions.iter().map(|action| named(*action, item.kind)).collect();
        text.push_str(&format!("{}  {}  on {}, since {}\n", item.id, item.kind, item.node, short(item.since)));
        text.push_str(&format!("  records  {}\n", side(item.record.as_ref())));
        text.push_str(&format!("  engine   {}\n", side(item.engine.as_ref())));
        text.push_str(&format!("  {}: {}\n", actions.join(", "), item.explains));
        if let Some(asked) = &item.asked {
            let error = asked.error.as_deref().unwrap_or("not done yet");
            text.push_str(&format!("  asked to {} by {}: {error}\n", asked.action, asked.by));
        }
        text.push('\n');
    }
    let when = list.compared_at.map_or_else(|| "never yet".to_owned(), short);
    text.push_str(&format!(
        "{} differences; {} desktops and {} ports agree; compared {when}",
        list.items.len(),
        list.matched.desktops,
        list.matched.ports,
    ));
    for node in list.nodes.iter().filter(|node| !node.engine_up) {
        text.push_str(&format!("\nThe engine of {} does not answer: what is listed there is from before.", node.id));
    }
    say(&text);
    Ok(())
}

pub(super) fn side(side: Option<&DriftSide>) -> String {
    side.map_or_else(|| "nothing".to_owned(), |side| format!("{} ({})", side.title, side.detail))
}

/// The command's word, and the page's where that is another one.
fn named(action: DriftAction, kind: DriftKind) -> String {
    let page = match (action, kind) {
        (DriftAction::Adopt | DriftAction::Remove, _) => None,
        (DriftAction::Forget, DriftKind::DesktopWithoutContainer) => Some("Mark stopped"),
        (DriftAction::Forget, DriftKind::PortLeaseWithoutDesktop) => Some("Release"),
        (DriftAction::Forget, DriftKind::PortInUse) => Some("Try again"),
        (
            DriftAction::Forget,
            DriftKind::ContainerWithoutDesktop | DriftKind::NetworkUnused | DriftKind::HomeWithoutDesktop,
        ) => None,
    };
    page.map_or_else(|| action.to_string(), |page| format!("{action} (“{page}”)"))
}

/// To the second.
fn short(time: Time) -> String {
    let text = time.to_string();
    text.split_once('.').map_or_else(|| text.clone(), |(seconds, _)| format!("{seconds}Z"))
}
