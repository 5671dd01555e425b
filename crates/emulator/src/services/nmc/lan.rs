//! The address of the box on the LAN, in the words of `NMC` and in those of `NetMaster` (protocol sections 4.13, 4.17).

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::call::{Answer, Args, BoxError, Call, Reply};
use crate::router::Router;
use crate::services::Service;

pub(in crate::services) const SERVICE: Service = Service { root: "NetMaster", call, instances };

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => {
            let written =
                router.state.written.get("NetMaster").and_then(|w| w.get("IPv6PrefixMode")).cloned();
            let live = json!({
                "EnableInterfaces": true, "EnableIPv6": router.state.lan.ipv6, "WANMode": router.state.wan.mode,
                "IPv6PrefixMode": written.unwrap_or_else(|| json!("RAandDHCPv6")),
            });
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(router.describe(call.path, live)).ok()
        }
        ([], "set") => {
            let wanted = Args(call.args.values()).flag("EnableIPv6");
            router.state.lan.ipv6 = wanted.unwrap_or(router.state.lan.ipv6);
            None
        }
        (["LANConfig"], "enableIPv6") => {
            router.state.lan.ipv6 = call.args.flag("IPv6Enable").unwrap_or(router.state.lan.ipv6);
            Reply::value(true).ok()
        }
        (["LANConfig"], "setIPv6PrefixMode") => {
            let mode = call.args.text("IPv6PrefixMode").unwrap_or_default();
            let written = router.state.written.entry("NetMaster".to_owned()).or_default();
            written.insert("IPv6PrefixMode".to_owned(), json!(mode));
            Reply::value(mode).ok()
        }
        (["LANConfig"], "setLANMode") => Reply::void().ok(),
        (["LAN", "default", "Bridge", name], "getIPv4") => Reply::outputs(bridge(router, name)).ok(),
        (["LAN", "default", "Bridge", "lan"], "setIPv4") => set_bridge(router, call),
        (["LAN", "default", "Bridge", name], "getIPv6Configuration") => {
            let lan = &router.state.lan;
            let own = *name == "lan" && lan.ipv6;
            let address = if own { lan.ipv6_address.to_string() } else { String::new() };
            Reply::outputs(json!({
                "Address": address, "PrefixLength": 64, "Intf": "data", "SubnetOffset": u8::from(*name != "lan"),
                "DHCPEnable": lan.dhcpv6, "DHCPIAPDEnable": lan.dhcpv6, "DHCPIANAEnable": false, "DNSServers": "",
                "NTPServers": "", "Enable": own,
            }))
            .ok()
        }
        (["LAN", "default", "Bridge", "lan"], "setIPv6Configuration") => {
            let lan = &mut router.state.lan;
            lan.ipv6 = call.args.flag("Enable").unwrap_or(lan.ipv6);
            lan.dhcpv6 = call.args.flag("DHCPEnable").unwrap_or(lan.dhcpv6);
            Reply::void().ok()
        }
        (["LAN", "default"], "get") => Reply::value(json!({"Name": "default"})).ok(),
        (["LAN", "default", "Bridge", name], "get") => {
            Reply::value(json!({"Name": name, "NemoName": name})).ok()
        }
        _ => None,
    }
}

fn instances(_: &Router, path: &[&str]) -> Option<Vec<String>> {
    match path.get(1..)? {
        ["LAN"] => Some(vec!["default".to_owned()]),
        ["LAN", _, "Bridge"] => Some(vec!["lan".to_owned(), "guest".to_owned()]),
        ["LAN", _, "Bridge", _, "LLIntf"] => Some(Vec::new()),
        _ => None,
    }
}

fn bridge(router: &Router, name: &str) -> Value {
    let lan = &router.state.lan;
    let own = name == "lan";
    let (pool, prefix_length) = if own { (&lan.pool, lan.prefix_length) } else { (&lan.guest, 24) };
    let text = |text: &str| if own { text.to_owned() } else { String::new() };
    let (enable, public, nat) = if own { lan.bridge } else { (true, false, true) };
    json!({
        "Address": pool.gateway.to_string(),
        "PrefixLength": prefix_length,
        "DHCPEnable": pool.enable,
        "DHCPMinAddress": pool.min.to_string(),
        "DHCPMaxAddress": pool.max.to_string(),
        "LeaseTime": pool.lease_time,
        "DNSServers": pool.dns_servers,
        "NTPServers": text(&lan.ntp_servers),
        "DomainSearchList": text(&lan.domain_search),
        "Enable": enable,
        "AllowPublic": public,
        "NATEnable": nat,
    })
}

