//! Carries out one fault, from its beginning to its end, whatever else goes on. Whoever is held down is locked meanwhile, so that two
//! faults of one process come one after the other.

use anyhow::Context as _;
use reqwest::Method;
use serde_json::json;
use std::net::TcpListener;
use std::time::Duration;

use crate::clock::clock_file;
use crate::engine::Container;
use crate::front::Front;
use crate::plan::{Answers, Fault};
use crate::shapes::{Course, FaultIs};
use crate::tables::{number, rows, text};
use crate::world::{PORTS, World};

/// BERTH_SHUTDOWN_LIMIT is 3 s; handing back and signing off come after it.
pub(crate) const ENDS_WITHIN: Duration = Duration::from_secs(15);

impl World {
    /// A fault that found nothing to break (no container is there) is not counted.
    pub(crate) async fn strike(&self, fault: &Fault) {
        let is = fault.is();
        // Before it is done: what follows from it must find it named.
        let place = {
            let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            made.push(is);
            made.len() - 1
        };
        if let Err(error) = self.carry_out(fault).await {
            if self.shape.course == Course::Each {
                self.note(format!("{fault:?} was not done: {error:#}"));
            }
            let log = format!("not done: {fault:?}: {error:#}\n");
            _ = append(&self.folder.join("strikes.log"), &log);
            self.missed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(place);
        } else {
            _ = append(&self.folder.join("strikes.log"), &format!("{} done: {fault:?}\n", jiff::Timestamp::now()));
        }
    }

    async fn carry_out(&self, fault: &Fault) -> anyhow::Result<()> {
        match fault {
            Fault::Kill { who, back_after } => {
                let mut process = self.process(*who).lock().await;
                process.kill().await;
                tokio::time::sleep(*back_after).await;
                process.start()
            }
            Fault::Freeze { who, lasts } => {
                let mut process = self.process(*who).lock().await;
                process.start()?;
                process.signal("STOP").await?;
                tokio::time::sleep(*lasts).await;
                process.signal("CONT").await
            }
            Fault::Terminate { who } => {
                let mut process = self.process(*who).lock().await;
                process.start()?;
                if process.terminate(ENDS_WITHIN).await?.is_none() {
                    self.note(format!("{} did not end within {ENDS_WITHIN:?} of SIGTERM", process.name));
                }
                process.start()
            }
            Fault::EngineKilled { back_after } => {
                let mut process = self.engine.process.lock().await;
                process.kill().await;
                tokio::time::sleep(*back_after).await;
                self.engine.up(&mut process).await
            }
            Fault::EngineRestarted { back_after } => {
                let mut process = self.engine.process.lock().await;
                process.terminate(Duration::from_secs(30)).await?;
                tokio::time::sleep(*back_after).await;
                self.engine.up(&mut process).await
            }
            Fault::EngineHung { lasts } => {
                let mut process = self.engine.process.lock().await;
                process.signal("STOP").await?;
                tokio::time::sleep(*lasts).await;
                process.signal("CONT").await
            }
            Fault::EngineAnswers(answers) => self.answer(answers).await,
            Fault::EventsCut => self.engine.ask(Method::POST, "/sim/events/cut", None).await.map(drop),
            Fault::ContainerRemoved { nth, unseen: false } => {
                let container = self.nth(*nth).await?;
                self.engine.remove(&container.id).await
            }
            Fault::ContainerRemoved { nth, unseen: true } => self.engine.vanish(&self.nth(*nth).await?).await,
            Fault::ContainerKilled { nth } => {
                let container = self.nth(*nth).await?;
                self.engine.kill_container(&container.id).await
            }
            Fault::ContainerCrashed { nth } => {
                let container = self.nth(*nth).await?;
                let body = json!({ "exit_code": 1, "oom": false });
                let path = format!("/sim/containers/{}/die", container.id);
                self.engine.ask(Method::POST, &path, Some(&body)).await.map(drop)
            }
            Fault::PortTaken { nth, lasts } => {
                let _stranger = self.take_port(*nth).await?;
                tokio::time::sleep(*lasts).await;
                Ok(())
            }
            Fault::ConnectionsCut => {
                let _one_at_a_time = self.restarting.lock().await;
                self.postgres.as_ref().context("no PostgreSQL here")?.cut_connections().await
            }
            Fault::DatabaseRestarted { how, down } => {
                let _one_at_a_time = self.restarting.lock().await;
                self.postgres.as_ref().context("no PostgreSQL here")?.restart(how, *down).await
            }
            Fault::DatabaseKilled { down } => {
                let _one_at_a_time = self.restarting.lock().await;
                self.postgres.as_ref().context("no PostgreSQL here")?.kill(*down).await
            }
            Fault::DiskFull { lasts } => {
                let _one_at_a_time = self.restarting.lock().await;
                let disk = self.disk.as_ref().context("no disk of our own here")?;
                disk.fill()?;
                tokio::time::sleep(*lasts).await;
                disk.free()
            }
            Fault::ClockMoved { who, by_seconds } => {
                let name = self.process(*who).lock().await.name.clone();
                self.set_clock(&name, *by_seconds)
            }
            Fault::DatabaseClockMoved { by_seconds } => self.set_clock(crate::postgres::CLOCK, *by_seconds),
            Fault::Rolled => self.roll(ENDS_WITHIN).await,
            Fault::RedisRestarted => self.front()?.redis_restarted(Duration::ZERO).await,
            Fault::RedisAway { lasts } => self.front()?.redis_restarted(*lasts).await,
            Fault::RedisFlushed => self.front()?.redis_flushed().await,
            Fault::RedisHung { lasts } => {
                let mut redis = self.front()?.redis.lock().await;
                redis.signal("STOP").await?;
                tokio::time::sleep(*lasts).await;
                redis.signal("CONT").await
            }
            Fault::NginxReloaded => self.front()?.nginx.lock().await.signal("HUP").await,
            Fault::NginxKilled { back_after } => self.front()?.nginx_killed(*back_after).await,
        }
    }

