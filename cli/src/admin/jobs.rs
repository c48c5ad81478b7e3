//! `berth admin jobs list|show|retry|cancel`: one job or several by their ids, or all that a filter finds.

use super::table::table;
use super::{BY, json_flag, say, say_json};
use crate::open;
use anyhow::{Context as _, bail};
use berth_api::paging::{self, PageQuery};
use berth_api::problem::ApiError;
use berth_api::routes::BulkResult;
use berth_shared::config::{Settings, flags};
use berth_shared::domain::steer::{Action, Refused};
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Steered, Steerer};
use berth_shared::queue::jobs::{self, Filter, FilterFields, Found, JobDetail, JobView};
use berth_shared::queue::line::Line;
use berth_shared::store::Db;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

const FILTERS: [(&str, &str, &str); 7] = [
    (
        "state",
        "WORDS",
        "States, with commas: available, scheduled, running, retryable, completed, cancelled, discarded",
    ),
    ("kind", "WORDS", "Kinds, with commas: desktop.create, desktop.stop, desktop.cleanup, image.pull"),
    ("user", "USERNAME", "Of this user"),
    ("desktop", "ID", "Of this desktop"),
    ("worker", "ID", "That this worker has or had a try of"),
    ("q", "TEXT", "Part of a user's or desktop's name, or the beginning of a job's or desktop's id"),
    ("since", "WHEN", "Made or ended since then: RFC 3339, or how long ago as 24h or 7d"),
];

pub(super) fn command() -> Command {
    let filters = || FILTERS.map(|(name, value, help)| Arg::new(name).long(name).value_name(value).help(help));
    let list = Command::new("list")
        .about("Lists jobs, newest first")
        .args(filters())
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("N")
                .value_parser(clap::value_parser!(u16).range(1..=200))
                .default_value("50")
                .help("Most jobs of the answer"),
        )
        .arg(Arg::new("cursor").long("cursor").value_name("CURSOR").help("Goes on where a page ended"));
    let show = Command::new("show")
        .about("Shows one job with its tries and its desktop")
        .arg(Arg::new("id").required(true).value_name("ID").help("The job's id"));
    let steer = |name: &'static str, about: &'static str| {
        Command::new(name)
            .about(about)
            .arg(Arg::new("id").value_name("ID").num_args(0..).help("Ids of jobs"))
            .args(filters())
            .arg(
                Arg::new("all-matching")
                    .long("all-matching")
                    .action(ArgAction::SetTrue)
                    .conflicts_with("id")
                    .help("All jobs that the filters find, instead of ids"),
            )
            .arg(
                Arg::new("dry-run")
                    .long("dry-run")
                    .action(ArgAction::SetTrue)
                    .requires("all-matching")
                    .help("Only says how many that would be"),
            )
    };
    let verbs = [
        list,
        show,
        steer("retry", "Runs what waits now, or asks for the same once more"),
        steer("cancel", "Takes back what was wanted: of a start, its desktop is stopped"),
    ];
    Command::new("jobs")
        .about("Finds, reads, retries and cancels jobs")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(verbs.map(|verb| flags(verb.arg(json_flag()))))
}

pub(super) async fn run(matches: &ArgMatches, settings: &Settings) -> anyhow::Result<()> {
    let Some((verb, matches)) = matches.subcommand() else { bail!("say what to do: `berth admin jobs --help`") };
    let json = matches.get_flag("json");
    match verb {
        "list" => list(matches, settings, json).await,
        "show" => show(matches, settings, json).await,
        "retry" => steer(matches, settings, Action::Retry, json).await,
        _ => steer(matches, settings, Action::Cancel, json).await,
    }
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn fields(matches: &ArgMatches) -> FilterFields {
    FilterFields {
        state: text(matches, "state"),
        kind: text(matches, "kind"),
        user: text(matches, "user"),
        desktop: text(matches, "desktop"),
        worker: text(matches, "worker"),
        q: text(matches, "q"),
        since: text(matches, "since"),
    }
}

fn read(fields: &FilterFields) -> anyhow::Result<Filter> {
    fields.parse().map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(|f| format!("--{}: {}", f.field, f.message)).collect();
        anyhow::anyhow!(faults.join("; "))
    })
}

