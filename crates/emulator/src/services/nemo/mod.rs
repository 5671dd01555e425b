//! `NeMo.Intf`: every interface of the box, and the queries over their links (protocol sections 4.3, 4.4, 4.6, 4.8).

mod flags;
pub(super) mod graph;
mod live;
mod object;
mod query;
pub(super) mod scan;
pub(super) mod station;
mod table;
mod wlan;
pub(super) mod write;

pub(super) use object::parameters;
use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service { root: "NeMo.Intf", call, instances };

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    object::instances(router, path)
}

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let (name, inside) = call.tail.split_first()?;
    match (inside, call.method) {
        (_, "get") if object::instances(router, call.path).is_none() => {
            Reply::value(Value::Object(object::parameters(router, call.path))).ok()
        }
        ([], "getMIBs") => Reply::value(object::mibs(router, call, name)).ok(),
        ([], "getNetDevStats") => Reply::value(netdev_stats(router, name)).ok(),
        ([], "getStationStats") => Reply::value(station::list(router, name)).ok(),
        ([], "getSSIDStats") => Reply::value(ssid_stats(router, name)).ok(),
        ([], "getFarAssociatedDevicesCount") => {
            let least = call.args.number("threshold").unwrap_or(-80);
            let far = station::list(router, name);
            let far = far.as_array().into_iter().flatten().filter(|station| {
                station["SignalStrength"].as_i64().is_some_and(|strength| strength < least)
            });
            Reply::value(far.count()).ok()
        }
        ([], "renew" | "rebind") => {
            if matches!(*name, "dhcp_data" | "dhcpv6_data") && live::bound(router) {
                live::renew(router, call.method == "rebind");
            }
            Reply::void().ok()
        }
        _ => query::call(router, call, name, inside)
            .or_else(|| scan::call(router, call, name, inside))
            .or_else(|| write::call(router, call, name, inside)),
    }
}

/// Counters since boot, refreshed each 30 s. Bytes wrap at 32 bits, packets are too few to do so.
fn netdev_stats(router: &Router, name: &str) -> Value {
    let bytes = router.state.counters(name, router.now());
    let wrapped = bytes.wrapped();
    let (received, sent) = (bytes.rx / 870, bytes.tx / 870);
    json!({
        "RxPackets": received & 0xffff_ffff,
        "TxPackets": sent & 0xffff_ffff,
        "RxBytes": wrapped.rx,
        "TxBytes": wrapped.tx,
        "RxErrors": 0,
        "TxErrors": 0,
        "RxDropped": received / 4_000_000,
        "TxDropped": sent / 9_000_000,
        "Multicast": received / 350,
        "Collisions": 0,
        "RxLengthErrors": 0,
        "RxOverErrors": 0,
        "RxCrcErrors": 0,
        "RxFrameErrors": 0,
        "RxFifoErrors": 0,
        "RxMissedErrors": 0,
        "TxAbortedErrors": 0,
        "TxCarrierErrors": 0,
        "TxFifoErrors": 0,
        "TxHeartbeatErrors": 0,
        "TxWindowErrors": 0,
    })
}

fn ssid_stats(router: &Router, name: &str) -> Value {
    let bytes = router.state.counters(name, router.now());
    let (received, sent) = (bytes.rx / 870, bytes.tx / 870);
    json!({
        "BytesSent": bytes.tx,
        "BytesReceived": bytes.rx,
        "PacketsSent": sent,
        "PacketsReceived": received,
        "ErrorsSent": 0,
        "RetransCount": sent / 60,
        "ErrorsReceived": 0,
        "DiscardPacketsSent": sent / 90_000,
        "DiscardPacketsReceived": 0,
        "UnicastPacketsSent": sent - sent / 50,
        "UnicastPacketsReceived": received - received / 50,
        "MulticastPacketsSent": sent / 50,
        "MulticastPacketsReceived": received / 50,
        "BroadcastPacketsSent": 0,
        "BroadcastPacketsReceived": 0,
        "FailedRetransCount": 0,
        "RetryCount": sent / 80,
        "MultipleRetryCount": sent / 200,
    })
}

/// A setting of an interface that never changes, such as its kernel name; `null` when it has none.
pub(super) fn setting(name: &str, interface: &str) -> serde_json::Value {
    table::TABLE.value(name, interface).cloned().unwrap_or_default()
}
