//! `Devices:*` (protocol section 4.10), the device tree (4.11) and the Internet access plan (4.12).

use std::{
    borrow::Cow,
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Int, Part, Rows, Text},
};

use super::{Host, Link, Radio, SourcedName};
use crate::{Band, MacAddr, Untrusted};

/// The hosts. Recorded on LB3, LB5, LB6, LB7 and W7.
#[derive(Serialize)]
pub(crate) struct GetDevices {
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<&'static str>,
    flags: &'static str,
}

impl GetDevices {
    /// What is a host, in the box's words.
    pub(crate) const HOSTS: Self =
        Self { expression: Some("physical and !self and !voice"), flags: "no_actions" };
    /// Everything: for a firmware that does not take the expression.
    pub(crate) const EVERYTHING: Self = Self { expression: None, flags: "no_actions" };
}

impl Call for GetDevices {
    type Reply = Rows<Device>;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Devices".into()
    }
}

/// One device. Fields come and go with the model, the firmware and the device.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Device {
    key: Text,
    name: Text,
    device_type: Text,
    active: Flag,
    tags: Text,
    first_seen: Text,
    last_connection: Text,
    phys_address: Text,
    #[serde(rename = "IPAddress")]
    ip_address: Text,
    #[serde(rename = "IPv4Address")]
    ipv4_address: Rows<Address>,
    #[serde(rename = "IPv6Address")]
    ipv6_address: Rows<Address>,
    names: Rows<Name>,
    alternative: Rows<Text>,
    interface_name: Text,
    interface_type: Text,
    #[serde(rename = "MACVendor")]
    mac_vendor: Text,
    #[serde(rename = "BDD")]
    bdd: Part<Bdd>,
    manufacturer: Text,
    signal_strength: Int,
    signal_noise_ratio: Int,
    last_data_downlink_rate: Int,
    last_data_uplink_rate: Int,
    operating_frequency_band: Text,
    operating_standard: Text,
    link_bandwidth: Text,
    security_mode_enabled: Text,
    #[serde(rename = "WANAccess")]
    wan_access: Part<WanAccess>,
    #[serde(rename = "SSW")]
    ssw: Part<Ssw>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Address {
    address: Text,
    status: Text,
    reserved: Flag,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Name {
    name: Text,
    source: Text,
    suffix: Text,
}

/// What Orange's device base knows of the model.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Bdd {
    manufacturer: Text,
    #[serde(rename = "MACVendor")]
    mac_vendor: Text,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct WanAccess {
    blocked_reasons: Text,
}

/// Present on boxes and repeaters.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Ssw {
    current_mode: Text,
}

impl Device {
    fn tagged(&self, tag: &str) -> bool {
        self.tags.parts().any(|known| known.eq_ignore_ascii_case(tag))
    }

    /// Whether nothing tells in a form that we understand which device it is.
    pub(crate) fn is_odd(&self) -> bool {
        let silent = self.key.get().is_none() && self.phys_address.get().is_none();
        silent && (self.key.is_odd() || self.phys_address.is_odd())
    }

    /// The host it is; `None` for what is none (interfaces of the box, telephones, UPnP services, USB), which
    /// a firmware may send whatever the expression says.
    pub(crate) fn into_host(self) -> Option<Host> {
        let mac = [&self.phys_address, &self.key].into_iter().find_map(|text| text.get()?.parse().ok());
        let tagged = self.tags.get().is_some();
        let not_a_host = ["self", "voice", "logical", "interface"].iter().any(|tag| self.tagged(tag));
        if not_a_host || (tagged && !self.tagged("physical")) || (mac.is_none() && !self.tagged("lan")) {
            return None;
        }
        let active = self.active.or(false);
        let names = (!self.names.is_odd())
            .then(|| self.names.iter().filter_map(Name::sourced).collect::<Vec<SourcedName>>());
        let name = self.name.get().and_then(Untrusted::non_empty);
        let name = name.or_else(|| names.iter().flatten().last().map(|given| given.name.clone()));
        let name = name.or_else(|| mac.map(|mac: MacAddr| Untrusted::clean(&mac.to_string())));
        Some(Host {
            name: name.unwrap_or_else(|| Untrusted::clean(self.key.or_empty())),
            mac,
            alternatives: self.alternative.iter().filter_map(|text| text.get()?.parse().ok()).collect(),
            ipv4: self.ipv4(),
            ipv6: self.ipv6(),
            active,
            link: self.link(),
            guest: self.is_guest(),
            repeater: self.is_repeater(),
            kind: self.device_type.get().and_then(Untrusted::non_empty),
            vendor: self.vendor(),
            first_seen: date(&self.first_seen),
            last_connected: date(&self.last_connection),
            reserved: self.reserved(),
            wan_blocked: self
                .wan_access
                .get()
                .filter(|access| !access.blocked_reasons.is_odd())
                .map(|access| access.blocked_reasons.get().is_some()),
            radio: if active == Some(false) { None } else { self.radio() },
            names,
            key: self.key.get().map(str::to_owned).or_else(|| mac.map(|mac| mac.to_string()))?,
        })
    }

