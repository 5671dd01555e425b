//! Samples and counters in the shapes that boxes give them, and what we make of them.

use std::time::Duration;

use serde_json::{Value, json};
use sysbus::scalar::Table;

use super::{
    Certainty, Counters, Interface, Kind, Missing, Reading, Sampled, Totals, is_plausible,
    live::{self, Look},
    rates, wan,
    wire::{self, CountersReply, GetCounters, GetInterfaces, GetResults, GetWan, GetWifiCounters, Results},
};
use crate::{Untrusted, testing::recordings};

mod emulated;

fn interface(friendly: &str, name: &str, alias: &str) -> Interface {
    Interface {
        key: friendly.to_lowercase(),
        kind: super::kind(friendly, friendly, name, alias),
        friendly: friendly.to_owned(),
        name: name.to_owned(),
        shown: Untrusted::clean(friendly),
    }
}

fn samples<'a>(interfaces: &'a [Interface], results: &Table<Results>) -> Vec<Sampled<'a>> {
    interfaces
        .iter()
        .filter_map(|interface| {
            let readings = results.get(&interface.friendly)?.readings();
            (!readings.is_empty()).then_some(Sampled { interface, readings })
        })
        .collect()
}

#[test]
fn every_recorded_inventory_names_its_kinds() {
    for recording in recordings("HomeLan.Interface", "get") {
        let interfaces = wire::interfaces(recording.reply::<GetInterfaces>());
        let count = |kind| interfaces.iter().filter(|one| one.kind == kind).count();
        let counted = (count(Kind::Wan), count(Kind::Lan), count(Kind::Wifi), count(Kind::GuestWifi));
        let expected = match (recording.model.as_str(), interfaces.len()) {
            ("lb3", 9) => (1, 4, 4, 0),
            ("lb4", 27) => (2, 4, 2, 2),
            ("lb6" | "lb7", 22) => (2, 5, 3, 2),
            ("lb7", 11) => (1, 5, 3, 0), // cut by whoever published it
            ("w7", 21) => (2, 5, 2, 2),
            other => panic!("{}: unexpected {other:?}", recording.file),
        };
        assert_eq!(counted, expected, "{}", recording.file);
        assert_eq!(count(Kind::Other), 0, "{}", recording.file);
        // Without samples, the link that is nobody's LAN port.
        let (uplink, flows) = wan(&interfaces, &[]).unwrap();
        assert!(!flows, "{}: a guess", recording.file);
        let expected = match recording.model.as_str() {
            "lb3" => "eth1",
            "lb4" => "dsl0",
            "lb7" if interfaces.len() == 11 => "ETH1",
            _ => "veip0",
        };
        assert_eq!(uplink.name, expected, "{}", recording.file);
    }
}

#[test]
fn recorded_samples_become_rates() {
    let inventories = recordings("HomeLan.Interface", "get");
    for recording in recordings("HomeLan", "getResults") {
        let results = recording.reply::<GetResults>();
        let Some(inventory) = inventories.iter().find(|one| one.model == "w7") else { continue };
        let interfaces = wire::interfaces(inventory.reply::<GetInterfaces>());
        let samples = samples(&interfaces, &results);
        let (rates, at) = rates(&samples, wan(&interfaces, &samples).map(|(wan, _)| wan));
        assert!(at.is_some(), "{}", recording.file);
        let of = |name: &str| rates.iter().find(|rate| rate.interface.shown() == name);
        match recording.model.as_str() {
            // Downloads are what the WAN receives, and what a port sends.
            "w7" => {
                let fibre = of("WAN_GPON").unwrap();
                assert_eq!(
                    (fibre.down_bps, fibre.over_s),
                    (Some(190_499_232 / 30), Some(30)),
                    "{}",
                    recording.file
                );
                let port = of("eth2").unwrap();
                assert_eq!((port.down_bps, port.up_bps), (Some(170_557_976 / 30), Some(342_440 / 30)));
            }
            "lb5" => {
                assert_eq!(of("WAN_GPON").unwrap().up_bps, Some(30_508_694_040 / 30));
                // Half a year older than the others.
                assert_eq!(of("5GHz-Private_SSID"), None);
            }
            other => panic!("{}: unexpected {other}", recording.file),
        }
    }
}

