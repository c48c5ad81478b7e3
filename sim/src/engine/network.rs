//! Networks, as far as they can be felt: names, subnets that must not overlap, and addresses given out.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: String,
    pub(crate) driver: String,
    pub(crate) internal: bool,
    pub(crate) options: HashMap<String, String>,
    pub(crate) labels: HashMap<String, String>,
    /// `IPAM.Config` as asked for, or as chosen when nothing was asked for.
    pub(crate) ipam: Vec<Value>,
}

impl Network {
    pub(crate) fn is_predefined(&self) -> bool {
        ["bridge", "host", "none"].contains(&self.name.as_str())
    }

    pub(crate) fn subnet(&self) -> Option<Subnet> {
        self.ipam.iter().find_map(|config| Subnet::parse(config.get("Subnet")?.as_str()?))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subnet {
    first: u32,
    pub(crate) prefix: u8,
}

impl Subnet {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok().filter(|prefix| (1..=30).contains(prefix))?;
        Some(Self { first: u32::from(address) & (u32::MAX << (32 - prefix)), prefix })
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        let mask = u32::MAX << (32 - self.prefix.min(other.prefix));
        self.first & mask == other.first & mask
    }

    pub(crate) fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(self.first + 1)
    }

    /// The addresses for containers: neither the network's own, nor the gateway's, nor the broadcast.
    pub(crate) fn seats(self) -> impl Iterator<Item = Ipv4Addr> {
        let last = self.first | !(u32::MAX << (32 - self.prefix));
        (self.first + 2..last).map(Ipv4Addr::from)
    }

    pub(crate) fn text(self) -> String {
        format!("{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

/// Docker's default pools, in its order.
pub(crate) fn default_pools() -> impl Iterator<Item = Subnet> {
    let large = (17..32).map(|b| Subnet { first: u32::from_be_bytes([172, b, 0, 0]), prefix: 16 });
    let small = (0..16).map(|c| Subnet { first: u32::from_be_bytes([192, 168, c * 16, 0]), prefix: 20 });
    large.chain(small)
}

#[cfg(test)]
mod tests {
    use super::{Subnet, default_pools};

    #[test]
    fn subnets_overlap_and_give_out_addresses() {
        let subnet = |text| Subnet::parse(text).expect("a subnet");
        assert!(subnet("10.0.0.0/8").overlaps(subnet("10.213.4.0/22")));
        assert!(!subnet("10.213.0.0/22").overlaps(subnet("10.213.4.0/22")));
        let seats: Vec<_> = subnet("10.213.4.9/29").seats().map(|a| a.to_string()).collect();
        assert_eq!(seats, ["10.213.4.10", "10.213.4.11", "10.213.4.12", "10.213.4.13", "10.213.4.14"]);
        assert_eq!(default_pools().count(), 31);
        assert!(Subnet::parse("10.0.0.0/33").is_none() && Subnet::parse("10.0.0.0").is_none());
    }
}
