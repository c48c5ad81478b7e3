//! Runs worlds, two pretended ones at a time and real ones one after the other, and sums them up.

use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::alerts::{self, Played};
use crate::breaks;
use crate::engine::Engine;
use crate::evidence::{Evidence, Finding, finding};
use crate::plan::Plan;
use crate::shapes::{Course, EngineIs, FaultIs, Shape};
use crate::tables::{rows, text};
use crate::world::{Outcome, World};

/// Two cores take no more.
const AT_ONCE: usize = 2;

/// Which worlds `make test-faults` makes: at least 300 faults pretended and 60 real ones.
pub(crate) fn full(first: u64) -> Vec<(Shape, u64)> {
    let times = [
        ("sim-production", 4),
        ("sim-rolling", 2),
        ("sim-sqlite", 5),
        ("sim-postgres", 4),
        ("sim-many", 5),
        ("sim-blameless", 2),
        ("sim-alerts", 1),
    ];
    let real = [("docker-sqlite", 2), ("docker-postgres", 2), ("docker-many", 2), ("docker-production", 2)];
    let each = |(name, times): (&str, u64)| {
        (0..times).filter_map(move |n| Some((Shape::named(name)?, first + n))).collect::<Vec<_>>()
    };
    times.into_iter().chain(real).flat_map(each).collect()
}

/// Which worlds `make test` makes.
pub(crate) fn short(seed: u64) -> Vec<(Shape, u64)> {
    let each = |(n, (name, seconds, faults))| {
        Some((Shape::named(name)?.short(Duration::from_secs(seconds), faults), seed + n as u64))
    };
    let worlds = [
        ("sim-production", 20, 0),
        ("sim-rolling", 20, 0),
        ("sim-sqlite", 15, 14),
        ("sim-many", 15, 14),
        ("sim-postgres", 15, 14),
        ("sim-blameless", 12, 8),
        ("docker-many", 25, 8),
        ("sim-alerts", 60, 0),
    ];
    worlds.into_iter().enumerate().filter_map(each).collect()
}

/// How one world went.
struct Line {
    shape: Shape,
    faults: usize,
    wishes: usize,
    findings: Vec<Finding>,
}

/// Runs them. False: something was found.
pub(crate) async fn run(
    berth: &Path,
    worlds: Vec<(Shape, u64)>,
    check_checks: bool,
    keep: bool,
) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let folder = std::env::temp_dir().join(format!("berth-faults-{:08x}", rand::random::<u32>()));
    std::fs::create_dir_all(&folder)?;
    // PostgreSQL's account must be able to walk through.
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let berth = std::fs::canonicalize(berth).context("berth is not built")?;
    let (real, pretended): (Vec<_>, Vec<_>) =
        worlds.into_iter().partition(|(shape, _)| shape.engine == EngineIs::Docker);
    let (mut lines, mut spoilt) = (Vec::new(), None::<Spoilt>);
    let mut running = JoinSet::new();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    // One of each: Berth alone, and behind nginx.
    let mut to_spoil: Vec<bool> = if check_checks { vec![true, false] } else { Vec::new() };
    for (n, (shape, seed)) in pretended.into_iter().enumerate() {
        let spoils = !matches!(shape.course, Course::Silence | Course::Alerts) && to_spoil.contains(&shape.production);
        to_spoil.retain(|production| !(spoils && *production == shape.production));
        let (places, berth, folder) =
            (Arc::clone(&places), berth.clone(), folder.join(format!("{n}-{}-{seed}", shape.name)));
        running.spawn(async move {
            let _place = places.acquire().await;
            one(shape, seed, &berth, &folder, None, spoils, keep).await
        });
    }
    while let Some(done) = running.join_next().await {
        let (line, found) = done??;
        lines.push(line);
        if let Some((found, unseen)) = found {
            let (so_far, not_found) = spoilt.get_or_insert_default();
            *so_far += found;
            not_found.extend(unseen);
        }
    }
    if !real.is_empty() {
        let engine = folder.join("docker");
        std::fs::create_dir_all(&engine)?;
        let engine = Engine::docker(&engine)?;
        engine.up(&mut *engine.process.lock().await).await?;
        engine.load_image().await?;
        for (n, (shape, seed)) in real.into_iter().enumerate() {
            let folder = folder.join(format!("d{n}-{}-{seed}", shape.name));
            lines.push(one(shape, seed, &berth, &folder, Some(&engine), false, keep).await?.0);
        }
        _ = engine.process.lock().await.terminate(Duration::from_secs(20)).await;
        // dockerd mounts its folder onto itself and leaves it so.
        _ = tokio::process::Command::new("umount").arg("--lazy").arg(folder.join("docker/engine")).output().await;
        _ = std::fs::remove_dir_all(folder.join("docker"));
    }
    // Stays when something of a world was kept in it.
    _ = std::fs::remove_dir(&folder);
    Ok(sum_up(&lines, spoilt, begun.elapsed()))
}

