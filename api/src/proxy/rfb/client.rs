//! Follows what a viewer sends, only to count what a person did: keys, pointer, clipboard. The bytes themselves
//! pass by untouched.
//!
//! Knows RFC 6143 §7.5 and what noVNC adds: QEMU key events, extended pointer and clipboard, continuous updates,
//! fences, screen sizes. A message that it does not know has no known length: from there on nothing is counted,
//! since a wrong count is worse than none.

/// What a person did since the last look.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub keys: u32,
    pub pointers: u32,
    pub clipboards: u32,
}

#[derive(Debug, Default)]
pub struct Counter {
    /// The beginning of the present message, as far as it came.
    head: [u8; 12],
    have: usize,
    /// Bytes of the present message that do not matter.
    skip: u64,
    /// Entries of a SetEncodings that are still to come.
    encodings: u16,
    /// The viewer may send pointer events with a ninth button, which are a byte longer.
    extended_pointer: bool,
    lost: bool,
}

/// What the head of a message says.
enum Head {
    /// Not clear before this many bytes.
    Needs(usize),
    /// A whole message but for so many bytes that do not matter.
    Then(u64),
    Unknown,
}

const EXTENDED_MOUSE_BUTTONS: i32 = -316;
/// Actions of the extended clipboard that a person's copying causes; the others are small talk between programs.
const CLIPBOARD_NOTIFY_OR_PROVIDE: u8 = 0b0001_1000;

