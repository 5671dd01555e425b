//! `DHCPv4`: pools, leases and reservations (protocol section 4.13).

pub(super) mod v6;

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::clock::{after, local};
use crate::router::Router;
use crate::state::hosts::Host;
use crate::state::lan::{Pool, Reservation};
use crate::state::put;

pub(super) const SERVICE: Service = Service { root: "DHCPv4.Server", call, instances };

/// The pools of an LB6; the last one serves the box's own containers and never changes.
const POOLS: [&str; 3] = ["default", "guest", "bridge_ctr"];

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    settle_addresses(router);
    match (call.tail, call.method) {
        ([], "get") => {
            let live = json!({
                "AckInform": true, "Enable": true, "PoolNumberOfEntries": POOLS.len(), "RtBehaviour": "traditional",
                "TrustClient": true, "VerifyFirst": true,
            });
            Reply::value(router.describe(call.path, members(live))).ok()
        }
        ([], "getDHCPServerPool") => pools(router, call),
        ([], "clearStatistics") => Reply::void().ok(),
        (["Stats"], "getDoraCyclesDetails") => Reply::value(dora_cycles(router)).ok(),
        (["Stats"], "get") => {
            let live = statistics(router);
            Reply::value(router.describe(call.path, members(live))).ok()
        }
        (["Pool", name], _) => pool_call(router, name, call),
        (["Pool", name, "Rule", "default"], "get") => {
            let live = json!({"Name": "default", "UserClassIDMode": "Exact", "VendorClassIDMode": "Exact"});
            let path = ["DHCPv4", "Server", "Pool", name, "Rule", "default"];
            Reply::value(router.describe(&path, members(live))).ok()
        }
        (["Pool", name, "Rule", _, "Lease", key], "get") => {
            let found =
                leases(router, name).into_iter().find(|(known, _)| known.eq_ignore_ascii_case(key))?;
            Reply::value(found.1).ok()
        }
        (["Pool", _, "Rule", _, "Lease", key], "forceRenew") => {
            let mac = key.get(3..).unwrap_or_default().to_uppercase();
            for reservation in router.state.lan.reservations.iter_mut().filter(|kept| kept.mac == mac) {
                reservation.since = Timestamp::MIN;
            }
            settle_addresses(router);
            Reply::void().ok()
        }
        (["Pool", name, "StaticAddress", key], "get") => {
            let place = key.parse::<usize>().ok()?.checked_sub(1)?;
            let kept = reservations(router, name).get(place).cloned()?;
            let reply = json!({
                "Enable": kept.enable, "Alias": "", "Chaddr": kept.mac, "Yiaddr": kept.address.to_string(),
            });
            Reply::value(reply).ok()
        }
        _ => None,
    }
}

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    match path.get(2..)? {
        ["Pool"] => Some(POOLS.map(str::to_owned).to_vec()),
        ["Pool", _, "Rule"] => Some(vec!["default".to_owned()]),
        ["Pool", name, "Rule", _, "Lease"] => {
            Some(holders(router, name).into_iter().map(|lease| client_id(&lease.mac)).collect())
        }
        ["Pool", name, "StaticAddress"] => {
            Some((1..=reservations(router, name).len()).map(|number| number.to_string()).collect())
        }
        ["Pool", _, "Option"] | ["Pool", _, "Rule", _, "Lease", _, "Option"] => Some(Vec::new()),
        _ => None,
    }
}

fn members(value: Value) -> Object {
    match value {
        Value::Object(members) => members,
        _ => Object::new(),
    }
}

fn client_id(mac: &str) -> String {
    format!("01:{}", mac.to_lowercase())
}

/// The pool of this name, where the box's owner can change it.
fn pool<'r>(router: &'r Router, name: &str) -> Option<&'r Pool> {
    match name {
        "default" => Some(&router.state.lan.pool),
        "guest" => Some(&router.state.lan.guest),
        _ => None,
    }
}

fn pool_mut<'r>(router: &'r mut Router, name: &str) -> Option<&'r mut Pool> {
    match name {
        "default" => Some(&mut router.state.lan.pool),
        "guest" => Some(&mut router.state.lan.guest),
        _ => None,
    }
}

fn contains(router: &Router, name: &str, address: Ipv4Addr) -> bool {
    match name {
        "default" => router.state.lan.contains(address),
        "guest" => router.state.lan.guest_contains(address),
        _ => false,
    }
}

fn reservations(router: &Router, name: &str) -> Vec<Reservation> {
    let all = router.state.lan.reservations.iter();
    all.filter(|kept| contains(router, name, kept.address)).cloned().collect()
}

/// Who holds or keeps an address of a pool.
struct Holder {
    mac: String,
    address: Ipv4Addr,
    active: bool,
    /// Seconds; -1 for a reservation.
    left: i64,
    name: String,
    reserved: bool,
}

