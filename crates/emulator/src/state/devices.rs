//! What was written about devices: names, types, tags. Names and types of hosts are kept with the host, those of the
//! box's own entries (itself, telephones, ports) here.

use std::collections::BTreeMap;

use super::hosts::Sourced;

/// Notes by device key.
pub type Notes = BTreeMap<String, Note>;

/// What was written about one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// Names given to an entry that is not a host.
    pub names: Vec<Sourced>,
    /// Types given to an entry that is not a host.
    pub types: Vec<Sourced>,
    /// Tags added.
    pub tags: Vec<String>,
    /// Tags taken away.
    pub cleared: Vec<String>,
    /// Other keys of the same device.
    pub alternatives: Vec<String>,
}

/// How strongly a source speaks: the strongest one is shown.
fn rank(source: &str) -> u8 {
    match source {
        "webui" => 0,
        "handset" => 1,
        "upnpfriendlyname" | "upnp" => 2,
        "mdns" => 3,
        "lltdmachinename" => 4,
        "UserClassID" => 5,
        "dhcp" => 6,
        "ssw" => 7,
        "dns" => 8,
        _ => 9,
    }
}

/// Says something in the name of a source, in place of what that source said before.
pub fn say(list: &mut Vec<Sourced>, value: &str, source: &str) {
    list.retain(|known| known.source != source);
    list.push(Sourced::new(value, source));
    list.sort_by_key(|known| rank(&known.source));
}

/// Takes back what a source said; false when it said nothing.
pub fn unsay(list: &mut Vec<Sourced>, source: &str) -> bool {
    let before = list.len();
    list.retain(|known| known.source != source);
    list.len() != before
}
