//! IPv4 subnets, as far as choosing a free one needs them: parse, overlap, and the candidates to try.
//!
//! Pure, but for [`host_routes`], which reads where this machine already routes to.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// Networks of this size hold 1,021 desktops: a bridge takes no more than 1,023.
const PREFIX: u8 = 22;

/// Where candidates come from, the likelier free first. Docker's own defaults (172.17-31, 192.168) are kept for last.
const RANGES: [Subnet; 3] = [Subnet::new(10, 213, 16), Subnet::new(10, 89, 16), Subnet::new(172, 30, 16)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subnet {
    first: u32,
    prefix: u8,
}

impl Subnet {
    const fn new(a: u8, b: u8, prefix: u8) -> Self {
        Self { first: u32::from_be_bytes([a, b, 0, 0]), prefix }
    }

    const fn mask(self) -> u32 {
        if self.prefix == 0 { 0 } else { u32::MAX << (32 - self.prefix) }
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        let mask = self.mask() & other.mask();
        self.first & mask == other.first & mask
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

/// Not an IPv4 subnet.
#[derive(Debug)]
pub(crate) struct NotASubnet;

impl FromStr for Subnet {
    type Err = NotASubnet;

    fn from_str(text: &str) -> Result<Self, NotASubnet> {
        let (address, prefix) = text.split_once('/').ok_or(NotASubnet)?;
        let address: Ipv4Addr = address.parse().map_err(|_| NotASubnet)?;
        let prefix: u8 = prefix.parse().map_err(|_| NotASubnet)?;
        if prefix > 32 {
            return Err(NotASubnet);
        }
        let subnet = Self { first: address.into(), prefix };
        Ok(Self { first: subnet.first & subnet.mask(), ..subnet })
    }
}

/// Every subnet worth trying for the network of this name, those in `taken` left out, in an order that belongs to the name:
/// two workers that make the same network try the same one first, and the engine lets only one of them have it.
pub(crate) fn candidates<'a>(name: &str, taken: &'a [Subnet]) -> impl Iterator<Item = Subnet> + 'a {
    // FNV-1a: the same in every build, which the standard hasher does not promise.
    let seed = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    RANGES
        .iter()
        .flat_map(move |range| {
            let count = 1_u32 << (PREFIX - range.prefix);
            (0..count).map(move |step| Subnet {
                first: range.first + ((seed.wrapping_add(step) % count) << (32 - PREFIX)),
                prefix: PREFIX,
            })
        })
        .filter(|candidate| !taken.iter().any(|taken| taken.overlaps(*candidate)))
}

/// Where this machine's routing table leads, the default route left out. Empty where there is none to read.
pub(crate) fn host_routes() -> Vec<Subnet> {
    std::fs::read_to_string("/proc/net/route").map(|table| parse_routes(&table)).unwrap_or_default()
}

/// Columns 1 and 7 are destination and mask, in hexadecimal, in the byte order of the machine (`man 5 proc`).
fn parse_routes(table: &str) -> Vec<Subnet> {
    let number = |text: &str| u32::from_str_radix(text, 16).ok().map(|n| u32::from_be_bytes(n.to_ne_bytes()));
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let first = number(columns.get(1)?)?;
            let mask = number(columns.get(7)?)?;
            let prefix = u8::try_from(mask.leading_ones()).ok()?;
            (prefix > 0).then_some(Subnet { first, prefix })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Subnet, candidates, parse_routes};

    fn subnet(text: &str) -> Subnet {
        text.parse().expect("a subnet")
    }

    #[test]
    fn overlap_is_seen_either_way() {
        for (a, b, overlap) in [
            ("10.213.4.0/22", "10.213.0.0/16", true),
            ("10.213.4.0/22", "10.213.8.0/22", false),
            ("10.213.4.9/22", "10.213.7.255/32", true),
            ("10.0.0.0/8", "172.30.0.0/16", false),
            ("0.0.0.0/0", "172.30.0.0/16", true),
        ] {
            assert_eq!(subnet(a).overlaps(subnet(b)), overlap, "{a} {b}");
            assert_eq!(subnet(b).overlaps(subnet(a)), overlap, "{b} {a}");
        }
        assert!("10.0.0.0".parse::<Subnet>().is_err() && "10.0.0.0/33".parse::<Subnet>().is_err());
    }

    #[test]
    fn candidates_avoid_what_is_taken_and_are_the_same_for_everybody() {
        let first: Vec<_> = candidates("berth-a-net7", &[]).map(|s| s.to_string()).collect();
        let again: Vec<_> = candidates("berth-a-net7", &[]).map(|s| s.to_string()).collect();
        assert_eq!(first, again);
        assert_eq!(first.len(), 3 * 64);
        assert!(first[0].starts_with("10.213.") && first[0].ends_with("/22"), "{}", first[0]);
        let taken = [subnet("10.213.0.0/16"), subnet("10.89.0.0/17")];
        let left: Vec<_> = candidates("berth-a-net7", &taken).collect();
        assert_eq!(left.len(), 32 + 64);
        assert!(left.iter().all(|s| !taken.iter().any(|t| t.overlaps(*s))));
    }

    #[test]
    fn the_routing_table_is_read() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(parse_routes(table), [subnet("192.168.1.0/24")]);
    }
}
