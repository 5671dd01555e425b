//! `DHCPv4.Server.Pool.*` (protocol section 4.13).

use std::{borrow::Cow, net::Ipv4Addr};

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Int, Table, Text},
};

use super::Lease;
use crate::{MacAddr, Untrusted};

/// Leases of a pool, by rule, then by client. Recorded empty on LB3 and W7; an entry is known from the reference.
#[derive(Serialize)]
pub(crate) struct GetLeases {
    #[serde(skip)]
    pub(crate) guest: bool,
}

impl Call for GetLeases {
    type Reply = Table<Table<WireLease>>;
    const METHOD: &'static str = "getLeases";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        if self.guest { "DHCPv4.Server.Pool.guest" } else { "DHCPv4.Server.Pool.default" }.into()
    }
}

/// `LeaseTimeRemaining` is -1 for a reservation.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct WireLease {
    #[serde(rename = "IPAddress")]
    ip_address: Text,
    #[serde(rename = "MACAddress")]
    mac_address: Text,
    lease_time_remaining: Int,
    active: Flag,
    reserved: Flag,
    friendly_name: Text,
}

/// The leases of all rules.
pub(crate) fn leases(reply: &Table<Table<WireLease>>, guest: bool) -> Vec<Lease> {
    let entries = reply.iter().flat_map(|(_, clients)| clients.iter());
    entries.map(|(client, lease)| lease.lease(client, guest)).collect()
}

impl WireLease {
    fn lease(&self, client: &str, guest: bool) -> Lease {
        let remaining = self.lease_time_remaining.get();
        Lease {
            name: self.friendly_name.get().and_then(Untrusted::non_empty),
            ipv4: self.ip_address.get().and_then(|text| text.parse().ok()),
            mac: self.mac_address.get().and_then(|text| text.parse().ok()).or_else(|| client_mac(client)),
            active: self.active.or(false),
            guest,
            reserved: if self.lease_time_remaining.is_odd() {
                self.reserved.get()
            } else {
                self.reserved.or(remaining == Some(-1))
            },
            remaining_s: remaining.and_then(|seconds| u64::try_from(seconds).ok()),
        }
    }
}

/// The MAC address in a DHCP client id: hardware type `01`, then the address.
fn client_mac(id: &str) -> Option<MacAddr> {
    id.strip_prefix("01:")?.parse().ok()
}

/// Reserves an address. The box takes a MAC address in lower case without a word and ignores it; ours print in upper
/// case. No good answer was recorded (declared without one); a refusal was.
#[derive(Serialize)]
pub(crate) struct AddStaticLease {
    #[serde(rename = "MACAddress")]
    pub(crate) mac: MacAddr,
    #[serde(rename = "IPAddress")]
    pub(crate) ip: Ipv4Addr,
}

impl Call for AddStaticLease {
    type Reply = Ignored;
    const METHOD: &'static str = "addStaticLease";
    const KIND: Kind = Kind::Write;

    fn service(&self) -> Cow<'static, str> {
        "DHCPv4.Server.Pool.default".into()
    }
}

/// "IP address already reserved".
pub(crate) const RESERVED: i64 = 393_221;

/// Gives a reservation up.
#[derive(Serialize)]
pub(crate) struct DeleteStaticLease {
    #[serde(rename = "MACAddress")]
    pub(crate) mac: MacAddr,
}

impl Call for DeleteStaticLease {
    type Reply = Ignored;
    const METHOD: &'static str = "deleteStaticLease";
    const KIND: Kind = Kind::Write;

    fn service(&self) -> Cow<'static, str> {
        "DHCPv4.Server.Pool.default".into()
    }
}
