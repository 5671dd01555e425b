//! Changes: Wi-Fi settings, filters, pairing, stations that are sent away, and parameters in general.

use serde_json::{Value, json};

use super::{graph, object, scan};
use crate::call::{Answer, BoxError, Call, Object, Reply, lenient_flag};
use crate::clock::after;
use crate::router::Router;
use crate::state::hosts::{Bands, Link};
use crate::state::wifi::Wifi;

/// Seconds that radios need to take a new configuration.
const RESTART: i64 = 8;

/// Seconds that a WPS pairing waits for the other side.
pub(crate) const PAIRING: i64 = 120;

/// A value that the box does not take.
pub(crate) struct Refused;

type Taken = Result<(), Refused>;

/// Writes still to be remembered, by object path.
type Written = Vec<(String, Object)>;

/// Answers the calls that change something; `None` for what is not one.
pub(super) fn call(router: &mut Router, call: &Call<'_>, name: &str, inside: &[&str]) -> Answer {
    let done = match (inside, call.method) {
        ([], "setWLANConfig" | "setMIBs") => {
            let mibs = call.args.get("mibs").cloned();
            // Some clients send the object as a text.
            let mibs = match mibs {
                Some(Value::String(text)) => serde_json::from_str(&text).ok(),
                other => other,
            };
            match mibs {
                Some(Value::Object(mibs)) => set_mibs(router, &mibs),
                _ => Err(Refused),
            }
        }
        ([], "setFirstParameter" | "setParameters") => set_parameters(router, call, name),
        (_, "set") if is_wifi(router, name) => {
            let values = call.args.values().clone();
            set(router, name, inside, &values)
        }
        ([], "setFlag" | "clearFlag") => set_flag(router, call, name),
        ([], "setChanspec") => set_chanspec(router, call, name),
        ([], "kickStation" | "kickStationReason" | "cleanStation") => kick(router, call, name),
        ([], "sendBssTransferRequest") => return transfer(router, call, name),
        (["MACFiltering"], _) => filter(router, call, name)?,
        (["WPS"], _) => return wps(router, call, name),
        _ => return None,
    };
    match (done, call.method) {
        (Ok(()), "set") => Reply::value(true).ok(),
        (Ok(()), _) => Reply::void().ok(),
        (Err(Refused), _) => BoxError::failed(call.method).refuse(),
    }
}

fn is_wifi(router: &Router, name: &str) -> bool {
    router.state.wifi.vap(name).is_some() || router.state.wifi.radio(name).is_some()
}

/// Takes `{mib: {interface: {parameter: value}}}` as a whole, or nothing of it.
fn set_mibs(router: &mut Router, mibs: &Object) -> Taken {
    let mut wifi = router.state.wifi.clone();
    let mut written = Written::new();
    for interfaces in mibs.values() {
        for (name, values) in interfaces.as_object().into_iter().flatten() {
            let Some(values) = values.as_object() else { continue };
            change(router, &mut wifi, &mut written, name, &[], values)?;
        }
    }
    commit(router, wifi, written);
    Ok(())
}

/// The same for one object.
pub(crate) fn set(router: &mut Router, name: &str, inside: &[&str], values: &Object) -> Taken {
    let mut wifi = router.state.wifi.clone();
    let mut written = Written::new();
    change(router, &mut wifi, &mut written, name, inside, values)?;
    commit(router, wifi, written);
    Ok(())
}

fn change(
    router: &Router,
    wifi: &mut Wifi,
    written: &mut Written,
    name: &str,
    inside: &[&str],
    values: &Object,
) -> Taken {
    let path: Vec<&str> = ["NeMo", "Intf", name].into_iter().chain(inside.iter().copied()).collect();
    let mut rest = Object::new();
    for (key, value) in values {
        let known = if wifi.vap(name).is_some() {
            change_vap(wifi, name, inside, key, value)?
        } else if wifi.radio(name).is_some() && inside.is_empty() {
            change_radio(wifi, name, key, value, values)?
        } else {
            false
        };
        match value {
            _ if known => {}
            Value::Object(below) => {
                let deeper: Vec<&str> = inside.iter().copied().chain([key.as_str()]).collect();
                change(router, wifi, written, name, &deeper, below)?;
            }
            _ => {
                rest.insert(key.clone(), value.clone());
            }
        }
    }
    if let Some(resolved) = router.resolve(&path).filter(|_| !rest.is_empty()) {
        let writable = |key: &str| resolved.parameters().any(|p| p.name == key && !p.read_only());
        rest.retain(|key, _| writable(key));
        written.push((path.join("."), rest));
    }
    Ok(())
}