async fn list(matches: &ArgMatches, settings: &Settings, json: bool) -> anyhow::Result<()> {
    let filter = read(&fields(matches))?;
    let page = PageQuery { limit: matches.get_one("limit").copied(), cursor: text(matches, "cursor") };
    let before = page.after().context("--cursor")?.unwrap_or_default();
    let db = open::open(settings, false).await?.db;
    let mut tx = db.read().await?;
    let (rows, next) = jobs::page(&mut tx, &filter, &before, page.limit()?).await?;
    let line = Line::load(&mut tx, settings.lease_ttl).await?;
    let mut items: Vec<JobView> = rows.into_iter().map(|row| row.view).collect();
    for job in items.iter_mut().filter(|job| job.waits_in_line()) {
        job.queue = line.info(&job.desktop_id);
    }
    let next_cursor = next.map(|id| paging::encode(&id));
    if json {
        return say_json(&json!({ "items": items, "next_cursor": next_cursor }));
    }
    let rows: Vec<[String; 8]> = items.iter().map(row).collect();
    say(&table(["ID", "STATE", "KIND", "USER", "DESKTOP", "TRY", "MADE", "WORKER, PLACE OR ERROR"], &rows));
    match (items.is_empty(), next_cursor) {
        (_, Some(cursor)) => say(&format!("\nThere are more: --cursor {cursor}")),
        (true, None) => say("\nNo job is like that."),
        (false, None) => {}
    }
    Ok(())
}

fn row(job: &JobView) -> [String; 8] {
    let place = job.queue.as_ref().map(|queue| match (queue.position, &queue.reason) {
        (Some(position), Some(reason)) => format!("place {position}: {}", reason.text),
        (Some(position), None) => format!("place {position}"),
        (None, Some(reason)) => reason.text.clone(),
        (None, None) => String::new(),
    });
    [
        job.id.clone(),
        job.state.to_string(),
        job.kind.to_string(),
        job.user.clone(),
        job.desktop_name.clone().unwrap_or_else(|| "(gone)".to_owned()),
        format!("{}/{}", job.attempt, job.max_attempts),
        job.created_at.to_string(),
        place.or_else(|| job.last_error.clone()).or_else(|| job.worker.clone()).unwrap_or_default(),
    ]
}

async fn detail(db: &Db, settings: &Settings, id: &str) -> anyhow::Result<JobDetail> {
    let mut tx = db.read().await?;
    let mut detail = match jobs::find(&mut tx, id).await? {
        None => bail!("there is no job {id}"),
        Some(Found::Unknown) => bail!("{}", Refused::UnknownKind),
        Some(Found::Job(row)) => jobs::detail(&mut tx, *row).await?,
    };
    if detail.job.waits_in_line() {
        let place = Line::load(&mut tx, settings.lease_ttl).await?.info(&detail.job.desktop_id);
        if let Some(desktop) = &mut detail.desktop {
            desktop.queue.clone_from(&place);
        }
        detail.job.queue = place;
    }
    Ok(detail)
}

