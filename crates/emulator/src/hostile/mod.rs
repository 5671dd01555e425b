//! Names that mean harm: to the model that reads them, to the terminal that shows them, to whatever parses them.
//!
//! Anybody within reach of the Wi-Fi can put a text of their choice into what a box answers: a network name, the name that
//! a device gives in its DHCP request, the description of a port that a console opens, a caller's name. [`corpus`] is a
//! collection of such texts; a household made with [`Options::hostile`](crate::Options::hostile) gives all of them in all of
//! these places.
//!
//! Some are not UTF-8. The state of the box is made of strings, so a byte that fits in none is kept as a character of a
//! private area (U+10FF00 plus the byte) and becomes that byte again where the answer leaves the box.

mod corpus;

use std::borrow::Cow;

pub use corpus::corpus;

/// What a hostile text is up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// Orders to a model, in English or French.
    Instruction,
    /// Text that runs the other way.
    Bidi,
    /// Characters that are there and cannot be seen.
    Invisible,
    /// Letters that look like other letters.
    Homoglyph,
    /// Escape sequences of terminals, in seven bits and in eight.
    Terminal,
    /// NUL, ends of lines and other control characters.
    Control,
    /// Markdown.
    Markdown,
    /// HTML and scripts.
    Html,
    /// Formulas, shell, SQL, templates, paths, JSON.
    Injection,
    /// About ten thousand bytes.
    Long,
    /// Bytes that are not UTF-8.
    BrokenUtf8,
    /// A message in tag characters.
    Tag,
    /// A message in variation selectors.
    Variation,
    /// Combining characters in piles.
    Combining,
    /// What reads like other cells, facts or words of whoever shows it.
    Forged,
}

/// A hostile text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hostile {
    /// What it is up to.
    pub intent: Intent,
    /// What is on the wire, as far as the place has room for it; JSON escapes what it has to.
    pub bytes: Vec<u8>,
}

impl Hostile {
    /// As a lenient reader sees it: what is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// As the state of the box keeps it.
    pub(crate) fn kept(&self) -> String {
        self.cut(self.bytes.len())
    }

    /// Its first bytes, as a box cuts a text that has no room: in the middle of a character if need be.
    pub(crate) fn cut(&self, length: usize) -> String {
        let bytes = self.bytes.get(..length).unwrap_or(&self.bytes);
        let mut kept = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            kept.push_str(chunk.valid());
            kept.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(RAW + u32::from(*byte))));
        }
        kept
    }
}

/// The character that stands for byte 0.
const RAW: u32 = 0x0010_FF00;

/// Puts the bytes back for which a string has no room.
pub(crate) fn on_the_wire(body: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        match rest {
            // U+10FF80 to U+10FFFF; a byte below 0x80 is always UTF-8.
            [0xF4, 0x8F, 0xBE, low @ 0x80..=0xBF, tail @ ..] => {
                wire.push(*low);
                rest = tail;
            }
            [0xF4, 0x8F, 0xBF, low @ 0x80..=0xBF, tail @ ..] => {
                wire.push(low + 0x40);
                rest = tail;
            }
            [byte, tail @ ..] => {
                wire.push(*byte);
                rest = tail;
            }
            [] => return wire,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_its_way_through_a_string() {
        let all: Vec<u8> = (0..=255).chain([b'a', 0xC3]).chain("é\u{202E}\u{10FFFD}".bytes()).collect();
        for bytes in [all, b"caf\xE9".to_vec(), b"\xF4\x8F\xBE".to_vec()] {
            let hostile = Hostile { intent: Intent::BrokenUtf8, bytes: bytes.clone() };
            let wire = on_the_wire(hostile.kept().as_bytes());
            // U+10FFFD itself is the price: it comes out as the byte that it stands for.
            let expected: Vec<u8> = on_the_wire(&bytes);
            assert_eq!(wire, expected);
        }
    }
}
