//! What a person says of a rule, each checked where it is read.

use std::{borrow::Cow, fmt, str::FromStr};

use ipnet::Ipv4Net;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Message, Untrusted,
    net::{text_schema, textual},
    say,
};

/// Transport protocol of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
    Both,
}

impl Protocol {
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self == other || self == Self::Both || other == Self::Both
    }

    /// As people write it.
    pub(crate) fn of_people(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Both => "TCP+UDP",
        }
    }
}

impl FromStr for Protocol {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let lower = text.to_ascii_lowercase();
        let mut parts: Vec<&str> =
            lower.split(|c: char| "+,/&; ".contains(c)).filter(|part| !part.is_empty()).collect();
        parts.sort_unstable();
        match parts.as_slice() {
            ["tcp" | "6"] => Ok(Self::Tcp),
            ["udp" | "17"] => Ok(Self::Udp),
            ["both" | "all" | "any"] | ["tcp", "udp"] | ["17", "6"] => Ok(Self::Both),
            _ => {
                let text = Untrusted::clean(text);
                let text = text.in_quotes();
                Err(say!(
                    "`{text}` is not a protocol: write tcp, udp or both",
                    "« {text} » n'est pas un protocole : écrivez tcp, udp ou both (les deux)"
                ))
            }
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Both => "both",
        })
    }
}

textual!(Protocol, schemars::json_schema!({ "type": "string", "enum": ["tcp", "udp", "both"] }));

/// Name of a rule. It becomes the box's id too, which has at most 64 characters with what is put around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleName(String);

impl RuleName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RuleName {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        const LONGEST: usize = 50;
        // Somebody who copies an id gets the rule that they mean.
        let text = text.trim();
        let text = text.strip_prefix("webui_").unwrap_or(text).trim();
        let count = text.chars().count();
        if count == 0 || count > LONGEST {
            return Err(say!(
                "a rule's name has 1 to {LONGEST} characters, this one {count}",
                "le nom d'une règle a de 1 à {LONGEST} caractères, celui-ci {count}"
            ));
        }
        if Untrusted::clean(text).shown() != text {
            return Err(say!(
                "a rule's name has no control or invisible characters",
                "le nom d'une règle ne contient pas de caractères de contrôle ou invisibles"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

textual!(RuleName, text_schema());

/// Who made a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    /// A person.
    Webui,
    /// A host of the LAN, by UPnP.
    Upnp,
}

impl Origin {
    /// The box's word.
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Self::Webui => "webui",
            Self::Upnp => "upnp",
        }
    }
}

/// Networks that a rule lets in, in canonical form: `198.51.100.0/24,203.0.113.7/32`. Empty: anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources(Vec<Ipv4Net>);

impl FromStr for Sources {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let mut nets = Vec::new();
        for part in text.split([',', ';', ' ']).filter(|part| !part.is_empty()) {
            let net = part.parse::<Ipv4Net>().ok().or_else(|| part.parse().ok().map(host_net));
            let net = net.ok_or_else(|| {
                let part = Untrusted::clean(part);
                let part = part.in_quotes();
                say!(
                    "`{part}` is not an IPv4 network: write it like 203.0.113.7 or 198.51.100.0/24",
                    "« {part} » n'est pas un réseau IPv4 : écrivez-le comme 203.0.113.7 ou 198.51.100.0/24"
                )
            })?;
            nets.push(net.trunc());
        }
        // From anywhere, in other words.
        nets.retain(|net: &Ipv4Net| net.prefix_len() > 0);
        nets.sort_unstable();
        nets.dedup();
        Ok(Self(nets))
    }
}

fn host_net(ip: std::net::Ipv4Addr) -> Ipv4Net {
    Ipv4Net::from(ip)
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, net) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            // A single address is written without its length, as the box does for the rules of its own television boxes.
            if net.prefix_len() == 32 {
                write!(f, "{separator}{}", net.addr())?;
            } else {
                write!(f, "{separator}{net}")?;
            }
        }
        Ok(())
    }
}

textual!(Sources, text_schema());
