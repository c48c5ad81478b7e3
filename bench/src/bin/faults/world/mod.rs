//! One world: an engine, a database, Berth's processes, users at their pages; the plan carried out in it; and then, once everything
//! that was broken is whole again, the evidence.

mod build;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as Lock};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::checks;
use crate::disk::Disk;
use crate::ear::Ear;
use crate::engine::Engine;
use crate::evidence::{Evidence, Finding, Page, Told, finding};
use crate::front::Front;
use crate::person::Person;
use crate::plan::{Plan, Who};
use crate::postgres::Postgres;
use crate::process::Process;
use crate::shapes::{Course, EngineIs, FaultIs, Shape};
use crate::tables::{Database, rows, text};

pub(crate) const PORTS: u16 = 60;
const READY_WITHIN: Duration = Duration::from_secs(40);
/// Longer than the rest of any sleep, call or retry.
const STAYS_SO: Duration = Duration::from_secs(2);
pub(crate) const PASSWORD: &str = "a-password-for-tests";

pub(crate) struct World {
    pub(crate) shape: Shape,
    pub(crate) folder: PathBuf,
    pub(crate) engine: Arc<Engine>,
    pub(crate) postgres: Option<Arc<Postgres>>,
    pub(crate) front: Option<Front>,
    pub(crate) database: Database,
    pub(crate) disk: Option<Disk>,
    pub(crate) apis: Vec<Mutex<Process>>,
    pub(crate) workers: Vec<Mutex<Process>>,
    /// The disk that the engine's own folder seems to be on, where that must not be the machine's.
    _engine_disk: Option<Disk>,
    pub(crate) listens: Vec<SocketAddr>,
    /// Where apis, then workers, say how they are.
    measured_at: Vec<String>,
    pub(crate) berth: PathBuf,
    /// How many new ones have been rolled out; held by who does it.
    pub(crate) builds: Mutex<usize>,
    pub(crate) first_port: u16,
    pub(crate) made: Lock<Vec<FaultIs>>,
    /// Which of them found nothing to break.
    pub(crate) missed: Lock<Vec<usize>>,
    /// Held by who takes the database down.
    pub(crate) restarting: Mutex<()>,
    pub(crate) answers: Lock<BTreeSet<&'static str>>,
    pub(crate) noted: Lock<Vec<String>>,
    pub(crate) people: Vec<Arc<Person>>,
    ears: Vec<Arc<Ear>>,
    pub(crate) admin: Arc<Person>,
    pub(crate) template: String,
    listening: JoinSet<()>,
}

/// How a world went.
pub(crate) struct Outcome {
    pub(crate) evidence: Option<Evidence>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) settled_after: Duration,
}

