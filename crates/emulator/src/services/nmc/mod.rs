//! `NMC`: the operator's side of the box: WAN, offer, LAN address, reboot (protocol sections 4.2, 4.13, 4.25).

pub(super) mod guest;
pub(super) mod lan;
mod offer;
pub(super) mod reboot;
pub(super) mod wifi;

use serde_json::json;

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("NMC", call);

const WAN_MODES: &str = "Ethernet_PPP;Ethernet_DHCP;GPON_DHCP;GPON_PPP";

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => {
            let live = summary(router).as_object().cloned().unwrap_or_default();
            Reply::value(router.with_written(call.path, live)).ok()
        }
        ([], "getWANStatus") => Reply::both(true, wan_status(router)).ok(),
        ([], "getWanModeList") => Reply::value(WAN_MODES).ok(),
        ([], "getLANIP") => Reply::outputs(lan::address(router)).ok(),
        ([], "setLANIP") => lan::set_address(router, call),
        ([], "getVoIPConfig") => Reply::value(super::voice::configuration(router)).ok(),
        ([], "setWanMode") => set_wan_mode(router, call),
        ([], "reboot") => {
            let reason = call.args.text("reason").unwrap_or_default();
            router.reboot(&reason);
            Reply::void().ok()
        }
        ([], "shutdown") => {
            // Only a hand on the power switch brings it back, which an emulator does not have: a long outage.
            router.restart("shutdown", 3_600);
            Reply::void().ok()
        }
        ([], "reset") => {
            router.start_over();
            router.reboot(&call.args.text("reason").unwrap_or_default());
            Reply::void().ok()
        }
        ([], "updateVersionInfo" | "checkForUpgrades") | (["TPPP"], "force") => Reply::value(true).ok(),
        (["Error"], "getPrimaryErrorCode") => Reply::value("0000").ok(),
        ([], "getRemoteAccess" | "enableRemoteAccess" | "disableRemoteAccess") => {
            super::remote_access::nmc(router, call)
        }
        _ => offer::call(router, call),
    }
}

fn summary(router: &Router) -> serde_json::Value {
    let offer = &router.state.offer;
    json!({
        "WanModeList": WAN_MODES,
        "WanMode": router.state.wan.mode,
        "Username": router.state.wan.username,
        "FactoryResetScheduled": false,
        "ConnectionError": !router.state.wan.up,
        "DefaultsLoaded": true,
        "ProvisioningState": "done",
        "OfferType": offer.kind,
        "OfferName": offer.name,
        "IPTVMode": offer.iptv_mode,
    })
}

fn wan_status(router: &Router) -> serde_json::Value {
    let wan = &router.state.wan;
    let up = wan.up && router.now() >= wan.bound_at;
    let (state, link, gpon, connection) =
        if up { ("up", "up", "O5_Operation", "Bound") } else { ("down", "down", "O1_Initial", "Idle") };
    let when_up = |text: String| if up { text } else { String::new() };
    let up6 = up && router.state.lan.ipv6;
    let when_up6 = |text: String| if up6 { text } else { String::new() };
    let dns6 = wan.dns6.iter().filter(|_| up6).map(ToString::to_string);
    let dns: Vec<String> = wan.dns.iter().map(ToString::to_string).chain(dns6).collect();
    json!({
        "WanState": state,
        "LinkType": if wan.mode.starts_with("GPON") { "gpon" } else { "ethernet" },
        "LinkState": link,
        "GponState": gpon,
        "MACAddress": wan.mac,
        "Protocol": if wan.mode.ends_with("PPP") { "ppp" } else { "dhcp" },
        "ConnectionState": connection,
        "LastConnectionError": "None",
        "IPAddress": when_up(wan.ipv4.to_string()),
        "RemoteGateway": when_up(wan.gateway.to_string()),
        "DNSServers": when_up(dns.join(",")),
        "IPv6Address": when_up6(wan.ipv6.to_string()),
        "IPv6DelegatedPrefix": when_up6(format!("{}/56", wan.prefix)),
        "ConnectionStateIPv6": if up6 { "Bound" } else { "Idle" },
        "LastConnectionErrorIPv6": "",
        "RemoteGatewayIPv6": when_up6("fe80::ba0:bab".to_owned()),
    })
}

fn set_wan_mode(router: &mut Router, call: &Call<'_>) -> Answer {
    let mode = call.args.text("WanMode").unwrap_or_default();
    if !WAN_MODES.split(';').any(|known| known == mode) {
        return Reply::value(false).ok();
    }
    let now = router.now();
    let wan = &mut router.state.wan;
    wan.mode = mode;
    wan.bound_at = crate::clock::after(now, 25);
    if let Some(username) = call.args.text("Username") {
        wan.username = username;
    }
    if let Some(password) = call.args.text("Password") {
        wan.password = password;
    }
    Reply::value(true).ok()
}