fn flag(value: &Value) -> Result<bool, Refused> {
    lenient_flag(value).ok_or(Refused)
}

fn text(value: &Value) -> Result<String, Refused> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(Refused),
    }
}

fn number(value: &Value) -> Result<i64, Refused> {
    match value {
        Value::Number(number) => number.as_i64().ok_or(Refused),
        Value::String(text) => text.trim().parse().map_err(|_| Refused),
        _ => Err(Refused),
    }
}

/// Whether the parameter is one that the state knows; then it was taken.
fn change_vap(
    wifi: &mut Wifi,
    name: &str,
    inside: &[&str],
    key: &str,
    value: &Value,
) -> Result<bool, Refused> {
    let Some(vap) = wifi.vap_mut(name) else { return Ok(false) };
    match (inside, key) {
        ([], "Enable" | "PersistentEnable") => {
            vap.enable = flag(value)?;
            if vap.guest {
                wifi.guest.enable = wifi.vaps.iter().any(|vap| vap.guest && vap.enable);
            }
        }
        ([], "SSID") => {
            let ssid = text(value)?;
            if ssid.is_empty() || ssid.len() > 32 {
                return Err(Refused);
            }
            vap.ssid = ssid;
        }
        ([], "SSIDAdvertisementEnabled") => vap.visible = flag(value)?,
        (["Security"], "ModeEnabled") => {
            let mode = text(value)?;
            if !vap.securities.split(',').any(|known| known == mode) {
                return Err(Refused);
            }
            vap.security = mode;
        }
        (["Security"], "KeyPassPhrase") => {
            let key = text(value)?;
            if !(8..=63).contains(&key.chars().count()) {
                return Err(Refused);
            }
            vap.key = key;
        }
        (["Security"], "WEPKey") => vap.wep_key = text(value)?,
        (["WPS"], "Enable") => vap.wps = flag(value)?,
        (["MACFiltering"], "Mode") => {
            let mode = text(value)?;
            if !["Off", "WhiteList", "BlackList"].contains(&mode.as_str()) {
                return Err(Refused);
            }
            vap.filter_mode = mode;
        }
        (["MACFiltering"], "Entry") => {
            let entries = value.as_object().ok_or(Refused)?;
            let mut list = Vec::new();
            for (key, entry) in entries {
                let mac = entry.get("MACAddress").and_then(Value::as_str).unwrap_or(key);
                list.push(mac_address(mac).ok_or(Refused)?);
            }
            list.sort();
            list.dedup();
            vap.filter = list;
        }
        // What follows from the above, and comes back when a client writes what it read.
        (
            [],
            "VAPStatus" | "Status" | "BSSID" | "MACAddress" | "MACFilterAddressList" | "AssociatedDevice",
        )
        | (["IEEE80211r"], "R0KHKey")
        | (["Security"], "ModesAvailable" | "ModesSupported" | "MFPConfig")
        | (["WPS"], "SelfPIN" | "UUID" | "PairingInProgress") => {}
        _ => return Ok(false),
    }
    Ok(true)
}

