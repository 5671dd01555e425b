//! What an interface shows of the state, Wi-Fi apart: links, addresses, lease, light.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::graph;
use crate::call::Object;
use crate::clock::after;
use crate::household::{LINK_LOCAL, slaac};
use crate::router::Router;

/// Vendor class and user class that every box of the operator sends.
const VENDOR: &str = "sagem";
const USER_CLASS: &str = "+FSVDSL_livebox.Internet.softathome.Livebox6";

/// The address by which the operator's router is known on the link.
const OPERATOR: &str = "fe80::ba0:bab";

fn object(value: Value) -> Object {
    match value {
        Value::Object(map) => map,
        _ => Object::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// Values of an interface (`inside` empty) or of an object below it.
pub(super) fn values(router: &Router, name: &str, inside: &[&str]) -> Object {
    let found = match inside {
        [] => return interface(router, name),
        ["LLIntf" | "ULIntf", other] => json!({"Name": other}),
        ["StatMon", kind] => {
            let interval = if *kind == "netdev-saturation" { 1_000 } else { 30_000 };
            json!({"Enable": true, "Interval": interval, "Type": "netdev"})
        }
        ["SentOption" | "ReqOption" | "ReceivedOption", tag] => option(router, name, inside, tag),
        ["IPv6Router", _] => json!({
            "Address": OPERATOR, "LastAdvertisement": router.state.uptime(router.now()), "CurHopLimit": 255,
            "RouterLifetime": 4_500, "ReachableTime": 1_800_000,
        }),
        ["IPv4Addr", key] => address(&addresses(router, name), key, "IPv4"),
        ["IPv6Addr", key] => address(&addresses(router, name), key, "IPv6"),
        ["IPv4Route" | "IPv6Route", key] => route(router, name, key),
        _ => return Object::new(),
    };
    object(found)
}

/// Keys of a template below an interface.
pub(super) fn keys(router: &Router, name: &str, inside: &[&str]) -> Vec<String> {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    match (inside, name) {
        (["StatMon"], "veip0") => owned(&["netdev-historical", "netdev-saturation"]),
        (["StatMon"], _) => owned(&["netdev-historical"]),
        (["SentOption"], "dhcp_data") => owned(&["60", "61", "77", "90"]),
        (["ReqOption"], "dhcp_data") => owned(&["1", "3", "6", "15", "28", "51", "58", "59", "90", "125"]),
        (["SentOption"], "dhcpv6_data") => owned(&["11", "15", "16"]),
        (["ReceivedOption"], "dhcpv6_data") => owned(&["1", "2", "11", "23", "24"]),
        (["IPv6Router"], "bridge_gvmulti") if graph::is_up(router, name) => owned(&[OPERATOR]),
        (["IPv4Addr" | "IPv6Addr"], _) => {
            let version = if inside == ["IPv4Addr"] { "IPv4" } else { "IPv6" };
            let all = addresses(router, name);
            all.into_iter().filter(|address| address.version == version).map(|address| address.key).collect()
        }
        (["IPv4Route"], "bridge") => owned(&["lan"]),
        (["IPv4Route"], "bridge_gvmulti") if graph::is_up(router, name) => owned(&["wan", "default"]),
        _ => Vec::new(),
    }
}

fn interface(router: &Router, name: &str) -> Object {
    let mut values = object(json!({
        "Name": name,
        "Alias": format!("cpe-{name}"),
        "Enable": graph::is_enabled(router, name),
        "Status": graph::is_up(router, name),
        "Flags": graph::flags_of(router, name),
        "LLAddress": mac(router, name),
        "NetDevState": if graph::is_up(router, name) { "up" } else { "down" },
    }));
    if super::table::TABLE.value("NetDevName", name).is_none() {
        values.insert("NetDevName".to_owned(), json!(name));
    }
    let more = match name {
        "veip0" => optics(router),
        "dhcp_data" => lease(router),
        "dhcpv6_data" => lease_v6(router),
        "ppp_data" => ppp(router),
        "gvlan_multi" | "vlan_multi" => json!({"VLANID": router.state.wan.vlan}),
        "gvlan_data" | "vlan_data" => json!({"VLANID": 835}),
        port if port.starts_with("ETH") => ethernet(router, port),
        _ => json!({}),
    };
    values.extend(object(more));
    values
}

fn mac(router: &Router, name: &str) -> String {
    let state = &router.state;
    match name {
        "lo" => "00:00:00:00:00:00".to_owned(),
        vap if vap.starts_with("vap") => state.wifi.vap(vap).map(|vap| vap.bssid.clone()).unwrap_or_default(),
        wan if wan.contains("vlan") || wan.contains("multi") || wan == "veip0" => state.wan.mac.clone(),
        _ => state.identity.base_mac.clone(),
    }
}

fn ethernet(router: &Router, port: &str) -> Value {
    let state = &router.state;
    let now = router.now();
    let speed = graph::port_speed(router, port);
    let moved = state
        .hosts
        .iter()
        .filter(|host| host.behind.is_none() && host.link.interface() == port)
        .map(|host| host.last_changed(state.seed, now).max(state.boot.booted_at))
        .max();
    let (at, since) = moved.map_or((0, 0), |moved| {
        (moved.as_second() - state.boot.booted_at.as_second(), now.as_second() - moved.as_second())
    });
    json!({
        "LastChangeTime": at,
        "LastChange": since,
        "CurrentBitRate": speed.unwrap_or(-1),
        "CurrentDuplexMode": if speed.is_some() { "Full" } else { "None" },
    })
}

fn optics(router: &Router) -> Value {
    let wan = &router.state.wan;
    let optics = &wan.optics;
    json!({
        "SignalRxPower": if wan.up { optics.rx_mdbm } else { -40_000 },
        "SignalTxPower": if wan.up { optics.tx_mdbm } else { -40_000 },
        "Temperature": optics.temperature,
        "Voltage": optics.voltage,
        "Bias": optics.bias,
        "SerialNumber": optics.serial,
        "OnuState": if wan.up { "O5_Operation" } else { "O1_Initial" },
    })
}

/// Whether the box has its addresses.
pub(super) fn bound(router: &Router) -> bool {
    router.state.wan.up && router.now() >= router.state.wan.bound_at
}

fn is_ppp(router: &Router) -> bool {
    router.state.wan.mode.ends_with("PPP")
}

fn seconds_bound(router: &Router) -> i64 {
    (router.now().as_second() - router.state.wan.bound_at.as_second()).max(0)
}

fn lease(router: &Router) -> Value {
    let wan = &router.state.wan;
    if !bound(router) || is_ppp(router) {
        return json!({"DHCPStatus": "Init", "AuthenticationInformation": wan.username});
    }
    let renewed = wan.renewed_at.max(wan.bound_at);
    let half = i64::from(wan.lease_time / 2).max(1);
    // The client renews at half the lease, so less than half is never left.
    let elapsed = (router.now().as_second() - renewed.as_second()).max(0) % half;
    json!({
        "DHCPStatus": "Bound",
        "IPAddress": wan.ipv4.to_string(),
        "SubnetMask": "255.255.255.0",
        "IPRouters": wan.gateway.to_string(),
        "DNSServers": wan.dns.map(|server| server.to_string()).join(","),
        "DHCPServer": wan.gateway.to_string(),
        "LeaseTime": wan.lease_time,
        "LeaseTimeRemaining": i64::from(wan.lease_time) - elapsed,
        "Uptime": seconds_bound(router),
        "AuthenticationInformation": wan.username,
    })
}

fn lease_v6(router: &Router) -> Value {
    if !bound(router) || !router.state.lan.ipv6 {
        return json!({"DHCPStatus": "Init"});
    }
    json!({"DHCPStatus": "Bound", "Uptime": seconds_bound(router), "DUID": duid(router)})
}

/// DUID of type 3 (RFC 8415): link layer address.
fn duid(router: &Router) -> String {
    format!("00030001{}", router.state.wan.mac.replace(':', "").to_lowercase())
}

fn ppp(router: &Router) -> Value {
    let wan = &router.state.wan;
    let mut values = object(json!({"Username": wan.username, "Password": wan.password}));
    if bound(router) && is_ppp(router) {
        values.extend(object(json!({
            "ConnectionStatus": "Connected",
            "LastConnectionError": "ERROR_NONE",
            "LocalIPAddress": wan.ipv4.to_string(),
            "RemoteIPAddress": wan.gateway.to_string(),
            "DNSServers": wan.dns.map(|server| server.to_string()).join(","),
            "LastChange": seconds_bound(router),
        })));
    }
    Value::Object(values)
}

fn option(router: &Router, name: &str, inside: &[&str], tag: &str) -> Value {
    let wan = &router.state.wan;
    let number = tag.parse::<u16>().unwrap_or(0);
    let list = |addresses: [Ipv4Addr; 2]| hex(&addresses.map(|address| address.octets()).concat());
    let lease = |share: u32| hex(&(wan.lease_time / 8 * share).to_be_bytes());
    let value = match (name, inside.first().copied().unwrap_or_default(), number) {
        ("dhcp_data", "SentOption", 60) => hex(VENDOR.as_bytes()),
        ("dhcp_data", "SentOption", 61) => format!("01{}", wan.mac.replace(':', "").to_lowercase()),
        ("dhcp_data", "SentOption", 77) => hex(USER_CLASS.as_bytes()),
        ("dhcp_data", "SentOption", 90) | ("dhcpv6_data", "SentOption", 11) => wan.option_90.clone(),
        ("dhcpv6_data", "SentOption", 15) => format!("00{}", hex(USER_CLASS.as_bytes())),
        ("dhcpv6_data", "SentOption", 16) => format!("0000040e0005{}", hex(VENDOR.as_bytes())),
        ("dhcp_data", "ReqOption", 1) => "ffffff00".to_owned(),
        ("dhcp_data", "ReqOption", 3) => hex(&wan.gateway.octets()),
        ("dhcp_data", "ReqOption", 6) => list(wan.dns),
        ("dhcp_data", "ReqOption", 28) => "cb0071ff".to_owned(),
        ("dhcp_data", "ReqOption", 51) => lease(8),
        ("dhcp_data", "ReqOption", 58) => lease(4),
        ("dhcp_data", "ReqOption", 59) => lease(7),
        ("dhcpv6_data", "ReceivedOption", 1) => duid(router),
        ("dhcpv6_data", "ReceivedOption", 23) => hex(&wan.dns6.map(|server| server.octets()).concat()),
        _ => String::new(),
    };
    json!({"Enable": true, "Alias": format!("cpe-{tag}"), "Tag": number, "Value": value})
}

/// A DHCP option by its number, as `getDHCPOption` gives it.
pub(super) fn dhcp_option(router: &Router, kind: &str, tag: &str) -> Option<String> {
    let (name, template) = match kind {
        "req" => ("dhcp_data", "ReqOption"),
        "sent" => ("dhcp_data", "SentOption"),
        "req6" | "recv6" => ("dhcpv6_data", "ReceivedOption"),
        "sent6" => ("dhcpv6_data", "SentOption"),
        _ => return None,
    };
    keys(router, name, &[template]).iter().find(|key| *key == tag)?;
    option(router, name, &[template], tag).get("Value").and_then(Value::as_str).map(str::to_owned)
}

/// An address of an interface.
#[derive(Debug, Clone)]
pub(super) struct Address {
    /// `IPv4` or `IPv6`.
    pub(super) version: &'static str,
    /// Key of the entry.
    pub(super) key: String,
    /// The address.
    pub(super) address: String,
    /// Length of the prefix.
    pub(super) prefix: u8,
    /// `global` or `link`.
    pub(super) scope: &'static str,
    /// `@private`, `@gua`, `@lla`.
    pub(super) flags: &'static str,
}

/// The addresses of an interface, IPv4 first.
pub(super) fn addresses(router: &Router, name: &str) -> Vec<Address> {
    let state = &router.state;
    let entry = |version, key: &str, address: String, prefix, scope, flags| Address {
        version,
        key: key.to_owned(),
        address,
        prefix,
        scope,
        flags,
    };
    let link_local =
        |mac: &str| entry("IPv6", "dyn4", slaac(LINK_LOCAL, mac).to_string(), 64, "link", "@lla");
    match name {
        "lo" => vec![
            entry("IPv4", "dyn1", "127.0.0.1".to_owned(), 8, "host", "@private"),
            entry("IPv6", "dyn2", "::1".to_owned(), 128, "host", "@private"),
        ],
        "bridge" => {
            let lan = &state.lan;
            let mut all = vec![
                entry("IPv4", "lan", lan.address.to_string(), lan.prefix_length, "global", "@private"),
                link_local(&state.identity.base_mac),
            ];
            if lan.ipv6 {
                all.push(entry("IPv6", "lan", lan.ipv6_address.to_string(), 64, "global", "@gua"));
            }
            all
        }
        "brguest" => {
            vec![entry("IPv4", "guest", state.lan.guest.gateway.to_string(), 24, "global", "@private")]
        }
        "bridge_gvmulti" | "bridge_vmulti" | "ppp_data" if graph::is_up(router, name) => {
            let prefix = if name == "ppp_data" { 32 } else { 24 };
            vec![
                entry("IPv4", "dyn10", state.wan.ipv4.to_string(), prefix, "global", "@gua"),
                link_local(&state.wan.mac),
            ]
        }
        _ => Vec::new(),
    }
}

fn address(all: &[Address], key: &str, version: &str) -> Value {
    let found = all.iter().find(|address| address.key == key && address.version == version);
    let Some(address) = found else { return json!({}) };
    json!({
        "Enable": true,
        "Status": if key.starts_with("dyn") { "dynamic" } else { "bound" },
        "Address": address.address,
        "Peer": "",
        "PrefixLen": address.prefix,
        "Flags": "permanent",
        "Scope": address.scope,
        "NeMoFlags": address.flags,
    })
}

fn route(router: &Router, name: &str, key: &str) -> Value {
    let state = &router.state;
    let network = |address: Ipv4Addr, length: u8| {
        let mask = u32::MAX.checked_shl(u32::from(32_u8.saturating_sub(length))).unwrap_or(0);
        Ipv4Addr::from_bits(address.to_bits() & mask).to_string()
    };
    let (length, destination, gateway) = match (name, key) {
        ("bridge", _) => {
            (state.lan.prefix_length, network(state.lan.address, state.lan.prefix_length), String::new())
        }
        (_, "wan") => (24, network(state.wan.ipv4, 24), String::new()),
        _ => (0, "0.0.0.0".to_owned(), state.wan.gateway.to_string()),
    };
    json!({
        "Enable": true, "Status": "bound", "DstLen": length, "Table": "main",
        "Scope": if gateway.is_empty() { "link" } else { "global" },
        "Protocol": "kernel", "Type": "unicast", "Dst": destination, "Priority": 0, "Gateway": gateway,
    })
}

/// Asks the operator for the lease again.
pub(super) fn renew(router: &mut Router, again: bool) {
    let now = router.now();
    let wan = &mut router.state.wan;
    if again {
        // The client starts over: a moment without address.
        wan.bound_at = after(now, 4);
    }
    wan.renewed_at = now;
}
