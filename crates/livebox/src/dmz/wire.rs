//! `Firewall:getDMZ`, `setDMZ`, `deleteDMZ` (protocol section 4.16).

use std::{borrow::Cow, net::Ipv4Addr};

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Table, Text},
};

use super::Dmz;
use crate::Untrusted;

/// The entry that the box's web page shows; others may exist under any name.
pub(crate) const ID: &str = "webui";

/// The DMZ entries by id; none: `{}`. No answer was recorded; its fields are declared alike on the five dumps.
#[derive(Serialize)]
pub(crate) struct GetDmz {}

impl Call for GetDmz {
    type Reply = Table<Entry>;
    const METHOD: &'static str = "getDMZ";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// `{"SourceInterface":"data","DestinationIPAddress":…,"SourcePrefix":"","Status":"Enabled","Enable":true}`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Entry {
    #[serde(rename = "DestinationIPAddress")]
    destination_ip_address: Text,
    status: Text,
    enable: Flag,
}

impl Entry {
    /// What is told in no form that we understand, and makes the difference between a DMZ and none.
    pub(crate) fn odd(&self) -> Option<&'static str> {
        if self.destination_ip_address.is_odd() {
            return Some("status.*.DestinationIPAddress");
        }
        self.enable.is_odd().then_some("status.*.Enable")
    }

    pub(crate) fn ip(&self) -> Option<Ipv4Addr> {
        self.destination_ip_address.get()?.parse().ok()
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enable.get() != Some(false)
    }

    pub(crate) fn dmz(&self) -> Dmz {
        Dmz {
            enabled: self.is_enabled(),
            ipv4: self.ip(),
            name: None,
            status: self.status.get().and_then(Untrusted::non_empty),
        }
    }
}

/// Makes a host the DMZ host. Recorded (LB5): answers the id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetDmz {
    id: &'static str,
    source_interface: &'static str,
    #[serde(rename = "destinationIPAddress")]
    destination_ip_address: Ipv4Addr,
    enable: bool,
}

impl SetDmz {
    pub(crate) fn to(ip: Ipv4Addr) -> Self {
        Self { id: ID, source_interface: "data", destination_ip_address: ip, enable: true }
    }
}

impl Call for SetDmz {
    type Reply = Ignored;
    const METHOD: &'static str = "setDMZ";
    const KIND: Kind = Kind::Write;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// Removes an entry. Recorded (LB5): answers `true`.
#[derive(Serialize)]
pub(crate) struct DeleteDmz<'a> {
    pub(crate) id: &'a str,
}

impl Call for DeleteDmz<'_> {
    type Reply = Ignored;
    const METHOD: &'static str = "deleteDMZ";
    const KIND: Kind = Kind::Write;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}
