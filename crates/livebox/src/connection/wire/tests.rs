//! What the recorded lines say, and odd shapes.

use serde_json::{from_value, json};

use super::*;
use crate::testing::recordings;

#[test]
fn every_recorded_link_is_up_and_named() {
    for recording in recordings("NMC", "getWANStatus") {
        let status: WanStatus = recording.reply::<GetWanStatus>();
        assert_eq!(status.up(), Some(true), "{}", recording.file);
        assert_eq!(status.link_up(), Some(true), "{}", recording.file);
        assert!(status.link().is_some_and(|link| link != Link::Other), "{}", recording.file);
        assert_eq!(status.state(), Some(State::Connected), "{}", recording.file);
        assert_eq!(status.last_error(), None, "{}", recording.file);
    }
}

#[test]
fn every_recorded_tree_gives_what_it_has() {
    for recording in recordings("NeMo.Intf.data", "getMIBs") {
        let mibs: Mibs = recording.reply::<GetMibs>();
        match recording.file.as_str() {
            "lb3/NeMo.Intf.data.getMIBs.json" => {
                assert_eq!(mibs.lease(), [Some(86_400), Some(66_120), Some(810_573)]);
                assert_eq!(mibs.mtu(None), Some(1500));
            }
            "lb4/NeMo.Intf.data.getMIBs.json" => {
                assert_eq!(mibs.rates_bps(None), (Some(6_484_000), Some(1_013_000)));
                assert_eq!(mibs.refine(Some(Link::Dsl)), Some(Link::Adsl));
            }
            "lb5/NeMo.Intf.data.getMIBs.json" => {
                assert_eq!(mibs.mtu(None), Some(1500));
                assert_eq!(mibs.rates_bps(None), (Some(2_488_000_000), Some(1_244_000_000)));
                let optics = mibs.optics().unwrap();
                assert_eq!((optics.rx_power_dbm, optics.tx_power_dbm), (Some(-18.794), Some(1.646)));
                assert_eq!(optics.temperature_c, Some(41));
            }
            "unknown/NeMo.Intf.data.getMIBs.json" => {
                assert_eq!(mibs.refine(Some(Link::Dsl)), Some(Link::Vdsl));
            }
            _ => {}
        }
    }
}

#[test]
fn recorded_optics_of_a_livebox_4() {
    for recording in recordings("SFP", "get") {
        let optics = recording.reply::<GetSfp>().optics();
        assert_eq!((optics.rx_power_dbm, optics.tx_power_dbm), (Some(-20.808), Some(2.306)));
    }
    for recording in recordings("NMC.Autodetect", "get") {
        let mode = recording.reply::<GetAutodetect>().is_ds_lite();
        let known = ["lb7", "w7"].contains(&recording.model.as_str());
        assert_eq!(mode, known.then_some(false), "{}", recording.file);
    }
}

#[test]
fn a_ppp_line_has_its_own_words() {
    let status: WanStatus = from_value(json!({
        "LinkType": "dsl", "LinkState": "up", "Protocol": "ppp", "ConnectionState": "Connected",
        "LastConnectionError": "ERROR_NONE", "IPAddress": "0.0.0.0", "IPv6Address": "", "MACAddress": 7
    }))
    .unwrap();
    assert_eq!((status.up(), status.state()), (Some(true), Some(State::Connected)));
    assert_eq!((status.protocol(), status.last_error()), (Some(Protocol::Ppp), None));
    assert_eq!((status.ipv4(), status.ipv6(), status.mac()), (None, None, None));
    let status: WanStatus = from_value(json!({
        "WanState": "down", "ConnectionState": "Selecting", "LastConnectionError": "RenewTimeout",
        "IPv6DelegatedPrefix": "2001:db8:1::/56", "DNSServers": "192.0.2.1, 2001:db8::1,x"
    }))
    .unwrap();
    assert_eq!((status.up(), status.state()), (Some(false), Some(State::Connecting)));
    assert_eq!(status.last_error().unwrap().shown(), "RenewTimeout");
    assert_eq!(status.ipv6_prefix().unwrap().to_string(), "2001:db8:1::/56");
    assert_eq!(status.dns().unwrap().len(), 2);
}

#[test]
fn trees_of_odd_shape_give_what_they_can() {
    let mibs: Mibs = from_value(json!({
        "dhcp": [], "vlan": {"a": [], "b": {"VLANID": "832"}}, "gpon": "no",
        "netdev": {
            "ppp_data": {"MTU": "1492", "IPv4Addr": {"d": {"Address": "192.0.2.7"}}},
            "lan": {"MTU": 1500, "IPv4Addr": []}
        }
    }))
    .unwrap();
    assert_eq!(mibs.lease(), [None; 3]);
    assert_eq!(mibs.vlan_id(), Some(832));
    assert_eq!(mibs.mtu("192.0.2.7".parse().ok()), Some(1492));
    assert_eq!(mibs.rates_bps(None), (None, None));
    assert_eq!(mibs.optics(), None);
    let mibs: Mibs =
        from_value(json!({"gpon": {"x": {"SignalRxPower": -19, "SignalTxPower": 0, "PonMode": "XGS-PON"}}}))
            .unwrap();
    assert_eq!(mibs.refine(Some(Link::Gpon)), Some(Link::XgsPon));
    let optics = mibs.optics().unwrap();
    assert_eq!((optics.rx_power_dbm, optics.tx_power_dbm), (Some(-19.0), None));
}

#[test]
fn rates_are_those_of_the_link_in_use() {
    let mibs: Mibs = from_value(json!({
        "dsl": {"dsl0": {"DownstreamCurrRate": 6484, "UpstreamCurrRate": 1013, "ModulationType": "ADSL"}}
    }))
    .unwrap();
    assert_eq!(mibs.rates_bps(Some(Link::Sfp)), (None, None));
    assert_eq!(mibs.rates_bps(Some(Link::Adsl)), (Some(6_484_000), Some(1_013_000)));
    assert_eq!(mibs.refine(None), Some(Link::Adsl));
    assert!(!mibs.is_empty() && Mibs::default().is_empty());
}
