//! Questions over the links of interfaces.

use serde_json::{Value, json};

use super::live::{self, Address};
use super::{flags, graph, object};
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::router::Router;

/// Answers the questions; `None` for what is not one.
pub(super) fn call(router: &mut Router, call: &Call<'_>, name: &str, inside: &[&str]) -> Answer {
    if !inside.is_empty() {
        return None;
    }
    let interfaces = || graph::selected(router, call, name);
    let reply = match call.method {
        "getIntfs" => Reply::value(json!(interfaces())),
        "luckyIntf" => Reply::value(interfaces().first().copied().unwrap_or_default()),
        "isUp" => Reply::value(interfaces().iter().any(|interface| graph::is_up(router, interface))),
        "hasFlag" => {
            let flag = call.args.text("flag").unwrap_or_default();
            let condition = call.args.text("condition").unwrap_or_default();
            let walk = graph::traverse(router, name, &call.args.text("traverse").unwrap_or_default());
            let has = |interface: &&str| {
                graph::matches(router, interface, &condition) && graph::matches(router, interface, &flag)
            };
            Reply::value(walk.iter().any(has))
        }
        "isLinkedTo" => {
            let target = call.args.text("target").unwrap_or_default();
            let walk = graph::traverse(router, name, &call.args.text("traverse").unwrap_or_default());
            Reply::value(walk.contains(&target.as_str()))
        }
        "getFirstParameter" => {
            let found = with_parameter(router, call, name).into_iter().next();
            Reply::value(found.map(|(_, value)| text(&value)).unwrap_or_default())
        }
        "getParameters" => {
            let found: Object = with_parameter(router, call, name)
                .into_iter()
                .map(|(interface, value)| (interface.to_owned(), value))
                .collect();
            Reply::value(Value::Object(found))
        }
        "getAddrs" => {
            Reply::value(Value::Array(addresses(router, call, name).into_iter().map(full).collect()))
        }
        "luckyAddr" => {
            let found = addresses(router, call, name).into_iter().next();
            Reply::value(found.map_or(Value::Null, full))
        }
        "luckyAddrAddress" => {
            let found = addresses(router, call, name).into_iter().next();
            Reply::value(found.map(|(_, address)| address.address).unwrap_or_default())
        }
        "getDHCPOption" => return dhcp_option(router, call),
        "getRARouters" => Reply::value(routers(router)),
        "getRAOptions" => Reply::value(json!({})),
        "openQuery" => Reply::value(1),
        "closeQuery" | "refreshNetDev" => Reply::void(),
        _ => return None,
    };
    reply.ok()
}

fn with_parameter(router: &Router, call: &Call<'_>, name: &str) -> Vec<(&'static str, Value)> {
    let wanted = call.args.text("name").unwrap_or_default();
    // A parameter of an object below is asked for with dots: `Security.ModeEnabled`.
    let mut inside: Vec<&str> = wanted.split('.').collect();
    let Some(parameter) = inside.pop() else { return Vec::new() };
    let found = |interface: &'static str| {
        if graph::is_denied(router, interface) {
            return None;
        }
        let path: Vec<&str> = ["NeMo", "Intf", interface].into_iter().chain(inside.iter().copied()).collect();
        object::parameters(router, &path).remove(parameter).map(|value| (interface, value))
    };
    graph::selected(router, call, name).into_iter().filter_map(found).collect()
}

/// A value as a function that is declared to return a string gives it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => u8::from(*flag).to_string(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Addresses of a walk. The flags of an address count as much as those of its interface.
fn addresses(router: &Router, call: &Call<'_>, name: &str) -> Vec<(&'static str, Address)> {
    let flag = call.args.text("flag").unwrap_or_default();
    let walk = graph::traverse(router, name, &call.args.text("traverse").unwrap_or_default());
    let mut found = Vec::new();
    for interface in walk {
        for address in live::addresses(router, interface) {
            let has = |flag: &str| {
                let version = address.version.to_lowercase();
                [
                    version.as_str(),
                    address.scope,
                    address.flags,
                    address.flags.trim_start_matches('@'),
                    "permanent",
                ]
                .contains(&flag)
                    || (!matches!(flag, "ipv4" | "ipv6") && graph::matches(router, interface, flag))
            };
            if flags::holds(&flag, &has) {
                found.push((interface, address));
            }
        }
    }
    found
}

fn full((interface, address): (&'static str, Address)) -> Value {
    json!({
        "NeMoIntfName": interface,
        "Family": address.version.to_lowercase(),
        "Address": address.address,
        "Peer": "",
        "PrefixLen": address.prefix,
        "Scope": address.scope,
        "Flags": "permanent",
        "NeMoFlags": address.flags,
    })
}

/// The mandatory arguments are checked by the function and not by the bus, hence an error of its own.
fn dhcp_option(router: &Router, call: &Call<'_>) -> Answer {
    let missing = ["type", "tag"].into_iter().find(|name| call.args.get(name).is_none());
    if let Some(missing) = missing {
        let first = BoxError::new(196_638, "Mandatory argument missing", missing);
        return Some(Err(vec![first, BoxError::failed(call.method)]));
    }
    let kind = call.args.text("type").unwrap_or_default();
    let tag = call.args.text("tag").unwrap_or_default();
    Reply::value(live::dhcp_option(router, &kind, &tag).unwrap_or_default()).ok()
}

fn routers(router: &Router) -> Value {
    let path = ["NeMo", "Intf", "bridge_gvmulti", "IPv6Router"];
    let keys = object::instances(router, &path).unwrap_or_default();
    let entry = |key: &String| {
        let below: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
        Value::Object(object::parameters(router, &below))
    };
    Value::Array(keys.iter().map(entry).collect())
}
