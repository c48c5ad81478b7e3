//! What each case breaks, what it waits for, and how it is made whole again.

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use futures_util::future::{join_all, try_join_all};
use reqwest::Method;
use serde_json::json;
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::{Case, Is, PORTS};
use crate::front::Front;
use crate::plan::Who;
use crate::postgres::Postgres;
use crate::process::Process;
use crate::prometheus::{Alerts, Prometheus};
use crate::strike::ENDS_WITHIN;
use crate::world::{PASSWORD, World};

/// How much later than by its rule an alert may come: leases, time-outs and pauses are not made shorter.
const LATE: Duration = Duration::from_secs(30);
const OVER_WITHIN: Duration = Duration::from_secs(60);
pub(super) const LOOKS_EVERY: Duration = Duration::from_millis(100);
/// BERTH_STARTS_PER_HOST.
pub(super) const SLOTS: usize = 4;
/// BERTH_DATABASE_POOL_MAX, and a few that wait for one.
const CALLS: usize = 24;
/// Streams of events of each user; an api gives 20.
const STREAMS: usize = 15;

/// One world with its Prometheus.
pub(super) struct Scene<'a> {
    pub(super) world: &'a World,
    pub(super) prometheus: Prometheus,
    pub(super) times: Alerts,
    /// The administrator at the first api, past nginx.
    pub(super) direct: Client,
    /// Desktops so far.
    pub(super) made: AtomicUsize,
}

impl<'a> Scene<'a> {
    pub(super) async fn new(world: &'a World, prometheus: Prometheus, times: Alerts) -> anyhow::Result<Self> {
        let direct = Client::sign_in(&format!("http://{}", world.listens[0]), "admin", PASSWORD).await?;
        Ok(Self { world, prometheus, times, direct, made: AtomicUsize::default() })
    }

    /// Breaks, waits until it fires, and makes whole. How long it took; None: it was not to fire, or did not.
    pub(super) async fn carry_out(&self, case: &Case) -> anyhow::Result<Option<Duration>> {
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

    pub(super) async fn until_over(&self) -> anyhow::Result<()> {
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
