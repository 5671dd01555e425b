//! `Firewall:*PortForwarding` (protocol section 4.15).

use std::{borrow::Cow, net::Ipv4Addr};

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Int, Table, Text, Word},
};

use super::{Kept, Protocol, Rule};
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
    #[serde(rename = "DestinationMACAddress")]
    destination_mac_address: Text,
    enable: Flag,
    lease_duration: Int,
    #[serde(rename = "UPnPV1Compat")]
    upnp_v1: Flag,
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
        let kept = Kept {
            key: key.to_owned(),
            id: id.to_owned(),
            origin: origin.to_owned(),
            description: self.description.or_empty().to_owned(),
            protocol: self.protocol.or_empty().to_owned(),
            external_port: self.external_port(),
            internal_port: self.internal_port.or_empty().to_owned(),
            source_prefix: self.source_prefix.or_empty().to_owned(),
            destination: self.destination_ip_address.or_empty().to_owned(),
            destination_mac: self.destination_mac_address.or_empty().to_owned(),
            enabled: self.enable.or(true),
            lease_s: self.lease_duration.get().unwrap_or_default(),
            upnp_v1: self.upnp_v1.get(),
        };
        Rule { status: self.status.get().and_then(Untrusted::non_empty), ..kept.rule() }
    }

    fn external_port(&self) -> String {
        let text = self.external_port.or_empty();
        match self.external_port_end_range.get().filter(|end| *end > 0) {
            Some(end) if !text.contains(['-', ':']) => format!("{text}-{end}"),
            _ => text.to_owned(),
        }
    }
}

/// Creates or replaces a rule. Recorded on an LB5: answers the id, with the rule under `data`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetPortForwarding<'a> {
    id: &'a str,
    origin: &'a str,
    source_interface: &'static str,
    external_port: Cow<'a, str>,
    internal_port: Cow<'a, str>,
    #[serde(rename = "destinationIPAddress")]
    destination_ip_address: Cow<'a, str>,
    #[serde(rename = "destinationMACAddress")]
    destination_mac_address: &'a str,
    source_prefix: Cow<'a, str>,
    protocol: &'a str,
    description: &'a str,
    enable: bool,
    persistent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upnpv1_compat: Option<bool>,
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
            external_port: external.to_string().into(),
            internal_port: internal.to_string().into(),
            destination_ip_address: destination.to_string().into(),
            destination_mac_address: "",
            source_prefix: source.into(),
            protocol: match protocol {
                Protocol::Tcp => "6",
                Protocol::Udp => "17",
                Protocol::Both => "6,17",
            },
            description: name,
            enable: true,
            persistent: true,
            lease_duration: None,
            upnpv1_compat: None,
        }
    }

    /// A rule that was there, made anew. Whether it outlasts a restart is not told: a person's does, one that a device
    /// asked for does not.
    pub(crate) fn again(kept: &'a Kept) -> Self {
        let by_person = kept.origin == "webui";
        Self {
            id: &kept.id,
            origin: &kept.origin,
            source_interface: "data",
            external_port: Cow::Borrowed(&kept.external_port),
            internal_port: Cow::Borrowed(&kept.internal_port),
            destination_ip_address: Cow::Borrowed(&kept.destination),
            destination_mac_address: &kept.destination_mac,
            source_prefix: Cow::Borrowed(&kept.source_prefix),
            protocol: &kept.protocol,
            description: &kept.description,
            enable: kept.enabled != Some(false),
            persistent: by_person,
            lease_duration: (kept.lease_s > 0).then_some(kept.lease_s),
            upnpv1_compat: kept.upnp_v1.filter(|compatible| *compatible || !by_person),
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
    id: &'a str,
    origin: &'a str,
    #[serde(rename = "destinationIPAddress")]
    destination_ip_address: &'a str,
}

impl<'a> DeletePortForwarding<'a> {
    /// That rule, under its id or its key.
    pub(crate) fn of(rule: &'a Kept, id: &'a str) -> Self {
        Self { id, origin: &rule.origin, destination_ip_address: &rule.destination }
    }
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