fn holders(router: &Router, name: &str) -> Vec<Holder> {
    let Some(pool) = pool(router, name) else { return Vec::new() };
    let kept = reservations(router, name);
    let mut list: Vec<Holder> = Vec::new();
    for host in router.state.hosts.iter().filter(|host| host.dhcp && contains(router, name, host.ipv4)) {
        let (active, left) = remaining(router, pool, host);
        let reservation = kept.iter().find(|kept| kept.mac == host.mac && kept.enable);
        if left <= 0 && reservation.is_none() {
            continue;
        }
        list.push(Holder {
            mac: host.mac.clone(),
            address: reservation.filter(|_| !active).map_or(host.ipv4, |kept| kept.address),
            active,
            left: if reservation.is_some() { -1 } else { left },
            name: host
                .names
                .iter()
                .find(|name| name.source == "dhcp")
                .map_or(host.name(), |name| &name.value)
                .to_owned(),
            reserved: reservation.is_some(),
        });
    }
    for kept in kept.into_iter().filter(|kept| kept.enable) {
        if list.iter().all(|holder| holder.mac != kept.mac) {
            list.push(Holder {
                mac: kept.mac,
                address: kept.address,
                active: false,
                left: -1,
                name: String::new(),
                reserved: true,
            });
        }
    }
    list
}

/// Whether a client is there, and how long its lease lasts: clients renew at half time.
fn remaining(router: &Router, pool: &Pool, host: &Host) -> (bool, i64) {
    let now = router.now();
    let active = host.is_active(router.state.seed, now);
    let (came, left) = router.state.last_stay(host, now);
    let last = if active { now } else { left };
    let half = i64::from(pool.lease_time / 2).max(1);
    let used = (last.as_second() - came.as_second()).max(0) % half;
    (active, i64::from(pool.lease_time) - used - (now.as_second() - last.as_second()))
}

fn leases(router: &Router, name: &str) -> Vec<(String, Value)> {
    let (holders, Some(pool)) = (holders(router, name), pool(router, name)) else { return Vec::new() };
    let Some(first) = holders.first().map(|holder| client_id(&holder.mac)) else { return Vec::new() };
    // All leases have the same parameters, which are looked up once.
    let path = ["DHCPv4", "Server", "Pool", name, "Rule", "default", "Lease", first.as_str()];
    let blank = router.describe(&path, Object::new());
    let describe = |holder: Holder| {
        let key = client_id(&holder.mac);
        let live = json!({
            "Active": holder.active,
            "CIAddr": if holder.active { holder.address.to_string() } else { "0.0.0.0".to_owned() },
            "ClientID": key,
            "Flags": 0,
            "FriendlyName": holder.name,
            "Gateway": pool.gateway.to_string(),
            "GIAddr": "0.0.0.0",
            "IPAddress": holder.address.to_string(),
            "LeaseTime": pool.lease_time,
            "LeaseTimeRemaining": holder.left,
            "MACAddress": holder.mac,
            "Reserved": holder.reserved,
            "TransactionID": router.state.seed.bits(&holder.mac) & 0xffff_ffff,
        });
        let mut lease = blank.clone();
        lease.extend(members(live));
        (key, Value::Object(lease))
    };
    holders.into_iter().map(describe).collect()
}

fn describe_pool(router: &Router, name: &str) -> Value {
    let (pool, mask, interface, domain) = match pool(router, name) {
        Some(pool) if name == "guest" => (pool.clone(), Pool::GUEST_MASK, "brguest", "guest"),
        Some(pool) => (pool.clone(), router.state.lan.netmask(), "bridge", "home"),
        None => {
            let gateway = Ipv4Addr::new(172, 16, 26, 1);
            let pool = Pool {
                enable: true,
                gateway,
                min: Ipv4Addr::new(172, 16, 26, 2),
                max: Ipv4Addr::new(172, 16, 26, 30),
                lease_time: 3_600,
                dns_servers: gateway.to_string(),
            };
            (pool, Ipv4Addr::new(255, 255, 255, 224), "bridge_ctr", "home")
        }
    };
    let live = json!({
        "Enable": pool.enable,
        "Authoritative": true,
        "Name": name,
        "Status": if pool.enable { "Enabled" } else { "Disabled" },
        "Allocation": "dynamic",
        "ARPProtect": true,
        "Interface": interface,
        "DSCPMark": if name == "bridge_ctr" { -1 } else { 48 },
        "MinAddress": pool.min.to_string(),
        "MaxAddress": pool.max.to_string(),
        "SubnetMask": mask.to_string(),
        "IPRouters": pool.gateway.to_string(),
        "Server": pool.gateway.to_string(),
        "MinLeaseTime": 0,
        "LeaseTime": pool.lease_time,
        "MaxLeaseTime": pool.lease_time,
        "DNSServers": pool.dns_servers,
        "DomainName": domain,
        "IncludeOption125": true,
        "LeaseNumberOfEntries": holders(router, name).len(),
        "OptionNumberOfEntries": 1,
        "RuleNumberOfEntries": 1,
        "StaticAddressNumberOfEntries": reservations(router, name).len(),
    });
    Value::Object(router.describe(&["DHCPv4", "Server", "Pool", name], members(live)))
}

