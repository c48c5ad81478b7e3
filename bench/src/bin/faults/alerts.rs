//! Alerts that fire for the faults that they are for, and only then: one fault after the other, with a real Prometheus that asks the
//! processes and has the rules of `deploy/` ([`crate::prometheus`]). Between two faults all must have ended.

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use berth_bench::rfb::Viewer;
use futures_util::future::{join_all, try_join_all};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::chance::Chance;
use crate::evidence::{Finding, finding};
use crate::front::Front;
use crate::person::Person;
use crate::plan::Who;
use crate::postgres::Postgres;
use crate::process::Process;
use crate::prometheus::{Alerts, Prometheus, rules};
use crate::strike::ENDS_WITHIN;
use crate::world::{PASSWORD, World};

/// What this world has otherwise than others. A start takes long enough to be killed in; who fails has soon failed for good.
pub(crate) const START: &str = "2500ms";
pub(crate) const PORTS: u16 = 12;
pub(crate) const TRIES: &str = "2";

/// How much later than by its rule an alert may come: leases, time-outs and pauses are not made shorter.
const LATE: Duration = Duration::from_secs(30);
const OVER_WITHIN: Duration = Duration::from_secs(60);
const LOOKS_EVERY: Duration = Duration::from_millis(100);
const DESKTOP_WITHIN: Duration = Duration::from_secs(40);
/// BERTH_STARTS_PER_HOST.
const SLOTS: usize = 4;
/// BERTH_DATABASE_POOL_MAX, and a few that wait for one.
const CALLS: usize = 24;
/// Streams of events of each user; an api gives 20.
const STREAMS: usize = 15;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    /// Users use desktops, and an operator does what is done on a working day.
    Calm,
    ApisEnded,
    WorkerKilled,
    WorkersKilledAtWork,
    WorkersEnded,
    EngineSlow,
    Paused,
    EngineRefuses,
    WorkersDieAtWork,
    EngineKilled,
    EngineHangs,
    TransactionLeftOpen,
    TableLocked,
    DatabaseAway,
    PortsTaken,
    ConnectionsTaken,
    DiskFull,
    FilesOpen,
    StrangeContainer,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    is: Is,
    fires: &'static [&'static str],
    /// What follows from it all by itself.
    may: &'static [&'static str],
    short: bool,
}

impl Case {
    pub(crate) fn is_calm(&self) -> bool {
        self.is == Is::Calm
    }
}

const fn case(is: Is, fires: &'static [&'static str], may: &'static [&'static str]) -> Case {
    Case { is, fires, may, short: false }
}

const fn also_short(case: Case) -> Case {
    Case { short: true, ..case }
}

const CALM: Case = also_short(case(Is::Calm, &[], &[]));

/// Each process that is away for long is one of several, too.
const CASES: &[Case] = &[
    also_short(case(Is::ApisEnded, &["BerthDown"], &["BerthProcessDown"])),
    case(Is::WorkerKilled, &["BerthProcessDown"], &[]),
    // A start that nobody goes on with is one that waits.
    also_short(case(Is::WorkersKilledAtWork, &["BerthNobodyDrains"], &["BerthProcessDown", "BerthWaitsLong"])),
    case(Is::WorkersEnded, &["BerthNobodyDrains"], &["BerthProcessDown"]),
    case(Is::EngineSlow, &["BerthWaitsLong"], &[]),
    case(Is::Paused, &["BerthQueuePaused"], &[]),
    also_short(case(Is::EngineRefuses, &["BerthStartsFail"], &[])),
    // Leases are not made shorter: as long as one lasts, its start waits.
    case(Is::WorkersDieAtWork, &["BerthLeasesLost"], &["BerthWaitsLong"]),
    also_short(case(Is::EngineKilled, &["BerthEngineDown"], &[])),
    case(Is::EngineHangs, &["BerthEngineDown"], &[]),
    case(Is::TransactionLeftOpen, &["BerthEventsLate"], &[]),
    case(Is::TableLocked, &["BerthCallsSlow"], &[]),
    // Each call waits for a connection before it is refused.
    case(Is::DatabaseAway, &["BerthCallsFail"], &["BerthCallsSlow"]),
    case(Is::PortsTaken, &["BerthPortsRunOut"], &[]),
    case(Is::ConnectionsTaken, &["BerthPoolExhausted"], &[]),
    case(Is::DiskFull, &["BerthDiskFull"], &[]),
    case(Is::FilesOpen, &["BerthFilesRunOut"], &[]),
    case(Is::StrangeContainer, &["BerthDrift"], &[]),
];

