//! What keeps desktops to themselves: the rules for the host's packet filter, as one table of nftables.
//!
//! Desktops are known by their interfaces, which begin with [`BRIDGES`](crate::runtime::BRIDGES), so the rules need no engine and no database,
//! hold for networks that are made later, and can be loaded before the engine starts. The table is ours alone: neither the
//! engine, which rewrites its own rules at each start, nor another firewall touches it, and it is replaced as a whole.
//! What an nftables table drops stays dropped, whatever another one accepts.

use std::io;
use std::net::Ipv4Addr;
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::runtime::{BRIDGES, Subnet};

/// Addresses that are nobody's on the internet: the site's own networks, other containers, the cloud's metadata service.
const INNER: [&str; 11] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// What is otherwise than usual at a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// Inner networks that desktops may reach all the same: a proxy, a file server.
    pub allow: Vec<String>,
    /// Networks of other machines that may reach desktops' published ports: apis that run elsewhere.
    pub let_in: Vec<String>,
    /// Networks of this host that apis reach desktops' ports over: their addresses here are for who is in them alone.
    pub ports_networks: Vec<String>,
    /// Name servers, which desktops may ask on port 53.
    pub dns: Vec<Ipv4Addr>,
}

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub enum FirewallError {
    #[error("“{0}” is no IPv4 address and no network such as 10.1.0.0/16")]
    NotANetwork(String),
    #[error("`nft` cannot be run: {0}; install nftables, and run this as root")]
    NoNft(#[source] io::Error),
    #[error("`nft` refuses the rules: {0}")]
    Refused(String),
}

/// The table, as `nft --file` reads it. Loading it again replaces what was there.
///
/// # Errors
/// [`FirewallError::NotANetwork`].
pub fn rules(site: &Site) -> Result<String, FirewallError> {
    let inner = INNER.join(", ");
    let dns = site.dns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let rule = |words: &str, networks: &str, verdict: &str| match networks {
        "" => String::new(),
        some => format!("        {words} {{ {some} }} {verdict}\n"),
    };
    let allowed = rule("ip daddr", &networks(&site.allow)?, "accept");
    let let_in = rule("ip saddr", &networks(&site.let_in)?, "accept");
    let ports = networks(&site.ports_networks)?;
    let ports = match ports.as_str() {
        "" => String::new(),
        ports => format!("        iifname != \"lo\" ip daddr {{ {ports} }} ip saddr != {{ {ports} }} drop\n"),
    };
    let names = rule("meta l4proto { tcp, udp } th dport 53 ip daddr", &dns, "accept");
    Ok(format!(
        "# Written by `berth admin firewall`: keeps Berth's desktops from neighbours, this host and inner networks.
# Load with `nft --file`; take away with `nft delete table inet berth`.
table inet berth
delete table inet berth
table inet berth {{
    chain forward {{
        type filter hook forward priority filter - 10; policy accept;
        ct state established,related accept
        iifname \"{BRIDGES}*\" jump from_desktops
        oifname \"{BRIDGES}*\" jump to_desktops
    }}
    chain from_desktops {{
        oifname \"{BRIDGES}*\" drop
{names}{allowed}        ip daddr {{ {inner} }} drop
        meta nfproto ipv6 drop
    }}
    # This host itself opens connections to desktops; others come to their published ports only from where they may.
    chain to_desktops {{
{let_in}        drop
    }}
    chain input {{
        type filter hook input priority filter - 10; policy accept;
{ports}        iifname \"{BRIDGES}*\" jump to_host
    }}
    chain to_host {{
        ct state established,related accept
{names}        drop
    }}
}}
"
    ))
}

/// Hands the rules to the host's packet filter.
///
/// # Errors
/// [`FirewallError::NoNft`] and [`FirewallError::Refused`].
pub async fn apply(rules: &str) -> Result<(), FirewallError> {
    let done = nft(rules).await.map_err(FirewallError::NoNft)?;
    if done.status.success() {
        return Ok(());
    }
    Err(FirewallError::Refused(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
}

async fn nft(rules: &str) -> io::Result<Output> {
    let mut nft = Command::new("nft")
        .args(["--file", "-"])
        .env("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = nft.stdin.take() {
        stdin.write_all(rules.as_bytes()).await?;
    }
    nft.wait_with_output().await
}

/// The name servers of this machine, as desktops come to ask them: where a resolver of its own stands before them, those behind it.
#[must_use]
pub fn name_servers() -> Vec<Ipv4Addr> {
    ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .map(|text| listed(&text))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn listed(resolv_conf: &str) -> Vec<Ipv4Addr> {
    let servers = resolv_conf.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    servers.filter_map(|rest| rest.trim().parse().ok()).filter(|server: &Ipv4Addr| !server.is_loopback()).collect()
}

fn networks(texts: &[String]) -> Result<String, FirewallError> {
    let one = |text: &String| {
        let whole = if text.contains('/') { text.clone() } else { format!("{text}/32") };
        whole.parse::<Subnet>().map_err(|_| FirewallError::NotANetwork(text.clone()))
    };
    Ok(texts.iter().map(|text| one(text).map(|net| net.to_string())).collect::<Result<Vec<_>, _>>()?.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{FirewallError, Site, listed, rules};

    #[test]
    fn the_usual_rules() {
        insta::assert_snapshot!(rules(&Site::default()).expect("rules"));
    }

    #[test]
    fn what_a_site_allows_comes_before_what_drops() {
        let site = Site {
            allow: vec!["10.1.2.3".into(), "10.9.8.7/16".into()],
            let_in: vec!["192.168.7.0/24".into()],
            ports_networks: vec!["10.212.255.0/24".into()],
            dns: vec!["10.0.0.53".parse().expect("an address")],
        };
        insta::assert_snapshot!(rules(&site).expect("rules"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["", "10.0.0.0/33", "host", "fd00::/8", "10.0.0.1 } accept"] {
            let site = Site { allow: vec![bad.into()], ..Site::default() };
            assert!(matches!(rules(&site), Err(FirewallError::NotANetwork(_))), "{bad}");
        }
    }

    #[test]
    fn resolvers_of_the_machine_itself_are_no_name_servers_for_desktops() {
        let text = "# a comment\nnameserver 127.0.0.53\nnameserver 10.0.0.53\nnameserver fd00::1\nsearch example.org\n";
        assert_eq!(listed(text), ["10.0.0.53".parse::<std::net::Ipv4Addr>().expect("an address")]);
    }
}
