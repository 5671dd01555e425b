//! A rule as the box has it.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Protocol, Rule};
use crate::{PortRange, Untrusted};

/// A rule letter by letter: what it takes to find it again, and to make it anew after it was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// Key in the map of rules: the id with some characters replaced.
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) origin: String,
    pub(crate) description: String,
    /// Numbers: `6`, `17`, `6,17`.
    pub(crate) protocol: String,
    pub(crate) external_port: String,
    pub(crate) internal_port: String,
    pub(crate) source_prefix: String,
    pub(crate) destination: String,
    pub(crate) destination_mac: String,
    pub(crate) enabled: Option<bool>,
    /// 0: for ever.
    pub(crate) lease_s: i64,
    pub(crate) upnp_v1: Option<bool>,
}

impl Kept {
    /// Whether all is known that the box needs to make it anew.
    pub(crate) fn is_complete(&self) -> bool {
        self.enabled.is_some()
            && !self.protocol.is_empty()
            && !self.internal_port.is_empty()
            && (!self.destination.is_empty() || !self.destination_mac.is_empty())
    }

    /// Whether it is a person's or a device's: the others are the operator's and the box's own.
    pub(crate) fn is_of_household(&self) -> bool {
        ["webui", "upnp", "pcp"].contains(&self.origin.as_str())
    }

    /// As people see it.
    pub(crate) fn rule(&self) -> Rule {
        let bare = self.id.strip_prefix(&self.origin).and_then(|rest| rest.strip_prefix('_'));
        let port = |text: &str| text.parse::<PortRange>().ok();
        Rule {
            name: Untrusted::non_empty(&self.description)
                .unwrap_or_else(|| Untrusted::clean(bare.unwrap_or(&self.id))),
            id: Untrusted::clean(&self.id),
            origin: Untrusted::clean(&self.origin),
            protocol: protocol(&self.protocol),
            external_port: port(&self.external_port),
            internal_port: port(&self.internal_port),
            ipv4: self.destination.parse::<Ipv4Addr>().ok(),
            host: None,
            source: Untrusted::non_empty(&self.source_prefix),
            enabled: self.enabled,
            status: None,
            wire: self.clone(),
        }
    }
}

/// `6`, `17`, `6,17` or `6/17` as people say it; anything else as it is.
fn protocol(text: &str) -> Option<String> {
    match text.parse::<Protocol>() {
        _ if text.is_empty() => None,
        Ok(protocol) => Some(protocol.to_string()),
        Err(_) => Some(Untrusted::clean(text).shown().to_owned()),
    }
}