/// Rules that are wrong: one alert that cannot fire and one that always does. Played at the same time, both must be found.
const SPOILT: [(&str, &str, &str); 2] = [
    ("BerthEngineDown", "max by (node) (berth_engine_up) == 0", "max by (node) (berth_engine_up) == 2"),
    ("BerthFilesRunOut", "/ process_max_fds > 0.8", "/ process_max_fds >= 0"),
];

/// A calm one, all the others in any order, and a calm one.
pub(crate) fn cases(short: bool, chance: &mut Chance) -> Vec<Case> {
    let mut left: Vec<Case> = CASES.iter().filter(|case| case.short || !short).copied().collect();
    let mut cases = vec![CALM];
    while !left.is_empty() {
        cases.push(left.swap_remove(chance.below(left.len())));
    }
    cases.push(CALM);
    cases
}

/// What was seen.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) findings: Vec<Finding>,
    /// Each alert, and how long after its fault it fired.
    pub(crate) came: Vec<String>,
    /// What is wrong by the spoilt rules.
    by_spoilt: Vec<Finding>,
}

impl Played {
    /// How many of the spoilt rules were found, and those that were not.
    pub(crate) fn spoilt(&self) -> (usize, Vec<String>) {
        let seen = |(what, alert): &(&str, &str)| {
            self.by_spoilt.iter().any(|found| found.what == *what && found.detail.starts_with(alert))
        };
        let wrong = [("silent", SPOILT[0].0), ("false alarm", SPOILT[1].0)];
        let unseen = wrong.iter().filter(|wrong| !seen(wrong));
        let unseen: Vec<String> = unseen.map(|(what, alert)| format!("a spoilt {alert} ({what}): not found")).collect();
        (wrong.len() - unseen.len(), unseen)
    }
}

/// What must have fired and did not, and what must not have and did.
fn judge(case: &Case, fired: &BTreeSet<String>) -> Vec<Finding> {
    let silent = case.fires.iter().filter(|alert| !fired.contains(**alert));
    let silent = silent.map(|alert| finding("silent", format!("{alert} did not fire: {:?}", case.is)));
    let others = fired.iter().filter(|alert| ![case.fires, case.may].concat().contains(&alert.as_str()));
    let others = others.map(|alert| finding("false alarm", format!("{alert} fired: {:?}", case.is)));
    silent.chain(others).collect()
}

/// One world with its Prometheus.
struct Scene<'a> {
    world: &'a World,
    prometheus: Prometheus,
    times: Alerts,
    /// The administrator at the first api, past nginx.
    direct: Client,
    /// Desktops so far.
    made: AtomicUsize,
}

/// Plays the cases.
pub(crate) async fn play(world: &World, cases: &[Case]) -> Played {
    let mut played = Played::default();
    if let Err(error) = play_all(world, cases, &mut played).await {
        played.findings.push(finding("broke off", format!("{error:#}")));
    }
    played
}

async fn play_all(world: &World, cases: &[Case], played: &mut Played) -> anyhow::Result<()> {
    let (text, times) = rules()?;
    let mut wrong = text.clone();
    for (alert, right, spoilt) in SPOILT {
        ensure!(text.matches(right).count() == 1, "the rule of {alert} does not say “{right}” once");
        wrong = wrong.replacen(right, spoilt, 1);
    }
    let (apis, workers) = world.measured_at();
    let prometheus = Prometheus::start("prometheus", &world.folder, &text, apis, workers).await?;
    let spoilt = Prometheus::start("prometheus-spoilt", &world.folder, &wrong, apis, workers).await?;
    let direct = Client::sign_in(&format!("http://{}", world.listens[0]), "admin", PASSWORD).await?;
    let scene = Scene { world, prometheus, times, direct, made: AtomicUsize::default() };
    let has = scene.prometheus.has().await?;
    if has != scene.times {
        played.findings.push(finding("rules", format!("Prometheus has {has:?} and not {:?}", scene.times)));
    }
    let tried: BTreeSet<&str> = CASES.iter().flat_map(|case| case.fires).copied().collect();
    if scene.times.keys().map(String::as_str).collect::<BTreeSet<_>>() != tried {
        played.findings.push(finding("rules", format!("there are not cases for just these: {tried:?}")));
    }
    for case in cases {
        let begun = Instant::now();
        let took = scene.carry_out(case).await.with_context(|| format!("{:?}", case.is))?;
        let over = scene.until_over().await;
        world.keep_up().await?;
        let within = begun.elapsed();
        played.findings.extend(judge(case, &scene.prometheus.fired(within).await?));
        played.by_spoilt.extend(judge(case, &spoilt.fired(within).await?));
        if let (Some(took), Some(alert)) = (took, case.fires.first()) {
            played.came.push(format!("{alert} {:.1} s", took.as_secs_f64()));
        }
        over.with_context(|| format!("after {:?}", case.is))?;
    }
    scene.prometheus.end().await;
    spoilt.end().await;
    Ok(())
}

