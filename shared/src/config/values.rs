//! Settings from text to value. Each reader says what is wrong in words that name the variable.

use super::keys::KEYS;
use super::{Given, Settings};
use crate::domain::limits::parse_rates;
use crate::domain::{names, user};
use crate::events::check_redis_url;
use crate::store::ports::PortRange;
use crate::store::{PoolSize, check_database_url};
use secrecy::SecretString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// How many starts may be under way on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartSlots {
    /// Twice the engine's CPUs, at least 2.
    Auto,
    Fixed(i64),
}

/// An address or network whose `X-Forwarded-*` headers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trusted {
    address: IpAddr,
    prefix: u8,
}

impl Trusted {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.trim().parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(longest), |p| p.trim().parse().ok())?;
        (prefix <= longest).then_some(Self { address, prefix })
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
            IpAddr::V6(v6) => (v6.to_bits(), false),
        };
        let ((ours, four), (theirs, other_four)) = (bits(self.address), bits(other.to_canonical()));
        let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
        four == other_four && ours & mask == theirs & mask
    }
}

/// What browsers call us: scheme and authority, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    pub https: bool,
    /// Host, and port when it is not the scheme's own.
    pub authority: String,
}

impl PublicUrl {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("it must begin with http:// or https://")?;
        let https = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err("it must begin with http:// or https://"),
        };
        let authority = rest.trim_end_matches('/').to_ascii_lowercase();
        let host = authority.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
        if authority.is_empty() || !host {
            return Err("after the scheme come only a host and perhaps a port");
        }
        let default_port = if https { ":443" } else { ":80" };
        Ok(Self { https, authority: authority.strip_suffix(default_port).unwrap_or(&authority).to_owned() })
    }

    /// As browsers send it in `Origin`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.authority)
    }
}

/// For a time that cannot be read: long enough that nothing which depends on it is found fault with, too.
const STAND_IN: Duration = Duration::from_secs(24 * 3_600);

impl Given {
    fn fault(&mut self, name: &str, why: &str) {
        let env = KEYS.iter().find(|key| key.name == name).map_or(name, |key| key.env);
        let secret = KEYS.iter().any(|key| key.name == name && key.secret);
        let given = if secret { String::new() } else { format!("=“{}”", self.text(name).unwrap_or_default()) };
        self.faults.push(format!("{env}{given}: {why}"));
    }

    /// Reads one; notes a fault and goes on with a stand-in, so that all faults are found.
    pub(super) fn read<T>(&mut self, name: &str, stand_in: T, parse: impl FnOnce(&str) -> Result<T, String>) -> T {
        match parse(self.text(name).unwrap_or_default().trim()) {
            Ok(value) => value,
            Err(why) => {
                self.fault(name, &why);
                stand_in
            }
        }
    }

    fn address(&mut self, name: &str) -> SocketAddr {
        self.read(name, SocketAddr::from(([127, 0, 0, 1], 8080)), |text| {
            text.parse().map_err(|_| "write an address and a port, for example 127.0.0.1:8080".to_owned())
        })
    }

    fn time(&mut self, name: &str, least: Duration) -> Duration {
        self.read(name, STAND_IN, |text| {
            time(text).and_then(|t| {
                if t < least {
                    Err(format!("it must be at least {}", humantime::format_duration(least)))
                } else {
                    Ok(t)
                }
            })
        })
    }

    fn number(&mut self, name: &str, least: i64, most: i64) -> i64 {
        self.read(name, least, |text| {
            text.parse()
                .ok()
                .filter(|n| (least..=most).contains(n))
                .ok_or_else(|| format!("write a number from {least} to {most}"))
        })
    }

    fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(|text| SecretString::from(text.to_owned()))
    }

    pub(super) fn check(mut self) -> Result<Settings, Vec<String>> {
        let listen = self.address("listen");
        let otlp_endpoint = self.text("otlp_endpoint").map(|url| url.trim_end_matches('/').to_owned());
        if otlp_endpoint.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            self.fault("otlp_endpoint", "it begins with http:// or https://; OTLP over gRPC is not spoken");
        }
        let fallback_url = format!("http://{listen}");
        let public_url = self.text("public_url").map_or(fallback_url, str::to_owned);
        let public_url = PublicUrl::parse(&public_url).unwrap_or_else(|why| {
            self.fault("public_url", why);
            PublicUrl { https: false, authority: listen.to_string() }
        });
        let metrics_listen = self.address("metrics_listen");
        let trusted_proxies = self.read("trusted_proxies", Vec::new(), |text| {
            text.split(',')
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(|t| {
                    Trusted::parse(t).ok_or_else(|| format!("“{t}” is no address and no network such as 10.0.0.0/8"))
                })
                .collect()
        });
        let log_format = self.read("log_format", None, |text| match text {
            "" => Ok(None),
            "text" => Ok(Some(LogFormat::Text)),
            "json" => Ok(Some(LogFormat::Json)),
            _ => Err("write text or json".to_owned()),
        });
        let data_dir = PathBuf::from(self.text("data_dir").unwrap_or("./data"));
        if self.text("secret_key").is_some_and(|key| key.trim().len() < crate::secrets::SecretKey::SHORTEST) {
            self.fault("secret_key", "it must have at least 32 characters; `openssl rand -base64 33` makes one");
        }
        let default_url = format!("sqlite://{}", data_dir.join("berth.db").display());
        let database_url = self.database_url("database_url").unwrap_or(default_url);
        let direct_url = self.database_url("database_direct_url").unwrap_or_else(|| database_url.clone());
        if direct_url.starts_with("sqlite:") != database_url.starts_with("sqlite:") {
            self.fault("database_direct_url", "it must name the same database as BERTH_DATABASE_URL");
        }
        if let Some(Err(why)) = self.text("redis_url").map(|url| check_redis_url(url.trim())) {
            self.fault("redis_url", &why);
        }
        let pool = PoolSize {
            min: u32::try_from(self.number("database_pool_min", 0, 1_000)).unwrap_or(0),
            max: u32::try_from(self.number("database_pool_max", 2, 1_000)).unwrap_or(2),
        };
        if pool.min > pool.max {
            self.fault("database_pool_min", "it is above BERTH_DATABASE_POOL_MAX");
        }
        let runtime = self.runtime();
        let sim = self.sim(&data_dir);
        let docker_host = self.engine_host(runtime, &sim);
        self.read("admin_user", (), |text| user::username_key(text).map(drop).map_err(str::to_owned));
        let ports = self.read("port_range", PortRange { first: 7000, last: 9000 }, port_range);
        let port_bind: IpAddr = self.read("port_bind", IpAddr::from([127, 0, 0, 1]), |text| {
            text.parse().map_err(|_| "write an IP address of this machine, for example 127.0.0.1".to_owned())
        });
        let port_connect = self.text("port_connect").map_or_else(|| reachable(port_bind), str::to_owned);
        let node = self.text("node").map_or_else(host_name, str::to_owned);
        if names::checked(&node).is_err() {
            self.fault("node", "a node's name has 1 to 64 visible characters");
        }
        let starts_per_host = self.read("starts_per_host", StartSlots::Auto, |text| match text.parse::<i64>() {
            _ if text == "auto" => Ok(StartSlots::Auto),
            Ok(n) if (1..=1_000).contains(&n) => Ok(StartSlots::Fixed(n)),
            _ => Err("write auto, or a number from 1 to 1000".to_owned()),
        });
        let job_backoff = self.read("job_backoff", (STAND_IN / 2, STAND_IN), |text| {
            let (short, long) = text.split_once("..").ok_or("write two times, for example 500ms..60s")?;
            let (short, long) = (time(short)?, time(long)?);
            if short <= long { Ok((short, long)) } else { Err("the shortest wait is above the longest".to_owned()) }
        });
        let session_ttl = self.time("session_ttl", Duration::from_secs(10));
        let refresh_ttl = self.time("refresh_ttl", Duration::from_secs(60));
        if refresh_ttl < session_ttl {
            self.fault("refresh_ttl", "it must not be shorter than BERTH_SESSION_TTL");
        }
        let oidc = self.oidc();
        let pulls = self.pulls();
        let settings = Settings {
            listen,
            public_url,
            metrics_listen,
            trusted_proxies,
            log_format,
            data_dir,
            pool,
            ports,
            port_bind,
            port_connect,
            node,
            starts_per_host,
            job_backoff,
            session_ttl,
            refresh_ttl,
            oidc,
            log: self.text("log").unwrap_or("info").to_owned(),
            secret_key: self.secret("secret_key"),
            database_url: database_url.into(),
            database_direct_url: direct_url.into(),
            redis_url: self.text("redis_url").map(|url| SecretString::from(url.trim().to_owned())),
            sentry_dsn: self.secret("sentry_dsn"),
            otlp_endpoint,
            admin_user: self.text("admin_user").unwrap_or("admin").to_owned(),
            admin_password: self.secret("admin_password"),
            runtime,
            sim,
            docker_host,
            port_rest: self.time("port_rest", Duration::ZERO),
            worker_concurrency: usize::try_from(self.number("worker_concurrency", 2, 10_000)).unwrap_or(2),
            start_timeout: self.time("start_timeout", Duration::from_secs(1)),
            job_max_attempts: self.number("job_max_attempts", 1, 1_000),
            lease_ttl: self.time("lease_ttl", Duration::from_secs(1)),
            shutdown_limit: self.time("shutdown_limit", Duration::ZERO),
            max_desktops_per_user: self.number("max_desktops_per_user", 0, 100_000),
            start_limits: self.read("start_limits", Vec::new(), parse_rates),
            max_streams_per_user: self.number("max_streams_per_user", 0, 100_000),
            admin_opens_desktops: self.read("admin_opens_desktops", false, switch),
            api_limits: self.read("api_limits", Vec::new(), parse_rates),
            keep_jobs: self.time("keep_jobs", Duration::from_secs(60)),
            keep_events: self.time("keep_events", Duration::from_secs(1)),
            keep_audit: self.time("keep_audit", Duration::from_secs(60)),
            desktop_image: self.text("desktop_image").unwrap_or_default().to_owned(),
            browser_image: self.text("browser_image").unwrap_or_default().to_owned(),
            pulls,
            warnings: Vec::new(),
        };
        self.together(&settings);
        let settings = Settings { warnings: std::mem::take(&mut self.warnings), ..settings };
        if self.faults.is_empty() { Ok(settings) } else { Err(self.faults) }
    }

    fn database_url(&mut self, name: &str) -> Option<String> {
        let url = self.text(name)?.trim().to_owned();
        if let Err(why) = check_database_url(&url) {
            self.fault(name, &why);
        }
        Some(url)
    }
}

