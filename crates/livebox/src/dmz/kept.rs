//! An entry as the box has it.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dmz, Entry, wire};
use crate::Untrusted;

/// An entry letter by letter: what it takes to make it anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(super) id: String,
    /// Empty: not understood.
    pub(super) interface: String,
    pub(super) destination: String,
    /// Empty: from anywhere.
    pub(super) source_prefix: String,
    pub(super) enabled: bool,
}

impl Kept {
    /// What the box's web page makes of a host.
    pub(super) fn of_host(ip: Ipv4Addr) -> Self {
        Self {
            id: wire::ID.to_owned(),
            interface: wire::INTERNET.to_owned(),
            destination: ip.to_string(),
            source_prefix: String::new(),
            enabled: true,
        }
    }

    /// Whether all is known that the box needs to make it anew.
    pub(super) fn is_complete(&self) -> bool {
        !self.interface.is_empty() && self.destination.parse::<Ipv4Addr>().is_ok()
    }

    /// As people see it.
    pub(super) fn entry(&self) -> Entry {
        let unusual = |text: &str, usual: &str| (text != usual).then(|| Untrusted::clean(text));
        let is_known = !self.interface.is_empty();
        Entry {
            enabled: self.enabled,
            ipv4: self.destination.parse().ok(),
            source: unusual(&self.source_prefix, ""),
            id: unusual(&self.id, wire::ID),
            interface: unusual(&self.interface, wire::INTERNET).filter(|_| is_known),
        }
    }
}

/// An entry that is there.
#[derive(Clone, Debug)]
pub(super) struct Present {
    pub(super) kept: Kept,
    pub(super) status: Option<Untrusted>,
}

/// The entry that counts, an enabled one before others, the web page's before others; and those beside it.
pub(super) fn dmz(present: &[Present]) -> Option<Dmz> {
    let rank = |entry: &&Present| (!entry.kept.enabled, entry.kept.id != wire::ID);
    let counts = present.iter().min_by_key(rank)?;
    let mut others: Vec<&Kept> =
        present.iter().map(|entry| &entry.kept).filter(|kept| kept.id != counts.kept.id).collect();
    // In which order the box tells them says nothing.
    others.sort_by(|one, other| one.id.cmp(&other.id));
    Some(Dmz {
        entry: counts.kept.entry(),
        name: None,
        status: counts.status.clone(),
        others: others.into_iter().map(Kept::entry).collect(),
    })
}

/// What is there once these are set (each replaces the one of its id) and the others of these ids are gone.
pub(super) fn changed(present: &[Present], set: &[Kept], gone: &[String]) -> Vec<Present> {
    let stays = |entry: &&Present| !gone.contains(&entry.kept.id);
    let mut after: Vec<Present> = present.iter().filter(stays).cloned().collect();
    for kept in set {
        let new = Present { kept: kept.clone(), status: None };
        match after.iter_mut().find(|entry| entry.kept.id == kept.id) {
            Some(entry) => *entry = new,
            None => after.push(new),
        }
    }
    after
}