fn change_radio(
    wifi: &mut Wifi,
    name: &str,
    key: &str,
    value: &Value,
    all: &Object,
) -> Result<bool, Refused> {
    let Some(radio) = wifi.radio_mut(name) else { return Ok(false) };
    match key {
        "Enable" | "PersistentEnable" => radio.enable = flag(value)?,
        "AutoChannelEnable" => radio.auto_channel = flag(value)?,
        "Channel" => {
            let channel = u32::try_from(number(value)?).map_err(|_| Refused)?;
            let auto = all.get("AutoChannelEnable").and_then(lenient_flag);
            if !radio.possible_channels.contains(&channel) && (channel, auto) != (0, Some(true)) {
                return Err(Refused);
            }
            // Without a word about the automatic choice, asking for another channel ends it.
            if auto != Some(true) && (auto == Some(false) || radio.channel != channel) {
                radio.auto_channel = false;
                radio.channel = channel;
            }
        }
        "OperatingStandards" => {
            let standards = text(value)?;
            if !radio.supported_standards.split(',').any(|known| known == standards) {
                return Err(Refused);
            }
            radio.standards = standards;
        }
        "OperatingChannelBandwidth" => {
            let wanted = text(value)?;
            let widths = ["20MHz", "40MHz", "80MHz", "160MHz"];
            let widest = widths.iter().position(|width| *width == radio.max_bandwidth).unwrap_or(0);
            radio.current_bandwidth = match widths.iter().position(|width| *width == wanted) {
                Some(place) if place <= widest => widths.get(place).copied().unwrap_or("20MHz"),
                None if wanted == "Auto" => automatic_bandwidth(radio.band),
                _ => return Err(Refused),
            };
            radio.bandwidth = wanted;
        }
        "TransmitPower" => {
            let power = number(value)?;
            if !(-1..=100).contains(&power) {
                return Err(Refused);
            }
            radio.transmit_power = i32::try_from(power).map_err(|_| Refused)?;
        }
        "RadioStatus"
        | "Status"
        | "CurrentOperatingChannelBandwidth"
        | "ChannelsInUse"
        | "PossibleChannels"
        | "ScanResults" => {}
        _ => return Ok(false),
    }
    Ok(true)
}

fn automatic_bandwidth(band: &str) -> &'static str {
    match band {
        "2.4GHz" => "20MHz",
        "5GHz" => "80MHz",
        _ => "160MHz",
    }
}

/// Puts a new configuration into force: the radios concerned restart, subscribers are told.
fn commit(router: &mut Router, mut wifi: Wifi, written: Written) {
    let now = router.now();
    let old = &router.state.wifi;
    let mut radios: Vec<&'static str> = Vec::new();
    let mut told: Vec<(&'static str, Object)> = Vec::new();
    for (before, after) in old.radios.iter().zip(&mut wifi.radios) {
        if before.settings() != after.settings() {
            radios.push(after.name);
            told.push((after.name, attributes(json!({"Enable": after.enable, "Channel": after.channel}))));
        }
        if before.channel != after.channel {
            after.channel_reason = "MANUAL";
            after.channel_since = now;
        }
    }
    let chooses: Vec<&'static str> = (old.radios.iter().zip(&wifi.radios))
        .filter(|(before, after)| after.auto_channel && !before.auto_channel)
        .map(|(_, after)| after.name)
        .collect();
    for (before, after) in old.vaps.iter().zip(&wifi.vaps) {
        if before != after {
            radios.push(after.radio);
            told.push((after.name, attributes(json!({"Enable": after.enable, "SSID": after.ssid}))));
        }
    }
    let was_guest = old.guest.enable;
    router.state.wifi = wifi;
    if was_guest != router.state.wifi.guest.enable {
        router.state.wifi.guest.start = router.state.wifi.guest.enable.then_some(now);
    }
    for (path, values) in written {
        router.state.written.entry(path).or_default().extend(values);
    }
    router.state.settle_wifi(now);
    radios.sort_unstable();
    radios.dedup();
    restart(router, &radios);
    for radio in chooses {
        scan::choose_channel(router, radio);
    }
    for (name, attributes) in told {
        router.changed(&format!("NeMo.Intf.{name}"), attributes);
    }
}

fn attributes(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Object::new(),
    }
}

