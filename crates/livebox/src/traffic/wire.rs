//! `HomeLan`, the interface counters of `NeMo.Intf`, and the Wi-Fi totals of `NMC.Wifi` (protocol section 4.4).

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Kind,
    scalar::{Int, Rows, Table, Text},
};

use super::{Counters, Interface, Reading, kind};
use crate::Untrusted;

/// The inventory of interfaces that the box measures.
#[derive(Serialize)]
pub(crate) struct GetInterfaces {}

/// Keyed by the id that HomeLan gives them, which is neither of the two names in the entry.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct InterfaceEntry {
    friendly_name: Text,
    name: Text,
    /// Absent on the LB3.
    alias: Text,
}

impl Call for GetInterfaces {
    type Reply = Table<InterfaceEntry>;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;

    fn service(&self) -> Cow<'static, str> {
        "HomeLan.Interface".into()
    }
}

/// The inventory.
pub(crate) fn interfaces(entries: Table<InterfaceEntry>) -> Vec<Interface> {
    let interface = |(key, entry): (String, InterfaceEntry)| {
        let friendly = entry.friendly_name.get().or(entry.name.get()).unwrap_or(&key).to_owned();
        let name = entry.name.get().unwrap_or(&key).to_owned();
        Interface {
            kind: kind(&key, &friendly, &name, entry.alias.or_empty()),
            shown: Untrusted::clean(&friendly),
            friendly,
            name,
            key,
        }
    };
    entries.into_iter().map(interface).collect()
}

/// What the box measured lately, in bits per interval of about 30 s, newest first. Unbounded, the answer holds
/// three days of everything.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetResults {
    seconds: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface_name: Option<[String; 1]>,
}

impl GetResults {
    /// Enough for three intervals, should one be spoilt.
    const SECONDS: u32 = 120;

    /// Of every interface, or of one.
    pub(crate) fn new(interface: Option<&Interface>) -> Self {
        Self { seconds: Self::SECONDS, interface_name: interface.map(|one| [one.friendly.clone()]) }
    }
}

/// Keyed by friendly name.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Results {
    #[serde(rename = "Traffic")]
    traffic: Rows<ReadingEntry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ReadingEntry {
    #[serde(rename = "Timestamp")]
    timestamp: Int,
    #[serde(rename = "Rx_Counter")]
    rx: Int,
    #[serde(rename = "Tx_Counter")]
    tx: Int,
}

impl Call for GetResults {
    type Reply = Table<Results>;
    const METHOD: &'static str = "getResults";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_secs(15);

    fn service(&self) -> Cow<'static, str> {
        "HomeLan".into()
    }
}

impl Results {
    /// Whether there are readings, but in no form that we understand.
    pub(crate) fn is_odd(&self) -> bool {
        let odd = |entry: &ReadingEntry| entry.timestamp.is_odd() || entry.rx.is_odd() || entry.tx.is_odd();
        self.traffic.is_odd() || self.traffic.iter().any(odd)
    }

    /// The readings, newest first.
    pub(crate) fn readings(&self) -> Vec<Reading> {
        let reading = |entry: &ReadingEntry| {
            Some(Reading {
                at: entry.timestamp.get()?,
                rx_bits: entry.rx.unsigned()?,
                tx_bits: entry.tx.unsigned()?,
            })
        };
        let mut readings: Vec<Reading> = self.traffic.iter().filter_map(reading).collect();
        readings.sort_by_key(|reading| std::cmp::Reverse(reading.at));
        readings
    }
}

/// Counters of one interface since the box started.
#[derive(Serialize)]
pub(crate) struct GetCounters {
    #[serde(skip)]
    pub(crate) interface: String,
}

/// 21 fields on every model; the errors are of no use to a household.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct CountersReply {
    rx_bytes: Int,
    tx_bytes: Int,
    rx_packets: Int,
    tx_packets: Int,
}

impl CountersReply {
    /// Whether there are counters, but in no form that we understand.
    pub(crate) fn is_odd(&self) -> bool {
        self.rx_bytes.is_odd() || self.tx_bytes.is_odd()
    }

    /// The counters; `None` when the box gave none.
    pub(crate) fn counters(&self) -> Option<Counters> {
        Some(Counters {
            rx_bytes: self.rx_bytes.unsigned()?,
            tx_bytes: self.tx_bytes.unsigned()?,
            rx_packets: self.rx_packets.unsigned(),
            tx_packets: self.tx_packets.unsigned(),
        })
    }
}

impl Call for GetCounters {
    type Reply = CountersReply;
    const METHOD: &'static str = "getNetDevStats";
    const KIND: Kind = Kind::Read;

    fn service(&self) -> Cow<'static, str> {
        format!("NeMo.Intf.{}", self.interface).into()
    }
}

/// Counters of all Wi-Fi, without packets.
#[derive(Serialize)]
pub(crate) struct GetWifiCounters {}

impl Call for GetWifiCounters {
    type Reply = CountersReply;
    const METHOD: &'static str = "getStats";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Data;

    fn service(&self) -> Cow<'static, str> {
        "NMC.Wifi".into()
    }
}

/// What the WAN stands on, for a box without an inventory.
#[derive(Serialize)]
pub(crate) struct GetWan {
    mibs: &'static str,
}

impl GetWan {
    pub(crate) fn new() -> Self {
        Self { mibs: "base" }
    }
}

/// Section 4.3.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct WanReply {
    base: Table<Base>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Base {
    flags: Text,
}

impl Call for GetWan {
    type Reply = WanReply;
    const METHOD: &'static str = "getMIBs";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_secs(25);

    fn service(&self) -> Cow<'static, str> {
        "NeMo.Intf.data".into()
    }
}

impl WanReply {
    /// The physical interface: flagged so on every recorded box.
    pub(crate) fn physical(&self) -> Option<&str> {
        let table = &self.base;
        let flagged = |base: &Base, flag: &str| base.flags.parts().any(|known| known == flag);
        let physical =
            || table.iter().filter(|(_, base)| flagged(base, "physical") && flagged(base, "netdev"));
        // Ports of the home's side stand below `data` too on some firmware; most mark the other one.
        let mut marked = physical().filter(|(_, base)| flagged(base, "wan") && flagged(base, "up"));
        marked.next().or_else(|| physical().next()).map(|(name, _)| name)
    }
}