    fn ipv4(&self) -> Option<Ipv4Addr> {
        let main = self.ip_address.get().and_then(|text| text.parse().ok());
        let mut listed = self.ipv4_address.iter().filter(|entry| !entry.is_error());
        main.or_else(|| listed.find_map(|entry| entry.address.get()?.parse().ok()))
    }

    fn ipv6(&self) -> Option<Vec<Ipv6Addr>> {
        if self.ipv6_address.is_odd() || self.ipv6_address.iter().any(|entry| entry.address.is_odd()) {
            return None;
        }
        let mut all: Vec<Ipv6Addr> =
            self.ipv6_address.iter().filter_map(|entry| entry.address.get()?.parse().ok()).collect();
        // Global ones first: they are what people look for.
        all.sort_by_key(Ipv6Addr::is_unicast_link_local);
        all.dedup();
        Some(all)
    }

    /// The link, from the most explicit field to the least; the interface name differs per model.
    fn link(&self) -> Link {
        let stated = self.interface_type.or_empty().to_ascii_lowercase();
        let interface = self.interface_name.or_empty();
        let named = interface.to_ascii_lowercase();
        let on_port = named.starts_with("eth") || named.starts_with("lan");
        let band = self.operating_frequency_band.get().and_then(|text| text.parse::<Band>().ok());
        let wifi = match () {
            () if stated.contains("wi-fi") || stated.contains("wifi") => Some(true),
            () if stated.contains("eth") => Some(false),
            () if self.tagged("wifi") => Some(!self.tagged("eth") || band.is_some()),
            () if self.tagged("eth") => Some(false),
            () if band.is_some() => Some(true),
            () if on_port => Some(false),
            () => None,
        };
        match wifi {
            Some(true) => Link::Wifi { band },
            // Behind a repeater the box names the port or access point that the repeater is on.
            Some(false) => {
                Link::Ethernet { port: if on_port { Untrusted::non_empty(interface) } else { None } }
            }
            None => Link::Unknown,
        }
    }

    fn is_guest(&self) -> bool {
        self.tagged("guest") || self.interface_name.or_empty().to_ascii_lowercase().contains("guest")
    }

    fn is_repeater(&self) -> bool {
        self.ssw.get().is_some_and(|ssw| ssw.current_mode.or_empty().eq_ignore_ascii_case("slave"))
            || (self.tagged("ssw") && self.tagged("hnid"))
    }

    fn vendor(&self) -> Option<Untrusted> {
        let bdd = self.bdd.get();
        [
            Some(&self.mac_vendor),
            Some(&self.manufacturer),
            bdd.map(|bdd| &bdd.manufacturer),
            bdd.map(|bdd| &bdd.mac_vendor),
        ]
        .into_iter()
        .flatten()
        .find_map(|text| text.get().and_then(Untrusted::non_empty))
    }

    /// Known from the address: an absent host may have none.
    fn reserved(&self) -> Option<bool> {
        let mut flags = self.ipv4_address.iter().filter_map(|entry| entry.reserved.get()).peekable();
        flags.peek()?;
        Some(flags.any(|flag| flag))
    }

    fn radio(&self) -> Option<Radio> {
        if !matches!(self.link(), Link::Wifi { .. }) {
            return None;
        }
        // 0 is what the box writes for "not known", and no station is heard with more than it was sent.
        let bits = |kbits: Int| kbits.unsigned().filter(|rate| *rate > 0)?.checked_mul(1000);
        let text = |text: &Text| {
            text.get()
                .filter(|text| !text.eq_ignore_ascii_case("unknown") && !text.eq_ignore_ascii_case("none"))
                .and_then(Untrusted::non_empty)
        };
        Some(Radio {
            rssi_dbm: self.signal_strength.get().filter(|dbm| (-120..0).contains(dbm)),
            snr_db: self.signal_noise_ratio.get().filter(|snr| (1..120).contains(snr)),
            down_bps: bits(self.last_data_downlink_rate),
            up_bps: bits(self.last_data_uplink_rate),
            standard: text(&self.operating_standard),
            width: text(&self.link_bandwidth),
            security: text(&self.security_mode_enabled),
        })
    }
}

impl Address {
    fn is_error(&self) -> bool {
        self.status.or_empty().eq_ignore_ascii_case("error")
    }
}

impl Name {
    fn sourced(&self) -> Option<SourcedName> {
        let base = Untrusted::non_empty(self.name.get()?)?;
        let shown = match self.suffix.get() {
            Some(suffix) => Untrusted::clean(&format!("{}-{suffix}", base.shown())),
            None => base.clone(),
        };
        let source = Untrusted::clean(self.source.or_empty());
        Some(SourcedName { is_given: source.shown() == GIVEN, base, name: shown, source })
    }
}