/// Takes radios down for some seconds; their stations come back one after the other.
pub(crate) fn restart(router: &mut Router, radios: &[&str]) {
    let now = router.now();
    let until = after(now, RESTART);
    let state = &mut router.state;
    for radio in state.wifi.radios.iter_mut().filter(|radio| radios.contains(&radio.name)) {
        radio.restarting_until = Some(until);
        radio.changed_at = until;
    }
    let seed = state.seed;
    let concerned: Vec<String> = state
        .hosts
        .iter()
        .filter(|host| {
            let radio = state.wifi.vap(state.attachment(host)).map(|vap| vap.radio);
            radio.is_some_and(|radio| radios.contains(&radio)) && host.is_active(seed, now)
        })
        .map(|host| host.mac.clone())
        .collect();
    for mac in concerned {
        leave_for(router, &mac, RESTART);
    }
}

/// A station is away for some seconds and then behaves as before.
fn leave_for(router: &mut Router, mac: &str, seconds: i64) {
    let now = router.now();
    let seed = router.state.seed;
    if let Some(host) = router.state.host_mut(mac) {
        let before = host.forced_now(now);
        host.force(now, Some(false));
        host.force(after(now, seconds + seed.between(&format!("{mac}/back/{now}"), 1, 12)), before);
    }
}

fn set_parameters(router: &mut Router, call: &Call<'_>, name: &str) -> Taken {
    let wanted = call.args.text("name").unwrap_or_default();
    let value = call.args.get("value").cloned().unwrap_or(Value::Null);
    let mut inside: Vec<&str> = wanted.split('.').collect();
    let parameter = inside.pop().unwrap_or_default();
    for interface in graph::selected(router, call, name) {
        if graph::is_denied(router, interface) {
            continue;
        }
        let path: Vec<&str> = ["NeMo", "Intf", interface].into_iter().chain(inside.iter().copied()).collect();
        let Some(before) = object::parameters(router, &path).remove(parameter) else { continue };
        let value = typed(&before, &value)?;
        set(router, interface, &inside, &Object::from_iter([(parameter.to_owned(), value)]))?;
        if call.method == "setFirstParameter" {
            break;
        }
    }
    Ok(())
}

/// A text as a value of the type that the parameter has.
fn typed(before: &Value, value: &Value) -> Result<Value, Refused> {
    match before {
        Value::Bool(_) => flag(value).map(Value::from),
        Value::Number(_) => number(value).map(Value::from),
        _ => Ok(value.clone()),
    }
}

fn set_flag(router: &mut Router, call: &Call<'_>, name: &str) -> Taken {
    let flags = call.args.text("flag").unwrap_or_default();
    let condition = call.args.text("condition").unwrap_or_default();
    let walk = graph::traverse(router, name, &call.args.text("traverse").unwrap_or_default());
    for interface in
        walk.into_iter().filter(|other| graph::matches(router, other, &condition)).collect::<Vec<_>>()
    {
        let written = router.state.written.entry(format!("NeMo.Intf.{interface}")).or_default();
        let own = written.get("Flags").and_then(Value::as_str).unwrap_or_default();
        let mut all: Vec<&str> = own
            .split_whitespace()
            .filter(|flag| !flags.split_whitespace().any(|other| other == *flag))
            .collect();
        if call.method == "setFlag" {
            all.extend(flags.split_whitespace());
        }
        let all = all.join(" ");
        written.insert("Flags".to_owned(), json!(all));
    }
    Ok(())
}

fn set_chanspec(router: &mut Router, call: &Call<'_>, name: &str) -> Taken {
    let mut values = attributes(json!({"AutoChannelEnable": false}));
    for (argument, parameter) in [("channel", "Channel"), ("bandwidth", "OperatingChannelBandwidth")] {
        if let Some(value) = call.args.get(argument).filter(|value| !matches!(value.as_str(), Some(""))) {
            values.insert(parameter.to_owned(), value.clone());
        }
    }
    set(router, name, &[], &values)
}

