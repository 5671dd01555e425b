//! Entries of `Devices` for the box itself: HGW, its interfaces, telephones, USB, UPnP, and the interfaces of a
//! repeater.

use serde_json::{Value, json};

use super::{Entry, actions, named, object, typed};
use crate::call::Object;
use crate::clock::{NEVER, after, iso};
use crate::router::Router;
use crate::services::nemo::setting;
use crate::state::hosts::{Host, Kind, Sourced};
use crate::state::lan::Pool;
use crate::state::wifi::Vap;

/// Ethernet ports with what they can do, Mbit/s.
const PORTS: [(&str, u32); 5] =
    [("ETH1", 1_000), ("ETH2", 1_000), ("ETH3", 1_000), ("ETH4", 1_000), ("ETH0", 2_500)];

/// Everything that is the box's own, parents first.
pub(super) fn entries(router: &Router) -> Vec<Entry> {
    let mut list = vec![gateway(router), network(router, "lan")];
    list.extend(router.state.wifi.vaps.iter().filter(|vap| !vap.guest).map(|vap| access_point(router, vap)));
    list.extend(PORTS.iter().map(|(name, rate)| port(router, name, *rate)));
    list.push(network(router, "guest"));
    list.extend(router.state.wifi.vaps.iter().filter(|vap| vap.guest).map(|vap| access_point(router, vap)));
    list.extend(telephones(router));
    list.extend(usb(router));
    list.extend(upnp(router));
    for host in router.state.hosts.iter().filter(|host| matches!(host.kind, Kind::Repeater(_))) {
        if host.is_listed(router.state.seed, router.now()) {
            list.extend(repeater(router, host));
        }
    }
    list
}

/// The keys of [`entries`], in the same order.
pub(super) fn keys(router: &Router) -> Vec<String> {
    let vaps = |guest: bool| {
        router.state.wifi.vaps.iter().filter(move |vap| vap.guest == guest).map(|vap| vap.name.to_owned())
    };
    let mut list = vec!["HGW".to_owned(), "lan".to_owned()];
    list.extend(vaps(false).chain(PORTS.iter().map(|(name, _)| (*name).to_owned())));
    list.push("guest".to_owned());
    list.extend(vaps(true));
    list.extend(["DECT", "FXS", "FXS1", "USBHost", "USB_1"].map(str::to_owned));
    list.extend((1..=3).map(|number| upnp_key(router, number)));
    for host in router.state.hosts.iter().filter(|host| matches!(host.kind, Kind::Repeater(_))) {
        if host.is_listed(router.state.seed, router.now()) {
            list.extend(REPEATER.map(|name| format!("_{}_{name}", host.mac)));
        }
    }
    list
}

/// Names of the interfaces of a repeater.
const REPEATER: [&str; 5] = ["vap2g0priv", "vap5g0priv", "ep5g0", "eth0", "eth1"];

/// The unique name of a UPnP device of the box.
fn upnp_key(router: &Router, number: u32) -> String {
    let tail: String = router.state.identity.base_mac.split(':').map(str::to_lowercase).collect();
    format!("uuid:00000000-0000-1000-{number:04}-{tail}")
}

/// What all entries begin with. `source` says how it was found.
fn base(router: &Router, key: &str, name: &str, source: &str, tags: &str, active: bool) -> Object {
    let boot = router.state.boot.booted_at;
    let name = match router.state.notes.get(key).and_then(|note| note.names.first()) {
        Some(given) => &given.value,
        None => name,
    };
    object(json!({
        "Key": key, "DiscoverySource": source, "Name": name, "DeviceType": "", "Active": active, "Tags": tags,
        "FirstSeen": iso(after(boot, 20)), "LastConnection": iso(after(boot, 20)), "LastChanged": NEVER, "Master": "",
    }))
}

/// The names and types at the end of an entry.
fn end(router: &Router, key: &str, default_name: &str, default_type: &str, entry: &mut Object) {
    let note = router.state.notes.get(key);
    let mut names = note.map(|note| note.names.clone()).unwrap_or_default();
    names.push(Sourced::new(default_name, "default"));
    let mut types = note.map(|note| note.types.clone()).unwrap_or_default();
    if !default_type.is_empty() {
        types.push(Sourced::new(default_type, "default"));
    }
    if let Some(shown) = types.first() {
        entry.insert("DeviceType".to_owned(), json!(shown.value));
    }
    entry.insert("Names".to_owned(), named(&names, ""));
    entry.insert("DeviceTypes".to_owned(), typed(&types));
}