/// The source of a name that a person gave.
pub(crate) const GIVEN: &str = "webui";

/// A date; `None` for the box's "never" (0001-01-01) and the clock's zero.
fn date(text: &Text) -> Option<Timestamp> {
    let date: Timestamp = text.get()?.parse().ok()?;
    (date.as_second() > 86_400).then_some(date)
}

/// Names a device. No answer was recorded; the declaration is the same on all five dumps.
#[derive(Serialize)]
pub(crate) struct SetName<'a> {
    #[serde(skip)]
    pub(crate) key: &'a str,
    pub(crate) name: &'a str,
}

impl Call for SetName<'_> {
    type Reply = Ignored;
    const METHOD: &'static str = "setName";
    const KIND: Kind = Kind::Write;

    fn service(&self) -> Cow<'static, str> {
        format!("Devices.Device.{}", self.key).into()
    }
}

/// Takes a device's name of that source away. No answer was recorded; the declaration is the same on all five dumps.
#[derive(Serialize)]
pub(crate) struct RemoveName<'a> {
    #[serde(skip)]
    pub(crate) key: &'a str,
    pub(crate) source: &'static str,
}

impl Call for RemoveName<'_> {
    type Reply = Ignored;
    const METHOD: &'static str = "removeName";
    const KIND: Kind = Kind::Write;

    fn service(&self) -> Cow<'static, str> {
        format!("Devices.Device.{}", self.key).into()
    }
}

/// The device tree under the box. `buildTopology`, its recorded sibling with the same nodes, scans the network again
/// and takes half a minute; this one tells what the box knows. Unverified: that the answer is a node or a list of them.
#[derive(Serialize)]
pub(crate) struct GetTree {
    pub(crate) flags: &'static str,
}

impl Call for GetTree {
    type Reply = Tree;
    const METHOD: &'static str = "topology";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_secs(20);

    fn service(&self) -> Cow<'static, str> {
        "Devices.Device.HGW".into()
    }
}

/// The roots of the tree.
pub(crate) struct Tree(Vec<Node>);

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Node {
    key: Text,
    name: Text,
    tags: Text,
    #[serde(rename = "SSW")]
    ssw: Part<Ssw>,
    children: Rows<Node>,
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let nodes = match Value::deserialize(deserializer)? {
            Value::Array(list) => list,
            other => vec![other],
        };
        Ok(Self(nodes.into_iter().filter_map(|node| Node::deserialize(node).ok()).collect()))
    }
}

impl Tree {
    /// The name of the repeater that the device is behind, if any.
    pub(crate) fn repeater_of(&self, key: &str) -> Option<Untrusted> {
        self.0.iter().find_map(|node| node.repeater_of(key, None))
    }
}

impl Node {
    fn repeater_of(&self, key: &str, above: Option<&Node>) -> Option<Untrusted> {
        if self.key.or_empty().eq_ignore_ascii_case(key) {
            let repeater = above?;
            return repeater.name.get().or_else(|| repeater.key.get()).and_then(Untrusted::non_empty);
        }
        let mode = self.ssw.get().and_then(|ssw| ssw.current_mode.get()).unwrap_or_default();
        let tagged = |tag: &str| self.tags.parts().any(|known| known == tag);
        let repeats = mode.eq_ignore_ascii_case("slave") || (tagged("ssw") && tagged("hnid"));
        let above = if repeats { Some(self) } else { above };
        self.children.iter().find_map(|child| child.repeater_of(key, above))
    }
}

/// A device's Internet access plan.
#[derive(Serialize)]
pub(crate) struct GetSchedule {
    r#type: &'static str,
    #[serde(rename = "ID")]
    id: String,
}

impl GetSchedule {
    /// The plan of that device; its id is the MAC address in upper case.
    pub(crate) fn of(mac: MacAddr) -> Self {
        Self { r#type: "ToD", id: mac.to_string() }
    }
}

impl Call for GetSchedule {
    // `status` false and no `data` when there is no plan.
    type Reply = Part<Schedule>;
    const METHOD: &'static str = "getSchedule";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Data;

    fn service(&self) -> Cow<'static, str> {
        "Scheduler".into()
    }
}

/// `{"scheduleInfo":{"override":"Disable","value":"Disable",…}}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Schedule {
    #[serde(rename = "scheduleInfo")]
    info: Part<ScheduleInfo>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ScheduleInfo {
    value: Text,
}

impl Schedule {
    /// Whether the Internet is cut now; `None` when the plan is not told in a form that we understand.
    pub(crate) fn is_blocking(&self) -> Option<bool> {
        let is_odd = self.info.is_odd() || self.info.get().is_some_and(|info| info.value.is_odd());
        let value = self.info.get().map(|info| info.value.or_empty()).unwrap_or_default();
        (!is_odd).then(|| value.eq_ignore_ascii_case("disable"))
    }
}
