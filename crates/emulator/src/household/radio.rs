//! The radios and networks of the household.

use jiff::Timestamp;

use super::DAY;
use crate::clock::after;
use crate::random::Seed;
use crate::state::wifi::{Guest, Neighbour, Profile, Radio, Vap, Wifi};

const KEY: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const LOW: &str = "None,WPA2-Personal,WPA3-Personal,WPA2-WPA3-Personal";

const CHANNELS_2G: &[u32] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
const CHANNELS_5G: &[u32] =
    &[36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140];
const CHANNELS_6G: &[u32] =
    &[1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45, 49, 53, 57, 61, 65, 69, 73, 77, 81, 85, 89, 93];

pub(super) fn build(seed: Seed, base_mac: &str, now: Timestamp) -> Wifi {
    let stem = base_mac.get(..9).unwrap_or_default();
    let mac = |place: u8| {
        let tail = seed.bits("bssid") & 0xffff;
        format!("{stem}{:02X}:{:02X}:{place:02X}", tail >> 8, tail & 0xff)
    };
    let ssid = format!("Livebox-{}", seed.text("ssid", 4, b"0123456789ABCDEF"));
    let key = seed.text("wifi key", 20, KEY);
    let guest_key = seed.text("guest key", 16, KEY);
    let wep_key = seed.text("wep key", 26, b"0123456789ABCDEF");
    let vap = |place: u8, name, radio, securities, security: &str| Vap {
        name,
        radio,
        guest: false,
        secondary: false,
        ssid: ssid.clone(),
        bssid: mac(place),
        visible: true,
        enable: true,
        security: security.to_owned(),
        securities,
        key: key.clone(),
        wep_key: wep_key.clone(),
        wps: radio != "rad6g0",
        filter_mode: "Off".to_owned(),
        filter: Vec::new(),
        filter_for_now: Vec::new(),
    };
    let hidden = |place, name, radio| Vap {
        secondary: true,
        enable: false,
        visible: false,
        ssid: format!("{ssid}-2"),
        key: seed.text("second key", 24, KEY),
        wps: false,
        ..vap(place, name, radio, LOW, "WPA2-Personal")
    };
    let guest = |place, name, radio| Vap {
        guest: true,
        ssid: "Invités Chez Nous".to_owned(),
        key: guest_key.clone(),
        wps: false,
        ..vap(place, name, radio, LOW, "WPA2-Personal")
    };
    Wifi {
        enable: true,
        combined: true,
        radios: vec![
            Radio {
                name: "rad2g0",
                band: "2.4GHz",
                enable: true,
                channel: 6,
                auto_channel: true,
                channel_reason: "CSM",
                bandwidth: "Auto".to_owned(),
                current_bandwidth: "20MHz",
                max_bandwidth: "40MHz",
                possible_channels: CHANNELS_2G,
                standards: "ax".to_owned(),
                supported_standards: "b,g,n,bg,gn,bgn,ax",
                max_bit_rate: 1147,
                transmit_power: 100,
                noise_dbm: -87,
                mac: mac(0x10),
                restarting_until: None,
                changed_at: after(now, -36 * DAY),
                channel_since: after(now, -31_000),
                scanned_at: after(now, -5_400),
                scanned_before: after(now, -9_000),
            },
            Radio {
                name: "rad5g0",
                band: "5GHz",
                enable: true,
                channel: 100,
                auto_channel: true,
                channel_reason: "CSM",
                bandwidth: "Auto".to_owned(),
                current_bandwidth: "80MHz",
                max_bandwidth: "160MHz",
                possible_channels: CHANNELS_5G,
                standards: "ax".to_owned(),
                supported_standards: "a,n,an,ac,ax",
                max_bit_rate: 4804,
                transmit_power: 100,
                noise_dbm: -92,
                mac: mac(0x20),
                restarting_until: None,
                changed_at: after(now, -36 * DAY),
                channel_since: after(now, -31_000),
                scanned_at: after(now, -5_400),
                scanned_before: after(now, -9_000),
            },
            Radio {
                name: "rad6g0",
                band: "6GHz",
                enable: true,
                channel: 37,
                auto_channel: true,
                channel_reason: "CSM",
                bandwidth: "Auto".to_owned(),
                current_bandwidth: "160MHz",
                max_bandwidth: "160MHz",
                possible_channels: CHANNELS_6G,
                standards: "ax".to_owned(),
                supported_standards: "ax",
                max_bit_rate: 4804,
                transmit_power: 100,
                noise_dbm: -95,
                mac: mac(0x30),
                restarting_until: None,
                changed_at: after(now, -36 * DAY),
                channel_since: after(now, -31_000),
                scanned_at: after(now, -5_400),
                scanned_before: after(now, -9_000),
            },
        ],
        vaps: vec![
            vap(0x11, "vap2g0priv0", "rad2g0", LOW, "WPA2-WPA3-Personal"),
            vap(0x21, "vap5g0priv0", "rad5g0", LOW, "WPA2-WPA3-Personal"),
            vap(0x31, "vap6g0priv0", "rad6g0", "WPA3-Personal", "WPA3-Personal"),
            hidden(0x12, "vap2g0priv1", "rad2g0"),
            hidden(0x22, "vap5g0priv1", "rad5g0"),
            guest(0x13, "vap2g0guest0", "rad2g0"),
            guest(0x23, "vap5g0guest0", "rad5g0"),
        ],
        guest: Guest { enable: true, start: Some(after(now, -3 * DAY)), until: None, timeout_hours: 0 },
        profile: Profile { enable: true, activate: false },
        planned_off: false,
        planned_at: now,
        pairing_until: None,
        wps_pin: seed.digits("wps pin", 8),
        roaming_key: seed.text("roaming key", 32, b"0123456789abcdef"),
        neighbours: neighbours(seed),
        exceptions: Vec::new(),
    }
}

/// What the box hears of the street.
fn neighbours(seed: Seed) -> Vec<Neighbour> {
    // Radio, network name, channel, strength, width, security.
    let heard: &[(&str, &str, u32, i32, u32, &str)] = &[
        ("rad2g0", "Livebox-3F7A", 1, -68, 20, "WPA2-Personal"),
        ("rad2g0", "Bbox-RezDeChaussee", 1, -82, 20, "WPA2-Personal"),
        ("rad2g0", "Freebox-Tilleuls", 6, -74, 20, "WPA2-WPA3-Personal"),
        ("rad2g0", "DIRECT-62-HP ENVY", 6, -88, 20, "WPA2-Personal"),
        ("rad2g0", "SFR_B2C8", 11, -71, 20, "WPA2-Personal"),
        ("rad2g0", "", 11, -86, 40, "WPA2-Personal"),
        ("rad5g0", "Livebox-3F7A", 36, -77, 80, "WPA2-WPA3-Personal"),
        ("rad5g0", "Freebox-Tilleuls", 52, -84, 160, "WPA2-WPA3-Personal"),
        ("rad5g0", "SFR_B2C8_5GHz", 100, -86, 80, "WPA2-Personal"),
        ("rad6g0", "Freebox-Tilleuls", 5, -89, 160, "WPA3-Personal"),
    ];
    let neighbour = |(place, entry): (usize, &(&'static str, &'static str, u32, i32, u32, &'static str))| {
        let (radio, ssid, channel, rssi_dbm, bandwidth_mhz, security) = *entry;
        let bssid = seed.mac(&format!("neighbour{place}"), "A4:3E:51");
        Neighbour { radio, ssid: ssid.to_owned(), bssid, channel, rssi_dbm, bandwidth_mhz, security }
    };
    heard.iter().enumerate().map(neighbour).collect()
}
