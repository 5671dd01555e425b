//! `Firewall:*PortForwarding` (protocol section 4.15).

use std::{borrow::Cow, net::Ipv4Addr};

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Int, Table, Text, Word},
};

use super::{Protocol, Rule, WireRule};
use crate::{PortRange, Untrusted};

/// The rules by id, of every origin. Recorded on a W7; `{}` when there is none.
#[derive(Serialize)]
pub(crate) struct GetPortForwarding {}

impl Call for GetPortForwarding {
    type Reply = Table<WireForward>;
    const METHOD: &'static str = "getPortForwarding";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// Ports and protocol numbers are texts; the end of a range stands in the port or in a member of its own.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct WireForward {
    id: Text,
    origin: Text,
    description: Text,
    status: Text,
    protocol: Word,
    external_port: Word,
    external_port_end_range: Int,
    internal_port: Word,
    source_prefix: Text,
    #[serde(rename = "DestinationIPAddress")]
    destination_ip_address: Text,
    enable: Flag,
}

impl WireForward {
    /// What is told in no form that we understand and cannot be left out: nothing would mean "from anywhere", and a
    /// rule of nobody to nowhere is none.
    pub(crate) fn odd(&self) -> Option<&'static str> {
        if self.source_prefix.is_odd() {
            return Some("status.*.SourcePrefix");
        }
        let is_lost = self.origin.is_odd() && self.destination_ip_address.is_odd();
        is_lost.then_some("status.*.DestinationIPAddress")
    }

    pub(crate) fn rule(&self, key: &str) -> Rule {
        let origin = self.origin.get().or_else(|| key.split('_').next()).unwrap_or_default();
        // A publisher's mask or a firmware's slip: an id belongs to its origin, as the key does.
        let id = self.id.get().filter(|id| id.starts_with(origin)).unwrap_or(key);
        let bare = id.strip_prefix(origin).and_then(|rest| rest.strip_prefix('_')).unwrap_or(id);
        let name = self.description.get().and_then(Untrusted::non_empty);
        Rule {
            name: name.unwrap_or_else(|| Untrusted::clean(bare)),
            id: Untrusted::clean(id),
            origin: Untrusted::clean(origin),
            protocol: protocol(&self.protocol),
            external_port: self.external_port(),
            internal_port: self.internal_port.get().and_then(|text| text.parse().ok()),
            ipv4: self.destination_ip_address.get().and_then(|text| text.parse::<Ipv4Addr>().ok()),
            host: None,
            source: self.source_prefix.get().and_then(Untrusted::non_empty),
            enabled: self.enable.or(true),
            status: self.status.get().and_then(Untrusted::non_empty),
            wire: WireRule {
                id: id.to_owned(),
                key: key.to_owned(),
                origin: origin.to_owned(),
                destination: self.destination_ip_address.or_empty().to_owned(),
            },
        }
    }

    fn external_port(&self) -> Option<PortRange> {
        let text = self.external_port.get()?;
        let end = self.external_port_end_range.get().filter(|end| *end > 0);
        match end {
            Some(end) if !text.contains(['-', ':']) => format!("{text}-{end}").parse().ok(),
            _ => text.parse().ok(),
        }
    }
}

/// `6`, `17`, `6,17` or `6/17` as people say it; anything else as it is.
fn protocol(text: &Word) -> Option<String> {
    let text = text.get()?;
    Some(match text.parse::<Protocol>() {
        Ok(protocol) => protocol.to_string(),
        Err(_) => Untrusted::clean(text).shown().to_owned(),
    })
}

/// Creates or replaces a rule. Recorded on an LB5: answers the id, with the rule under `data`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetPortForwarding<'a> {
    id: &'a str,
    origin: &'static str,
    source_interface: &'static str,
    external_port: String,
    internal_port: String,
    #[serde(rename = "destinationIPAddress")]
    destination_ip_address: Ipv4Addr,
    #[serde(rename = "destinationMACAddress")]
    destination_mac_address: &'static str,
    source_prefix: String,
    protocol: &'static str,
    description: &'a str,
    enable: bool,
    persistent: bool,
}

impl<'a> SetPortForwarding<'a> {
    pub(crate) fn new(
        name: &'a str,
        protocol: Protocol,
        (external, internal): (PortRange, PortRange),
        destination: Ipv4Addr,
        source: String,
    ) -> Self {
        Self {
            id: name,
            origin: "webui",
            source_interface: "data",
            external_port: external.to_string(),
            internal_port: internal.to_string(),
            destination_ip_address: destination,
            destination_mac_address: "",
            source_prefix: source,
            protocol: match protocol {
                Protocol::Tcp => "6",
                Protocol::Udp => "17",
                Protocol::Both => "6,17",
            },
            description: name,
            enable: true,
            persistent: true,
        }
    }
}

impl Call for SetPortForwarding<'_> {
    type Reply = Text;
    const METHOD: &'static str = "setPortForwarding";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// Removes a rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletePortForwarding<'a> {
    pub(crate) id: &'a str,
    pub(crate) origin: &'a str,
    #[serde(rename = "destinationIPAddress")]
    pub(crate) destination_ip_address: &'a str,
}

impl Call for DeletePortForwarding<'_> {
    type Reply = Ignored;
    const METHOD: &'static str = "deletePortForwarding";
    const KIND: Kind = Kind::Write;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// "Object not found".
pub(crate) const NOT_FOUND: i64 = 1_114_115;
/// "Overlapping rule".
pub(crate) const OVERLAP: i64 = 1_114_120;