    fn front(&self) -> anyhow::Result<&Front> {
        self.front.as_ref().context("neither nginx nor Redis here")
    }

    fn set_clock(&self, name: &str, by_seconds: i64) -> anyhow::Result<()> {
        // In one step: whoever reads it must not find it empty.
        let (file, new) = (clock_file(&self.folder, name), clock_file(&self.folder, "new"));
        std::fs::write(&new, format!("{by_seconds:+}\n"))?;
        Ok(std::fs::rename(new, file)?)
    }

    async fn answer(&self, answers: &Answers) -> anyhow::Result<()> {
        self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(answers.kind);
        let body = json!({ "on": answers.on, "kind": answers.kind, "times": answers.times, "ms": answers.ms, "after": answers.after });
        self.engine.ask(Method::POST, "/sim/faults", Some(&body)).await.map(drop)
    }

    /// The n-th container that runs.
    async fn nth(&self, nth: usize) -> anyhow::Result<Container> {
        let tables = self.database.tables().await?;
        let installation = rows(&tables, "installation").first().map_or("", |row| text(row, "id"));
        let mut running = self.engine.containers(installation).await?;
        running.retain(|container| container.runs);
        anyhow::ensure!(!running.is_empty(), "no container runs");
        Ok(running.swap_remove(nth % running.len()))
    }

    /// Listens on a port that nobody has a lease of: the next that will be taken, or the one after it.
    async fn take_port(&self, nth: usize) -> anyhow::Result<TcpListener> {
        let tables = self.database.tables().await?;
        let leased: Vec<i64> = rows(&tables, "port_leases").iter().map(|lease| number(lease, "port")).collect();
        let free = (self.first_port..self.first_port + PORTS).filter(|port| !leased.contains(&i64::from(*port)));
        free.filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).nth(nth).context("no port is free")
    }
}

impl Fault {
    pub(crate) const fn is(&self) -> FaultIs {
        match self {
            Self::Kill { .. } => FaultIs::Kill,
            Self::Freeze { .. } => FaultIs::Freeze,
            Self::Terminate { .. } => FaultIs::Terminate,
            Self::EngineKilled { .. } => FaultIs::EngineKilled,
            Self::EngineRestarted { .. } => FaultIs::EngineRestarted,
            Self::EngineHung { .. } => FaultIs::EngineHung,
            Self::EngineAnswers(_) => FaultIs::EngineAnswers,
            Self::EventsCut => FaultIs::EventsCut,
            Self::ContainerRemoved { .. } => FaultIs::ContainerRemoved,
            Self::ContainerKilled { .. } => FaultIs::ContainerKilled,
            Self::ContainerCrashed { .. } => FaultIs::ContainerCrashed,
            Self::PortTaken { .. } => FaultIs::PortTaken,
            Self::ConnectionsCut => FaultIs::ConnectionsCut,
            Self::DatabaseRestarted { .. } => FaultIs::DatabaseRestarted,
            Self::DiskFull { .. } => FaultIs::DiskFull,
            Self::ClockMoved { .. } => FaultIs::ClockMoved,
            Self::DatabaseClockMoved { .. } => FaultIs::DatabaseClockMoved,
            Self::DatabaseKilled { .. } => FaultIs::DatabaseKilled,
            Self::RedisRestarted => FaultIs::RedisRestarted,
            Self::RedisFlushed => FaultIs::RedisFlushed,
            Self::RedisAway { .. } => FaultIs::RedisAway,
            Self::RedisHung { .. } => FaultIs::RedisHung,
            Self::NginxReloaded => FaultIs::NginxReloaded,
            Self::NginxKilled { .. } => FaultIs::NginxKilled,
            Self::Rolled => FaultIs::Rolled,
        }
    }
}

fn append(path: &std::path::Path, line: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    std::fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
}
