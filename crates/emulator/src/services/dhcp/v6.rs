//! `DHCPv6`: the server for the LAN and the prefixes it can delegate (protocol section 4.13).

use std::net::Ipv6Addr;

use serde_json::json;

use crate::call::{Answer, Call, Reply};
use crate::router::Router;
use crate::services::Service;

pub(in crate::services) const SERVICE: Service = Service::new("DHCPv6.Server", call);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let on = router.state.lan.dhcpv6;
    let status = if on { "Enabled" } else { "Disabled" };
    match (call.tail, call.method) {
        ([], "getDHCPv6ServerStatus") => Reply::value(status).ok(),
        ([], "enableDHCPv6Server") => {
            router.state.lan.dhcpv6 = call.args.flag("enable").unwrap_or(on);
            Reply::void().ok()
        }
        ([], "set") => {
            let values = crate::call::Args(call.args.values());
            router.state.lan.dhcpv6 = values.flag("Enable").unwrap_or(on);
            Reply::value(true).ok()
        }
        ([], "get") => Reply::value(json!({"Enable": on, "Status": status, "PoolNumberOfEntries": 1})).ok(),
        ([], "getPDPrefixInformation") => {
            // The upper half of the delegated /56 is for routers behind the box.
            let upper = Ipv6Addr::from_bits(router.state.wan.prefix.to_bits() | 0x80 << 64);
            let list = if on { json!([{"Prefix": upper.to_string(), "PrefixLen": 57}]) } else { json!([]) };
            Reply::value(list).ok()
        }
        ([], "getPDPrefixLeases") => Reply::value(json!([])).ok(),
        _ => None,
    }
}