impl Scene<'_> {
    /// Breaks, waits until it fires, and makes whole. How long it took; None: it was not to fire, or did not.
    async fn carry_out(&self, case: &Case) -> anyhow::Result<Option<Duration>> {
        let world = self.world;
        let engine = &world.engine;
        let took = match case.is {
            Is::Calm => {
                self.calm().await?;
                None
            }
            Is::ApisEnded => {
                try_join_all(world.apis.iter().map(end)).await?;
                self.fires(case).await?
            }
            Is::WorkerKilled => {
                world.workers[1].lock().await.kill().await;
                self.fires(case).await?
            }
            Is::WorkersKilledAtWork => {
                let desktops = self.starting(1).await?;
                join_all(world.workers.iter().map(kill)).await;
                let took = self.fires(case).await?;
                self.all_run().await?;
                self.gone(desktops).await?;
                took
            }
            Is::WorkersEnded => {
                let desktops = self.starting(1).await?;
                self.until(&desktops[0], "running").await?;
                try_join_all(world.workers.iter().map(end)).await?;
                self.ask(&format!("/desktops/{}/stop", desktops[0])).await?;
                let took = self.fires(case).await?;
                self.all_run().await?;
                self.until(&desktops[0], "stopped").await?;
                self.gone(desktops).await?;
                took
            }
            Is::EngineSlow => {
                // Three times as many as it starts at once.
                let desktops = self.starting(3 * SLOTS - 1).await?;
                let took = self.fires(case).await?;
                self.gone(desktops).await?;
                took
            }
            Is::Paused => {
                self.ask("/admin/queue/pause").await?;
                let desktop = self.start().await?;
                let took = self.fires(case).await?;
                self.ask("/admin/queue/resume").await?;
                self.until(&desktop, "running").await?;
                self.gone(vec![desktop]).await?;
                took
            }
            Is::EngineRefuses => {
                let refuses = json!({ "on": "create", "kind": "error500" });
                engine.ask(Method::POST, "/sim/faults", Some(&refuses)).await?;
                let took = self.fires_while(case, self.starts_fail()).await?;
                engine.ask(Method::DELETE, "/sim/faults", None).await?;
                self.gone(self.all().await?).await?;
                took
            }
            Is::WorkersDieAtWork => {
                let desktops = self.starting(SLOTS).await?;
                join_all(world.workers.iter().map(kill)).await;
                self.all_run().await?;
                let took = self.fires(case).await?;
                self.gone(desktops).await?;
                took
            }
            Is::EngineKilled => {
                let mut process = engine.process.lock().await;
                process.kill().await;
                let took = self.fires(case).await?;
                engine.up(&mut process).await?;
                took
            }
            Is::EngineHangs => {
                let mut process = engine.process.lock().await;
                process.signal("STOP").await?;
                let took = self.fires(case).await;
                process.signal("CONT").await?;
                took?
            }
            Is::TransactionLeftOpen => {
                let mut held = self.postgres()?.hold("SELECT pg_current_xact_id()").await?;
                let desktop = self.start().await?;
                let took = self.fires(case).await?;
                held.kill().await?;
                // And so late they were told of.
                let late = "max_over_time(berth:event_delay_seconds:p95[10s]) > 1";
                let begun = Instant::now();
                while self.prometheus.value(late).await?.is_none() {
                    ensure!(begun.elapsed() < LATE, "nobody counted how late events were");
                    sleep(LOOKS_EVERY).await;
                }
                self.gone(vec![desktop]).await?;
                took
            }
            Is::TableLocked => {
                tokio::select! {
                    took = self.fires_while(case, self.locked_again_and_again()) => took?,
                    Err(error) = self.look() => return Err(error),
                }
            }
            Is::DatabaseAway => {
                self.postgres()?.down("fast").await?;
                let took = self.fires_while(case, self.look()).await?;
                self.postgres()?.up().await?;
                took
            }
            Is::PortsTaken => {
                let mut desktops = Vec::new();
                while desktops.len() < usize::from(PORTS) {
                    let some = self.starting(SLOTS).await?;
                    try_join_all(some.iter().map(|desktop| self.until(desktop, "running"))).await?;
                    desktops.extend(some);
                }
                let took = self.fires(case).await?;
                self.gone(desktops).await?;
                took
            }
            Is::ConnectionsTaken => {
                let mut held = self.postgres()?.hold("LOCK TABLE audit").await?;
                let calls = join_all((0..CALLS).map(|_| self.direct.call(Method::GET, "/admin/audit", None)));
                let fires = async {
                    let took = self.fires(case).await;
                    held.kill().await?;
                    took
                };
                tokio::join!(calls, fires).1?
            }
            Is::DiskFull => {
                let disk = world.disk.as_ref().context("no disk of our own here")?;
                disk.fill()?;
                let took = self.fires(case).await;
                disk.free()?;
                took?
            }
            Is::FilesOpen => self.files_open(case).await?,
            Is::StrangeContainer => {
                let installation = self.postgres()?.ask("berth", "SELECT id FROM installation").await?;
                let labels = json!({ "berth.installation": installation.trim(), "berth.desktop": "01NOBODY", "berth.generation": "1" });
                let body = json!({ "Image": crate::engine::IMAGE, "Labels": labels });
                engine.ask(Method::POST, "/containers/create?name=nobodys", Some(&body)).await?;
                self.ask("/admin/drift/compare").await?;
                let took = self.fires(case).await?;
                engine.remove("nobodys").await?;
                self.ask("/admin/drift/compare").await?;
                took
            }
        };
        self.all_run().await?;
        Ok(took)
    }

    /// Waits until all alerts of a case fire.
    async fn fires(&self, case: &Case) -> anyhow::Result<Option<Duration>> {
        let begun = Instant::now();
        let time = case.fires.iter().filter_map(|alert| self.times.get(*alert)).max().copied().unwrap_or_default();
        while begun.elapsed() < time + LATE {
            let now = self.prometheus.alerts().await?;
            if case.fires.iter().all(|alert| now.contains(&((*alert).to_owned(), true))) {
                return Ok(Some(begun.elapsed()));
            }
            sleep(LOOKS_EVERY).await;
        }
        Ok(None)
    }

    async fn fires_while(
        &self,
        case: &Case,
        goes_on: impl Future<Output = anyhow::Result<Infallible>>,
    ) -> anyhow::Result<Option<Duration>> {
        tokio::select! {
            took = self.fires(case) => took,
            Err(error) = goes_on => Err(error),
        }
    }

    async fn until_over(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let now = self.prometheus.alerts().await?;
            if now.is_empty() {
                return Ok(());
            }
            ensure!(begun.elapsed() < OVER_WITHIN, "this goes on (true: it fires): {now:?}");
            sleep(LOOKS_EVERY).await;
        }
    }

    /// Desktops are started, looked at, stopped, started again and deleted, while one worker, nginx and Redis are started anew.
    async fn calm(&self) -> anyhow::Result<()> {
        let world = self.world;
        let front = world.front.as_ref().context("neither nginx nor Redis here")?;
        let users = world.people.iter().take(SLOTS - 1).map(|person| self.use_desktop(person));
        let (used, kept) = tokio::join!(try_join_all(users), self.keep(front));
        used?;
        kept
    }

    async fn keep(&self, front: &Front) -> anyhow::Result<()> {
        end(&self.world.workers[1]).await?;
        self.world.workers[1].lock().await.start()?;
        self.world.until_ready(Who::Worker(1)).await?;
        front.nginx.lock().await.signal("HUP").await?;
        front.redis_restarted(Duration::from_secs(1)).await
    }

    async fn use_desktop(&self, person: &Arc<Person>) -> anyhow::Result<()> {
        let client = Client::sign_in(person.origin(), &person.name, PASSWORD).await?;
        let id = self.start_for(person).await?;
        self.until_for(person, &id, "running").await?;
        let desktop = client.until_running(&id, DESKTOP_WITHIN).await?;
        let url = desktop["connect"]["url"].as_str().context("no address")?;
        let mut viewer = Viewer::open(&client, url).await?;
        viewer.idle(Duration::from_secs(2)).await?;
        viewer.close().await;
        for (what, then) in [("stop", "stopped"), ("start", "running")] {
            let (status, said) = person.insist(Method::POST, &format!("/desktops/{id}/{what}"), None, None).await?;
            ensure!(status == 202, "{what}: {status} {said}");
            self.until_for(person, &id, then).await?;
        }
        person.insist(Method::DELETE, &format!("/desktops/{id}"), None, None).await?;
        self.until_for(person, &id, "gone").await
    }

    async fn starts_fail(&self) -> anyhow::Result<Infallible> {
        loop {
            let desktop = self.start().await?;
            self.until(&desktop, "failed").await?;
        }
    }

    /// For longer than a call may take, and short enough that none is given up.
    async fn locked_again_and_again(&self) -> anyhow::Result<Infallible> {
        loop {
            let mut held = self.postgres()?.hold("LOCK TABLE audit").await?;
            sleep(Duration::from_millis(1_600)).await;
            held.kill().await?;
            sleep(Duration::from_millis(300)).await;
        }
    }

    /// Some look at the audit log, again and again, whatever the answer.
    async fn look(&self) -> anyhow::Result<Infallible> {
        tokio::join!(self.look_on(), self.look_on(), self.look_on(), self.look_on()).0
    }

    async fn look_on(&self) -> anyhow::Result<Infallible> {
        loop {
            _ = self.direct.call(Method::GET, "/admin/audit", None).await;
            sleep(Duration::from_millis(150)).await;
        }
    }

    /// Many streams of events, at an api that may not have many more files open.
    async fn files_open(&self, case: &Case) -> anyhow::Result<Option<Duration>> {
        let pid = self.world.apis[0].lock().await.pid().context("the api does not run")?;
        let own = format!("/proc/{pid}");
        let limits = std::fs::read_to_string(Path::new(&own).join("limits"))?;
        let before = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next());
        let before = before.context("no limit of files")?.to_owned();
        let mut streams = Vec::new();
        for person in &self.world.people {
            let client = Client::sign_in(self.direct.origin(), &person.name, PASSWORD).await?;
            for _ in 0..STREAMS {
                streams.push(client.events().await?);
            }
        }
        let open = std::fs::read_dir(Path::new(&own).join("fd"))?.count();
        limit_files(pid, &(open * 10 / 9).to_string()).await?;
        let took = self.fires(case).await;
        drop(streams);
        limit_files(pid, &before).await?;
        took
    }

    fn postgres(&self) -> anyhow::Result<&Postgres> {
        self.world.postgres.as_deref().context("no PostgreSQL here")
    }

    /// Starts what does not run, and waits until all are ready.
    async fn all_run(&self) -> anyhow::Result<()> {
        let apis = (0..self.world.apis.len()).map(Who::Api);
        for who in apis.chain((0..self.world.workers.len()).map(Who::Worker)) {
            self.world.process(who).lock().await.start()?;
            self.world.until_ready(who).await?;
        }
        Ok(())
    }

    /// By the administrator.
    async fn ask(&self, path: &str) -> anyhow::Result<()> {
        let (status, said) = self.world.admin.insist(Method::POST, path, None, None).await?;
        ensure!((200..300).contains(&status), "{path}: {status} {said}");
        Ok(())
    }

    async fn start(&self) -> anyhow::Result<String> {
        self.start_for(&self.world.admin).await
    }

    async fn start_for(&self, person: &Person) -> anyhow::Result<String> {
        let name = format!("desktop-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let body = json!({ "template": self.world.template, "name": name });
        let (status, desktop) = person.insist(Method::POST, "/desktops", Some(&body), Some(&name)).await?;
        ensure!(status == 202, "it was not started: {status} {desktop}");
        Ok(desktop["id"].as_str().context("a desktop without an id")?.to_owned())
    }

    /// So many new ones; workers are at as many of them as there are slots.
    async fn starting(&self, count: usize) -> anyhow::Result<Vec<String>> {
        let desktops = try_join_all((0..count).map(|_| self.start())).await?;
        let begun = Instant::now();
        loop {
            let mut starting = 0;
            for desktop in &desktops {
                starting += usize::from(self.status(&self.world.admin, desktop).await? == "starting");
            }
            if starting == count.min(SLOTS) {
                return Ok(desktops);
            }
            ensure!(begun.elapsed() < DESKTOP_WITHIN, "{starting} of {count} are being started");
            sleep(LOOKS_EVERY).await;
        }
    }

    /// All of the administrator's.
    async fn all(&self) -> anyhow::Result<Vec<String>> {
        let (_, list) = self.world.admin.insist(Method::GET, "/desktops?limit=200", None, None).await?;
        let items = list["items"].as_array().context("no list")?.iter();
        Ok(items.filter_map(|desktop| desktop["id"].as_str().map(str::to_owned)).collect())
    }

    async fn status(&self, person: &Person, desktop: &str) -> anyhow::Result<String> {
        let (status, said) = person.insist(Method::GET, &format!("/desktops/{desktop}"), None, None).await?;
        Ok(if status == 404 { "gone".to_owned() } else { said["status"].as_str().unwrap_or_default().to_owned() })
    }

    async fn until(&self, desktop: &str, status: &str) -> anyhow::Result<()> {
        self.until_for(&self.world.admin, desktop, status).await
    }

    async fn until_for(&self, person: &Person, desktop: &str, wanted: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let is = self.status(person, desktop).await?;
            if is == wanted {
                return Ok(());
            }
            ensure!(begun.elapsed() < DESKTOP_WITHIN, "a desktop is {is} and not {wanted}");
            sleep(LOOKS_EVERY).await;
        }
    }

    async fn gone(&self, desktops: Vec<String>) -> anyhow::Result<()> {
        for desktop in &desktops {
            self.world.admin.insist(Method::DELETE, &format!("/desktops/{desktop}"), None, None).await?;
        }
        for desktop in &desktops {
            self.until(desktop, "gone").await?;
        }
        Ok(())
    }
}

