//! The only reader of the environment. Flags, variables and one optional TOML file say the same things; flags win, then
//! variables, then the file. [`keys`] is the list of all settings; here they become typed values, and every fault is
//! reported at once, before anything is opened.

mod keys;
mod oidc;
mod pulls;
mod sim;
mod together;
mod values;

pub use keys::{KEYS, Key};
pub use oidc::OidcProvider;
pub use pulls::Pulls;
pub use sim::{Runtime, Sim};
pub use values::{LogFormat, PublicUrl, StartSlots, Trusted};

use crate::domain::limits::Rate;
use crate::store::PoolSize;
use crate::store::ports::PortRange;
use clap::{Arg, ArgMatches, Command, parser::ValueSource};
use secrecy::SecretString;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    pub public_url: PublicUrl,
    pub metrics_listen: SocketAddr,
    pub trusted_proxies: Vec<Trusted>,
    pub log: String,
    /// None: text on a terminal, else JSON.
    pub log_format: Option<LogFormat>,
    pub data_dir: PathBuf,
    /// None: made in the data folder.
    pub secret_key: Option<SecretString>,
    pub database_url: SecretString,
    pub database_direct_url: SecretString,
    pub pool: PoolSize,
    pub redis_url: Option<SecretString>,
    /// Where errors are reported; none: nowhere.
    pub sentry_dsn: Option<SecretString>,
    /// Where traces are sent; none: nowhere.
    pub otlp_endpoint: Option<String>,
    pub admin_user: String,
    pub admin_password: Option<SecretString>,
    pub runtime: Runtime,
    pub sim: Sim,
    /// Where the engine is, pretended or not; none: the local socket.
    pub docker_host: Option<String>,
    pub node: String,
    pub ports: PortRange,
    pub port_rest: Duration,
    pub port_bind: IpAddr,
    pub port_connect: String,
    pub worker_concurrency: usize,
    pub starts_per_host: StartSlots,
    pub start_timeout: Duration,
    pub job_max_attempts: i64,
    pub job_backoff: (Duration, Duration),
    pub lease_ttl: Duration,
    pub shutdown_limit: Duration,
    pub max_desktops_per_user: i64,
    pub start_limits: Vec<Rate>,
    pub max_streams_per_user: i64,
    pub admin_opens_desktops: bool,
    pub api_limits: Vec<Rate>,
    pub session_ttl: Duration,
    pub refresh_ttl: Duration,
    /// Besides names and passwords.
    pub oidc: Vec<OidcProvider>,
    pub keep_jobs: Duration,
    pub keep_events: Duration,
    pub keep_audit: Duration,
    pub desktop_image: String,
    pub browser_image: String,
    pub pulls: Pulls,
    /// What was given but does nothing, in words.
    pub warnings: Vec<String>,
}

/// Adds a flag for each setting to a command.
#[must_use]
pub fn flags(command: Command) -> Command {
    let config = Arg::new("config")
        .long("config")
        .env("BERTH_CONFIG")
        .value_name("FILE")
        .help("TOML file with settings: listen = \"127.0.0.1:8080\"");
    KEYS.iter().fold(command.arg(config), |command, key| {
        command.arg(
            Arg::new(key.name)
                .long(key.flag())
                .env(key.env)
                .value_name(key.value)
                .hide_env_values(true)
                .help(key.help_with_default()),
        )
    })
}

/// The values as text: what was given, or the default.
pub(crate) struct Given {
    texts: HashMap<&'static str, String>,
    pub(crate) faults: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Every fault, in words, one a line.
    pub fn read(matches: &ArgMatches) -> Result<Self, Vec<String>> {
        let mut given = Given { texts: HashMap::new(), faults: Vec::new(), warnings: Vec::new() };
        let file = given.read_file(matches.get_one::<String>("config"));
        for key in KEYS {
            let flag = matches.get_one::<String>(key.name).cloned();
            let flag_source = matches.value_source(key.name);
            let text = match (flag, flag_source) {
                (Some(text), Some(ValueSource::CommandLine)) => Some(text),
                // An empty variable is one that was not set: that is how compose files leave things out.
                (Some(text), _) if !text.is_empty() => Some(text),
                _ => given.secret_file(key).or_else(|| file.get(key.name).cloned()),
            };
            if text.is_some() && key.help.ends_with("not used yet") {
                given.warnings.push(format!("{} is set, but this version does not use it yet", key.env));
            }
            if let Some(text) = text.or_else(|| key.default.map(str::to_owned)) {
                given.texts.insert(key.name, text);
            }
        }
        for name in file.keys().filter(|name| KEYS.iter().all(|key| key.name != *name)) {
            given.faults.push(format!("the settings file has “{name}”, which is no setting"));
        }
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let known = |name: &str| {
                KEYS.iter().any(|key| key.env == name || (key.secret && name == format!("{}_FILE", key.env)))
            };
            if name.starts_with("BERTH_") && !keys::elsewhere(&name) && !known(&name) {
                given.warnings.push(format!("{name} is no setting of Berth; .env.sample lists them all"));
            }
        }
        given.check()
    }
}