fn set_bridge(router: &mut Router, call: &Call<'_>) -> Answer {
    let length = call.args.number("PrefixLength").and_then(|length| u8::try_from(length).ok());
    let answer = readdress(router, call, length);
    if let Some(Ok(_)) = &answer {
        let lan = &mut router.state.lan;
        if let Some(servers) = call.args.text("DNSServers").filter(|text| !text.is_empty()) {
            lan.pool.dns_servers = servers;
        }
        lan.ntp_servers = call.args.text("NTPServers").unwrap_or_else(|| lan.ntp_servers.clone());
        lan.domain_search = call.args.text("DomainSearchList").unwrap_or_else(|| lan.domain_search.clone());
        let flag = |name: &str, before: bool| call.args.flag(name).unwrap_or(before);
        let (enable, public, nat) = lan.bridge;
        lan.bridge = (flag("Enable", enable), flag("AllowPublic", public), flag("NATEnable", nat));
    }
    answer
}

/// `NMC:getLANIP`.
pub(super) fn address(router: &Router) -> Value {
    let lan = &router.state.lan;
    json!({
        "Address": lan.address.to_string(),
        "Netmask": lan.netmask().to_string(),
        "DHCPEnable": lan.pool.enable,
        "DHCPMinAddress": lan.pool.min.to_string(),
        "DHCPMaxAddress": lan.pool.max.to_string(),
        "LeaseTime": lan.pool.lease_time,
    })
}

/// `NMC:setLANIP`.
pub(super) fn set_address(router: &mut Router, call: &Call<'_>) -> Answer {
    let mask =
        call.args.text("Netmask").and_then(|text| text.parse::<Ipv4Addr>().ok()).map(Ipv4Addr::to_bits);
    let length = mask.filter(|mask| mask.leading_ones() == mask.count_ones()).map(u32::leading_ones);
    readdress(router, call, length.and_then(|length| u8::try_from(length).ok()))
}

/// Gives the box another address, the LAN another range. When the address changes, what is on the LAN follows it and
/// everybody has to log in again.
fn readdress(router: &mut Router, call: &Call<'_>, prefix_length: Option<u8>) -> Answer {
    let address = |name: &str| call.args.text(name).and_then(|text| text.trim().parse::<Ipv4Addr>().ok());
    let given = (address("Address"), address("DHCPMinAddress"), address("DHCPMaxAddress"), prefix_length);
    let (Some(own), Some(min), Some(max), Some(length @ 8..=30)) = given else {
        return BoxError::failed(call.method).refuse();
    };
    let state = &mut router.state;
    let mut lan = state.lan.clone();
    let moved = lan.address != own;
    if lan.pool.dns_servers == lan.address.to_string() {
        lan.pool.dns_servers = own.to_string();
    }
    (lan.address, lan.prefix_length) = (own, length);
    (lan.pool.gateway, lan.pool.min, lan.pool.max) = (own, min, max);
    let is_host = |address: Ipv4Addr| lan.contains(address) && !lan.is_edge(address);
    let good = [own, min, max].into_iter().all(is_host)
        && min <= max
        && own.is_private()
        && !lan.contains(lan.guest.gateway)
        && !lan.guest_contains(own);
    if !good {
        return BoxError::failed(call.method).refuse();
    }
    lan.pool.enable = call.args.flag("DHCPEnable").unwrap_or(lan.pool.enable);
    if let Some(seconds) = call.args.number("LeaseTime").and_then(|seconds| u32::try_from(seconds).ok()) {
        lan.pool.lease_time = seconds;
    }
    let before = std::mem::replace(&mut state.lan, lan);
    if moved || before.prefix_length != length {
        let host_part = !before.netmask().to_bits();
        let follow = |old: Ipv4Addr| {
            let mask = state.lan.netmask().to_bits();
            Ipv4Addr::from_bits(own.to_bits() & mask | old.to_bits() & host_part & !mask)
        };
        for host in state.hosts.iter_mut().filter(|host| before.contains(host.ipv4)) {
            host.ipv4 = follow(host.ipv4);
        }
        let kept: Vec<Ipv4Addr> = state.lan.reservations.iter().map(|kept| follow(kept.address)).collect();
        for (reservation, address) in state.lan.reservations.iter_mut().zip(kept) {
            reservation.address = address;
        }
    }
    if moved {
        // The answer still arrives; then everybody has to find the box under its new address.
        router.sessions.clear();
        router.go_deaf(router.lan_seconds);
    }
    Reply::void().ok()
}