fn pools(router: &Router, call: &Call<'_>) -> Answer {
    let wanted = call.args.text("id").filter(|id| !id.is_empty());
    if wanted.as_deref().is_some_and(|id| !POOLS.contains(&id)) {
        return BoxError::not_found(format!("DHCPv4.Server.Pool.{}", wanted.unwrap_or_default())).refuse();
    }
    let chosen = POOLS.iter().filter(|name| wanted.as_deref().is_none_or(|id| id == **name));
    let all: Object = chosen.map(|name| ((*name).to_owned(), describe_pool(router, name))).collect();
    Reply::value(Value::Object(all)).ok()
}

fn pool_call(router: &mut Router, name: &str, call: &Call<'_>) -> Answer {
    let mac = call.args.text("MACAddress").unwrap_or_default();
    let address = call.args.text("IPAddress").and_then(|text| text.trim().parse::<Ipv4Addr>().ok());
    match call.method {
        "get" => Reply::value(describe_pool(router, name)).ok(),
        "set" => {
            set_pool(router, name, call.args.values());
            Reply::value(true).ok()
        }
        "getLeases" => {
            let rule = call.args.text("rule").filter(|rule| !rule.is_empty());
            if rule.as_deref().is_some_and(|rule| rule != "default") {
                return Reply::value(json!({})).ok();
            }
            let found: Object = leases(router, name).into_iter().collect();
            Reply::value(json!({"default": found})).ok()
        }
        "getStaticLeases" => {
            let list = reservations(router, name).into_iter().filter(|kept| kept.enable).map(|kept| {
                json!({
                    "IPAddress": kept.address.to_string(),
                    "MACAddress": kept.mac,
                    "LeasePath": format!("DHCPv4.Server.Pool.{name}.Rule.default.Lease.{}", client_id(&kept.mac)),
                })
            });
            Reply::value(list.collect::<Value>()).ok()
        }
        "setLeaseTime" => {
            let seconds = call.args.number("leasetime").and_then(|seconds| u32::try_from(seconds).ok());
            let (Some(seconds), Some(pool)) = (seconds.filter(|n| *n > 0), pool_mut(router, name)) else {
                return BoxError::failed(call.method).refuse();
            };
            pool.lease_time = seconds;
            Reply::void().ok()
        }
        "addStaticLease" | "setStaticLease" | "deleteStaticLease" | "addLeaseFromPool" if !is_key(&mac) => {
            // What a box does with a MAC address in lower case: it says yes and forgets it.
            if mac.split(':').count() == 6 {
                Reply::void().ok()
            } else {
                BoxError::failed(call.method).refuse()
            }
        }
        "addStaticLease" => match address {
            Some(address) => add(router, name, &mac, address, call.method),
            None => BoxError::failed(call.method).refuse(),
        },
        "addLeaseFromPool" => {
            let Some(held) = holders(router, name).into_iter().find(|holder| holder.mac == mac) else {
                return BoxError::failed(call.method).refuse();
            };
            match add(router, name, &mac, held.address, call.method) {
                Some(Ok(_)) => Reply::value(held.address.to_string()).ok(),
                refused => refused,
            }
        }
        "setStaticLease" => set(router, name, &mac, address, call),
        "deleteStaticLease" => {
            let before = router.state.lan.reservations.len();
            router.state.lan.reservations.retain(|kept| kept.mac != mac);
            if router.state.lan.reservations.len() == before {
                return BoxError::failed(call.method).refuse();
            }
            Reply::void().ok()
        }
        _ => None,
    }
}

/// Whether a MAC address is written as the box writes it.
fn is_key(mac: &str) -> bool {
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    mac.split(':').count() == 6 && mac.split(':').all(|part| part.len() == 2 && part.bytes().all(hexadecimal))
}

fn already_reserved(method: &str) -> Answer {
    Some(Err(vec![
        BoxError::new(0, "Success", "MACAddress"),
        BoxError::new(393_221, "IP address already reserved", ""),
        BoxError::failed(method),
    ]))
}

fn add(router: &mut Router, name: &str, mac: &str, address: Ipv4Addr, method: &str) -> Answer {
    let taken = router.state.lan.reservations.iter().any(|kept| kept.address == address);
    if taken {
        return already_reserved(method);
    }
    let gateway = pool(router, name)?.gateway;
    if !contains(router, name, address) || address == gateway {
        return BoxError::failed(method).refuse();
    }
    let since = router.now();
    let kept = &mut router.state.lan.reservations;
    put(kept, Reservation { mac: mac.to_owned(), address, enable: true, since }, |kept| kept.mac == mac);
    settle_addresses(router);
    Reply::void().ok()
}