async fn kill(process: &Mutex<Process>) {
    process.lock().await.kill().await;
}

async fn end(process: &Mutex<Process>) -> anyhow::Result<()> {
    let ended = process.lock().await.terminate(ENDS_WITHIN).await?;
    ensure!(ended.is_some(), "a process did not end within {ENDS_WITHIN:?} of SIGTERM");
    Ok(())
}

/// Not the limit of that limit: not every root may raise it again.
async fn limit_files(pid: u32, limit: &str) -> anyhow::Result<()> {
    let args = ["--pid", &pid.to_string(), &format!("--nofile={limit}:")];
    let set = Command::new("prlimit").args(args).status().await?;
    ensure!(set.success(), "prlimit: {set}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{CALM, CASES, Is, Played, judge};

    #[test]
    fn an_alert_that_is_missing_and_one_too_many_are_found() {
        let case = CASES.iter().find(|case| case.is == Is::ApisEnded).expect("it is there");
        let judged = |fired: &[&str]| {
            let fired = fired.iter().map(|alert| (*alert).to_owned()).collect();
            judge(case, &fired).into_iter().map(|found| (found.what, found.detail)).collect::<Vec<_>>()
        };
        assert_eq!(judged(&["BerthDown"]), []);
        assert_eq!(judged(&["BerthDown", "BerthProcessDown"]), []);
        assert_eq!(judged(&["BerthProcessDown"]), [("silent", "BerthDown did not fire: ApisEnded".to_owned())]);
        assert_eq!(judged(&["BerthDown", "BerthDrift"]), [("false alarm", "BerthDrift fired: ApisEnded".to_owned())]);
        assert_eq!(judge(&CALM, &["BerthDrift".to_owned()].into()).len(), 1);
        assert_eq!(Played::default().spoilt().1.len(), 2);
    }
}