type Spoilt = (usize, Vec<String>);

async fn one(
    shape: Shape,
    seed: u64,
    berth: &Path,
    folder: &Path,
    docker: Option<&Arc<Engine>>,
    spoil: bool,
    keep: bool,
) -> anyhow::Result<(Line, Option<Spoilt>)> {
    std::fs::create_dir_all(folder)?;
    let plan = Plan::of(&shape, seed);
    std::fs::write(folder.join("plan"), format!("{plan:#?}\n"))?;
    let begun = Instant::now();
    let world = World::build(shape, berth, folder, docker).await;
    let world = Arc::new(world.with_context(|| format!("world {} seed {seed}, in {}", shape.name, folder.display()))?);
    if shape.course == Course::Alerts {
        let played = alerts::play(&world, &plan.cases).await;
        world.end().await;
        return Ok(of_alerts(world, (&plan, seed), begun, played, keep));
    }
    let outcome = world.live(&plan).await;
    let mut spoilt = None;
    if let (true, Ok(Outcome { evidence: Some(evidence), findings, .. })) = (spoil, &outcome)
        && findings.is_empty()
    {
        let (found, unseen) = breaks::spoil(evidence);
        let (really, unseen_for_real) = breaks::spoil_for_real(&world, evidence).await?;
        spoilt = Some((found + really, [unseen, unseen_for_real].concat()));
    }
    let counts = counts(&world);
    let (asked, unanswered) = world.people.iter().fold((0, 0), |(asked, unanswered), person| {
        (asked + person.asked.load(Ordering::Relaxed), unanswered + person.unanswered().len())
    });
    let reopened = world.reopened();
    let findings = match &outcome {
        Ok(outcome) => outcome.findings.clone(),
        Err(error) => vec![finding("broke off", format!("{error:#}"))],
    };
    if !findings.is_empty()
        && let Ok(outcome) = &outcome
    {
        std::fs::write(folder.join("evidence"), format!("{:#?}\n", outcome.evidence))?;
    }
    world.end().await;
    let made: Vec<String> = counts.iter().map(|(fault, n)| format!("{n} {}", fault.words())).collect();
    let faults = counts.values().sum();
    let settled = outcome.as_ref().map_or(Duration::ZERO, |outcome| outcome.settled_after);
    let tries = outcome.as_ref().ok().and_then(|outcome| outcome.evidence.as_ref()).map(tries).unwrap_or_default();
    println!(
        "{} seed {seed}: {faults} faults ({}), {asked} wishes ({unanswered} unanswered once), tries {tries}, {reopened} streams reopened, whole {:.1} s after, {:.0} s: {}",
        shape.name,
        made.join(", "),
        settled.as_secs_f64(),
        begun.elapsed().as_secs_f64(),
        if findings.is_empty() { "sound".to_owned() } else { format!("{} FINDINGS", findings.len()) }
    );
    if !findings.is_empty() {
        keep_all(&world, folder).await;
    }
    leave(world, seed, &findings, keep);
    Ok((Line { shape, faults, wishes: asked, findings }, spoilt))
}

