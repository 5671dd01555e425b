//! What `NMC` has besides the connection: TV, copy of the configuration, IPv6, lights, shared address
//! (protocol sections 4.17, 4.21, 4.23, 4.24).

use serde_json::{Value, json};

use crate::call::{Answer, Args, Call, Object, Reply};
use crate::clock::{after, local};
use crate::router::Router;

pub(super) fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match call.tail {
        ["OrangeTV"] => television(router, call),
        ["NetworkConfig"] => backup(router, call),
        ["IPv6"] => ipv6(router, call),
        ["Autodetect"] if call.method == "get" => {
            let mode = if router.state.settings.shared_ipv4 { "Dslite" } else { "DualStack" };
            let live = json!({
                "FirstBoot": false, "LastConnectionError": "0000", "IPv6SwitchEnable": false, "IPv6Mode": mode,
            });
            Reply::value(live).ok()
        }
        ["ServiceEligibility", "DSLITE"] => shared_address(router, call),
        ["LED"] => light(router, call),
        ["Container"] => container(router, call),
        _ => None,
    }
}

fn television(router: &mut Router, call: &Call<'_>) -> Answer {
    let channel = |number: &str, flags: &str| json!({"ChannelStatus": true, "ChannelType": "VLAN", "ChannelNumber": number, "ChannelFlags": flags});
    match call.method {
        "getIPTVStatus" => Reply::outputs(json!({"IPTVStatus": "Available"})).ok(),
        "getIPTVConfig" => {
            Reply::value(json!([channel("840", "Multicast Zapping"), channel("832", "VOD")])).ok()
        }
        "getIPTVMultiScreens" => Reply::outputs(json!({"Enable": router.state.settings.multi_screens})).ok(),
        "setIPTVMultiScreens" => {
            let wanted = call.args.flag("Enable");
            router.state.settings.multi_screens = wanted.unwrap_or(router.state.settings.multi_screens);
            Reply::void().ok()
        }
        _ => None,
    }
}

fn backup(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    let backup = &mut router.state.settings.backup;
    if let Some(due) = backup.due.filter(|due| *due <= now) {
        (backup.made, backup.due) = (due, None);
    }
    match call.method {
        "get" => {
            let status = match (backup.enable, backup.due) {
                (false, _) => "Disabled",
                (true, Some(_)) => "Triggered",
                (true, None) => "Enabled",
            };
            // Written as if it were universal time, although it is the local one.
            let date = local(backup.made).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            Reply::value(json!({"Enable": backup.enable, "ConfigDate": date, "Status": status})).ok()
        }
        "enableNetworkBR" => {
            backup.enable = call.args.flag("state").unwrap_or(backup.enable);
            Reply::void().ok()
        }
        "launchNetworkBackup" => {
            let wait = if call.args.flag("delay") == Some(true) { 60 } else { 5 };
            backup.due = Some(after(now, wait));
            Reply::void().ok()
        }
        "launchNetworkRestore" => {
            router.reboot("restore");
            Reply::void().ok()
        }
        _ => None,
    }
}

fn ipv6(router: &mut Router, call: &Call<'_>) -> Answer {
    match call.method {
        "get" => {
            let (on, wan) = (router.state.lan.ipv6, &router.state.wan);
            let address = if on && wan.up { wan.ipv6.to_string() } else { String::new() };
            Reply::outputs(json!({"Enable": on, "IPv6Address": address})).ok()
        }
        "set" => {
            let wanted = Args(call.args.values()).flag("Enable");
            router.state.lan.ipv6 = wanted.unwrap_or(router.state.lan.ipv6);
            Reply::void().ok()
        }
        _ => None,
    }
}

fn shared_address(router: &mut Router, call: &Call<'_>) -> Answer {
    match call.method {
        "get" => Reply::value(json!({"Demand": router.state.settings.shared_ipv4})).ok(),
        "set" => {
            let wanted = Args(call.args.values()).flag("Demand");
            router.state.settings.shared_ipv4 = wanted.unwrap_or(router.state.settings.shared_ipv4);
            Reply::value(true).ok()
        }
        _ => None,
    }
}

fn light(router: &mut Router, call: &Call<'_>) -> Answer {
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    match call.method {
        "getLedStatus" => {
            let known = router.state.settings.leds.get(&text("name")).cloned();
            let (state, colour) = known.unwrap_or_else(|| ("on".to_owned(), "white".to_owned()));
            Reply::outputs(json!({"state": state, "color": colour})).ok()
        }
        "setLed" => {
            router.state.settings.leds.insert(text("name"), (text("state"), text("color")));
            Reply::value(true).ok()
        }
        _ => None,
    }
}

/// The network of the operator's applications on the box.
fn container(router: &mut Router, call: &Call<'_>) -> Answer {
    let live = json!({
        "Status": "Enabled", "Address": "172.16.26.1", "Netmask": "255.255.255.224", "DHCPEnable": true,
        "DHCPMinAddress": "172.16.26.2", "DHCPMaxAddress": "172.16.26.30", "LeaseTime": 3_600,
    });
    let live: Object = live.as_object().cloned().unwrap_or_default();
    match call.method {
        "get" => Reply::outputs(Value::Object(router.with_written(call.path, live))).ok(),
        "set" => {
            let values = call.args.values();
            let known = live.keys().filter_map(|name| Some((name.clone(), values.get(name)?.clone())));
            let known: Object = known.filter(|(name, _)| name != "Status").collect();
            router.state.written.entry(call.object()).or_default().extend(known);
            Reply::void().ok()
        }
        _ => None,
    }
}
