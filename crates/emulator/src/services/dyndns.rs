//! `DynDNS`: names that follow the address (protocol section 4.18).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Args, Call, Reply};
use crate::clock::{NEVER, iso};
use crate::router::Router;
use crate::state::firewall::{DynDns, DynDnsHost};

pub(super) const SERVICE: Service = Service::new("DynDNS", call);

const PROVIDERS: [&str; 5] = ["dyndns", "No-IP", "ChangeIP", "OVH-dynhost", "GnuDIP"];

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    let dyndns = &mut router.state.dyndns;
    let text = |name: &str| call.args.text(name).unwrap_or_default();
    match call.method {
        "getServices" => Reply::value(json!(PROVIDERS)).ok(),
        "getHosts" => {
            Reply::value(dyndns.hosts.iter().map(|host| to_json(dyndns, host)).collect::<Value>()).ok()
        }
        "addHost" => {
            let (service, hostname) = (text("service"), text("hostname"));
            let taken = dyndns.hosts.iter().any(|host| host.hostname == hostname);
            let good = PROVIDERS.contains(&service.as_str()) && !hostname.is_empty() && !taken;
            if good {
                let enable = call.args.flag("enable").unwrap_or(true);
                dyndns.hosts.push(DynDnsHost {
                    service,
                    hostname,
                    username: text("username"),
                    password: text("password"),
                    enable,
                    updated: (enable && dyndns.enable).then_some(now),
                });
            }
            Reply::value(good).ok()
        }
        "delHost" => {
            let before = dyndns.hosts.len();
            dyndns.hosts.retain(|host| host.hostname != text("hostname"));
            Reply::value(dyndns.hosts.len() != before).ok()
        }
        "getGlobalEnable" => Reply::value(dyndns.enable).ok(),
        "setGlobalEnable" => {
            dyndns.enable = call.args.flag("enable").unwrap_or(dyndns.enable);
            // Declared `void`; clients in daily use take anything but `true` for a failure.
            Reply::value(true).ok()
        }
        "getEnableOnCgnat" => Reply::value(dyndns.on_cgnat).ok(),
        "setEnableOnCgnat" => {
            dyndns.on_cgnat = call.args.flag("value").unwrap_or(dyndns.on_cgnat);
            Reply::void().ok()
        }
        "get" => {
            let status = if dyndns.enable { "Enabled" } else { "Disabled" };
            Reply::value(json!({"Enable": dyndns.enable, "EnableOnCgnat": dyndns.on_cgnat, "Status": status}))
                .ok()
        }
        "set" => {
            let values = Args(call.args.values());
            dyndns.enable = values.flag("Enable").unwrap_or(dyndns.enable);
            dyndns.on_cgnat = values.flag("EnableOnCgnat").unwrap_or(dyndns.on_cgnat);
            Reply::value(true).ok()
        }
        _ => None,
    }
}

fn to_json(dyndns: &DynDns, host: &DynDnsHost) -> Value {
    let on = dyndns.enable && host.enable;
    json!({
        "service": host.service,
        "hostname": host.hostname,
        "username": host.username,
        "password": host.password,
        "last_update": host.updated.map_or_else(|| NEVER.to_owned(), iso),
        "status": match (on, host.updated) {
            (false, _) => "DISABLED",
            (true, Some(_)) => "UPDATED",
            (true, None) => "UPDATING",
        },
        "enable": host.enable,
    })
}
