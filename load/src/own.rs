//! A Berth of our own for one run: started in a throw-away folder on free ports, without limits, and taken away with
//! everything that the engine has of it.

use anyhow::{Context as _, ensure};
use futures_util::future::join_all;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::Engine;
use crate::plan::{Own, There};
use crate::ports;
use crate::server::{Folder, Server, random_password};

/// Ports are asked for in one piece, within one thousand, as long as they fit.
const MOST_IN_ONE_PIECE: usize = 900;
const PAUSE_OF_THE_DEAD: Duration = Duration::from_millis(500);

pub(crate) struct OwnBerth {
    /// Its processes: what each is, and the process.
    servers: Vec<(String, Server)>,
    pub(crate) engine: Engine,
    pub(crate) pretended: bool,
    installation: String,
    pub(crate) port_range: String,
    folder: Folder,
}

impl OwnBerth {
    /// Starts it; also how it is reached.
    ///
    /// # Errors
    /// When it cannot be started, in its own words.
    pub(crate) async fn start(own: &Own, desktops: usize) -> anyhow::Result<(Self, There)> {
        let one = own.apis == 1 && own.workers == 1;
        ensure!(
            one || own.database.is_some(),
            "more than one process needs PostgreSQL: name an empty database with --database-url"
        );
        let (folder, password) = (Folder::new()?, random_password());
        let port_range = port_range(desktops)?;
        let socket = own.docker.clone().unwrap_or_else(|| folder.path().join("sim.sock"));
        let mut settings = settings(own, folder.path(), &socket, &port_range);
        settings.extend(own.settings.iter().cloned());
        let env: Vec<(&str, String)> = settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let port_range = last(&settings, "BERTH_PORT_RANGE").unwrap_or(port_range);
        let parts = if one {
            vec![("serve".to_owned(), "serve")]
        } else {
            let of = |part: &'static str, count| (1..=count).map(move |n| (format!("{part} {n}"), part));
            of("api", own.apis).chain(of("worker", own.workers)).collect()
        };
        let (engine, pretended) = (Engine::at(&socket)?, own.docker.is_none());
        let mut servers = Vec::new();
        // One after the other: the first makes key and schema.
        for (name, part) in parts {
            match Server::start(&own.binary, part, folder.path(), &password, &env).await {
                Ok(server) => servers.push((name, server)),
                Err(error) => {
                    if pretended {
                        engine.end_pretended().await;
                    }
                    return Err(error.context("starting a Berth for this"));
                }
            }
        }
        let installation = servers.first().and_then(|(_, server)| installation(&server.log()));
        let installation = installation.context("the Berth that was started does not say which installation it is")?;
        let there = There {
            origins: servers.iter().filter(|(name, _)| !name.starts_with("worker")).map(|(_, s)| s.origin()).collect(),
            admin: "admin".to_owned(),
            password,
            metrics: servers.iter().map(|(_, server)| server.metrics).collect(),
            watch: Vec::new(),
            sim_socket: own.docker.is_none().then(|| socket.clone()),
        };
        Ok((Self { servers, engine, pretended, installation, port_range, folder }, there))
    }

    /// Its processes by name.
    pub(crate) fn processes(&self) -> Vec<(String, u32)> {
        self.servers.iter().filter_map(|(name, server)| Some((name.clone(), server.pid()?))).collect()
    }

    /// Kills the `n`-th process that runs such a part, and starts it again; what was done, in words.
    pub(crate) async fn kill_one(&mut self, part: &str, n: usize) -> anyhow::Result<String> {
        let fits = |(name, _): &&mut (String, Server)| name.starts_with(part) || name == "serve";
        let count = self.servers.iter_mut().filter(|server| fits(server)).count();
        let struck = self.servers.iter_mut().filter(|server| fits(server)).nth(n % count.max(1));
        let Some((name, server)) = struck else { return Ok(format!("there is no {part} to kill")) };
        server.die_and_come_back(PAUSE_OF_THE_DEAD).await?;
        Ok(format!("{name} was killed, and started again"))
    }

    /// All of its processes run, also one that was just killed.
    pub(crate) async fn live(&mut self) -> anyhow::Result<()> {
        for (_, server) in &mut self.servers {
            server.live().await?;
        }
        Ok(())
    }

