//! How a world comes to be: its processes and their settings, its users and their pages.

use anyhow::{Context as _, ensure};
use berth_bench::ports;
use reqwest::Method;
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, Mutex as Lock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::alerts;
use crate::clock::clock;
use crate::disk::Disk;
use crate::ear::Ear;
use crate::engine::Engine;
use crate::front::Front;
use crate::person::Person;
use crate::plan::Who;
use crate::postgres::Postgres;
use crate::process::Process;
use crate::shapes::{Course, DatabaseIs, FaultIs, Shape};
use crate::tables::Database;

use super::{PASSWORD, PORTS, READY_WITHIN, World};

impl World {
    /// Builds it: everything runs, everybody is signed in, and nothing has been asked.
    pub(crate) async fn build(
        shape: Shape,
        berth: &Path,
        folder: &Path,
        docker: Option<&Arc<Engine>>,
    ) -> anyhow::Result<Self> {
        let alerts = shape.course == Course::Alerts;
        let engine = match docker {
            Some(engine) => Arc::clone(engine),
            None => Engine::pretended(berth, folder, if alerts { alerts::START } else { "400ms" })?,
        };
        engine.up(&mut *engine.process.lock().await).await?;
        let data = folder.join("data");
        std::fs::create_dir_all(&data)?;
        let own_disk = alerts || shape.database == DatabaseIs::Sqlite;
        let disk = if own_disk { Some(Disk::mount(&data).await?) } else { None };
        let engine_folder = Path::new("/var/lib/docker");
        let engine_disk = if alerts && engine_folder.exists() { Some(Disk::mount(engine_folder).await?) } else { None };
        let postgres = match shape.database {
            DatabaseIs::Sqlite => None,
            DatabaseIs::Postgres { .. } => {
                let moves = shape.among.contains(&FaultIs::DatabaseClockMoved);
                Some(Arc::new(Postgres::start(folder, moves, shape.production).await?))
            }
        };
        let database = match &postgres {
            Some(server) => Database::Postgres(Arc::clone(server)),
            None => Database::Sqlite(data.join("berth.db")),
        };
        let first_port = ports::free_range(PORTS)?;
        let mut settings = settings(&engine, first_port);
        if alerts {
            let last_port = first_port + alerts::PORTS - 1;
            settings.push(("BERTH_PORT_RANGE".to_owned(), format!("{first_port}-{last_port}")));
            settings.push(("BERTH_JOB_MAX_ATTEMPTS".to_owned(), alerts::TRIES.to_owned()));
        }
        if let Some(server) = &postgres {
            settings.push(("BERTH_DATABASE_URL".to_owned(), server.url()));
        }
        let listens = (0..shape.apis()).map(|_| ports::free()).collect::<Result<Vec<_>, _>>()?;
        let mut origins: Vec<String> = listens.iter().map(|address| format!("http://{address}")).collect();
        let mut front = None;
        if shape.production {
            let front = front.insert(Front::start(folder, &listens, shape.patience()).await?);
            settings.extend(front.settings());
            origins = vec![front.origin()];
        }
        if shape.course == Course::Silence {
            // Real: what is open outlives the log-in's parts.
            settings.retain(|(name, _)| name != "BERTH_SESSION_TTL");
        }
        let (mut apis, mut workers, mut measured_at) = (Vec::new(), Vec::new(), Vec::new());
        let part = if shape.workers() == 0 { "serve" } else { "api" };
        for (n, part) in (0..shape.apis()).map(|n| (n, part)).chain((0..shape.workers()).map(|n| (n, "worker"))) {
            let name = format!("{part}-{n}");
            let mut env = settings.clone();
            let metrics = ports::free()?;
            measured_at.push(metrics.to_string());
            env.push(("BERTH_METRICS_LISTEN".to_owned(), metrics.to_string()));
            if part != "worker" {
                env.push(("BERTH_LISTEN".to_owned(), listens[n].to_string()));
            }
            let own = match shape.workers() {
                0 => data.clone(),
                _ if own_disk => data.join(&name),
                _ => folder.join(format!("data-{name}")),
            };
            if own_disk {
                // With PostgreSQL nobody makes it; systemd does, where it looks after Berth.
                std::fs::create_dir_all(&own)?;
            }
            env.push(("BERTH_DATA_DIR".to_owned(), own.display().to_string()));
            if n == 0 && part != "api" && shape.among.contains(&FaultIs::ClockMoved) {
                env.extend(clock(folder, &name)?);
            }
            let process = Mutex::new(Process::new(&name, berth, &[part], env, folder));
            if part == "worker" {
                workers.push(process);
            } else {
                apis.push(process);
            }
        }
        let admin = Arc::new(Person::new("admin", PASSWORD, &origins, 0)?.behind_proxy(shape.production));
        let mut world = Self {
            shape,
            folder: folder.to_owned(),
            engine,
            postgres,
            front,
            database,
            disk,
            apis,
            workers,
            _engine_disk: engine_disk,
            listens,
            measured_at,
            berth: berth.to_owned(),
            builds: Mutex::default(),
            first_port,
            made: Lock::default(),
            missed: Lock::default(),
            restarting: Mutex::default(),
            answers: Lock::default(),
            noted: Lock::default(),
            people: Vec::new(),
            ears: Vec::new(),
            admin,
            template: String::new(),
            listening: JoinSet::new(),
        };
        world.people_come(&origins).await?;
        Ok(world)
    }

