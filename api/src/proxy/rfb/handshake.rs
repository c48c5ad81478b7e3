//! The first words of a connection (RFC 6143 §7.1), up to where the messages begin.
//!
//! We are two parties: a client to Xvnc, that picks a security type, and a server to the browser, that offers
//! none. `Greeting` is the latter: fed with what comes, it says what to answer.
use bytes::{Buf, BytesMut};

use super::VERSION;

const NONE: u8 = 1;
const VNC_AUTH: u8 = 2;

/// Minor numbers of the versions that differ in the handshake; others speak like the next lower one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V3_3,
    V3_7,
    V3_8,
}

impl Version {
    pub fn parse(text: &[u8]) -> Option<Self> {
        let digits = text.strip_prefix(b"RFB 003.")?.strip_suffix(b"\n")?;
        let minor: u16 = str::from_utf8(digits).ok().filter(|d| d.len() == 3)?.parse().ok()?;
        Some(match minor {
            8.. => Self::V3_8,
            7 => Self::V3_7,
            _ => Self::V3_3,
        })
    }
}

/// How we log in to a VNC server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    None,
    VncAuth,
}

impl Security {
    /// Out of what a server offers. The password wins: a server that offers both may treat us better with it.
    pub fn choose(offered: &[u8]) -> Option<Self> {
        let first = |kind| offered.contains(&kind);
        first(VNC_AUTH).then_some(Self::VncAuth).or_else(|| first(NONE).then_some(Self::None))
    }

    pub fn byte(self) -> u8 {
        match self {
            Self::None => NONE,
            Self::VncAuth => VNC_AUTH,
        }
    }
}

/// Our side towards the browser.
#[derive(Debug)]
pub struct Greeting {
    next: Expect,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Version,
    Choice,
    /// The ClientInit byte, "leave the others connected"; we answer for it, since everybody may stay.
    Init,
    Nothing,
}

impl Default for Greeting {
    fn default() -> Self {
        Self { next: Expect::Version, version: Version::V3_8 }
    }
}

impl Greeting {
    /// What we say before the browser says anything.
    pub fn opening() -> &'static [u8] {
        VERSION
    }

    /// Takes the browser's words out of `received` and returns the answer; whatever stays in `received` once
    /// `is_done` are its first messages.
    ///
    /// # Errors
    /// What the browser did wrong.
    pub fn answer(&mut self, received: &mut BytesMut) -> Result<Vec<u8>, &'static str> {
        let mut answer = Vec::new();
        loop {
            match self.next {
                Expect::Version if received.len() >= VERSION.len() => {
                    let said = received.split_to(VERSION.len());
                    self.version = Version::parse(&said).ok_or("no RFB version")?;
                    if self.version == Version::V3_3 {
                        // Here the server decides.
                        answer.extend_from_slice(&u32::from(NONE).to_be_bytes());
                        self.next = Expect::Init;
                    } else {
                        answer.extend_from_slice(&[1, NONE]);
                        self.next = Expect::Choice;
                    }
                }
                Expect::Choice if !received.is_empty() => {
                    if received.get_u8() != NONE {
                        return Err("a security type that was not offered");
                    }
                    if self.version >= Version::V3_8 {
                        answer.extend_from_slice(&0_u32.to_be_bytes());
                    }
                    self.next = Expect::Init;
                }
                Expect::Init if !received.is_empty() => {
                    received.advance(1);
                    self.next = Expect::Nothing;
                }
                _ => return Ok(answer),
            }
        }
    }

    pub fn is_done(&self) -> bool {
        self.next == Expect::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything we answer to `said`, and what is left of it, whichever way it is cut.
    fn talk(said: &[u8]) -> (Vec<u8>, Vec<u8>, bool) {
        let whole = cut(said, said.len().max(1));
        assert_eq!(cut(said, 1), whole);
        assert_eq!(cut(said, 5), whole);
        whole
    }

    fn cut(said: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, bool) {
        let (mut greeting, mut received, mut answers) = (Greeting::default(), BytesMut::new(), Vec::new());
        for part in said.chunks(size) {
            received.extend_from_slice(part);
            answers.extend(greeting.answer(&mut received).unwrap());
        }
        (answers, received.to_vec(), greeting.is_done())
    }

    #[test]
    fn each_version_is_greeted_in_its_own_way() {
        let ok = [0; 4];
        assert_eq!(talk(b"RFB 003.008\n\x01\x01\x03rest"), ([&[1, 1][..], &ok].concat(), b"\x03rest".to_vec(), true));
        assert_eq!(talk(b"RFB 003.889\n\x01\x00"), ([&[1, 1][..], &ok].concat(), vec![], true));
        assert_eq!(talk(b"RFB 003.007\n\x01\x01"), (vec![1, 1], vec![], true));
        assert_eq!(talk(b"RFB 003.003\n\x01"), (vec![0, 0, 0, 1], vec![], true));
        assert_eq!(talk(b"RFB 003.008\n\x01"), ([&[1, 1][..], &ok].concat(), vec![], false));
        assert_eq!(talk(b"RFB 003"), (vec![], b"RFB 003".to_vec(), false));
    }

    #[test]
    fn nonsense_is_refused() {
        for said in [&b"GET / HTTP/1"[..], b"RFB 004.001\n", b"RFB 003.008\n\x02"] {
            assert!(Greeting::default().answer(&mut BytesMut::from(said)).is_err(), "{said:?}");
        }
    }

    #[test]
    fn the_password_is_preferred() {
        assert_eq!(Security::choose(&[1, 2, 19]), Some(Security::VncAuth));
        assert_eq!(Security::choose(&[1]), Some(Security::None));
        assert_eq!(Security::choose(&[19, 30]), None);
    }
}