fn gateway(router: &Router) -> Entry {
    let state = &router.state;
    let (identity, wan) = (&state.identity, &state.wan);
    let up = wan.up && router.now() >= wan.bound_at;
    let optical = wan.mode.starts_with("GPON");
    let tags = format!(
        "self physical hgw wan sswLocal ipv4 ipv6 events {}",
        if optical { "gpon" } else { "ethernet" }
    );
    let dns = wan.dns.map(|server| server.to_string()).join(",");
    let when_up = |text: String| if up { text } else { String::new() };
    let mut entry = base(router, "HGW", "LIVEBOX", "selfhgw", &tags, true);
    entry.insert("LastChanged".to_owned(), json!(iso(wan.bound_at)));
    entry.extend(object(json!({
        "Master": identity.base_mac,
        "Location": "",
        "Owner": "",
        "Manufacturer": "Sagemcom",
        "ModelName": identity.model_name,
        "Description": format!("{} Sagemcom fr", identity.model_name),
        "SerialNumber": identity.serial,
        "ProductClass": identity.product_class,
        "HardwareVersion": identity.hardware,
        "SoftwareVersion": identity.software,
        "BootLoaderVersion": "",
        "FirewallLevel": state.firewall.level,
        "LinkType": if optical { "gpon" } else { "ethernet" },
        "LinkState": if up { "up" } else { "down" },
        "ConnectionProtocol": if wan.mode.ends_with("PPP") { "ppp" } else { "dhcp" },
        "ConnectionState": if up { "Bound" } else { "Idle" },
        "LastConnectionError": "None",
        "ConnectionIPv4Address": when_up(wan.ipv4.to_string()),
        "ConnectionIPv6Address": when_up(wan.ipv6.to_string()),
        "RemoteGateway": when_up(wan.gateway.to_string()),
        "DNSServers": when_up(dns),
        "Internet": up,
        "IPTV": up,
        "Telephony": up,
        "IPAddress": when_up(wan.ipv4.to_string()),
        "IPAddressSource": "Static",
        "DownstreamCurrRate": 2488,
        "UpstreamCurrRate": 1244,
        "DownstreamMaxBitRate": 2488,
        "UpstreamMaxBitRate": 1244,
        "Index": "1",
        "Actions": actions(&["events"]),
        "Alternative": ["HGW"],
        "Locations": [],
        "Groups": [],
        "SSW": {"Capabilities": "Master", "CurrentMode": "Master"},
        "IPv4Address": [],
        "IPv6Address": [],
    })));
    end(router, "HGW", "LIVEBOX", "SAH HGW", &mut entry);
    Entry::new(entry, String::new())
}

fn network(router: &Router, name: &str) -> Entry {
    let lan = &router.state.lan;
    let guest = name == "guest";
    let pool = if guest { &lan.guest } else { &lan.pool };
    let active = !guest || router.state.wifi.guest.enable;
    let tags = if guest { "" } else { " upnp" };
    let tags = format!("self lan mac nemo interface ipv4 ipv6 bridge dhcpserver{tags}");
    let mut entry = base(router, name, name, "selflan", &tags, active);
    entry.extend(object(json!({
        "PortState": "",
        "PhysAddress": router.state.identity.base_mac,
        "Layer2Interface": "",
        "InterfaceName": "",
        "MACVendor": "",
        "NetDevName": if guest { "brguest" } else { "bridge" },
        "NetDevIndex": setting("NetDevIndex", if guest { "brguest" } else { "bridge" }),
        "IPAddress": pool.gateway.to_string(),
        "IPAddressSource": "self",
        "DHCPv4ServerPool": if guest { "guest" } else { "default" },
        "DHCPv4ServerEnable": pool.enable,
        "DHCPv4ServerMinAddress": pool.min.to_string(),
        "DHCPv4ServerMaxAddress": pool.max.to_string(),
        "DHCPv4ServerNetmask": if guest { Pool::GUEST_MASK } else { lan.netmask() }.to_string(),
        "DHCPv4DomainName": if guest { "guest" } else { "home" },
        "Index": if guest { "3" } else { "2" },
    })));
    end(router, name, name, "", &mut entry);
    let address = json!([{
        "Address": pool.gateway.to_string(), "Status": "reachable", "Scope": "global", "AddressSource": "self",
        "Reserved": true, "Id": pool.gateway.to_string(),
    }]);
    entry.insert("IPv4Address".to_owned(), address);
    let own = lan.ipv6_address.to_string();
    let v6 = json!([{"Address": own, "Status": "reachable", "Scope": "global", "Id": own}]);
    entry.insert("IPv6Address".to_owned(), if guest || !lan.ipv6 { json!([]) } else { v6 });
    Entry::new(entry, "HGW".to_owned())
}

/// Number of an operating class: one a band, in the list of IEEE 802.11.
fn operating_class(band: &str, bandwidth: &str) -> u32 {
    match (band, bandwidth) {
        ("2.4GHz", _) => 4,
        ("5GHz", "160MHz") => 129,
        ("5GHz", _) => 128,
        _ => 134,
    }
}