pub(super) fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text.trim())
        .map_err(|_| format!("“{text}” is no length of time; write for example 500ms, 15s, 5m, 24h or 7d"))
}

fn switch(text: &str) -> Result<bool, String> {
    match text.trim() {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(format!("“{other}” is neither on nor off")),
    }
}

fn port_range(text: &str) -> Result<PortRange, String> {
    let wrong = || "write the first and the last port, for example 7000-9000".to_owned();
    let (first, last) = text.split_once('-').ok_or_else(wrong)?;
    let port = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
    let range = PortRange { first: port(first)?, last: port(last)? };
    if range.first > range.last {
        return Err("the range is empty: its first port is above its last".to_owned());
    }
    if range.first < 1024 {
        return Err("desktops take ports from 1024 up".to_owned());
    }
    Ok(range)
}

/// Where a port published on `bind` is reached from this machine.
fn reachable(bind: IpAddr) -> String {
    if bind.is_unspecified() { "127.0.0.1".to_owned() } else { bind.to_string() }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "local".to_owned() } else { name.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{PublicUrl, Trusted, port_range};

    #[test]
    fn networks_contain_their_addresses() {
        let net = Trusted::parse("10.1.0.0/16").unwrap();
        assert!(net.contains("10.1.255.3".parse().unwrap()));
        assert!(net.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!net.contains("10.2.0.1".parse().unwrap()));
        assert!(Trusted::parse("::1").unwrap().contains("::1".parse().unwrap()));
        assert!(Trusted::parse("0.0.0.0/0").unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!(Trusted::parse("10.0.0.0/33").is_none() && Trusted::parse("x").is_none());
    }

    #[test]
    fn public_urls() {
        assert_eq!(PublicUrl::parse("https://Berth.example:443/").unwrap().origin(), "https://berth.example");
        assert_eq!(PublicUrl::parse("http://[::1]:8080").unwrap().origin(), "http://[::1]:8080");
        for bad in ["berth.example", "ftp://x", "http://", "http://x/path", "http://u@x"] {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn port_ranges() {
        assert!(port_range("7000-7000").is_ok());
        for bad in ["7000", "9000-7000", "80-90", "x-y", "7000-70000"] {
            assert!(port_range(bad).is_err(), "{bad}");
        }
    }
}