    /// What the engine still has of it, in words.
    pub(crate) async fn left(&self) -> anyhow::Result<Vec<String>> {
        self.engine.left_of(&self.installation).await
    }

    /// The size of what it wrote into its folder, in KiB: database and log.
    pub(crate) fn folder_kib(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum::<u64>() / 1024
    }

    /// Ends it and takes everything away. `in_order`: it may take its time.
    ///
    /// # Errors
    /// When something could not be taken away; it says what.
    pub(crate) async fn end(self, in_order: bool) -> anyhow::Result<()> {
        let ends = self
            .servers
            .into_iter()
            .map(|(_, server)| async move { if in_order { server.stop().await } else { server.kill().await } });
        let ended = join_all(ends).await.into_iter().collect::<anyhow::Result<Vec<()>>>();
        let removed = self.engine.remove_all_of(&self.installation).await;
        let removed = removed
            .with_context(|| format!("the engine still has things labelled berth.installation={}", self.installation));
        if self.pretended {
            self.engine.end_pretended().await;
        }
        ended?;
        removed
    }
}

/// Its settings; later ones win.
fn settings(own: &Own, folder: &Path, socket: &Path, port_range: &str) -> Vec<(String, String)> {
    let database = own.database.clone().unwrap_or_else(|| format!("sqlite://{}", folder.join("berth.db").display()));
    let runtime = if own.docker.is_some() { "docker" } else { "sim" };
    let mut settings = vec![
        ("BERTH_START_LIMITS", "off".to_owned()),
        ("BERTH_API_LIMITS", "off".to_owned()),
        ("BERTH_PORT_RANGE", port_range.to_owned()),
        ("BERTH_ADMIN_USER", "admin".to_owned()),
        ("BERTH_DATABASE_URL", database),
        ("BERTH_RUNTIME", runtime.to_owned()),
        ("BERTH_SIM_SOCKET", folder.join("sim.sock").display().to_string()),
        // Its log is read for the name of the installation.
        ("BERTH_LOG", "info".to_owned()),
    ];
    if own.docker.is_some() {
        settings.push(("BERTH_DOCKER_HOST", format!("unix://{}", socket.display())));
    }
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn last(settings: &[(String, String)], name: &str) -> Option<String> {
    settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// Ports for all of them, and for those that rest.
fn port_range(desktops: usize) -> anyhow::Result<String> {
    let count = desktops + desktops / 2 + 20;
    if count <= MOST_IN_ONE_PIECE {
        let first = ports::free_range(u16::try_from(count)?)?;
        return Ok(format!("{first}-{}", usize::from(first) + count - 1));
    }
    // Several thousands in a row; the worker steps over ports that somebody else has.
    let (first, last) = (20_000, 20_000 + count - 1);
    ensure!(last < 32_000, "{desktops} desktops need {count} host ports, more than a machine has to give");
    Ok(format!("{first}-{last}"))
}

/// As the line `ready` of its log names it.
fn installation(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains("installation"))?;
    let (_, rest) = line.split_once("installation")?;
    let id = rest.trim_start_matches(['"', '=', ':', ' ']);
    id.split(['"', ' ', ',']).next().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Where Docker is when nobody says.
#[must_use]
pub fn local_engine() -> PathBuf {
    PathBuf::from("/var/run/docker.sock")
}

#[cfg(test)]
mod tests {
    use super::{installation, port_range};

    #[test]
    fn the_installation_is_read_from_either_kind_of_log() {
        for log in [
            "{\"fields\":{\"message\":\"ready\",\"installation\":\"abc\",\"ready_ms\":3}}",
            "INFO berth::serve: ready version=\"0\" installation=\"abc\" ready_ms=3",
        ] {
            assert_eq!(installation(log).as_deref(), Some("abc"), "{log}");
        }
        assert_eq!(installation("nothing"), None);
    }

    #[test]
    fn there_are_ports_for_everybody_or_words() {
        let count = |desktops| {
            let range = port_range(desktops).expect("ports");
            let (first, last) = range.split_once('-').expect("a range");
            last.parse::<usize>().expect("a port") - first.parse::<usize>().expect("a port") + 1
        };
        assert_eq!((count(10), count(1000)), (35, 1520));
        assert!(port_range(100_000).is_err_and(|error| error.to_string().contains("host ports")));
    }
}