fn access_point(router: &Router, vap: &Vap) -> Entry {
    let wifi = &router.state.wifi;
    let active = wifi.carries(vap.name);
    let tags =
        if active { "self lan vap wifi nemo interface events" } else { "self lan vap wifi nemo interface" };
    let radio = wifi.radio(vap.radio);
    let band = radio.map_or("", |radio| radio.band);
    let width = radio.map_or("", |radio| radio.current_bandwidth);
    let place = wifi.vaps.iter().position(|other| other.name == vap.name).unwrap_or_default();
    let pairing = vap.wps && wifi.pairing_until.is_some_and(|until| router.now() < until);
    let mut entry = base(router, vap.name, vap.name, "selflan", tags, active);
    entry.extend(object(json!({
        "PortState": "forwarding",
        "NetDevName": setting("NetDevName", vap.name),
        "NetDevIndex": setting("NetDevIndex", vap.name),
        "SSID": vap.ssid,
        "BSSID": vap.bssid,
        "OperatingFrequencyBand": band,
        "OperatingStandards": radio.map_or("", |radio| radio.supported_standards),
        "Channel": radio.map_or(0, |radio| radio.channel),
        "CurrentOperatingChannelBandwidth": width,
        "OperatingClass": operating_class(band, width),
        "Enabled": vap.enable && (!vap.guest || wifi.guest.enable),
        "EssIdentifier": if vap.guest { "" } else if vap.secondary { "Secondary" } else { "Primary" },
        "Index": (10 + place).to_string(),
    })));
    if active {
        entry.insert("Actions".to_owned(), actions(&["events"]));
    }
    end(router, vap.name, vap.name, "", &mut entry);
    entry.insert("WPS".to_owned(), json!({"Enable": vap.wps, "PairingInProgress": pairing}));
    Entry::new(entry, if vap.guest { "guest" } else { "lan" }.to_owned())
}

fn port(router: &Router, name: &str, rate: u32) -> Entry {
    let (seed, now) = (router.state.seed, router.now());
    let active = router
        .state
        .hosts
        .iter()
        .any(|host| host.behind.is_none() && host.link.interface() == name && host.is_active(seed, now));
    let place = PORTS.iter().position(|(other, _)| *other == name).unwrap_or_default();
    let mut entry = base(router, name, name, "selflan", "self lan eth nemo interface events", active);
    entry.extend(object(json!({
        "MaxBitRateSupported": rate,
        "CurrentBitRate": if active { 1_000 } else { 0 },
        "CurrentDuplexMode": if active { "Full" } else { "None" },
        "PortState": if active { "forwarding" } else { "disabled" },
        "NetDevName": setting("NetDevName", name),
        "NetDevIndex": setting("NetDevIndex", name),
        "Index": (20 + place).to_string(),
        "Actions": actions(&["events"]),
    })));
    end(router, name, name, "", &mut entry);
    Entry::new(entry, "lan".to_owned())
}

fn telephones(router: &Router) -> Vec<Entry> {
    let phone = |key: &str, tags: &str, parent: &str, index: u32, extra: Value, offered: &[&str]| {
        let mut entry = base(router, key, key, "voice_handsets", tags, true);
        entry.extend(object(json!({"Location": "", "Owner": ""})));
        entry.extend(object(extra));
        entry.insert("Index".to_owned(), json!(index.to_string()));
        entry.insert("Actions".to_owned(), actions(offered));
        end(router, key, key, "Phone", &mut entry);
        entry.extend(object(json!({"Locations": [], "Groups": []})));
        Entry::new(entry, parent.to_owned())
    };
    let line = json!({"DirectoryNumber": "201", "EndpointType": "FXS", "OutgoingTrunkLine": "LINE1"});
    vec![
        phone("DECT", "voice interface dect physical", "HGW", 30, json!({}), &["ring", "pairing"]),
        phone("FXS", "voice interface physical", "HGW", 31, json!({}), &["ring"]),
        phone("FXS1", "voice handset physical", "FXS", 32, line, &["setName", "ring"]),
    ]
}

fn usb(router: &Router) -> Vec<Entry> {
    let host = |key: &str, name: &str, tags: &str, extra: Value, parent: &str| {
        let mut entry = base(router, key, name, "selfusb", tags, true);
        entry.insert("BusName".to_owned(), json!("sysbus"));
        entry.extend(object(extra));
        end(router, key, name, "", &mut entry);
        Entry::new(entry, parent.to_owned())
    };
    let port = json!({"Port": 0, "USBHost": "sysbus.USBHosts.Host.1", "Index": "41"});
    vec![
        host("USBHost", "USBHost", "self usb interface sysbus", json!({"Index": "40"}), "HGW"),
        host("USB_1", "Port1", "self usb port interface sysbus", port, "USBHost"),
    ]
}

