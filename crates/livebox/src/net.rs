//! Nouns that several capabilities share, each checked once, where it is read.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{lang::Message, say};

/// Gives a type that is written as text its serde and schema faces, all through `Display` and `FromStr`.
macro_rules! textual {
    ($name:ident, $schema:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match serde_json::Value::deserialize(deserializer)? {
                    serde_json::Value::String(text) => text.parse().map_err(D::Error::custom),
                    // Models write 5 for "5" and 443 for "443": the meaning is the same.
                    serde_json::Value::Number(number) => number.to_string().parse().map_err(D::Error::custom),
                    _ => Err(D::Error::custom(say!("expected a text", "un texte est attendu"))),
                }
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}
pub(crate) use textual;

/// The plain text schema.
pub(crate) fn text_schema() -> Schema {
    schemars::json_schema!({ "type": "string" })
}

/// A MAC address. Read in any of the usual spellings, written `AA:BB:CC:DD:EE:FF` as the box wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr([u8; 6]);

impl FromStr for MacAddr {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        let wrong = || {
            let text = crate::text::Untrusted::clean(text);
            let text = text.in_quotes();
            say!(
                "`{text}` is not a MAC address: write it like AA:BB:CC:DD:EE:FF",
                "« {text} » n'est pas une adresse MAC : écrivez-la comme AA:BB:CC:DD:EE:FF"
            )
        };
        // AA:BB:CC:DD:EE:FF, AA-BB-CC-DD-EE-FF, "AA BB …", AABB.CCDD.EEFF and AABBCCDDEEFF: separators stand
        // at regular places or nowhere.
        let digits: Vec<u8> = match text.len() {
            12 => text.bytes().collect(),
            14 => grouped(text, 4, b".").ok_or_else(wrong)?,
            17 => grouped(text, 2, b":- ").ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        let mut bytes = [0; 6];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(wrong());
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// The characters of `text` without its separators, if one same separator stands after each `size` of them.
fn grouped(text: &str, size: usize, separators: &[u8]) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let separator = bytes.get(size).filter(|byte| separators.contains(byte))?;
    let groups: Vec<&[u8]> = bytes.split(|byte| byte == separator).collect();
    groups.iter().all(|group| group.len() == size).then(|| groups.concat())
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl MacAddr {
    /// Whether the address was made up by the device ("private address") and does not name its maker.
    pub fn is_random(self) -> bool {
        let [first, ..] = self.0;
        first & 0b10 != 0
    }
}

textual!(MacAddr, text_schema());

/// An IPv4 address as an argument: like the standard one, but with errors that people understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ipv4(pub(crate) std::net::Ipv4Addr);

impl FromStr for Ipv4 {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        text.trim().parse().map(Self).map_err(|_| {
            let text = crate::text::Untrusted::clean(text);
            let text = text.in_quotes();
            say!(
                "`{text}` is not an IPv4 address: write it like 192.168.1.20",
                "« {text} » n'est pas une adresse IPv4 : écrivez-la comme 192.168.1.20"
            )
        })
    }
}

impl fmt::Display for Ipv4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

textual!(Ipv4, text_schema());

/// A Wi-Fi band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// 2.4 GHz.
    Ghz2_4,
    /// 5 GHz.
    Ghz5,
    /// 6 GHz.
    Ghz6,
}

impl Band {
    /// Every band.
    pub const ALL: [Self; 3] = [Self::Ghz2_4, Self::Ghz5, Self::Ghz6];
}

impl FromStr for Band {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let bare = text.trim().to_ascii_lowercase();
        match bare.trim_end_matches("ghz").trim_end_matches(['g', ' ']).trim() {
            "2.4" | "2,4" | "2" | "24" => Ok(Self::Ghz2_4),
            "5" => Ok(Self::Ghz5),
            "6" => Ok(Self::Ghz6),
            _ => {
                let text = crate::text::Untrusted::clean(text);
                let text = text.in_quotes();
                Err(say!(
                    "`{text}` is not a Wi-Fi band: write 2.4, 5 or 6",
                    "« {text} » n'est pas une bande Wi-Fi : écrivez 2.4, 5 ou 6"
                ))
            }
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ghz2_4 => "2.4",
            Self::Ghz5 => "5",
            Self::Ghz6 => "6",
        })
    }
}

textual!(Band, schemars::json_schema!({ "type": "string", "enum": ["2.4", "5", "6"] }));

/// One port or a range of ports, 1 to 65535: `80` or `8000-8010`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// First port.
    pub fn first(self) -> u16 {
        self.first
    }

    /// Last port.
    pub fn last(self) -> u16 {
        self.last
    }

    /// How many ports it spans.
    pub fn len(self) -> u32 {
        u32::from(self.last) - u32::from(self.first) + 1
    }

    /// Never: a range has at least one port.
    pub fn is_empty(self) -> bool {
        false
    }

    /// Whether the two share a port.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

impl FromStr for PortRange {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let port = |part: &str| part.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let parsed = match text.trim().split_once(['-', ':']) {
            None => port(text).map(|port| (port, port)),
            Some((first, last)) => port(first).zip(port(last)).filter(|(first, last)| first <= last),
        };
        parsed.map(|(first, last)| Self { first, last }).ok_or_else(|| {
            let text = crate::text::Untrusted::clean(text);
            let text = text.in_quotes();
            say!(
                "`{text}` is not a port: write a number from 1 to 65535, or a range like 8000-8010",
                "« {text} » n'est pas un port : écrivez un nombre de 1 à 65535, ou une plage comme 8000-8010"
            )
        })
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

textual!(PortRange, text_schema());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_in_five_spellings() {
        for text in
            ["aa:bb:cc:dd:ee:0f", "AA-BB-CC-DD-EE-0F", "aabb.ccdd.ee0f", "aabbccddee0f", "AA BB CC DD EE 0F"]
        {
            assert_eq!(text.parse::<MacAddr>().unwrap().to_string(), "AA:BB:CC:DD:EE:0F", "{text}");
        }
        for text in [
            "",
            "aa:bb:cc:dd:ee",
            "aa:bb:cc:dd:ee:gg",
            "aa:bb-cc:dd:ee:ff",
            "+a:bb:cc:dd:ee:ff",
            "ééééééaa:bb:c",
        ] {
            assert!(text.parse::<MacAddr>().is_err(), "{text}");
        }
    }

    #[test]
    fn ports_have_limits() {
        assert_eq!("443".parse::<PortRange>().unwrap().to_string(), "443");
        assert_eq!("8000-8010".parse::<PortRange>().unwrap().len(), 11);
        for text in ["0", "70000", "-1", "10-5", "http", "", "0-5"] {
            assert!(text.parse::<PortRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn bands_as_people_write_them() {
        assert_eq!("2,4 GHz".parse::<Band>().unwrap(), Band::Ghz2_4);
        assert_eq!("5GHz".parse::<Band>().unwrap(), Band::Ghz5);
        assert!("7".parse::<Band>().is_err());
    }
}