fn set(router: &mut Router, name: &str, mac: &str, address: Option<Ipv4Addr>, call: &Call<'_>) -> Answer {
    let taken =
        router.state.lan.reservations.iter().any(|kept| kept.mac != mac && Some(kept.address) == address);
    if taken {
        return already_reserved(call.method);
    }
    if address.is_some_and(|address| !contains(router, name, address)) {
        return BoxError::failed(call.method).refuse();
    }
    let now = router.now();
    let Some(kept) = router.state.lan.reservations.iter_mut().find(|kept| kept.mac == mac) else {
        return BoxError::failed(call.method).refuse();
    };
    if let Some(address) = address {
        kept.address = address;
        kept.since = now;
    }
    kept.enable = call.args.flag("Enable").unwrap_or(kept.enable);
    settle_addresses(router);
    Reply::void().ok()
}

fn set_pool(router: &mut Router, name: &str, values: &Object) {
    let args = crate::call::Args(values);
    let address = |name: &str| args.text(name).and_then(|text| text.parse::<Ipv4Addr>().ok());
    let (min, max) = (address("MinAddress"), address("MaxAddress"));
    let fits = |address: Option<Ipv4Addr>| address.filter(|address| contains(router, name, *address));
    let (min, max) = (fits(min), fits(max));
    let Some(pool) = pool_mut(router, name) else { return };
    pool.enable = args.flag("Enable").unwrap_or(pool.enable);
    pool.min = min.unwrap_or(pool.min);
    pool.max = max.unwrap_or(pool.max);
    if let Some(servers) = args.text("DNSServers") {
        pool.dns_servers = servers;
    }
    if let Some(seconds) = args.number("LeaseTime").and_then(|seconds| u32::try_from(seconds).ok()) {
        pool.lease_time = seconds;
    }
}

/// Clients take the address that is reserved for them when they ask again: when they come back, or at half time of
/// their lease. Whoever had it before gets another one.
pub(super) fn settle_addresses(router: &mut Router) {
    let (seed, now) = (router.state.seed, router.now());
    for kept in router.state.lan.reservations.clone().into_iter().filter(|kept| kept.enable) {
        let Some(host) = router.state.host(&kept.mac).filter(|host| host.ipv4 != kept.address) else {
            continue;
        };
        let half = i64::from(router.state.lan.pool.lease_time / 2);
        if host.is_active(seed, now) && kept.since != Timestamp::MIN && after(kept.since, half) > now {
            continue;
        }
        let mut taken: Vec<Ipv4Addr> = router.state.hosts.iter().map(|host| host.ipv4).collect();
        taken.extend(router.state.lan.reservations.iter().map(|kept| kept.address));
        let free = router.state.lan.pool.free_address(&taken);
        for host in &mut router.state.hosts {
            if host.mac == kept.mac {
                host.ipv4 = kept.address;
            } else if host.ipv4 == kept.address {
                host.ipv4 = free.unwrap_or(host.ipv4);
            }
        }
        let attributes = Object::from_iter([("IPAddress".to_owned(), json!(kept.address.to_string()))]);
        router.changed(&format!("Devices.Device.{}", kept.mac), attributes);
    }
}

/// The last exchanges of discover, offer, request and acknowledgement.
fn dora_cycles(router: &Router) -> Value {
    let now = router.now();
    let mut came: Vec<(Timestamp, &Host)> = router
        .state
        .hosts
        .iter()
        .filter(|host| host.dhcp && host.is_active(router.state.seed, now))
        .map(|host| (router.state.last_stay(host, now).0, host))
        .collect();
    came.sort_by_key(|(at, _)| *at);
    let recent = came.into_iter().rev().take(10).map(|(at, host)| {
        let milliseconds = router.state.seed.between(&format!("dora/{}", host.mac), 12, 310);
        let text = local(at).strftime("%d %B %I:%M %p").to_string();
        json!({
            "MACADDRESS": host.mac, "StartTime": text, "EndTime": text, "Type": "NORMAL",
            "Duration(ms)": milliseconds,
        })
    });
    Value::Array(recent.collect())
}

fn statistics(router: &Router) -> Value {
    let cycles = router.state.uptime(router.now()) / 1_900 + 40;
    json!({
        "State": "Running", "Discover": cycles, "Offer": cycles, "Request": cycles * 3, "ACK": cycles * 3,
        "Inform": cycles / 5, "DoraCyclesAverageDuration_normal_ms": 148,
        "DoraCyclesAverageDuration_short_ms": 31,
    })
}
