//! `Firewall:*` levels, ping and commit (protocol section 4.14). No answer of these was recorded; names and types are
//! declared alike on the five dumps, values are known from clients.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Kind,
    scalar::{Flag, Part, Text},
};

use super::Level;

/// IPv4 level.
#[derive(Serialize)]
pub(crate) struct GetLevel {}

impl Call for GetLevel {
    type Reply = Text;
    const METHOD: &'static str = "getFirewallLevel";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// IPv6 level.
#[derive(Serialize)]
pub(crate) struct GetIpv6Level {}

impl Call for GetIpv6Level {
    type Reply = Text;
    const METHOD: &'static str = "getFirewallIPv6Level";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// `"Medium"`; a level that we do not know reads as none.
pub(crate) fn level(text: &Text) -> Option<Level> {
    text.get()?.parse().ok()
}

/// The box's spelling.
fn spelt(level: Level) -> &'static str {
    match level {
        Level::High => "High",
        Level::Medium => "Medium",
        Level::Low => "Low",
        Level::Custom => "Custom",
    }
}

/// Sets the IPv4 level; needs no commit.
#[derive(Serialize)]
pub(crate) struct SetLevel {
    level: &'static str,
}

impl SetLevel {
    pub(crate) fn to(level: Level) -> Self {
        Self { level: spelt(level) }
    }
}

impl Call for SetLevel {
    type Reply = Flag;
    const METHOD: &'static str = "setFirewallLevel";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// Sets the IPv6 level; needs no commit.
#[derive(Serialize)]
pub(crate) struct SetIpv6Level {
    level: &'static str,
}

impl SetIpv6Level {
    pub(crate) fn to(level: Level) -> Self {
        Self { level: spelt(level) }
    }
}

impl Call for SetIpv6Level {
    type Reply = Flag;
    const METHOD: &'static str = "setFirewallIPv6Level";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// Whether the box answers pings from the Internet.
#[derive(Serialize)]
pub(crate) struct GetRespondToPing {
    #[serde(rename = "sourceInterface")]
    source_interface: &'static str,
}

impl GetRespondToPing {
    /// On the Internet side.
    pub(crate) const INTERNET: Self = Self { source_interface: "data" };
}

impl Call for GetRespondToPing {
    type Reply = Part<Ping>;
    const METHOD: &'static str = "getRespondToPing";
    const KIND: Kind = Kind::Read;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// `{"enableIPv4":true,"enableIPv6":false}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ping {
    #[serde(rename = "enableIPv4")]
    pub(crate) ipv4: Flag,
    #[serde(rename = "enableIPv6")]
    pub(crate) ipv6: Flag,
}

/// Makes changed rules effective.
#[derive(Serialize)]
pub(crate) struct Commit {}

impl Call for Commit {
    type Reply = Flag;
    const METHOD: &'static str = "commit";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// Whether a setter says that it did it: `true`, or nothing at all where it has no return value.
pub(crate) fn is_done(reply: Flag) -> bool {
    reply.get() != Some(false)
}