#[test]
fn recorded_counters_say_how_sure_they_are() {
    let models = |service: &str| recordings(service, "getNetDevStats");
    for recording in ["ETH2", "veip0", "vap5g0priv", "vap2g0priv"].into_iter().flat_map(models) {
        let counters = recording.reply::<GetCounters>().counters().unwrap();
        let expected = if recording.model == "lb7" { Certainty::Wrapped } else { Certainty::MayHaveWrapped };
        assert_eq!(counters.certainty(), expected, "{}", recording.file);
    }
    for recording in recordings("NMC.Wifi", "getStats") {
        let counters = recording.reply::<GetWifiCounters>().counters().unwrap();
        let totals = Totals::new(Untrusted::clean("Wi-Fi"), Kind::Wifi, &counters);
        assert!(totals.down_bytes >= totals.up_bytes, "{}", recording.file);
    }
    for recording in recordings("NeMo.Intf.data", "getMIBs") {
        let reply = recording.reply::<GetWan>();
        let expected = match recording.model.as_str() {
            "lb3" => Some("eth1"),
            "lb4" | "unknown" => None, // asked for another MIB
            _ => Some("veip0"),
        };
        assert_eq!(reply.physical(), expected, "{}", recording.file);
    }
}

#[test]
fn odd_answers_are_read() {
    let results: Table<Results> = serde_json::from_value(json!({
        "eth1": {"Traffic": [{"Timestamp": "100", "Rx_Counter": "8", "Tx_Counter": 16}, {"Timestamp": 70}, 7]},
        "eth2": {"Traffic": {}}, "eth3": {}, "eth4": "no",
    }))
    .unwrap();
    assert_eq!(results.get("eth1").unwrap().readings(), [Reading { at: 100, rx_bits: 8, tx_bits: 16 }]);
    assert!(results.get("eth2").unwrap().readings().is_empty());
    let none: Table<Results> = serde_json::from_value(json!([])).unwrap();
    assert!(none.is_empty());
    let counters = |value: Value| serde_json::from_value::<CountersReply>(value).unwrap().counters();
    assert_eq!(counters(json!({"RxBytes": 5})), None, "no invented zero");
    assert_eq!(counters(json!({"RxBytes": -1, "TxBytes": 0})), None);
    let wide = counters(json!({"RxBytes": 405_666_067_226_u64, "TxBytes": "7"})).unwrap();
    assert_eq!(wide.certainty(), Certainty::Exact);
}

#[test]
fn names_of_models_never_seen_still_have_a_kind() {
    let kind = |friendly, name, alias| interface(friendly, name, alias).kind;
    assert_eq!(kind("7GHz-Private_SSID", "vap7g0priv", "WiFi"), Kind::Wifi);
    assert_eq!(kind("6GHz-Guest_SSID", "vap6g0guest", ""), Kind::GuestWifi);
    assert_eq!(kind("WAN_XGSPON", "xgs0", "WAN_Virtual"), Kind::Wan);
    assert_eq!(kind("WAN_XGSPON-Internet", "gvlan_data", "WAN_Virtual"), Kind::WanService);
    assert_eq!(kind("LAN-25G", "ETH9", ""), Kind::Lan);
    assert_eq!(kind("VDSL-IPTV", "vvlan_iptv1", "xDSL_Virtual"), Kind::WanService);
    assert_eq!(kind("", "bat0", ""), Kind::Other);
}

#[test]
fn a_port_that_doubles_as_wan_is_not_taken_for_it() {
    let interfaces = [
        interface("eth1", "ETH1", "Eth"),
        interface("WAN_Ethernet", "ETH1", "WAN_Virtual"),
        interface("WAN_Ethernet-MultiServices", "vlan_multi", "WAN_Virtual"),
        interface("WAN_GPON", "veip0", "WAN_Virtual"),
        interface("WAN_GPON-MultiServices", "gvlan_multi", "WAN_Virtual"),
    ];
    let readings = || {
        vec![
            Reading { at: 130, rx_bits: 3_000, tx_bits: 600 },
            Reading { at: 100, rx_bits: 3_000, tx_bits: 600 },
        ]
    };
    let flowing = |names: &[&str]| -> Vec<Sampled<'_>> {
        let flows = |one: &&Interface| names.contains(&one.friendly.as_str());
        interfaces.iter().filter(flows).map(|interface| Sampled { interface, readings: readings() }).collect()
    };
    let listed = |sampled: &[Sampled<'_>]| -> Vec<String> {
        let (rates, _) = rates(sampled, wan(&interfaces, sampled).map(|(wan, _)| wan));
        rates.iter().map(|rate| rate.interface.shown().to_owned()).collect()
    };
    let fibre = flowing(&["eth1", "WAN_Ethernet", "WAN_GPON"]);
    assert_eq!(listed(&fibre), ["WAN_GPON", "eth1"]);
    let ethernet = flowing(&["eth1", "WAN_Ethernet", "WAN_Ethernet-MultiServices"]);
    assert_eq!(listed(&ethernet), ["WAN_Ethernet", "WAN_Ethernet-MultiServices"]);
}

