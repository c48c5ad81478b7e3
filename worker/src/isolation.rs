//! What `berth doctor` says of the firewall: looked at from where a desktop would be, so whatever keeps it shut counts.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use berth_shared::config::Settings;
use secrecy::ExposeSecret as _;
use tokio::net::lookup_host;
use tokio::time::Instant;

use crate::doctor::{Finding, Verdict};
use crate::runtime::{Answer, Engine, EngineError, Target};

/// Where clouds tell a machine its secrets.
const METADATA: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(169, 254, 169, 254), 80);
const ENGINE_PORT: u16 = 2375;
const SSH_PORT: u16 = 22;
const SCREEN_PORT: u16 = 5900;

/// Knocks from inside a desktop's network at everything that should not answer there. Of what it makes nothing stays.
pub(crate) async fn look(engine: &Engine, settings: &Settings, until: Instant) -> Finding {
    let what = "Isolation".to_owned();
    match answering(engine, settings, until).await {
        Ok(answers) if answers.is_empty() => Finding {
            what,
            verdict: Verdict::Ok,
            words: "from inside a desktop, neighbours, this host, the database and the metadata address keep silent"
                .into(),
        },
        Ok(answers) => Finding { what, verdict: Verdict::Warn, words: in_words(&answers) },
        Err(error) => Finding {
            what,
            verdict: Verdict::Warn,
            words: format!("could not be looked at: {} ({})", error.words(), error.detail),
        },
    }
}

fn in_words(answers: &[(Target, Answer)]) -> String {
    let named = answers.iter().map(|(target, answer)| match answer {
        Answer::Open => format!("{} ({})", target.what, target.address),
        Answer::Refused => format!("{} ({}, though nobody listens)", target.what, target.address),
    });
    format!(
        "from inside a desktop these answer: {}. `berth admin firewall --apply`, as root on this host, shuts them off",
        named.collect::<Vec<_>>().join(", ")
    )
}

async fn answering(engine: &Engine, settings: &Settings, until: Instant) -> Result<Vec<(Target, Answer)>, EngineError> {
    let had_networks = !engine.own_networks(until).await?.is_empty();
    let network = engine.network_for(settings.ports.first, until).await?;
    let servers = servers(settings).await;
    let ports = published_on(settings).await;
    let targets = |host: Ipv4Addr, neighbour: Ipv4Addr| targets(settings, host, neighbour, ports, &servers);
    let answers = engine.reach(&network, &settings.desktop_image, targets, until).await;
    if !had_networks {
        engine.remove_networks(until).await?;
    }
    answers
}

fn targets(
    settings: &Settings,
    host: Ipv4Addr,
    neighbour: Ipv4Addr,
    ports: Option<Ipv4Addr>,
    servers: &[(&str, SocketAddrV4)],
) -> Vec<Target> {
    // What is only this machine's own to us is the gateway to a desktop.
    let seen = |address: Ipv4Addr| if address.is_loopback() || address.is_unspecified() { host } else { address };
    let target =
        |what: &str, address, port| Target { what: what.to_owned(), address: SocketAddrV4::new(address, port) };
    let mut targets = vec![
        target("a neighbour", neighbour, SCREEN_PORT),
        target("this host", host, SSH_PORT),
        target("the engine", host, ENGINE_PORT),
        target("Berth", host, settings.listen.port()),
        target("the metadata address", *METADATA.ip(), METADATA.port()),
    ];
    if let Some(ports) = ports {
        targets.push(target("other desktops' ports", seen(ports), settings.ports.first));
    }
    targets.extend(servers.iter().map(|&(what, at)| target(what, seen(*at.ip()), at.port())));
    targets.dedup_by_key(|target| target.address);
    targets
}

async fn published_on(settings: &Settings) -> Option<Ipv4Addr> {
    first_v4(&settings.port_connect, settings.ports.first).await.map(|address| *address.ip())
}

/// Database and Redis, where they are reached over the network.
async fn servers(settings: &Settings) -> Vec<(&'static str, SocketAddrV4)> {
    let urls =
        [("the database", Some(&settings.database_direct_url), 5432), ("Redis", settings.redis_url.as_ref(), 6379)];
    let mut found = Vec::new();
    for (what, url, port) in urls {
        let Some((host, port)) = url.and_then(|url| host_and_port(url.expose_secret(), port)) else { continue };
        if let Some(address) = first_v4(&host, port).await {
            found.push((what, address));
        }
    }
    found
}

async fn first_v4(host: &str, port: u16) -> Option<SocketAddrV4> {
    lookup_host((host, port)).await.ok()?.find_map(|address| match address {
        SocketAddr::V4(v4) => Some(v4),
        SocketAddr::V6(_) => None,
    })
}

/// Of `scheme://user:password@host:port/…`. None for a file.
fn host_and_port(url: &str, usual: u16) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?.rsplit('@').next()?;
    if scheme.starts_with("sqlite") || authority.is_empty() {
        return None;
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host.to_owned(), port.parse().ok()?)),
        None => Some((authority.to_owned(), usual)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, SocketAddrV4, Target, host_and_port, in_words};

    #[test]
    fn servers_are_read_out_of_urls() {
        let of = |url| host_and_port(url, 5432);
        assert_eq!(of("postgres://berth:p%40ss@db:6432/berth?x=y"), Some(("db".into(), 6432)));
        assert_eq!(of("postgres://db/berth"), Some(("db".into(), 5432)));
        assert_eq!(of("redis://:secret@redis:6379/0"), Some(("redis".into(), 6379)));
        for none in ["sqlite:///data/berth.db", "postgres:///berth?host=/run", "nothing"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn what_answers_is_named_with_what_to_do() {
        let target =
            |what: &str, port| Target { what: what.into(), address: SocketAddrV4::new([10, 213, 0, 1].into(), port) };
        let words = in_words(&[(target("this host", 22), Answer::Open), (target("the engine", 2375), Answer::Refused)]);
        assert!(words.contains("this host (10.213.0.1:22), the engine (10.213.0.1:2375, though"), "{words}");
        assert!(words.contains("berth admin firewall --apply"), "{words}");
    }
}
