//! Leases in the shapes that boxes give them.

use serde_json::{Value, json};

use super::{Lease, duration, wire};
use crate::testing::recordings;

fn leases(reply: &Value) -> Vec<Lease> {
    wire::leases(&serde_json::from_value(reply.clone()).unwrap(), false)
}

#[test]
fn every_recorded_list_of_leases_is_read() {
    for service in ["DHCPv4.Server.Pool.default", "DHCPv4.Server.Pool.guest"] {
        for recording in recordings(service, "getLeases") {
            let reply = recording.reply::<wire::GetLeases>();
            assert!(wire::leases(&reply, false).is_empty(), "{}", recording.file);
        }
    }
}

#[test]
fn odd_leases_are_read() {
    let list = leases(&json!({"default": {
        "01:aa:bb:cc:00:00:01": {
            "IPAddress": "192.168.1.20", "MACAddress": "AA:BB:CC:00:00:01", "LeaseTimeRemaining": -1,
            "Active": true, "Reserved": true, "FriendlyName": "nas",
        },
        "01:aa:bb:cc:00:00:02": {"LeaseTimeRemaining": "3600", "Active": "1", "MACAddress": 5},
        "ff:01:02": {"LeaseTimeRemaining": -1},
    }, "other": [], "third": 7}));
    let [reserved, odd, bare] = list.try_into().unwrap();
    assert!(reserved.reserved && reserved.active && reserved.remaining_s.is_none());
    assert_eq!(odd.mac.unwrap().to_string(), "AA:BB:CC:00:00:02");
    assert_eq!((odd.remaining_s, odd.active, odd.reserved), (Some(3600), true, false));
    assert_eq!((bare.mac, bare.ipv4, bare.reserved), (None, None, true));
    assert!(leases(&json!([])).is_empty());
}

#[test]
fn durations_are_short() {
    assert_eq!([59, 720, 86_399].map(duration), ["59 s", "12 min", "23 h 59"]);
}