#[test]
fn wrapped_samples_are_dropped() {
    assert!(is_plausible(30_508_694_040, 30, 10_000_000_000));
    assert!(!is_plausible(34_200_000_000, 30, 10_000_000_000), "a little less than 2^32 bytes");
    assert!(!is_plausible(80_000_000_000, 30, 2_500_000_000), "more than the link carries");
    let port = interface("eth2", "ETH2", "Eth");
    let reading = |at, rx_bits| Reading { at, rx_bits, tx_bits: 300 };
    let sampled =
        |readings| Sampled { interface: &port, readings }.rate().map(|(rate, at)| (rate.up_bps, at));
    let newest_is_spoilt = vec![reading(160, 34_300_000_000), reading(130, 600), reading(100, 0)];
    assert_eq!(sampled(newest_is_spoilt), Some((Some(20), 130)));
    assert_eq!(sampled(vec![reading(160, 600)]), None, "one sample has no length");
    assert_eq!(sampled(vec![reading(160, 600), reading(160, 600)]), None, "no time passed");
}

fn looks(values: &[(u64, u64, u64)]) -> Vec<Look> {
    let look = |(millis, rx_bytes, tx_bytes): &(u64, u64, u64)| Look {
        after: Duration::from_millis(*millis),
        counters: Counters { rx_bytes: *rx_bytes, tx_bytes: *tx_bytes, rx_packets: None, tx_packets: None },
    };
    values.iter().map(look).collect()
}

#[test]
fn live_rates_handle_the_wrap() {
    let max = (1_u64 << 32) - 1;
    let rate = live::rate(&looks(&[(0, max - 2_000, 0), (1_000, max - 1_000, 0), (2_000, 999_999, 0)]));
    assert_eq!((rate.received_bps, rate.sent_bps), (Some(8 * 1_001_000), Some(0)));
    assert_eq!(rate.over, Duration::from_secs(1));
    let beyond = live::rate(&looks(&[(0, max + 5_000, 0), (1_000, 0, 0), (2_000, 5, 0)]));
    assert_eq!(beyond.missing, Some(Missing::CountersRestarted));
    let reset = live::rate(&looks(&[(0, 5_000_000, 9), (1_000, 10, 10), (2_000, 20, 11)]));
    assert_eq!(reset.missing, Some(Missing::CountersRestarted));
}

#[test]
fn counters_refreshed_in_steps_tell_no_rate() {
    let still = live::rate(&looks(&[(0, 5, 5), (1_000, 5, 5), (5_000, 5, 5)]));
    assert_eq!((still.received_bps, still.missing), (None, Some(Missing::CountersStoodStill)));
    let once = live::rate(&looks(&[(0, 5, 5), (1_000, 9_000_000, 7), (5_000, 9_000_000, 7)]));
    assert_eq!((once.received_bps, once.missing), (None, Some(Missing::CountersMovedOnce)));
    let twice = live::rate(&looks(&[
        (0, 0, 0),
        (1_000, 1_000, 10),
        (2_000, 1_000, 10),
        (11_000, 11_000, 110),
        (12_000, 11_000, 110),
    ]));
    assert_eq!((twice.received_bps, twice.sent_bps), (Some(8_000), Some(80)));
    assert_eq!(live::rate(&[]).missing, Some(Missing::CountersStoodStill));
}

#[test]
fn totals_face_the_household() {
    let counters = Counters { rx_bytes: 30, tx_bytes: 2, rx_packets: None, tx_packets: None };
    let totals = |kind| {
        let totals = Totals::new(Untrusted::clean("x"), kind, &counters);
        (totals.down_bytes, totals.up_bytes)
    };
    assert_eq!(totals(Kind::Wan), (30, 2));
    assert_eq!(totals(Kind::Lan), (2, 30));
    assert_eq!(totals(Kind::Wifi), (2, 30));
}

#[test]
fn the_port_marked_as_wan_is_the_uplink() {
    let reply: super::wire::WanReply = serde_json::from_value(serde_json::json!({ "base": {
        "ETH1": { "Flags": "enabled netdev eth physical netdev-up inbridge up" },
        "ETH3": { "Flags": "enabled netdev eth physical wan netdev-up up" }
    }}))
    .unwrap();
    assert_eq!(reply.physical(), Some("ETH3"));
}