/// A MAC address in upper case with colons, or `None` for what is none.
pub(crate) fn mac_address(text: &str) -> Option<String> {
    let mac = text.trim().replace('-', ":").to_uppercase();
    let bytes: Vec<&str> = mac.split(':').collect();
    let good =
        bytes.len() == 6 && bytes.iter().all(|byte| byte.len() == 2 && u8::from_str_radix(byte, 16).is_ok());
    good.then_some(mac)
}

fn attached(router: &Router, call: &Call<'_>, name: &str, argument: &str) -> Result<String, Refused> {
    let mac = call.args.text(argument).and_then(|mac| mac_address(&mac)).ok_or(Refused)?;
    let present = router.state.stations(name, router.now()).any(|host| host.mac == mac);
    if present { Ok(mac) } else { Err(Refused) }
}

fn kick(router: &mut Router, call: &Call<'_>, name: &str) -> Taken {
    let mac = attached(router, call, name, "macaddress")?;
    leave_for(router, &mac, 4);
    Ok(())
}

/// Sends a station over to another access point of the box, if it can use that band.
fn transfer(router: &mut Router, call: &Call<'_>, name: &str) -> Answer {
    let Ok(mac) = attached(router, call, name, "mac") else { return Reply::value(false).ok() };
    let target = call.args.text("target").unwrap_or_default();
    let wifi = &router.state.wifi;
    let Some(vap) = wifi.vaps.iter().find(|vap| vap.bssid.eq_ignore_ascii_case(&target)) else {
        return Reply::value(false).ok();
    };
    let (vap_name, band) = (vap.name, wifi.radio(vap.radio).map_or("", |radio| radio.band));
    let carries = wifi.carries(vap_name);
    let host = router.state.host_mut(&mac)?;
    let bands = host.radio.map(|radio| radio.bands);
    let can = match band {
        "6GHz" => bands == Some(Bands::All),
        "5GHz" => bands != Some(Bands::Two),
        _ => true,
    };
    if carries && can {
        host.link = Link::Wifi(vap_name);
    }
    Reply::value(carries && can).ok()
}

fn filter(router: &mut Router, call: &Call<'_>, name: &str) -> Option<Taken> {
    if !matches!(call.method, "addEntry" | "delEntry" | "addTempEntry" | "delTempEntry") {
        return None;
    }
    let Some(mac) = call.args.text("mac").and_then(|mac| mac_address(&mac)) else {
        return Some(Err(Refused));
    };
    let vap = router.state.wifi.vap_mut(name)?;
    let list = if call.method.contains("Temp") { &mut vap.filter_for_now } else { &mut vap.filter };
    list.retain(|entry| *entry != mac);
    if call.method.starts_with("add") {
        list.push(mac);
    }
    let now = router.now();
    router.state.settle_wifi(now);
    Some(Ok(()))
}

fn wps(router: &mut Router, call: &Call<'_>, name: &str) -> Answer {
    let offered = router.state.wifi.vap(name)?.wps && graph::is_up(router, name);
    match call.method {
        "pushButton" if offered => {
            router.start_pairing();
            Reply::value(0).ok()
        }
        "pushButton" => BoxError::failed(call.method).refuse(),
        "cancelPairing" => {
            router.stop_pairing();
            Reply::void().ok()
        }
        "generateSelfPIN" => Reply::value(router.new_wps_pin()).ok(),
        _ => None,
    }
}

impl Router {
    /// WPS waits for the other side.
    pub(crate) fn start_pairing(&mut self) {
        self.state.wifi.pairing_until = Some(after(self.now(), PAIRING));
        self.changed("NMC.Wifi", attributes(json!({"PairingStatus": "Pairing"})));
    }

    /// WPS waits no longer.
    pub(crate) fn stop_pairing(&mut self) {
        self.state.wifi.pairing_until = None;
        self.changed("NMC.Wifi", attributes(json!({"PairingStatus": "Idle"})));
    }

    /// Another PIN for WPS.
    pub(crate) fn new_wps_pin(&mut self) -> String {
        let label = format!("wps pin after {}", self.state.wifi.wps_pin);
        let pin = self.state.seed.digits(&label, 8);
        self.state.wifi.wps_pin.clone_from(&pin);
        pin
    }
}
