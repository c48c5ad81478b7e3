//! `berth admin firewall`: the rules that keep desktops from neighbours, the host and inner networks. Printed, for whoever loads them
//! their own way, or handed to the host's packet filter. Needs neither database nor engine.

use super::say;
use berth_shared::config::flags;
use berth_worker::firewall::{self, Site};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::net::Ipv4Addr;

pub(crate) fn command() -> Command {
    let list = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).action(ArgAction::Append).value_delimiter(',').help(help)
    };
    let command = Command::new("firewall")
        .about("The packet filter's rules for desktops: prints them, or loads them with --apply")
        .arg(Arg::new("apply").long("apply").action(ArgAction::SetTrue).help(
            "Load them into this host's nftables, in place of those before; until the next boot (docs/deploy.md, Firewall)",
        ))
        .arg(list("allow", "NETWORKS", "Inner networks that desktops may reach all the same"))
        .arg(list("let-in", "NETWORKS", "Other machines that may reach desktops' ports: apis that run elsewhere"))
        .arg(list(
            "ports-network",
            "NETWORKS",
            "Networks of this host on whose gateway desktops' ports are published: only who is in one reaches them",
        ))
        .arg(
            list("dns", "ADDRESSES", "Name servers that desktops may ask [default: those of this machine]")
                .value_parser(value_parser!(Ipv4Addr)),
        );
    flags(command)
}

pub(crate) async fn run(matches: &ArgMatches) -> anyhow::Result<()> {
    let networks = |name: &str| matches.get_many::<String>(name).unwrap_or_default().cloned().collect();
    let dns = matches.get_many::<Ipv4Addr>("dns").map(|dns| dns.copied().collect());
    let site = Site {
        allow: networks("allow"),
        let_in: networks("let-in"),
        ports_networks: networks("ports-network"),
        dns: dns.unwrap_or_else(firewall::name_servers),
    };
    let rules = firewall::rules(&site)?;
    if matches.get_flag("apply") {
        firewall::apply(&rules).await?;
        say("The rules are loaded; `berth doctor` looks at them from inside a desktop.");
    } else {
        say(&rules);
    }
    Ok(())
}
