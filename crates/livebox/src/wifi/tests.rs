//! The Wi-Fi as boxes describe it, in their odd shapes, and what an order means on them.

use serde_json::{Value, json};
use sysbus::{Call as _, Secret};

use super::{
    Air, Channel, Key, KeyMark, Network, Ssid, Width, key,
    plan::{Order, Wanted, switching},
    wire::{self, GetKeys, GetNetworks, GetProfile, GetSchedule, GetSwitch, KeysReply, Root, SetWlanConfig},
};
use crate::{Band, ToolError, testing::recordings};

mod emulated;
mod told;
mod undone;

/// A box with a private network on three bands, a guest network, and one that the box keeps for itself.
fn household() -> Value {
    let vap = |ssid: &str, mode: &str| {
        json!({
            "SSID": ssid, "VAPStatus": "Up", "SSIDAdvertisementEnabled": true, "EssIdentifier": "Primary",
            "Security": {"ModeEnabled": mode, "KeyPassPhrase": "former key", "SAEPassphrase": "", "WEPKey": ""},
            "WPS": {"Enable": true}, "AssociatedDevice": {},
        })
    };
    let radio = |band: &str, channels: &str, max: &str| {
        json!({
            "OperatingFrequencyBand": band, "RadioStatus": "Up", "PossibleChannels": channels, "Channel": 1,
            "AutoChannelEnable": true, "OperatingChannelBandwidth": "Auto", "MaxChannelBandwidth": max,
            "CurrentOperatingChannelBandwidth": "20MHz", "Noise": -90, "ChannelLoad": 12,
        })
    };
    let mut spare = vap("Maison", "WPA2-Personal");
    spare["EssIdentifier"] = json!("Secondary");
    spare["VAPStatus"] = json!("Down");
    json!({
        "base": {
            "v2": {"Enable": true, "LLIntf": {"r2": {"Name": "r2"}}},
            "v2s": {"Enable": false, "LLIntf": {"r2": {"Name": "r2"}}},
            "v5": {"Enable": true, "LLIntf": {"r5": {"Name": "r5"}}},
            "v6": {"Enable": true, "LLIntf": {"r6": {"Name": "r6"}}},
        },
        "wlanradio": {
            "r2": radio("2.4GHz", "1,2,3,4,5,6,7,8,9,10,11,12,13", "40MHz"),
            "r5": radio("5GHz", "36,40,44,48,52", "160MHz"),
            "r6": radio("6GHz", "1,5,9,13,17", "160MHz"),
        },
        "wlanvap": {
            "v2": vap("Maison", "WPA2-Personal"), "v2s": spare, "v5": vap("Maison", "WPA2-Personal"),
            "v6": vap("Maison", "WPA3-Personal"),
        },
    })
}

fn guests() -> Value {
    json!({
        "base": {"g5": {"Enable": false, "LLIntf": {"r5": {"Name": "r5"}}}},
        "wlanvap": {"g5": {"SSID": "Invités", "VAPStatus": "Down", "Security": {"ModeEnabled": "WPA2-Personal", "KeyPassPhrase": "guest key"}}},
    })
}

fn read(lan: Value, guest: Option<Value>) -> Air {
    let reply = |value| serde_json::from_value(value).unwrap();
    wire::air(reply(lan), guest.map(reply))
}

fn air() -> Air {
    read(household(), Some(guests()))
}

fn names(networks: &[&Network]) -> Vec<String> {
    networks.iter().map(|network| network.name.clone()).collect()
}