/// The same for a world in which alerts are tried.
fn of_alerts(
    world: Arc<World>,
    (plan, seed): (&Plan, u64),
    begun: Instant,
    mut played: Played,
    keep: bool,
) -> (Line, Option<Spoilt>) {
    let noted = std::mem::take(&mut *world.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    played.findings.extend(noted.into_iter().map(|note| finding("noted", note)));
    let spoilt = played.findings.is_empty().then(|| played.spoilt());
    let Played { findings, came, .. } = played;
    let (shape, faults) = (world.shape, came.len());
    println!(
        "{} seed {seed}: {faults} of {} alerts fired after their faults ({}), {:.0} s: {}",
        shape.name,
        plan.cases.iter().filter(|case| !case.is_calm()).count(),
        came.join(", "),
        begun.elapsed().as_secs_f64(),
        if findings.is_empty() { "sound".to_owned() } else { format!("{} FINDINGS", findings.len()) }
    );
    leave(world, seed, &findings, keep);
    (Line { shape, faults, wishes: 0, findings }, spoilt)
}

/// Says what was found, and keeps or takes away what is left.
fn leave(world: Arc<World>, seed: u64, findings: &[Finding], keep: bool) {
    let (shape, folder) = (world.shape, world.folder.clone());
    for finding in findings.iter().take(20) {
        println!("    {}: {}", finding.what, finding.detail);
    }
    drop(world);
    if !findings.is_empty() {
        println!("    kept: {}", folder.display());
        println!("    again: make test-faults SEED={seed} WORLD={}{}", shape.name, shape.as_settings());
    } else if !keep {
        _ = std::fs::remove_dir_all(folder);
    }
}

/// The database as a file beside the logs, before its server or its disk goes.
async fn keep_all(world: &World, folder: &Path) {
    let copy: Option<PathBuf> = world.disk.as_ref().map(|_| folder.join("database"));
    if let Some(copy) = copy {
        _ = tokio::process::Command::new("cp").arg("-r").arg(folder.join("data")).arg(copy).status().await;
    }
    if let Ok(tables) = world.database.tables().await {
        _ = std::fs::write(folder.join("tables.json"), serde_json::Value::Object(tables).to_string());
    }
}

/// How the tries of jobs ended, so that one sees whether the faults bit.
fn tries(evidence: &Evidence) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for attempt in rows(&evidence.tables, "attempts") {
        *counts.entry(text(attempt, "outcome")).or_default() += 1;
    }
    counts.iter().map(|(outcome, n)| format!("{n} {outcome}")).collect::<Vec<_>>().join(" ")
}

/// The faults that were really made.
fn counts(world: &World) -> BTreeMap<FaultIs, usize> {
    let missed = world.missed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut counts = BTreeMap::new();
    for (n, fault) in world.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().enumerate() {
        if !missed.contains(&n) {
            *counts.entry(*fault).or_default() += 1;
        }
    }
    counts
}

fn sum_up(lines: &[Line], spoilt: Option<Spoilt>, took: Duration) -> bool {
    let faults =
        |engine| lines.iter().filter(|line| line.shape.engine == engine).map(|line| line.faults).sum::<usize>();
    let mut failed = lines.iter().filter(|line| !line.findings.is_empty()).count();
    let mut passed = lines.len() - failed;
    if let Some((found, unseen)) = &spoilt {
        for unseen in unseen {
            println!("the checks: {unseen}");
        }
        println!("the checks: {found} of {} ways to spoil a world are found", found + unseen.len());
        passed += found;
        failed += unseen.len();
    }
    let wishes: usize = lines.iter().map(|line| line.wishes).sum();
    // In the words of `cargo test`, so that what counts those counts this too.
    println!(
        "test result: {}. {passed} passed; {failed} failed; {} worlds, {} faults pretended, {} on a real engine, {wishes} wishes, in {} s",
        if failed == 0 { "ok" } else { "FAILED" },
        lines.len(),
        faults(EngineIs::Pretended),
        faults(EngineIs::Docker),
        took.as_secs(),
    );
    failed == 0
}