    async fn people_come(&mut self, origins: &[String]) -> anyhow::Result<()> {
        for process in self.apis.iter().chain(&self.workers) {
            process.lock().await.start()?;
            // One after the other the first time: whoever is first makes the tables.
            self.ready(origins).await?;
        }
        for who in (0..self.apis.len()).map(Who::Api).chain((0..self.workers.len()).map(Who::Worker)) {
            self.until_ready(who).await?;
        }
        self.admin.sign_in().await?;
        for n in 0..self.shape.users {
            let name = format!("user{n}");
            let body = json!({ "username": name, "password": PASSWORD, "role": "user" });
            let (status, said) = self.admin.insist(Method::POST, "/admin/users", Some(&body), None).await?;
            ensure!(status == 201, "a user was not made: {status} {said}");
            let person = Person::new(&name, PASSWORD, origins, n)?.behind_proxy(self.shape.production);
            let person = Arc::new(person);
            person.sign_in().await?;
            self.people.push(person);
        }
        let (_, templates) = self.admin.insist(Method::GET, "/templates", None, None).await?;
        self.template = templates["items"][0]["id"].as_str().context("there is no template")?.to_owned();
        self.ears = self.people.iter().map(|person| Ear::new(Arc::clone(person), false)).collect();
        self.ears.push(Ear::new(Arc::clone(&self.admin), true));
        self.listening.spawn(Arc::clone(&self.engine).listen());
        for ear in &self.ears {
            self.listening.spawn(Arc::clone(ear).listen());
        }
        let begun = Instant::now();
        while self.ears.iter().any(|ear| ear.heard().is_empty()) {
            ensure!(begun.elapsed() < READY_WITHIN, "a page was given no events");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Until the first api answers.
    async fn ready(&self, origins: &[String]) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        let begun = Instant::now();
        let url = format!("{}/readyz", origins[0]);
        loop {
            if http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            let mut process = self.apis[0].lock().await;
            ensure!(begun.elapsed() < READY_WITHIN && process.runs(), "berth is not ready:\n{}", process.last_words());
            drop(process);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn settings(engine: &Engine, first_port: u16) -> Vec<(String, String)> {
    let range = format!("{first_port}-{}", first_port + PORTS - 1);
    let socket = format!("unix://{}", engine.socket.display());
    let given: [(&str, &str); 21] = [
        ("BERTH_SECRET_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef"),
        ("BERTH_ADMIN_PASSWORD", PASSWORD),
        ("BERTH_LOG_FORMAT", "text"),
        ("BERTH_LOG", "info,berth_worker=debug,berth_shared=debug"),
        ("BERTH_NODE", "here"),
        ("BERTH_DOCKER_HOST", &socket),
        ("BERTH_PORT_RANGE", &range),
        ("BERTH_PORT_REST", "1s"),
        ("BERTH_LEASE_TTL", "2s"),
        ("BERTH_JOB_BACKOFF", "100ms..2s"),
        // Enough that no start is given up for what is done here: then every one of them has to come about.
        ("BERTH_JOB_MAX_ATTEMPTS", "60"),
        ("BERTH_START_TIMEOUT", "20s"),
        ("BERTH_STARTS_PER_HOST", "4"),
        ("BERTH_SHUTDOWN_LIMIT", "3s"),
        ("BERTH_START_LIMITS", "off"),
        ("BERTH_API_LIMITS", "off"),
        ("BERTH_MAX_DESKTOPS_PER_USER", "1000"),
        ("BERTH_SESSION_TTL", "12h"),
        ("BERTH_DATABASE_POOL_MIN", "2"),
        ("BERTH_DATABASE_POOL_MAX", "20"),
        ("RUST_BACKTRACE", "1"),
    ];
    given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
