//! `SSW.Steering`: which station is where, and which ones are left alone (protocol section 4.8). No recording shows the
//! shapes; the fields are those of the same facts elsewhere.

use serde_json::{Value, json};

use super::Service;
use super::nemo::{parameters, station, write::mac_address};
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::router::Router;
use crate::state::hosts::{Bands, Host, Kind};
use crate::state::wifi::Exception;

pub(super) const SERVICE: Service = Service { root: "SSW.Steering", call, instances };

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    match path {
        ["SSW", "Steering", "ExceptionList", "Station"] => {
            Some((1..=router.state.wifi.exceptions.len()).map(|number| number.to_string()).collect())
        }
        _ => None,
    }
}

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => {
            let live = json!({"Enable": true, "Status": "Up"});
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(Value::Object(router.describe(call.path, live))).ok()
        }
        ([], "getAllStations" | "getAllStationsStandards") => {
            let ap = call.args.text("ap").unwrap_or_default();
            Reply::value(all(router, &ap)).ok()
        }
        ([], "getAllStationsCompactInfo") => Reply::value(all(router, "")).ok(),
        (
            [],
            "getStationStats" | "getRoamInfo" | "getUplinkInfo" | "getNodeBackhaul" | "getStationAssocLog",
        ) => about(router, call),
        ([], "getTopologyScoreInfo") => Reply::value(json!([])).ok(),
        ([], "deleteStationInfo") => {
            let known = wanted(router, call).is_some();
            Reply::value(known).ok()
        }
        ([], "setModeConfig") => Reply::void().ok(),
        (["ExceptionList"], "createException") => {
            let Some(mac) = call.args.text("MAC").and_then(|mac| mac_address(&mac)) else {
                return BoxError::failed(call.method).refuse();
            };
            let exception = Exception {
                mask: call.args.number("mask").unwrap_or(0),
                target: call.args.text("target").unwrap_or_default(),
                kind: call.args.text("type").unwrap_or_else(|| "Auto".to_owned()),
                mac,
            };
            let exceptions = &mut router.state.wifi.exceptions;
            exceptions.retain(|other| other.mac != exception.mac);
            exceptions.push(exception);
            Reply::void().ok()
        }
        (["ExceptionList"], "deleteException") => {
            let mac = call.args.text("MAC").and_then(|mac| mac_address(&mac)).unwrap_or_default();
            let exceptions = &mut router.state.wifi.exceptions;
            let before = exceptions.len();
            exceptions.retain(|other| other.mac != mac);
            if exceptions.len() == before {
                return BoxError::failed(call.method).refuse();
            }
            Reply::void().ok()
        }
        (["ExceptionList", "Station", number], "get") => {
            let place = number.parse::<usize>().ok()?.checked_sub(1)?;
            let exception = router.state.wifi.exceptions.get(place)?;
            Reply::value(json!({
                "MAC": exception.mac, "Mask": exception.mask, "Target": exception.target, "Type": exception.kind,
            }))
            .ok()
        }
        _ => None,
    }
}

/// Stations of the box at this moment, all or those of one access point.
fn all(router: &Router, ap: &str) -> Value {
    let vaps = router.state.wifi.vaps.iter();
    let chosen = vaps.filter(|vap| ap.is_empty() || ap == vap.name || ap.eq_ignore_ascii_case(&vap.bssid));
    let stations = chosen.flat_map(|vap| station::macs(router, vap));
    Value::Array(stations.filter_map(|mac| Some(summary(router, router.state.host(&mac)?))).collect())
}

fn summary(router: &Router, host: &Host) -> Value {
    let interface = host.link.interface();
    let vap = router.state.wifi.vap(interface);
    let radio = vap.and_then(|vap| router.state.wifi.radio(vap.radio));
    let bands = host.radio.map(|radio| radio.bands);
    json!({
        "MACAddress": host.mac,
        "Active": host.is_active(router.state.seed, router.now()),
        "InterfaceName": interface,
        "BSSID": vap.map(|vap| vap.bssid.as_str()),
        "OperatingFrequencyBand": radio.map(|radio| radio.band),
        "OperatingStandard": host.radio.map(|radio| radio.standard),
        "SignalStrength": host.radio.map_or(0, |radio| station::signal(router, host, &radio)),
        "Supports24GHz": bands.is_some(),
        "Supports5GHz": bands.is_some_and(|bands| bands != Bands::Two),
        "Supports6GHz": bands == Some(Bands::All),
    })
}

fn wanted<'a>(router: &'a Router, call: &Call<'_>) -> Option<&'a Host> {
    let host = router.state.host(call.args.text("MAC")?.trim())?;
    host.link.is_wifi().then_some(host)
}

fn about(router: &Router, call: &Call<'_>) -> Answer {
    let Some(host) = wanted(router, call) else { return BoxError::failed(call.method).refuse() };
    let reply = match call.method {
        "getStationStats" => {
            let mut values: Object = match summary(router, host) {
                Value::Object(values) => values,
                _ => Object::new(),
            };
            let path = ["NeMo", "Intf", host.link.interface(), "AssociatedDevice", host.mac.as_str()];
            values.extend(parameters(router, &path));
            Value::Object(values)
        }
        "getUplinkInfo" | "getNodeBackhaul" => match &host.kind {
            Kind::Repeater(repeater) => json!({
                "MACAddress": host.mac, "UplinkType": repeater.uplink, "InterfaceName": host.link.interface(),
            }),
            _ => json!({}),
        },
        _ => json!([]),
    };
    Reply::value(reply).ok()
}