async fn show(matches: &ArgMatches, settings: &Settings, json: bool) -> anyhow::Result<()> {
    let id = text(matches, "id").unwrap_or_default();
    let db = open::open(settings, false).await?.db;
    let detail = detail(&db, settings, &id).await?;
    if json {
        return say_json(&detail);
    }
    let job = &detail.job;
    let [id, state, kind, user, desktop, tries, made, more] = row(job);
    let actions: Vec<&str> = job.actions.iter().map(|action| action.as_str()).collect();
    let mut facts = vec![
        ["Job".to_owned(), id],
        ["State".to_owned(), state],
        ["Kind".to_owned(), kind],
        ["User".to_owned(), user],
        ["Desktop".to_owned(), format!("{desktop} {}", job.desktop_id)],
        ["Try".to_owned(), tries],
        ["Made".to_owned(), made],
        ["Now".to_owned(), more],
        ["Can be".to_owned(), actions.join(", ")],
    ];
    for (name, value) in [
        ("Ended", job.finished_at.map(|at| at.to_string())),
        ("Cancelled by", job.ended_by.clone()),
        ("Last error", job.last_error.clone()),
        ("Node", job.node.clone()),
        ("Container", detail.container.clone()),
        ("Port", detail.port.map(|port| port.to_string())),
    ] {
        facts.extend(value.map(|value| [name.to_owned(), value]));
    }
    say(&table(["", ""], &facts));
    let tries: Vec<[String; 6]> = detail
        .attempts
        .iter()
        .map(|attempt| {
            [
                attempt.n.to_string(),
                attempt.outcome.map_or_else(|| "goes on".to_owned(), |outcome| outcome.to_string()),
                attempt.worker.clone(),
                attempt.started_at.to_string(),
                attempt.ended_at.map(|at| at.to_string()).unwrap_or_default(),
                attempt.error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    say(&format!("\n{}", table(["TRY", "OUTCOME", "WORKER", "BEGAN", "ENDED", "ERROR"], &tries)));
    Ok(())
}

async fn steer(matches: &ArgMatches, settings: &Settings, action: Action, json: bool) -> anyhow::Result<()> {
    let ids: Vec<String> = matches.get_many::<String>("id").into_iter().flatten().cloned().collect();
    let fields = fields(matches);
    let by = Steerer {
        username: BY,
        job_max_attempts: settings.job_max_attempts,
        trace_id: None,
        user_id: None,
        address: None,
    };
    if matches.get_flag("all-matching") {
        if fields.is_empty() {
            bail!("say which jobs; `--state` alone is enough");
        }
        let (filter, dry_run) = (read(&fields)?, matches.get_flag("dry-run"));
        let db = open::open(settings, false).await?.db;
        let bulk = lifecycle::steer_all(&db, &Signals::default(), &filter, action, by, dry_run).await?;
        let text = if dry_run {
            format!("Jobs that match: {}. That something can be done about: {}.", bulk.matched, bulk.eligible)
        } else {
            format!("Jobs that match: {}. Dealt with: {}.", bulk.matched, bulk.changed)
        };
        let refused = bulk.refused.iter().map(|(id, why)| format!("\n{id}  {why}")).collect::<String>();
        if json {
            return say_json(&BulkResult::from(bulk));
        }
        say(&format!("{text}{refused}"));
        return Ok(());
    }
    if ids.is_empty() || !fields.is_empty() {
        bail!("give the ids of jobs, or filters together with --all-matching");
    }
    let db = open::open(settings, false).await?.db;
    let mut refused = Vec::new();
    for id in &ids {
        let why = match lifecycle::steer(&db, &Signals::default(), id, action, by).await? {
            Steered::Done { job_id, changed } => {
                let stands = detail(&db, settings, &job_id).await?;
                if json {
                    say_json(&stands)?;
                } else {
                    let already = if changed { "" } else { "already " };
                    say(&format!("{id}  {already}{} (job {job_id})", stands.job.state));
                }
                continue;
            }
            Steered::Refused(why) => ApiError::from(why),
            Steered::NoSuchJob => ApiError::NotFound,
        };
        let words = if matches!(why, ApiError::NotFound) { "there is no such job".to_owned() } else { why.to_string() };
        if json {
            say_json(&json!({ "id": id, "code": why.code(), "detail": words }))?;
        }
        refused.push(format!("{id}: {words}"));
    }
    if refused.is_empty() { Ok(()) } else { bail!("{}", refused.join("\n")) }
}
