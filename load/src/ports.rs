//! Free ports on the loopback address, for servers that only live for a moment.

use anyhow::Context as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below what systems hand out by themselves (from 32768 on Linux), above what servers use.
const THOUSANDS: std::ops::Range<u16> = 20..32;

/// An address that nobody listens on at the moment.
///
/// # Errors
/// When there is none.
pub fn free() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The first of `count` free ports in a row, all within one thousand (Berth has a network for each thousand).
///
/// # Errors
/// When there are none.
pub fn free_range(count: u16) -> anyhow::Result<u16> {
    let thousands = THOUSANDS.len() as u16;
    let begin: u16 = rand::random_range(0..thousands);
    (0..thousands)
        .map(|step| (THOUSANDS.start + (begin + step) % thousands) * 1000 + rand::random_range(0..1000 - count))
        .find(|first| (*first..first + count).all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()))
        .with_context(|| format!("no {count} free ports in a row"))
}