impl Counter {
    /// Follows the next bytes, which may begin and end anywhere in a message.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Counts {
        let mut counts = Counts::default();
        while !bytes.is_empty() && !self.lost {
            let passing = self.skip.min(bytes.len() as u64);
            self.skip -= passing;
            bytes = &bytes[passing as usize..];

            let needs = match self.look() {
                Head::Needs(n) => n,
                Head::Then(_) | Head::Unknown => 0,
            };
            let taking = needs.saturating_sub(self.have).min(bytes.len());
            self.head[self.have..self.have + taking].copy_from_slice(&bytes[..taking]);
            self.have += taking;
            bytes = &bytes[taking..];

            match self.look() {
                Head::Needs(_) => {}
                Head::Then(rest) => {
                    self.count(&mut counts);
                    self.skip = rest;
                    self.have = 0;
                }
                Head::Unknown => self.lost = true,
            }
        }
        counts
    }

    /// Whether an unknown message ended the counting.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    fn look(&self) -> Head {
        let head = &self.head[..self.have];
        let needs = |n: usize, then: &dyn Fn() -> Head| if head.len() < n { Head::Needs(n) } else { then() };
        if self.encodings > 0 {
            return needs(4, &|| Head::Then(0));
        }
        match head.first() {
            None => Head::Needs(1),
            Some(0) => Head::Then(19),              // SetPixelFormat
            Some(2) => needs(4, &|| Head::Then(0)), // SetEncodings
            Some(3) => Head::Then(9),               // FramebufferUpdateRequest
            Some(4) => Head::Then(7),               // KeyEvent
            Some(5) => needs(2, &|| Head::Then(if self.is_extended_pointer() { 5 } else { 4 })),
            Some(6) => needs(8, &|| self.cut_text()), // ClientCutText
            Some(150) => Head::Then(9),               // EnableContinuousUpdates
            Some(248) => needs(9, &|| Head::Then(u64::from(head[8]))), // ClientFence
            Some(250) => Head::Then(3),               // xvp: shut down, reboot
            Some(251) => needs(8, &|| Head::Then(16 * u64::from(head[6]))), // SetDesktopSize
            Some(255) => needs(2, &|| match head[1] {
                0 => Head::Then(10),                                                     // QEMU extended key event
                1 => needs(4, &|| Head::Then(if head[2..4] == [0, 2] { 6 } else { 0 })), // QEMU audio
                _ => Head::Unknown,
            }),
            Some(_) => Head::Unknown,
        }
    }

    /// A negative length announces the extended clipboard: flags first, then so many bytes in all.
    fn cut_text(&self) -> Head {
        let length = self.number(4);
        if length >= 0 {
            return Head::Then(u64::from(length.unsigned_abs()));
        }
        match (length.unsigned_abs().checked_sub(4), self.have < 12) {
            (None, _) => Head::Unknown,
            (Some(_), true) => Head::Needs(12),
            (Some(rest), false) => Head::Then(u64::from(rest)),
        }
    }

    fn count(&mut self, counts: &mut Counts) {
        if self.encodings > 0 {
            self.encodings -= 1;
            self.extended_pointer |= self.number(0) == EXTENDED_MOUSE_BUTTONS;
            return;
        }
        match self.head[0] {
            2 => self.encodings = u16::from_be_bytes([self.head[2], self.head[3]]),
            4 => counts.keys += 1,
            5 => counts.pointers += 1,
            6 if self.number(4) >= 0 || self.head[8] & CLIPBOARD_NOTIFY_OR_PROVIDE != 0 => counts.clipboards += 1,
            255 if self.head[1] == 0 => counts.keys += 1,
            _ => {}
        }
    }

    fn is_extended_pointer(&self) -> bool {
        self.extended_pointer && self.head[1] & 0x80 != 0
    }

    fn number(&self, at: usize) -> i32 {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.head[at..at + 4]);
        i32::from_be_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 8] = [4, 1, 0, 0, 0, 0, 0, 0x61];
    const QEMU_KEY: [u8; 12] = [255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 0x1e];
    const POINTER: [u8; 6] = [5, 0, 0, 100, 0, 50];

    /// A message with a length, filled with what would be key events if it were misread.
    fn long(head: &[u8], body: usize) -> Vec<u8> {
        [head, &[4].repeat(body)].concat()
    }

    /// One of everything that must not be counted.
    fn small_talk() -> Vec<u8> {
        let notice = |flags: u32, more: usize| {
            let length = -(4 + more as i32);
            long(&[&[6, 0, 0, 0][..], &length.to_be_bytes(), &flags.to_be_bytes()].concat(), more)
        };
        [
            long(&[0], 19),
            long(&[2, 0, 0, 3], 12),
            long(&[3], 9),
            long(&[150], 9),
            long(&[248, 0, 0, 0, 0, 0, 0, 0, 7], 7),
            long(&[250], 3),
            long(&[251, 0, 4, 0, 3, 0, 2, 0], 32),
            vec![255, 1, 0, 0],
            long(&[255, 1, 0, 2], 6),
            notice(1 << 24, 8), // caps
            notice(1 << 25, 0), // request
            notice(1 << 26, 0), // peek
        ]
        .concat()
    }

    fn clipboard() -> Vec<u8> {
        let plain = long(&[6, 0, 0, 0, 0, 0, 0, 11], 11);
        let notify = [&[6, 0, 0, 0][..], &(-4_i32).to_be_bytes(), &(1_u32 << 27 | 1).to_be_bytes()].concat();
        let provide = [&[6, 0, 0, 0][..], &(-9_i32).to_be_bytes(), &(1_u32 << 28 | 1).to_be_bytes(), &[4; 5]].concat();
        [plain, notify, provide].concat()
    }

    #[test]
    fn only_what_a_person_does_is_counted_however_it_is_cut() {
        let all = [&small_talk()[..], &KEY, &clipboard(), &QEMU_KEY, &small_talk(), &POINTER, &POINTER, &KEY].concat();
        for size in [1, 2, 3, 7, 64, all.len()] {
            let mut counter = Counter::default();
            let total = all.chunks(size).fold(Counts::default(), |sum, part| {
                let c = counter.feed(part);
                Counts {
                    keys: sum.keys + c.keys,
                    pointers: sum.pointers + c.pointers,
                    clipboards: sum.clipboards + c.clipboards,
                }
            });
            assert!(!counter.is_lost(), "cut at {size}");
            assert_eq!(total, Counts { keys: 3, pointers: 2, clipboards: 3 }, "cut at {size}");
        }
    }

    #[test]
    fn a_ninth_button_makes_a_pointer_event_longer_once_announced() {
        let extended = [5, 0x80, 0, 1, 0, 1, 1];
        let announce = [&[2, 0, 0, 2, 0, 0, 0, 0][..], &EXTENDED_MOUSE_BUTTONS.to_be_bytes()].concat();
        let mut counter = Counter::default();
        counter.feed(&announce);
        let counts = counter.feed(&[&extended[..], &KEY, &POINTER].concat());
        assert_eq!((counts.pointers, counts.keys, counter.is_lost()), (2, 1, false));
        // Without the announcement that bit is just the eighth button.
        let counts = Counter::default().feed(&[&[5, 0x80, 0, 1, 0, 1][..], &KEY].concat());
        assert_eq!((counts.pointers, counts.keys), (1, 1));
    }

    #[test]
    fn what_is_unknown_ends_the_counting() {
        for unknown in [&[99_u8, 1, 2][..], &[255, 9], &[6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]] {
            let mut counter = Counter::default();
            assert_eq!(counter.feed(&[&KEY[..], unknown, &KEY].concat()).keys, 1);
            assert!(counter.is_lost());
            assert_eq!(counter.feed(&KEY), Counts::default());
        }
    }

    #[test]
    fn a_paste_of_two_gigabytes_needs_no_memory() {
        let mut counter = Counter::default();
        assert_eq!(counter.feed(&[6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]).clipboards, 1);
        assert_eq!(counter.feed(&KEY), Counts::default());
        assert_eq!(counter.skip, 0x7fff_ffff - 8);
    }
}
