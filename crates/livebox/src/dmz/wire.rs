//! `Firewall:getDMZ`, `setDMZ`, `deleteDMZ` (protocol section 4.16).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Table, Text},
};

use super::kept::{Kept, Present};
use crate::Untrusted;

/// The entry that the box's web page shows; others may exist under any name.
pub(crate) const ID: &str = "webui";

/// The interface to the Internet.
pub(crate) const INTERNET: &str = "data";

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
    source_interface: Text,
    #[serde(rename = "DestinationIPAddress")]
    destination_ip_address: Text,
    source_prefix: Text,
    status: Text,
    enable: Flag,
}

impl Entry {
    /// What is told in no form that we understand, and makes the difference between a DMZ and none, or between one for
    /// all of the Internet and one for a part of it.
    pub(crate) fn odd(&self) -> Option<&'static str> {
        if self.destination_ip_address.is_odd() {
            return Some("status.*.DestinationIPAddress");
        }
        if self.source_prefix.is_odd() {
            return Some("status.*.SourcePrefix");
        }
        self.enable.is_odd().then_some("status.*.Enable")
    }

    pub(crate) fn kept(&self, id: &str) -> Kept {
        let interface = if self.source_interface.is_odd() { "" } else { INTERNET };
        Kept {
            id: id.to_owned(),
            interface: self.source_interface.get().unwrap_or(interface).to_owned(),
            destination: self.destination_ip_address.or_empty().to_owned(),
            source_prefix: self.source_prefix.or_empty().to_owned(),
            enabled: self.enable.get() != Some(false),
        }
    }
}

/// The entries of an answer, in its order.
pub(crate) fn present(entries: &Table<Entry>) -> Vec<Present> {
    let status = |entry: &Entry| entry.status.get().and_then(Untrusted::non_empty);
    entries.iter().map(|(id, entry)| Present { kept: entry.kept(id), status: status(entry) }).collect()
}

/// Creates or replaces an entry. Recorded (LB5), without a source: answers the id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetDmz {
    id: String,
    source_interface: String,
    #[serde(rename = "destinationIPAddress")]
    destination_ip_address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_prefix: Option<String>,
    enable: bool,
}

impl SetDmz {
    /// That entry, where these are. No source is said aloud where there is one to be taken away: whether leaving it out
    /// does that is not known.
    pub(crate) fn to(kept: Kept, present: &[Present]) -> Self {
        let is_limited = |entry: &Present| entry.kept.id == kept.id && !entry.kept.source_prefix.is_empty();
        let is_told = !kept.source_prefix.is_empty() || present.iter().any(is_limited);
        Self {
            id: kept.id,
            source_interface: kept.interface,
            destination_ip_address: kept.destination,
            source_prefix: is_told.then_some(kept.source_prefix),
            enable: kept.enabled,
        }
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
