//! Where a call comes from: the peer, or what a trusted proxy says about it. Log-ins are throttled and calls limited by
//! it, so nobody else's `X-Forwarded-For` may count.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};
use berth_shared::config::Trusted;

use crate::state::App;

/// The caller's address, as an extractor.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    pub fn of(extensions: &Extensions, headers: &HeaderMap, trusted: &[Trusted]) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        Self(client(peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip()), headers, trusted))
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.extensions, &parts.headers, &app.trusted_proxies))
    }
}

/// Each proxy appends whom it heard: from the right, the first that is no proxy of ours is the caller.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Trusted]) -> IpAddr {
    let is_ours = |address: IpAddr| trusted.iter().any(|t| t.contains(address));
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
    let mut nearest = peer.to_canonical();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_ours(nearest) {
            break;
        }
        let Some(before) = address(hop.trim()) else { break };
        nearest = before.to_canonical();
    }
    nearest
}

/// Some proxies add the port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

#[cfg(test)]
mod tests {
    use berth_shared::config::{Settings, flags};
    use clap::Command;

    use super::*;

    fn of(peer: &str, forwarded: &[&str], trusted: &str) -> String {
        let args = ["berth".to_owned(), format!("--trusted-proxies={trusted}")];
        let matches = flags(Command::new("berth")).try_get_matches_from(args).unwrap();
        let trusted = Settings::read(&matches).unwrap().trusted_proxies;
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        assert_eq!(of("203.0.113.9", &["1.1.1.1"], ""), "203.0.113.9");
        assert_eq!(of("203.0.113.9", &["1.1.1.1"], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(of("10.0.0.1", &["1.1.1.1"], "10.0.0.0/8"), "1.1.1.1");
        assert_eq!(of("10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"], "10.0.0.0/8"), "1.1.1.1");
        assert_eq!(of("10.0.0.1", &["6.6.6.6", "1.1.1.1:4711"], "10.0.0.0/8"), "1.1.1.1");
        assert_eq!(of("::ffff:10.0.0.1", &["[2001:db8::1]:443"], "10.0.0.0/8"), "2001:db8::1");
        assert_eq!(of("10.0.0.1", &["garbage"], "10.0.0.0/8"), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[], "10.0.0.0/8"), "10.0.0.1");
    }
}