impl Given {
    fn read_file(&mut self, path: Option<&String>) -> HashMap<String, String> {
        let Some(path) = path else { return HashMap::new() };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                self.faults.push(format!("the settings file {path} cannot be read: {error}"));
                return HashMap::new();
            }
        };
        match text.parse::<toml::Table>() {
            Ok(table) => table
                .into_iter()
                .map(|(name, value)| match value {
                    toml::Value::String(text) => (name, text),
                    other => (name, other.to_string()),
                })
                .collect(),
            Err(error) => {
                self.faults.push(format!("the settings file {path} is no TOML: {}", error.message()));
                HashMap::new()
            }
        }
    }

    fn secret_file(&mut self, key: &Key) -> Option<String> {
        let variable = format!("{}_FILE", key.env);
        let path = key.secret.then(|| std::env::var(&variable).ok()).flatten().filter(|path| !path.is_empty())?;
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim_end_matches(['\n', '\r']).to_owned()),
            Err(error) => {
                self.faults.push(format!("{variable}: {path} cannot be read: {error}"));
                None
            }
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEYS, Settings, flags};
    use clap::Command;

    fn read(args: &[&str]) -> Result<Settings, Vec<String>> {
        let all = std::iter::once("berth").chain(args.iter().copied());
        Settings::read(&flags(Command::new("berth")).try_get_matches_from(all).unwrap())
    }

    #[test]
    fn the_defaults_are_sound() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.listen.port(), 8080);
        assert_eq!(settings.public_url.origin(), "http://127.0.0.1:8080");
        assert_eq!((settings.ports.first, settings.ports.last), (7000, 9000));
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let faults = read(&[
            "--listen=here",
            "--port-range=9000-7000",
            "--lease-ttl=soon",
            "--start-limits=many",
            "--runtime=swarm",
            "--database-url=mysql://x",
            "--public-url=ftp://x",
            "--worker-concurrency=1",
        ])
        .unwrap_err();
        assert_eq!(faults.len(), 8, "{faults:#?}");
        for (variable, fault) in
            ["BERTH_LISTEN", "BERTH_PUBLIC_URL", "BERTH_DATABASE_URL", "BERTH_RUNTIME"].iter().zip(&faults)
        {
            assert!(fault.starts_with(variable), "{fault}");
        }
    }

    #[test]
    fn settings_that_cannot_work_together_are_refused() {
        let faults = read(&[
            "--job-backoff=60s..1s",
            "--session-ttl=2d",
            "--refresh-ttl=1d",
            "--database-pool-min=9",
            "--database-pool-max=3",
        ]);
        assert_eq!(faults.unwrap_err().len(), 3);
    }

    #[test]
    fn the_sample_file_says_what_the_code_says() {
        let sample = include_str!("../../../.env.sample");
        let said: Vec<(&str, &str)> = sample
            .lines()
            .filter_map(|line| line.trim_start_matches('#').split_once('='))
            .filter(|(name, _)| name.starts_with("BERTH_") && !name.contains(' '))
            .collect();
        for key in KEYS {
            let value = said.iter().find(|(name, _)| *name == key.env).map(|(_, value)| *value);
            assert_eq!(value, Some(key.default.unwrap_or_default()), "{} in .env.sample", key.env);
        }
        for (name, _) in said {
            assert!(KEYS.iter().any(|key| key.env == name), "{name} in .env.sample is no setting");
        }
    }
}
