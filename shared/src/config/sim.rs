//! What runs desktops, and how the pretended engine is to be when that is it.

use super::Given;
use super::values::time;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What runs desktops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    Docker,
    /// The pretended engine, which the worker starts when nobody listens on its socket.
    Sim,
}

/// The pretended engine's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Sim {
    pub socket: PathBuf,
    /// How long a pretended start takes, a fifth more or less.
    pub start: Duration,
    /// Share of engine calls that fail, 0 to 1.
    pub fail: f64,
}

impl Sim {
    /// As the worker's client names it.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }
}

impl Given {
    pub(super) fn runtime(&mut self) -> Runtime {
        self.read("runtime", Runtime::Docker, |text| match text {
            "docker" => Ok(Runtime::Docker),
            "sim" => Ok(Runtime::Sim),
            "swarm" => Err("not there yet; write docker, or sim".to_owned()),
            _ => Err("write docker, or sim for the pretended engine".to_owned()),
        })
    }

    pub(super) fn sim(&mut self, data_dir: &Path) -> Sim {
        let socket = self.text("sim_socket").map_or_else(|| data_dir.join("sim.sock"), PathBuf::from);
        // The engine runs on when this process is gone, wherever that was started.
        let socket = std::path::absolute(&socket).unwrap_or(socket);
        Sim {
            socket,
            start: self.read("sim_start", Duration::ZERO, time),
            fail: self.read("sim_fail", 0.0, |text| {
                text.parse()
                    .ok()
                    .filter(|share| (0.0..=1.0).contains(share))
                    .ok_or_else(|| "write a share from 0 to 1, for example 0.05".to_owned())
            }),
        }
    }

    /// Where the worker reaches the engine; none: the local socket.
    pub(super) fn engine_host(&mut self, runtime: Runtime, sim: &Sim) -> Option<String> {
        let given = self.text("docker_host").map(str::to_owned);
        match runtime {
            Runtime::Docker => given,
            Runtime::Sim => {
                if given.is_some() {
                    self.warnings.push("BERTH_DOCKER_HOST is set, but BERTH_RUNTIME=sim does not use it".to_owned());
                }
                Some(sim.host())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Runtime;
    use crate::config::{Settings, flags};
    use clap::Command;
    use std::path::Path;

    fn read(args: &[&str]) -> Result<Settings, Vec<String>> {
        let all = std::iter::once("berth").chain(args.iter().copied());
        Settings::read(&flags(Command::new("berth")).try_get_matches_from(all).unwrap())
    }

    #[test]
    fn the_pretended_engine_is_reached_at_its_socket() {
        let settings = read(&["--runtime=sim", "--data-dir=/d", "--docker-host=tcp://x:1"]).unwrap();
        assert_eq!(settings.runtime, Runtime::Sim);
        assert_eq!(settings.sim.socket, Path::new("/d/sim.sock"));
        assert_eq!(settings.docker_host.as_deref(), Some("unix:///d/sim.sock"));
        assert_eq!(settings.warnings.len(), 1);
        assert_eq!(read(&["--sim-socket=/s"]).unwrap().docker_host, None);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for wrong in ["--sim-fail=2", "--sim-fail=x", "--sim-start=soon", "--runtime=podman"] {
            assert_eq!(read(&[wrong]).unwrap_err().len(), 1, "{wrong}");
        }
    }
}