fn upnp(router: &Router) -> Vec<Entry> {
    let identity = &router.state.identity;
    let model = "Residential Livebox (GPON, WAN Ethernet)";
    let place = |number: u32| upnp_key(router, number);
    let entry = |number: u32, kind: &str, tags: &str, name: &str, model_number: &str, friendly: &str| {
        let key = place(number);
        let mut entry = base(router, &key, name, "upnpDev", tags, router.state.firewall.upnp || number == 1);
        entry.extend(object(json!({
            "Type": kind, "Manufacturer": "Sagemcom", "ManufacturerURL": "http://www.sagemcom.com/",
            "ModelDescription": format!("Sagemcom,fr,{}", identity.software), "ModelName": name,
            "ModelNumber": model_number, "ModelURL": "http://www.sagemcom.com/", "SerialNumber": identity.serial,
            "UDN": key, "UPC": "",
            "PresentationURL": format!("http://{}", router.state.lan.address),
            "Server": "Unspecified, UPnP/1.0, SoftAtHome", "Index": (50 + number).to_string(),
        })));
        end(router, &key, name, "", &mut entry);
        if let Some(Value::Array(names)) = entry.get_mut("Names") {
            names.push(json!({
                "Name": friendly, "Source": "upnpfriendlyname", "Suffix": "", "Id": "upnpfriendlyname",
            }));
        }
        entry.insert("Service".to_owned(), json!([]));
        Entry::new(entry, if number == 3 { place(2) } else { "lan".to_owned() })
    };
    vec![
        entry(
            1,
            "urn:schemas-wifialliance-org:device:WFADevice:1",
            "upnp root logical",
            identity.model_name,
            identity.hardware,
            "WPS Access Point",
        ),
        entry(
            2,
            "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
            "upnp root logical",
            model,
            "4+",
            "Orange Livebox",
        ),
        entry(
            3,
            "urn:schemas-upnp-org:device:WANDevice:2",
            "upnp embedded logical",
            model,
            "4+",
            "Orange Livebox",
        ),
    ]
}

/// The interfaces of a repeater: its access points, its end of the link to the box, its ports.
fn repeater(router: &Router, host: &Host) -> Vec<Entry> {
    let up = host.is_active(router.state.seed, router.now());
    let mut number = 60;
    let mut entry = |name: &str, tags: &str, active: bool, extra: Value| {
        let key = format!("_{}_{name}", host.mac);
        let mut entry = base(router, &key, name, "ssw", tags, active && up);
        entry.insert("NetDevName".to_owned(), json!(""));
        entry.extend(object(extra));
        number += 1;
        entry.insert("Index".to_owned(), json!(number.to_string()));
        entry.insert("Actions".to_owned(), actions(&["events"]));
        end(router, &key, name, "", &mut entry);
        entry
    };
    let stem = host.mac.get(..15).unwrap_or_default();
    let mut vap = |name: &str, radio: &str, own: &str, standards: &str| {
        let wifi = &router.state.wifi;
        let source = wifi.vaps.iter().find(|vap| vap.radio == radio && !vap.guest && !vap.secondary);
        let radio = wifi.radio(radio);
        let (band, width) = radio.map_or(("", ""), |radio| (radio.band, radio.current_bandwidth));
        let extra = json!({
            "NetDevIndex": 11, "Enable": true, "SSID": source.map_or("", |vap| &vap.ssid),
            "BSSID": format!("{stem}{own}"), "OperatingFrequencyBand": band, "OperatingStandards": standards,
            "Channel": radio.map_or(0, |radio| radio.channel), "CurrentOperatingChannelBandwidth": width,
            "OperatingClass": operating_class(band, width), "Enabled": true, "EssIdentifier": "",
        });
        let mut made = entry(name, "vap wifi interface lan bridge events", true, extra);
        made.insert("Config".to_owned(), json!({"Enable": -1}));
        made.insert("WPS".to_owned(), json!({"Enable": true, "PairingInProgress": false}));
        made
    };
    let mut list =
        vec![vap("vap2g0priv", "rad2g0", "A1", "b,g,n,ax"), vap("vap5g0priv", "rad5g0", "A2", "a,n,ac,ax")];
    let end_point =
        json!({"NetDevIndex": 10, "BSSID": format!("{stem}A3"), "PhysAddress": format!("{stem}A3")});
    list.push(entry("ep5g0", "wifi endpoint interface lan bridge", true, end_point));
    for name in ["eth0", "eth1"] {
        let port = json!({
            "MaxBitRateSupported": 1000, "CurrentBitRate": 0, "CurrentDuplexMode": "None", "NetDevIndex": 8,
        });
        list.push(entry(name, "eth interface lan events", false, port));
    }
    list.into_iter().map(|fields| Entry::new(fields, host.mac.clone())).collect()
}
