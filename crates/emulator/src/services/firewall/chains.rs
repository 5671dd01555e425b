//! Custom rules, lists and redirections: what the level `Custom` is made of.

use serde_json::{Value, json};

use super::{LEVELS, members, no_such_rule};
use crate::call::{Answer, Args, BoxError, Call, Object, Reply};
use crate::router::Router;
use crate::state::put;

/// The chain of custom rules when a call names none.
const CHAIN: &str = "Custom";

pub(super) fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let firewall = &router.state.firewall;
    match (call.tail, call.method) {
        ([], "getCustomRule") => {
            let (id, chain) = (call.args.text("id"), chain(call));
            let of_chain = firewall.custom.iter().filter(|(own, _)| *own == chain).map(|(_, rule)| rule);
            Reply::value(by_id(of_chain, id.as_deref())).ok()
        }
        ([], "setCustomRule") => set_custom(router, call),
        ([], "deleteCustomRule") => {
            let (id, chain) = (call.args.text("id").unwrap_or_default(), chain(call));
            let rules = &mut router.state.firewall.custom;
            let before = rules.len();
            rules.retain(|(own, rule)| *own != chain || id_of(rule) != id);
            if rules.len() == before { no_such_rule(&id) } else { Reply::value(true).ok() }
        }
        ([], "getListEntries") => {
            let entries = firewall.lists.get(&call.args.text("listName").unwrap_or_default());
            let id = call.args.text("entryId");
            Reply::value(by_id(entries.into_iter().flat_map(|entries| entries.values()), id.as_deref())).ok()
        }
        ([], "setListEntry") => {
            let text = |name: &str| call.args.text(name).unwrap_or_default();
            let enable = call.args.flag("enable").unwrap_or(true);
            let entry = json!({
                "Id": text("entryId"), "Enable": enable, "Status": status(enable), "Protocol": text("protocol"),
                "DestinationPrefix": text("destinationPrefix"), "SourcePrefix": text("sourcePrefix"),
            });
            let list = router.state.firewall.lists.entry(text("listName")).or_default();
            list.insert(text("entryId"), members(entry));
            Reply::void().ok()
        }
        ([], "deleteListEntry") => {
            let id = call.args.text("entryId").unwrap_or_default();
            let list = router.state.firewall.lists.get_mut(&call.args.text("listName").unwrap_or_default());
            match list.and_then(|list| list.remove(&id)) {
                Some(_) => Reply::void().ok(),
                None => no_such_rule(&id),
            }
        }
        ([], "getRedirect") => {
            Reply::value(by_id(firewall.redirects.iter(), call.args.text("id").as_deref())).ok()
        }
        ([], "setRedirect") => {
            let text = |name: &str| call.args.text(name).unwrap_or_default();
            let (id, enable) = (text("id"), call.args.flag("enable").unwrap_or(true));
            let redirect = json!({
                "Id": id, "Enable": enable, "Status": status(enable), "Protocol": text("protocol"),
                "DestinationPorts": text("destinationPort"), "IPVersion": call.args.number("ipversion").unwrap_or(4),
                "SourceInterface": text("sourceInterface"),
            });
            put(&mut router.state.firewall.redirects, members(redirect), |rule| id_of(rule) == id);
            Reply::value(id).ok()
        }
        ([], "deleteRedirect") => {
            let id = call.args.text("id").unwrap_or_default();
            let all = &mut router.state.firewall.redirects;
            let before = all.len();
            all.retain(|rule| id_of(rule) != id);
            if all.len() == before { no_such_rule(&id) } else { Reply::value(true).ok() }
        }
        _ => object(router, call),
    }
}

/// The objects behind the functions.
fn object(router: &Router, call: &Call<'_>) -> Answer {
    let firewall = &router.state.firewall;
    let live = match (call.tail, call.method) {
        (["Level" | "LevelIPv6", name], "get") => {
            let current =
                if call.tail.first() == Some(&"Level") { &firewall.level } else { &firewall.level_v6 };
            json!({
                "Enable": current == name, "Name": name, "Chain": format!("Forward_{name}"),
                "ReverseChain": format!("Forward_{name}_Reverse"),
            })
        }
        (["Chain", name], "get") => {
            let rules = firewall.custom.iter().filter(|(chain, _)| chain == name).count();
            let policy = if *name == "Low" { "Accept" } else { "Drop" };
            let known = LEVELS.contains(name).then_some(policy)?;
            json!({"Name": name, "DefaultPolicy": known, "RuleNumberOfEntries": rules})
        }
        (["Chain", name, "Rule", id], "get") => {
            let rule = firewall.custom.iter().find(|(chain, rule)| chain == name && id_of(rule) == *id)?;
            Value::Object(rule.1.clone())
        }
        (["List", name], "get") => {
            let entries = firewall.lists.get(*name)?.len();
            json!({"Name": name, "Enable": true, "TableName": "filter", "ListEntryNumberOfEntries": entries})
        }
        (["List", name, "Entry", id], "get") => Value::Object(firewall.lists.get(*name)?.get(*id)?.clone()),
        (["Redirect", id], "get") => {
            Value::Object(firewall.redirects.iter().find(|rule| id_of(rule) == *id)?.clone())
        }
        _ => return None,
    };
    Reply::value(router.describe(call.path, members(live))).ok()
}

fn status(enable: bool) -> &'static str {
    if enable { "Enabled" } else { "Disabled" }
}

fn id_of(rule: &Object) -> &str {
    rule.get("Id").and_then(Value::as_str).unwrap_or_default()
}

fn chain(call: &Call<'_>) -> String {
    call.args.text("chain").filter(|chain| !chain.is_empty()).unwrap_or_else(|| CHAIN.to_owned())
}

fn by_id<'r>(rules: impl Iterator<Item = &'r Object>, id: Option<&str>) -> Value {
    let chosen = rules.filter(|rule| id.is_none_or(|id| id.is_empty() || id_of(rule) == id));
    let found: Object = chosen.map(|rule| (id_of(rule).to_owned(), Value::Object(rule.clone()))).collect();
    Value::Object(found)
}

fn set_custom(router: &mut Router, call: &Call<'_>) -> Answer {
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    let chain = chain(call);
    let action = text("action");
    if !["Accept", "Drop", "Reject"].contains(&action.as_str()) || !LEVELS.contains(&chain.as_str()) {
        return BoxError::failed(call.method).refuse();
    }
    let rules = &mut router.state.firewall.custom;
    let id = match text("id") {
        id if id.is_empty() => {
            let taken = rules.iter().filter_map(|(_, rule)| id_of(rule).parse::<u32>().ok()).max();
            (taken.unwrap_or(0) + 1).to_string()
        }
        id => id,
    };
    let enable = Args(call.args.0).flag("enable").unwrap_or(true);
    let rule = json!({
        "Id": id, "Enable": enable, "Status": status(enable), "Target": action, "TargetChain": "",
        "Class": "Forward", "Description": text("description"), "Protocol": text("protocol"),
        "IPVersion": call.args.number("ipversion").unwrap_or(4),
        "DestinationPort": text("destinationPort"), "SourcePort": text("sourcePort"),
        "DestinationPrefix": text("destinationPrefix"), "SourcePrefix": text("sourcePrefix"),
        "DestinationMACAddress": text("destinationMAC"), "SourceMACAddress": text("sourceMAC"),
    });
    let rule = (chain, members(rule));
    let chain = rule.0.clone();
    put(rules, rule, |(own, known)| *own == chain && id_of(known) == id);
    Reply::value(id).ok()
}