fn conflict<T>(result: Result<T, ToolError>) -> String {
    match result {
        Err(ToolError::Conflict(message)) => message.text(crate::Lang::En).to_owned(),
        Err(other) => panic!("not a conflict: {other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn every_recorded_box_shows_its_networks() {
    let guest = recordings("NeMo.Intf.guest", "getMIBs");
    for recording in recordings("NeMo.Intf.lan", "getMIBs") {
        if recording.body["status"]["wlanvap"].is_null() {
            continue; // asked for other MIBs
        }
        let air = wire::air(recording.reply::<GetNetworks>(), None);
        let bands: Vec<Option<Band>> = air.radios.iter().map(|radio| radio.band).collect();
        let stations: Vec<u32> = air.networks.iter().filter_map(|network| network.stations).collect();
        match recording.model.as_str() {
            "lb3" | "lb5" => {
                assert_eq!(bands, [Some(Band::Ghz2_4), Some(Band::Ghz5)], "{}", recording.file);
                // The Wi-Fi is off as a whole; each network stays wanted.
                assert!(air.networks.iter().all(|one| one.wanted == Some(true) && one.on == Some(false)));
            }
            "lb7" => {
                assert_eq!(bands, Band::ALL.map(Some), "{}", recording.file);
                assert_eq!(stations, [0, 4, 0, 0, 0], "those that left are not counted");
                let one = &air.networks[1].attached.as_ref().unwrap()[0];
                assert_eq!(
                    (one.rssi_dbm, one.snr_db, one.down_bps),
                    (Some(-65), Some(20), Some(2_305_880_000))
                );
                assert!(one.down_bytes > one.up_bytes && one.since.is_some());
            }
            other => panic!("{}: unexpected {other}", recording.file),
        }
        for network in &air.networks {
            assert!(network.band.is_some() && network.radio.is_some(), "{}: {network:?}", recording.file);
            assert_eq!(network.key, Some(Key::Set), "{}", recording.file);
            assert_eq!(network.hidden, Some(false), "{}", recording.file);
        }
        for radio in &air.radios {
            assert!(radio.channels.len() >= 13 && radio.channel.is_some(), "{}: {radio:?}", recording.file);
            assert_eq!(radio.width_setting, Some(Width::Auto), "{}", recording.file);
        }
    }
    for recording in guest {
        let air =
            wire::air(serde_json::from_value(json!({})).unwrap(), Some(recording.reply::<GetNetworks>()));
        assert_eq!(air.networks.len(), 2, "{}", recording.file);
        assert!(air.networks.iter().all(|network| network.guest && network.wanted == Some(false)));
        assert_eq!(air.radios[1].widths.len(), 5, "{}", recording.file);
    }
    for recording in recordings("NMC.Wifi", "get") {
        let switch = recording.reply::<GetSwitch>();
        assert_eq!(
            (switch.enable.get(), switch.status.get()),
            (Some(true), Some(true)),
            "{}",
            recording.file
        );
        assert_eq!(switch.schedule_active(), Some(false), "{}", recording.file);
    }
}

#[test]
fn odd_networks_are_read() {
    let empty = read(json!({"base": [], "wlanradio": "no", "wlanvap": null}), None);
    assert!(empty.networks.is_empty() && empty.radios.is_empty());
    let odd = read(
        json!({
            "base": {"x1": {"Flags": "wlanvap wlan6g", "LLIntf": []}},
            "penable": {"x1": {"PersistentEnable": "1"}},
            "wlanradio": {"r": {"OperatingFrequencyBand": "60GHz", "Noise": 0, "ChannelLoad": 250, "Channel": "36",
                "ChannelsInUse": "36,40,", "OperatingChannelBandwidth": "Auto", "MaxChannelBandwidth": "65535MHz"}},
            "wlanvap": {
                "x1": {"SSID": 42, "Security": "none", "AssociatedDevice": {
                    "1": {"MACAddress": "aa:bb:cc:00:00:01", "SignalStrength": 0, "AssociationTime": "0001-01-01T00:00:00Z", "LastDataDownlinkRate": 0},
                    "AA:BB:CC:00:00:02": {"Active": false, "AuthenticationState": true},
                    "AA:BB:CC:00:00:03": {"AuthenticationState": 1, "TxBytes": "9999999999"},
                    "4": {"SignalStrength": -50, "SignalNoiseRatio": -1, "MACAddress": "**REDACTED**"},
                    "5": {"TxBytes": 1},
                }},
                "x2": {"Security": {"ModeEnabled": "None", "KeyPassPhrase": "unused"}, "ActiveAssociatedDeviceNumberOfEntries": "3"},
                "x3": {"Security": {"ModeEnabled": "WPA2-Personal"}, "AssociatedDevice": []},
                "x4": {"Security": {"ModeEnabled": "WEP-128", "KeyPassPhrase": "old", "WEPKey": ""}},
            },
        }),
        None,
    );
    let radio = &odd.radios[0];
    assert_eq!((radio.band, radio.noise_dbm, radio.load_pct, radio.channel), (None, None, None, Some(36)));
    let one = |name: &str| odd.networks.iter().find(|network| network.name == name).unwrap();
    assert_eq!((one("x1").band, one("x1").wanted, one("x1").key), (Some(Band::Ghz6), Some(true), None));
    assert_eq!(one("x1").ssid, None, "a number is no name");
    let attached = one("x1").attached.as_ref().unwrap();
    assert_eq!(attached.len(), 3, "one left, one says nothing");
    assert_eq!((attached[2].mac, attached[2].rssi_dbm, attached[2].snr_db), (None, Some(-50), None));
    assert_eq!((attached[0].rssi_dbm, attached[0].since, attached[0].down_bps), (None, None, None));
    assert_eq!(attached[1].down_bytes, Some(9_999_999_999));
    assert_eq!((one("x2").key, one("x2").stations), (Some(Key::None), Some(3)));
    assert_eq!((one("x3").key, one("x3").stations), (None, Some(0)));
    assert_eq!((one("x4").key, one("x4").stations), (Some(Key::None), None));
    let unsure = json!({"x1": {"AssociatedDevice": {"AA:BB:CC:00:00:02": {"Active": "perhaps"}}}});
    let unsure = read(json!({"wlanvap": unsure}), None);
    assert!(unsure.networks[0].stations.is_none() && unsure.check_stations().is_err());
}

#[test]
fn odd_switches_and_schedules_are_read() {
    let old: wire::SwitchReply = serde_json::from_value(json!({"Enable": 1, "Status": "false"})).unwrap();
    assert_eq!((old.enable.get(), old.status.get(), old.schedule_active()), (Some(true), Some(false), None));
    let profile: <GetProfile as sysbus::Call>::Reply =
        serde_json::from_value(json!({"WiFi": {"Enable": false, "Activate": true}, "WiFi6G": {}})).unwrap();
    assert_eq!(profile.wifi.get().unwrap().enable.get(), Some(false));
    let schedule = |value| serde_json::from_value::<<GetSchedule as sysbus::Call>::Reply>(value).unwrap();
    assert!(schedule(json!({"scheduleInfo": [{"ID": "wl0", "enable": true, "schedule": []}]})).is_active());
    assert!(!schedule(json!({"scheduleInfo": [{"ID": "wl0", "enable": "0"}]})).is_active());
    assert!(!schedule(json!({"scheduleInfo": []})).is_active());
}

#[test]
fn a_network_is_found_by_every_name_it_has() {
    let air = air();
    let found = |wanted: &str| air.matching(wanted).map(|found| names(&found));
    assert_eq!(found("V5").unwrap(), ["v5"]);
    assert_eq!(found("maison").unwrap(), ["v2", "v5", "v6", "v2s"]);
    assert_eq!(found(" Invités ").unwrap(), ["g5"]);
    let mut padded = household();
    padded["wlanvap"]["v6"]["SSID"] = json!(" Maison ");
    let padded = read(padded, None);
    assert_eq!(names(&padded.matching(" Maison ").unwrap()), ["v6"], "the exact name first");
    assert_eq!(names(&padded.matching("Maison").unwrap()), ["v2", "v5", "v2s"]);
    let one = &padded.matching(" Maison ").unwrap()[0];
    assert_eq!((one.full_ssid.as_str(), one.ssid.as_ref().unwrap().shown()), (" Maison ", "Maison"));
    assert_eq!(found("5 GHz").unwrap(), ["v5"], "the private one");
    let message = conflict(found("nowhere\u{202e}"));
    assert!(message.contains("`nowhere`") && message.contains("\"Invités\", \"Maison\""), "{message}");
    // A name that looks like a band is a name first.
    let mut lan = household();
    lan["wlanvap"]["v2"]["SSID"] = json!("5");
    let found: Vec<String> = names(&read(lan, None).matching("5").unwrap());
    assert_eq!(found, ["v2"]);
}

fn order(channel: Option<u16>, width: Option<u16>) -> Order {
    let channel = channel.map(|n| if n == 0 { Channel::Auto } else { Channel::Number(n) });
    let width = width.map(|n| if n == 0 { Width::Auto } else { Width::Mhz(n) });
    Order { channel, width, ssid: None, hidden: None }
}

fn config(plan: &Wanted) -> Value {
    serde_json::to_value(SetWlanConfig { mibs: plan.config() }).unwrap()["mibs"].take()
}

#[test]
fn a_channel_decides_the_band() {
    let air = air();
    let plan = |wanted, channel, width| Wanted::new(&order(channel, width), &air, wanted, true);
    let one = plan("Maison", Some(40), None).unwrap();
    assert_eq!(
        config(&one),
        json!({"penable": {}, "wlanradio": {"r5": {"AutoChannelEnable": false, "Channel": 40}}})
    );
    assert_eq!(one.differing(&air), ["channel (5 GHz)"]);
    assert_eq!(one.settings(&air).networks.len(), 1);
    // Automatic goes to all bands, without a channel.
    let auto = plan("Maison", Some(0), None).unwrap();
    assert_eq!(config(&auto)["wlanradio"]["r6"], json!({"AutoChannelEnable": true}));
    assert!(auto.differing(&air).is_empty(), "it is so already");
    let message = conflict(plan("Maison", Some(5), None));
    assert!(message.contains("2.4, 6"), "{message}");
    let message = conflict(plan("2.4", Some(36), None));
    assert!(message.contains("2.4 GHz: 1-13"), "{message}");
    let message = conflict(plan("5", Some(1), None));
    assert!(message.contains("5 GHz: 36, 40, 44, 48, 52"), "{message}");
    assert_eq!(
        config(&plan("6", Some(5), Some(40)).unwrap())["wlanradio"],
        json!({"r6": {"AutoChannelEnable": false, "Channel": 5, "OperatingChannelBandwidth": "40MHz"}})
    );
    conflict(plan("2.4", None, Some(80)));
    assert_eq!(
        config(&plan("5", None, Some(0)).unwrap())["wlanradio"],
        json!({"r5": {"OperatingChannelBandwidth": "Auto"}})
    );
}

#[test]
fn a_name_changes_on_all_bands_that_the_box_combines() {
    let air = air();
    let renamed = |combined, wanted| {
        let ssid = Some("Chez nous".parse::<Ssid>().unwrap());
        let plan =
            Wanted::new(&Order { channel: None, width: None, ssid, hidden: None }, &air, wanted, combined);
        let plan = plan.unwrap();
        config(&plan)["wlanvap"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(renamed(true, "5"), ["v2", "v5", "v6"]);
    assert_eq!(renamed(false, "5"), ["v5"]);
    assert_eq!(renamed(true, "Invités"), ["g5"]);
    let taken = Order { channel: None, width: None, ssid: "Invités".parse().ok(), hidden: Some(true) };
    conflict(Wanted::new(&taken, &air, "5", true));
    // Security is never sent: 6 GHz takes nothing but WPA3.
    let hide = Order { channel: None, width: None, ssid: None, hidden: Some(true) };
    let plan = Wanted::new(&hide, &air, "6", true).unwrap();
    assert_eq!(config(&plan), json!({"penable": {}, "wlanvap": {"v6": {"SSIDAdvertisementEnabled": false}}}));
}

#[test]
fn the_way_back_is_what_was() {
    let mut lan = household();
    lan["wlanradio"]["r5"]["AutoChannelEnable"] = json!(false);
    lan["wlanradio"]["r5"]["Channel"] = json!(44);
    let air = read(lan.clone(), Some(guests()));
    let order = Order {
        channel: Some(Channel::Number(52)),
        width: Some(Width::Mhz(40)),
        ssid: "Chez nous".parse().ok(),
        hidden: Some(true),
    };
    let wanted = Wanted::new(&order, &air, "5", true).unwrap();
    let back = wanted.way_back(&air).unwrap();
    assert_eq!(
        config(&back)["wlanradio"],
        json!({"r5": {"AutoChannelEnable": false, "Channel": 44, "OperatingChannelBandwidth": "Auto"}})
    );
    assert_eq!(config(&back)["wlanvap"]["v6"], json!({"SSID": "Maison", "SSIDAdvertisementEnabled": true}));
    assert!(back.differing(&air).is_empty() && back.is_there(&air));
    let settled = serde_json::to_value(wanted.settled(&air)).unwrap();
    let five = settled["networks"].as_array().unwrap().iter().find(|row| row["band"] == "5").unwrap();
    assert_eq!(
        (&five["ssid"], &five["hidden"], &five["channel"], &five["width_setting"]),
        (&json!("Chez nous"), &json!(true), &json!(52), &json!("40"))
    );
    assert_eq!(wanted.cut(&air).as_secs(), 100, "a minute of listening for radars");
    // A radio that chose its channel gets the choice back, not the channel of that day.
    lan["wlanradio"]["r5"]["AutoChannelEnable"] = json!(true);
    let chosen = read(lan.clone(), Some(guests()));
    let back = wanted.way_back(&chosen).unwrap();
    assert_eq!(config(&back)["wlanradio"]["r5"]["AutoChannelEnable"], true);
    assert!(config(&back)["wlanradio"]["r5"]["Channel"].is_null());
    // Blanks around a name are a part of it, which survives the journal.
    lan["wlanvap"]["v5"]["SSID"] = json!("  s  p  ");
    let back = wanted.way_back(&read(lan.clone(), Some(guests()))).unwrap();
    assert_eq!(config(&back)["wlanvap"]["v5"]["SSID"], "  s  p  ");
    let kept: Wanted = serde_json::from_value(serde_json::to_value(&back).unwrap()).unwrap();
    assert_eq!(config(&kept), config(&back));
    // What cannot be written or is not known has no way back.
    lan["wlanvap"]["v5"]["SSID"] = json!("Mai\u{202e}son");
    assert!(wanted.way_back(&read(lan.clone(), Some(guests()))).is_err());
    lan["wlanvap"]["v5"]["SSID"] = json!("Maison");
    lan["wlanvap"]["v5"]["SSIDAdvertisementEnabled"] = json!("?");
    assert!(wanted.way_back(&read(lan, Some(guests()))).is_err());
}

#[test]
fn values_of_arguments_have_limits() {
    assert_eq!("Auto".parse::<Channel>(), Ok(Channel::Auto));
    assert_eq!(serde_json::from_value::<Channel>(json!(0)).unwrap(), Channel::Auto);
    assert_eq!(serde_json::to_value(Channel::Number(36)).unwrap(), json!("36"));
    for text in ["-1", "234", "36.5", ""] {
        assert!(text.parse::<Channel>().is_err(), "{text}");
    }
    assert_eq!("160 MHz".parse::<Width>(), Ok(Width::Mhz(160)));
    assert!("30".parse::<Width>().is_err());
    assert!("é".repeat(16).parse::<Ssid>().is_ok());
    for text in ["", "  ", &"é".repeat(17), "a\u{200b}b"] {
        assert!(text.parse::<Ssid>().is_err(), "{text:?}");
    }
}

#[test]
fn a_band_is_switched_without_its_guests() {
    let air = air();
    let config = SetWlanConfig { mibs: switching(&air.private(Band::Ghz5), false) };
    let sent = serde_json::to_value(&config).unwrap();
    assert_eq!(
        sent["mibs"],
        json!({"penable": {"v5": {"Enable": false, "PersistentEnable": false, "Status": false}}})
    );
    assert_eq!(config.service(), "NeMo.Intf.lan");
}

#[test]
fn a_key_reaches_every_band_of_its_network() {
    let air = air();
    let new = Secret::new("correct horse battery");
    let targets = |wanted, combined| key::targets(&air, wanted, combined, &new).map(|found| names(&found));
    // By band too: a network is one name and one key.
    assert_eq!(targets("5", false).unwrap(), ["v2", "v5", "v6", "v2s"]);
    assert_eq!(targets("Invités", true).unwrap(), ["g5"]);
    let keys = air.matching("Maison").unwrap().iter().map(|one| (one.name.clone(), new.clone())).collect();
    let sent = serde_json::to_value(key::order(&keys)).unwrap();
    assert_eq!(
        sent["mibs"]["wlanvap"]["v6"],
        json!({"Security": {"KeyPassPhrase": "correct horse battery"}})
    );
    assert_eq!(sent["mibs"]["penable"], json!({}));
    // A raw key is no WPA3 key.
    let raw = Secret::new("0123456789abcdef".repeat(4));
    conflict(key::targets(&air, "Maison", true, &raw).map(|_| ()));
    assert!(key::targets(&air, "Invités", true, &raw).is_ok());
    let mut lan = household();
    lan["wlanvap"]["v2"]["Security"]["ModeEnabled"] = json!("None");
    conflict(key::targets(&read(lan, None), "2.4", false, &new).map(|_| ()));
}

#[test]
fn keys_are_checked_and_never_shown() {
    let key = |text: &str| key::check(&Secret::new(text));
    assert!(key("8 chars!").is_ok() && key(&"x".repeat(63)).is_ok() && key(&"aF".repeat(32)).is_ok());
    for wrong in ["seven77", &"x".repeat(64), "clé accentuée", "tab\tinside"] {
        let error = key(wrong).unwrap_err();
        assert!(matches!(error, ToolError::Arguments(_)) && !error.to_string().contains(wrong), "{error}");
    }
    let reply: KeysReply = serde_json::from_value(household()).unwrap();
    assert_eq!(reply.of("v5"), Some(&Secret::new("former key")));
    let hidden = json!({"wlanvap": {"v5": {"Security": {"KeyPassPhrase": ""}}, "v6": {"Security": []}}});
    let hidden: KeysReply = serde_json::from_value(hidden).unwrap();
    assert_eq!((hidden.of("v5"), hidden.of("v6")), (None, None));
    // The same question as for the networks, so that the box answers it once.
    let asked = |params: Value, service: String| (params, service);
    let keys = GetKeys::of(Root::Lan);
    let networks = GetNetworks::of(Root::Lan);
    assert_eq!(
        asked(serde_json::to_value(&keys).unwrap(), keys.service().into_owned()),
        asked(serde_json::to_value(&networks).unwrap(), networks.service().into_owned())
    );
    let debug = format!("{:?}{:?}", air(), key::keyed(&air().networks, Some(KeyMark::Set)));
    assert!(!debug.contains("former key"));
}