impl World {
    /// Carries the plan out, lets everything heal, and checks. The world goes on, for who wants to break it some more.
    pub(crate) async fn live(self: &Arc<Self>, plan: &Plan) -> anyhow::Result<Outcome> {
        let begun = Instant::now();
        let mut people = JoinSet::new();
        for (person, wishes) in self.people.iter().zip(plan.wishes.clone()) {
            let (person, template) = (Arc::clone(person), self.template.clone());
            people.spawn(async move { person.wish(&wishes, &template, begun).await });
        }
        let mut strikes = JoinSet::new();
        for (at, fault) in plan.faults.clone() {
            let world = Arc::clone(self);
            strikes.spawn(async move {
                tokio::time::sleep_until((begun + at).into()).await;
                world.strike(&fault).await;
            });
        }
        if self.shape.course == Course::Silence {
            for person in &self.people {
                let (world, person) = (Arc::clone(self), Arc::clone(person));
                strikes.spawn(async move {
                    if let Err(error) = world.sit(&person, begun).await {
                        world.note(format!("{}: {error:#}", person.name));
                    }
                });
            }
        }
        let ends = begun + self.shape.lasts;
        while Instant::now() < ends || !strikes.is_empty() || !people.is_empty() {
            while strikes.try_join_next().is_some() {}
            while let Some(done) = people.try_join_next() {
                if let Err(error) = done? {
                    self.note(format!("{error:#}"));
                }
            }
            self.keep_up().await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.make_whole().await?;
        self.settle().await
    }

    pub(crate) fn note(&self, note: String) {
        self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(note);
    }

    /// Starts again what ended by itself, as whatever looks after an operator's processes does.
    pub(crate) async fn keep_up(&self) -> anyhow::Result<()> {
        let around = self.front.iter().flat_map(|front| [&front.nginx, &front.redis]);
        for process in self.apis.iter().chain(&self.workers).chain(around) {
            // Not while somebody holds it down.
            let Ok(mut process) = process.try_lock() else { continue };
            if !process.runs() {
                // With a full disk it cannot even begin; it says so and ends.
                let cannot = self.disk.as_ref().is_some_and(Disk::is_full);
                for ended in std::mem::take(&mut process.ended_by_itself).into_iter().filter(|_| !cannot) {
                    self.note(format!("{ended}: {}", process.last_words()));
                }
                process.start()?;
            }
        }
        Ok(())
    }

    async fn make_whole(&self) -> anyhow::Result<()> {
        self.engine.up(&mut *self.engine.process.lock().await).await?;
        if self.shape.engine == EngineIs::Pretended {
            self.engine.ask(Method::DELETE, "/sim/faults", None).await?;
        }
        self.keep_up().await
    }

    /// Waits until everything holds, at most as long as the slowest honest way takes. What still does not hold then are the findings.
    pub(crate) async fn settle(&self) -> anyhow::Result<Outcome> {
        let limit = if self.shape.engine == EngineIs::Pretended { 45 } else { 90 };
        let begun = Instant::now();
        // Records and engine are compared now and then anyhow; asked, at once.
        let compared = self.admin.insist(Method::POST, "/admin/drift/compare", None, None).await?;
        let (mut last, mut quiet) = (Vec::new(), false);
        loop {
            self.keep_up().await?;
            let late = begun.elapsed() > Duration::from_secs(limit);
            match self.evidence().await {
                Ok(evidence) => {
                    last = checks::all(&evidence);
                    // What sleeps may wake: it has to hold for a while.
                    if last.is_empty() && !quiet {
                        quiet = true;
                        tokio::time::sleep(STAYS_SO).await;
                        continue;
                    }
                    quiet = last.is_empty();
                    if quiet || late {
                        return Ok(Outcome {
                            evidence: Some(evidence),
                            findings: last,
                            settled_after: begun.elapsed(),
                        });
                    }
                }
                Err(error) if late => {
                    last.push(finding("no evidence", format!("{error:#} (drift was answered {})", compared.0)));
                    return Ok(Outcome { evidence: None, findings: last, settled_after: begun.elapsed() });
                }
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }

    pub(crate) async fn evidence(&self) -> anyhow::Result<Evidence> {
        let tables = self.database.tables().await?;
        let installation = rows(&tables, "installation").first().map_or("", |row| text(row, "id")).to_owned();
        let mut greeted = BTreeMap::new();
        for lease in rows(&tables, "port_leases") {
            let port = lease["port"].as_i64().context("a lease without a port")?;
            greeted.insert(port, greets(u16::try_from(port)?).await);
        }
        let told = |person: &Arc<Person>| Told {
            user: person.name.clone(),
            desktops: person.kept().values().cloned().collect(),
        };
        let heard = |ear: &Arc<Ear>| Page { user: ear.person.name.clone(), admin: ear.admin, heard: ear.heard() };
        let mut noted = self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        for person in &self.people {
            noted.extend(person.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone());
        }
        let all = self.people.iter().chain([&self.admin]);
        let unanswered = all.flat_map(|person| person.unanswered().clone()).collect();
        Ok(Evidence {
            containers: self.engine.containers(&installation).await?,
            homes: self.engine.homes(&installation).await?,
            networks: self.engine.networks(&installation).await?,
            happened: self.engine.heard(),
            greeted,
            people: self.people.iter().map(told).collect(),
            pages: self.ears.iter().map(heard).collect(),
            noted,
            shape: self.shape,
            unanswered,
            made: self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().copied().collect(),
            answers: self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone(),
            installation,
            tables,
        })
    }

    pub(crate) fn process(&self, who: Who) -> &Mutex<Process> {
        match who {
            Who::Api(n) => &self.apis[n],
            Who::Worker(n) => &self.workers[n],
        }
    }

    pub(crate) fn ready_at(&self, who: Who) -> String {
        let (apis, workers) = self.measured_at();
        match who {
            Who::Api(n) => format!("http://{}/readyz", apis[n]),
            Who::Worker(n) => format!("http://{}/readyz", workers[n]),
        }
    }

    /// Where Prometheus would ask apis and workers.
    pub(crate) fn measured_at(&self) -> (&[String], &[String]) {
        self.measured_at.split_at(self.apis.len())
    }

    /// The administrators' page, and a desktop that is started for it to hear of.
    pub(crate) async fn miss_one(&self) -> anyhow::Result<()> {
        let (ear, person) = (self.ears.last().context("no page")?, &self.people[0]);
        ear.misses_next.store(true, std::sync::atomic::Ordering::SeqCst);
        let body = json!({ "template": self.template, "name": "missed" });
        let (status, desktop) = person.insist(Method::POST, "/desktops", Some(&body), Some("missed")).await?;
        ensure!(status == 202, "it was not started: {status} {desktop}");
        let path = format!("/desktops/{}", desktop["id"].as_str().unwrap_or_default());
        let begun = Instant::now();
        while person.insist(Method::GET, &path, None, None).await?.1["status"] != "running" {
            ensure!(begun.elapsed() < READY_WITHIN, "it does not run");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(STAYS_SO).await;
        Ok(())
    }

    /// How often pages had to open their stream anew.
    pub(crate) fn reopened(&self) -> usize {
        self.ears.iter().map(|ear| ear.times_opened().saturating_sub(1)).sum()
    }

    /// Ends everything, and takes away what the engine has of it.
    pub(crate) async fn end(&self) {
        for process in self.apis.iter().chain(&self.workers) {
            process.lock().await.kill().await;
        }
        if let Some(front) = &self.front {
            front.nginx.lock().await.kill_group().await;
            front.redis.lock().await.kill().await;
        }
        if self.shape.engine == EngineIs::Pretended {
            self.engine.process.lock().await.kill().await;
        } else if let Ok(tables) = self.database.tables().await
            && let Some(row) = rows(&tables, "installation").first()
            && let Err(error) = self.engine.clear(text(row, "id")).await
        {
            self.note(format!("{error:#}"));
        }
    }
}

/// Whether a screen says at this port what it is.
async fn greets(port: u16) -> bool {
    let greeting = async {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        let mut said = [0; 12];
        stream.read_exact(&mut said).await.ok()?;
        Some(said.starts_with(b"RFB 003.00"))
    };
    tokio::time::timeout(Duration::from_secs(2), greeting).await.ok().flatten() == Some(true)
}
