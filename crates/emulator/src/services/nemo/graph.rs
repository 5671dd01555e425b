//! How interfaces are linked, which of them are up, and the walks that queries make.

use super::flags;
use super::table::TABLE;
use crate::call::Call;
use crate::router::Router;

/// Interfaces directly below.
pub(super) fn below(router: &Router, name: &str) -> Vec<&'static str> {
    let mode = router.state.wan.mode.as_str();
    let (ethernet, ppp) = (mode.starts_with("Ethernet"), mode.ends_with("PPP"));
    match name {
        "primdata" if ppp => vec!["ppp_data", "dhcpv6_data"],
        "dhcpv6_data" if ppp => vec!["ppp_data"],
        "dhcp_data" | "dhcpv6_data" if ethernet => vec!["bridge_vmulti"],
        "ppp_data" if ethernet => vec!["vlan_data"],
        vlan if vlan.starts_with("vlan_") && !ethernet => Vec::new(),
        // The port that brings Internet is no longer a port of the LAN.
        "bridge" if ethernet => {
            let mut ports =
                TABLE.interface(name).map(|interface| interface.below.clone()).unwrap_or_default();
            ports.retain(|port| *port != "ETH1");
            ports
        }
        _ => TABLE.interface(name).map(|interface| interface.below.clone()).unwrap_or_default(),
    }
}

/// Interfaces directly above.
pub(super) fn above(router: &Router, name: &str) -> Vec<&'static str> {
    let all = TABLE.interfaces.iter().map(|interface| interface.name);
    all.filter(|upper| below(router, upper).contains(&name)).collect()
}

/// Whether the admin may not read it; it then shows as a stub.
pub(super) fn is_denied(router: &Router, name: &str) -> bool {
    router.model.is_denied(&["NeMo", "Intf", name])
}

/// Whether an interface is wanted.
pub(super) fn is_enabled(router: &Router, name: &str) -> bool {
    let wifi = &router.state.wifi;
    if let Some(vap) = wifi.vap(name) {
        return vap.enable && wifi.is_on() && (!vap.guest || wifi.guest.enable);
    }
    if let Some(radio) = wifi.radio(name) {
        return radio.enable && wifi.is_on();
    }
    match written(router, name) {
        Some(enable) => enable,
        None => !matches!(name, "wwan" | "dhcp_wwan"),
    }
}

fn written(router: &Router, name: &str) -> Option<bool> {
    let values = router.state.written.get(&format!("NeMo.Intf.{name}"))?;
    values.get("Enable").and_then(crate::call::lenient_flag)
}

/// Whether an interface works at this moment.
pub(super) fn is_up(router: &Router, name: &str) -> bool {
    if !is_enabled(router, name) {
        return false;
    }
    let state = &router.state;
    let now = router.now();
    let online = state.wan.up && now >= state.wan.bound_at;
    let used = |top: &str| online && reaches(router, top, name);
    match name {
        "lo" | "lan" | "bridge" | "superlan" | "bridge_ctr" => true,
        "guest" | "brguest" | "superguest" => state.wifi.guest.enable,
        port if port.starts_with("ETH") => port_speed(router, port).is_some(),
        vap if vap.starts_with("vap") => state.wifi.carries(vap) && !state.wifi.restarts(vap, now),
        radio if radio.starts_with("rad") => state.wifi.radio_up(radio) && !state.wifi.restarts(radio, now),
        "data" => online,
        "veip0" => state.wan.up && state.wan.mode.starts_with("GPON"),
        "ppp_data" | "dhcp_data" | "dhcpv6_data" | "primdata" => used("data"),
        name => used("data") && !name.contains("iptv") && !name.contains("voip"),
    }
}

fn reaches(router: &Router, top: &str, name: &str) -> bool {
    down(router, top).contains(&name)
}

/// Speed of the link of an Ethernet port, in Mbit/s, when something active is plugged in.
pub(super) fn port_speed(router: &Router, port: &str) -> Option<i64> {
    let state = &router.state;
    let now = router.now();
    if port == "ETH1" && state.wan.mode.starts_with("Ethernet") {
        return state.wan.up.then_some(1000);
    }
    let mut plugged = state.hosts.iter().filter(|host| {
        host.behind.is_none() && host.link.interface() == port && host.is_active(state.seed, now)
    });
    let first = plugged.next()?;
    // Printers, bridges and the like have slow network chips.
    let slow = |host: &crate::state::hosts::Host| matches!(host.device_type(), "Printer" | "AC Outlet");
    let fast = !slow(first) || plugged.any(|host| !slow(host));
    Some(if fast { 1000 } else { 100 })
}

/// Flags of an interface, separated by blanks.
pub(super) fn flags_of(router: &Router, name: &str) -> String {
    let mut flags = TABLE.interface(name).map_or("", |interface| interface.flags).to_owned();
    let mut add = |flag: &str| {
        if !flags.is_empty() {
            flags.push(' ');
        }
        flags.push_str(flag);
    };
    if is_enabled(router, name) {
        add("enabled");
    }
    if is_up(router, name) {
        add("up");
    }
    if let Some(more) = router.state.written.get(&format!("NeMo.Intf.{name}")).and_then(|w| w.get("Flags")) {
        more.as_str().unwrap_or_default().split_whitespace().for_each(add);
    }
    flags
}

/// Whether an interface has the flags of an expression. Its name counts as a flag.
pub(super) fn matches(router: &Router, name: &str, expression: &str) -> bool {
    if expression.trim().is_empty() {
        return true;
    }
    let flags = flags_of(router, name);
    flags::holds(expression, &|flag| flag == name || flags.split(' ').any(|own| own == flag))
}

fn down(router: &Router, name: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    walk(router, name, &below, &mut found);
    found
}

fn walk(
    router: &Router,
    name: &str,
    next: &dyn Fn(&Router, &str) -> Vec<&'static str>,
    found: &mut Vec<&'static str>,
) {
    let Some(interface) = TABLE.interface(name).filter(|known| !found.contains(&known.name)) else { return };
    found.push(interface.name);
    for neighbour in next(router, name) {
        walk(router, neighbour, next, found);
    }
}

/// The interfaces of a walk from `name`, in order.
pub(super) fn traverse(router: &Router, name: &str, how: &str) -> Vec<&'static str> {
    let own = TABLE.interface(name).map(|interface| interface.name);
    let mut found = Vec::new();
    match how.trim() {
        "this" => found.extend(own),
        "up" => walk(router, name, &above, &mut found),
        "up exclusive" => {
            walk(router, name, &above, &mut found);
            found.retain(|other| *other != name);
        }
        "down exclusive" => {
            found = down(router, name);
            found.retain(|other| *other != name);
        }
        "one level down" => found = below(router, name),
        "one level up" => found = above(router, name),
        "all" => {
            found = down(router, name);
            for interface in &TABLE.interfaces {
                if !found.contains(&interface.name) {
                    found.push(interface.name);
                }
            }
        }
        _ => found = down(router, name),
    }
    found
}

/// The interfaces that a query with `flag` and `traverse` means.
pub(super) fn selected(router: &Router, call: &Call<'_>, name: &str) -> Vec<&'static str> {
    let flag = call.args.text("flag").unwrap_or_default();
    let mut found = traverse(router, name, &call.args.text("traverse").unwrap_or_default());
    found.retain(|interface| matches(router, interface, &flag));
    found
}
