//! The devices of the household.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

use super::{DAY, LINK_LOCAL, PREFIX, SERIAL, slaac};
use crate::clock::after;
use crate::random::Seed;
use crate::state::hosts::{Bands, Host, Kind, Link, Presence, Repeater, Sourced, Station};
use crate::state::traffic::Rates;

/// One line of the table below.
struct Device {
    name: &'static str,
    /// Name it gives in its DHCP requests; empty when it gives none.
    dhcp_name: &'static str,
    kind: &'static str,
    oui: &'static str,
    vendor: &'static str,
    tags: &'static str,
    at: At,
    last_byte: u8,
    presence: Presence,
    /// Mean kbit/s while it is there: down, up.
    kbps: (u32, u32),
}

/// Attachment, with the signal in dBm for Wi-Fi.
#[derive(Clone, Copy)]
enum At {
    Eth(&'static str),
    Two(i32),
    Five(i32),
    Six(i32),
    Guest(i32),
    /// Over Wi-Fi behind the repeater.
    Repeated(i32),
}

use At::{Eth, Five, Guest, Repeated, Six, Two};
use Presence::{Always, Daily, Left, Weekend};

const fn device(
    name: &'static str,
    dhcp_name: &'static str,
    kind: &'static str,
    (oui, vendor, tags): (&'static str, &'static str, &'static str),
    (at, last_byte): (At, u8),
    presence: Presence,
    kbps: (u32, u32),
) -> Device {
    Device { name, dhcp_name, kind, oui, vendor, tags, at, last_byte, presence, kbps }
}

const WORK: &[(u32, u32)] = &[(525, 745), (820, 1110)];
const HOME: &[(u32, u32)] = &[(0, 470), (1075, 1440)];
const SCHOOL: &[(u32, u32)] = &[(0, 465), (1020, 1440)];
const EVENING: &[(u32, u32)] = &[(1125, 1395)];
const MEALS: &[(u32, u32)] = &[(420, 510), (720, 805), (1140, 1370)];
const AFTERNOON: &[(u32, u32)] = &[(840, 1140)];

const APPLE: (&str, &str, &str) = ("3C:22:FB", "Apple, Inc.", "mdns apple");
const ANDROID: (&str, &str, &str) = ("8C:79:F5", "Samsung Electronics Co.,Ltd", "android samsung");
const ESP: (&str, &str, &str) = ("24:0A:C4", "Espressif Inc.", "");

const DEVICES: &[Device] = &[
    device(
        "nas-familial",
        "nas-familial",
        "Nas",
        ("00:11:32", "Synology Incorporated", "mdns upnp"),
        (Eth("ETH2"), 20),
        Always,
        (900, 1400),
    ),
    device(
        "Imprimante Brother",
        "BRW-BUREAU",
        "Printer",
        ("30:05:5C", "Brother industries, LTD.", "mdns"),
        (Eth("ETH3"), 21),
        Always,
        (6, 4),
    ),
    device(
        "PC de Jérôme",
        "PC-JEROME",
        "Desktop Windows",
        ("D4:BE:D9", "Dell Inc.", "microsoft lltd"),
        (Eth("ETH0"), 22),
        Daily(EVENING),
        (9000, 900),
    ),
    device(
        "Raspberry Domotique",
        "raspberrypi",
        "Desktop Linux",
        ("DC:A6:32", "Raspberry Pi Trading Ltd", "mdns"),
        (Eth("ETH3"), 23),
        Always,
        (60, 45),
    ),
    device(
        "Pont Hue",
        "Philips-hue",
        "AC Outlet",
        ("00:17:88", "Philips Lighting BV", "mdns upnp"),
        (Eth("ETH4"), 24),
        Always,
        (4, 3),
    ),
    device(
        "PlayStation du salon",
        "PS5",
        "Game Console",
        ("70:9E:29", "Sony Interactive Entertainment Inc.", "upnp"),
        (Eth("ETH4"), 25),
        Daily(EVENING),
        (11000, 700),
    ),
    device(
        "iPhone de Maëlys",
        "iPhone-de-Maelys",
        "Mobile iOS",
        APPLE,
        (Five(-54), 30),
        Daily(HOME),
        (1400, 160),
    ),
    device(
        "Galaxy de Jérôme",
        "Galaxy-S23",
        "Mobile Android",
        ANDROID,
        (Six(-58), 31),
        Daily(HOME),
        (1700, 240),
    ),
    device(
        "Téléphone de Théo",
        "Redmi-Note-12",
        "Mobile Android",
        ("64:90:C1", "Beijing Xiaomi Mobile Software Co., Ltd", "android"),
        (Five(-67), 32),
        Daily(SCHOOL),
        (2600, 180),
    ),
    device(
        "Portable télétravail",
        "LT-FR-20417",
        "Laptop Windows",
        ("34:13:E8", "Intel Corporate", "microsoft"),
        (Six(-49), 33),
        Daily(WORK),
        (3200, 1100),
    ),
    device(
        "MacBook de Maëlys",
        "MacBook-Air-de-Maelys",
        "Laptop",
        APPLE,
        (Five(-51), 34),
        Daily(EVENING),
        (2100, 300),
    ),
    device("iPad du salon", "iPad", "Tablet iOS", APPLE, (Five(-60), 35), Daily(MEALS), (3000, 120)),
    device(
        "Télé LG chambre",
        "LGwebOSTV",
        "TV",
        ("38:8C:50", "LG Electronics (Mobile Communications)", "upnp mdns lg tv"),
        (Five(-63), 36),
        Daily(EVENING),
        (7000, 90),
    ),
    device(
        "Chromecast cuisine",
        "Chromecast",
        "Chromecast",
        ("F4:F5:D8", "Google, Inc.", "mdns google"),
        (Five(-66), 37),
        Always,
        (700, 20),
    ),
    device(
        "Enceinte Sonos",
        "SonosZP",
        "MediaRenderer",
        ("94:9F:3E", "Sonos, Inc.", "upnp mdns"),
        (Two(-57), 38),
        Always,
        (180, 12),
    ),
    device(
        "Echo Dot",
        "",
        "Voice Assistant",
        ("FC:65:DE", "Amazon Technologies Inc.", ""),
        (Two(-61), 39),
        Always,
        (40, 15),
    ),
    device(
        "Switch de Zoé",
        "Nintendo-Switch",
        "Game Console",
        ("98:B6:E9", "Nintendo Co.,Ltd", ""),
        (Five(-70), 40),
        Weekend(AFTERNOON),
        (4200, 260),
    ),
    device(
        "Thermostat Netatmo",
        "",
        "Power Meter",
        ("70:EE:50", "Netatmo", ""),
        (Two(-72), 41),
        Always,
        (1, 2),
    ),
    device(
        "Balance Withings",
        "",
        "",
        ("00:24:E4", "Withings", ""),
        (Two(-74), 42),
        Daily(&[(425, 440)]),
        (2, 6),
    ),
    device("Prise sèche-linge", "ESP_2F81C0", "AC Outlet", ESP, (Two(-69), 43), Always, (1, 1)),
    device("Prise chauffe-eau", "ESP_9D03A4", "AC Outlet", ESP, (Two(-78), 44), Always, (1, 1)),
    device("Prise sapin de Noël", "ESP_51B7E2", "AC Outlet", ESP, (Two(-71), 45), Left(82), (1, 1)),
    device(
        "Aspirateur Roborock",
        "roborock-vacuum",
        "Domestic Robot",
        ("B0:4A:39", "Beijing Roborock Technology Co., Ltd.", ""),
        (Two(-65), 46),
        Always,
        (6, 9),
    ),
    device(
        "Caméra jardin",
        "CamJardin",
        "IP Camera",
        ("50:C7:BF", "TP-LINK TECHNOLOGIES CO.,LTD.", "mdns"),
        (Repeated(-64), 47),
        Always,
        (25, 1200),
    ),
    device(
        "Tablette de Zoé",
        "Galaxy-Tab-A8",
        "Tablet Android",
        ANDROID,
        (Repeated(-59), 48),
        Daily(AFTERNOON),
        (2800, 90),
    ),
    device(
        "Télé du garage",
        "Samsung-TV",
        "TV",
        ("8C:79:F5", "Samsung Electronics Co.,Ltd", "upnp samsung tv"),
        (Repeated(-68), 49),
        Weekend(AFTERNOON),
        (5200, 70),
    ),
    device(
        "Ancien PC portable",
        "PORTABLE-2014",
        "Laptop Windows",
        ("34:13:E8", "Intel Corporate", "microsoft"),
        (Two(-62), 50),
        Left(143),
        (600, 80),
    ),
    device(
        "Téléphone de Mamie",
        "Galaxy-A14",
        "Mobile Android",
        ANDROID,
        (Guest(-62), 10),
        Daily(&[(600, 1260)]),
        (500, 60),
    ),
    device(
        "iPhone de Léa (baby-sitter)",
        "iPhone",
        "Mobile iOS",
        APPLE,
        (Guest(-58), 11),
        Daily(&[(990, 1150)]),
        (1900, 200),
    ),
];

pub(super) fn build(seed: Seed, now: Timestamp, base_mac: &str) -> Vec<Host> {
    let repeater = repeater(seed, now);
    let mut hosts = vec![repeater.clone(), decoder(seed, now)];
    for (index, device) in DEVICES.iter().enumerate() {
        let label = format!("device{index}");
        let age = match device.presence {
            Left(days) => i64::from(days) + 7,
            _ => seed.between(&label, 60, 800),
        };
        let subnet = if matches!(device.at, Guest(_)) { 144 } else { 1 };
        let mut host = Host::new(
            seed.mac(&label, device.oui),
            link(device.at),
            Ipv4Addr::new(192, 168, subnet, device.last_byte),
            device.presence,
            after(now, -age * DAY),
        );
        host.behind = matches!(device.at, Repeated(_)).then(|| repeater.mac.clone());
        // The repeater and the decoder come first.
        host.names = names(device, index + 2);
        if !device.kind.is_empty() {
            host.types = vec![Sourced::new(device.kind, "webui")];
        }
        host.types.push(Sourced::new("Computer", "default"));
        host.vendor = device.vendor;
        host.tags = device.tags;
        let vendor_class = if device.tags.contains("android") {
            "android-dhcp-13"
        } else if device.tags.contains("microsoft") {
            "MSFT 5.0"
        } else {
            ""
        };
        vendor_class.clone_into(&mut host.vendor_class);
        if !device.tags.is_empty() && subnet == 1 {
            host.ipv6 = addresses(&host.mac);
        }
        host.rates = Rates { down: device.kbps.0 * 1000, up: device.kbps.1 * 1000 };
        host.radio = station(device.at);
        hosts.push(host);
    }
    debug_assert!(hosts.iter().all(|host| host.mac != base_mac));
    hosts
}

fn names(device: &Device, place: usize) -> Vec<Sourced> {
    let mut names = vec![Sourced::new(device.name, "webui")];
    for (source, said) in [
        ("mdns", device.tags.contains("mdns")),
        ("dhcp", !device.dhcp_name.is_empty()),
        ("dns", !device.dhcp_name.is_empty()),
    ] {
        if said {
            names.push(Sourced::new(device.dhcp_name, source));
        }
    }
    names.push(Sourced::new(&default_name(place), "default"));
    names
}

/// The name that the box gives to a device that says none: `PC-` and the number of the device.
fn default_name(place: usize) -> String {
    format!("PC-{}", crate::state::hosts::FIRST_INDEX + place)
}

fn addresses(mac: &str) -> Vec<Ipv6Addr> {
    vec![slaac(LINK_LOCAL, mac), slaac(PREFIX, mac)]
}

fn link(at: At) -> Link {
    match at {
        Eth(port) => Link::Ethernet(port),
        Two(_) => Link::Wifi("vap2g0priv0"),
        Five(_) | Repeated(_) => Link::Wifi("vap5g0priv0"),
        Six(_) => Link::Wifi("vap6g0priv0"),
        Guest(_) => Link::Wifi("vap5g0guest0"),
    }
}

fn station(at: At) -> Option<Station> {
    let (signal_dbm, standard, bandwidth, bands) = match at {
        Eth(_) => return None,
        Two(signal) => (signal, "n", "20MHz", Bands::Two),
        Five(signal) | Repeated(signal) | Guest(signal) => (signal, "ax", "80MHz", Bands::TwoFive),
        Six(signal) => (signal, "ax", "160MHz", Bands::All),
    };
    let best: u32 = match bandwidth {
        "20MHz" => 144_444,
        "80MHz" => 1_200_950,
        _ => 2_401_900,
    };
    // A weaker signal makes for a lower rate: one hundredth less for each dB below -45.
    let lost = u32::try_from((-45 - signal_dbm).clamp(0, 40)).unwrap_or(0);
    let down_kbps = best / 100 * (100 - 2 * lost);
    Some(Station { signal_dbm, standard, bandwidth, down_kbps, up_kbps: down_kbps / 4 * 3, bands })
}

fn repeater(seed: Seed, now: Timestamp) -> Host {
    let mut host = Host::new(
        seed.mac("repeater", "34:53:D2"),
        Link::Wifi("vap5g0priv0"),
        Ipv4Addr::new(192, 168, 1, 12),
        Always,
        after(now, -310 * DAY),
    );
    host.kind = Kind::Repeater(Repeater {
        model: "WR6",
        software: "SGWR6-fr-G05.R02.C01_04",
        serial: format!("WR{}", seed.text("repeater", 13, SERIAL)),
        uplink: "Wi-Fi",
    });
    host.names = vec![
        Sourced::new("Répéteur étage", "webui"),
        Sourced::new("repeteurwifi6", "dhcp"),
        Sourced::new(&default_name(0), "default"),
    ];
    host.types = vec![Sourced::new("repeteurwifi6", "dhcp"), Sourced::new("SAH AP", "ssw")];
    "sagem".clone_into(&mut host.vendor_class);
    host.vendor = "Sagemcom Broadband SAS";
    host.ipv6 = addresses(&host.mac);
    host.rates = Rates { down: 30_000, up: 24_000 };
    host.radio = station(Five(-55));
    host
}

fn decoder(seed: Seed, now: Timestamp) -> Host {
    let mut host = Host::new(
        seed.mac("decoder", "F4:6B:EF"),
        Link::Ethernet("ETH1"),
        Ipv4Addr::new(192, 168, 1, 11),
        Always,
        after(now, -704 * DAY),
    );
    host.kind = Kind::Decoder;
    host.names = vec![
        Sourced::new("Décodeur TV d'Orange", "webui"),
        Sourced::new("decodeurTV", "dhcp"),
        Sourced::new(&default_name(1), "default"),
    ];
    host.types = vec![Sourced::new("Set-top Box TV UHD", "dhcp")];
    "IHD92SAGEM".clone_into(&mut host.vendor_class);
    host.vendor = "Sagemcom Broadband SAS";
    host.tags = "stb orange power_state upnp";
    host.rates = Rates { down: 2_400_000, up: 30_000 };
    host
}
