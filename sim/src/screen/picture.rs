//! What a pretended desktop shows: a still background, and a small square whose colour changes. Raw pixels in the viewer's format.

pub(super) const WIDTH: u16 = 320;
pub(super) const HEIGHT: u16 = 200;

/// A part of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) width: u16,
    pub(super) height: u16,
}

/// The part that changes.
pub(super) const SQUARE: Area = Area { x: 144, y: 84, width: 32, height: 32 };

impl Area {
    /// The part of it that is on the screen.
    pub(super) fn clipped(self) -> Self {
        let (x, y) = (self.x.min(WIDTH), self.y.min(HEIGHT));
        Self { x, y, width: self.width.min(WIDTH - x), height: self.height.min(HEIGHT - y) }
    }

    fn holds(self, x: u16, y: u16) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }
}

/// How a viewer wants pixels (RFC 6143 §7.4).
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    bytes: usize,
    big_endian: bool,
    most: [u16; 3],
    shifts: [u8; 3],
}

impl Format {
    /// 32 bits, true colour, little-endian: blue, green, red, nothing.
    pub(super) const OURS: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

    pub(super) fn read(wire: [u8; 16]) -> Option<Self> {
        let bytes = match wire[0] {
            8 => 1,
            16 => 2,
            32 => 4,
            _ => return None,
        };
        let most = [4, 6, 8].map(|at| u16::from_be_bytes([wire[at], wire[at + 1]]));
        let shifts = [wire[10], wire[11], wire[12]];
        let fits = shifts.iter().all(|shift| *shift < 32);
        (wire[3] != 0 && fits).then_some(Self { bytes, big_endian: wire[2] != 0, most, shifts })
    }

    fn put(self, colour: [u8; 3], to: &mut Vec<u8>) {
        let parts = colour.iter().zip(self.most).zip(self.shifts);
        let pixel =
            parts.fold(0, |pixel, ((part, most), shift)| pixel | (u32::from(*part) * u32::from(most) / 255) << shift);
        if self.big_endian {
            to.extend_from_slice(&pixel.to_be_bytes()[4 - self.bytes..]);
        } else {
            to.extend_from_slice(&pixel.to_le_bytes()[..self.bytes]);
        }
    }
}

/// One FramebufferUpdate with one rectangle, at this beat of the picture.
pub(super) fn update(area: Area, format: Format, beat: u64) -> Vec<u8> {
    let pixels = usize::from(area.width) * usize::from(area.height);
    let mut message = Vec::with_capacity(16 + pixels * format.bytes);
    message.extend_from_slice(&[0, 0, 0, 1]);
    for number in [area.x, area.y, area.width, area.height] {
        message.extend_from_slice(&number.to_be_bytes());
    }
    message.extend_from_slice(&[0; 4]); // Raw
    for y in area.y..area.y + area.height {
        for x in area.x..area.x + area.width {
            format.put(colour(x, y, beat), &mut message);
        }
    }
    message
}

fn colour(x: u16, y: u16, beat: u64) -> [u8; 3] {
    if SQUARE.holds(x, y) {
        let step = u8::try_from(beat % 8).unwrap_or_default();
        return [64 + step * 24, 200 - step * 16, 96];
    }
    let shade = u8::try_from(u32::from(y) * 64 / u32::from(HEIGHT)).unwrap_or_default();
    [24 + shade / 2, 32 + shade, 72 + shade]
}

#[cfg(test)]
mod tests {
    use super::{Area, Format, HEIGHT, SQUARE, WIDTH, update};

    #[test]
    fn the_square_changes_and_the_rest_does_not() {
        let ours = Format::read(Format::OURS).expect("a format");
        assert_ne!(update(SQUARE, ours, 1), update(SQUARE, ours, 2));
        let corner = Area { x: 0, y: 0, width: 40, height: 40 };
        assert_eq!(update(corner, ours, 1), update(corner, ours, 2));
        assert_eq!(update(corner, ours, 1).len(), 16 + 40 * 40 * 4);
    }

    #[test]
    fn pixels_come_as_they_are_wanted() {
        // 16 bits, 5-6-5, big-endian.
        let format = Format::read([16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0]).expect("a format");
        let mut pixel = Vec::new();
        format.put([255, 0, 255], &mut pixel);
        assert_eq!(pixel, [0b1111_1000, 0b0001_1111]);
        assert!(
            Format::read([24; 16]).is_none()
                && Format::read([32, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_none()
        );
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let all = Area { x: 300, y: 0, width: 100, height: 900 }.clipped();
        assert_eq!((all.width, all.height), (WIDTH - 300, HEIGHT));
        assert_eq!(Area { x: 999, y: 999, width: 9, height: 9 }.clipped().width, 0);
    }
}
