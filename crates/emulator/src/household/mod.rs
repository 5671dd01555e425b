//! An invented family and its Livebox, the same for the same seed.

mod devices;
mod habits;
mod hostile;
mod radio;
mod rules;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

use crate::clock::after;
use crate::random::Seed;
use crate::state::State;
use crate::state::lan::{Lan, Pool, Reservation};
use crate::state::settings::Settings;
use crate::state::system::{Boot, BootRecord, Identity, Interface, Offer, Topology, Users};
use crate::state::wan::{Optics, Wan};

/// Upper-case letters and digits, for serial numbers.
const SERIAL: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789";

const DAY: i64 = 86_400;

/// The delegated prefix, from the block reserved for documentation.
const PREFIX: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x5a3c, 0x1700, 0, 0, 0, 0);

/// The household of a seed, as it stands at `now`; with hostile names all over it if asked for.
pub(crate) fn build(seed: Seed, now: Timestamp, admin_password: &str, hostile: bool) -> State {
    let mut state = family(seed, now, admin_password);
    if hostile {
        hostile::spoil(&mut state, now);
    }
    state
}

fn family(seed: Seed, now: Timestamp, admin_password: &str) -> State {
    let base_mac = seed.mac("box", "34:53:D2");
    let wifi = radio::build(seed, &base_mac, now);
    let hosts = devices::build(seed, now, &base_mac);
    let reservations = ["nas-familial", "Imprimante Brother", "Raspberry Domotique"]
        .iter()
        .filter_map(|name| hosts.iter().find(|host| host.name() == *name))
        .map(|host| Reservation {
            mac: host.mac.clone(),
            address: host.ipv4,
            enable: true,
            since: after(now, -90 * DAY),
        })
        .collect();
    let booted_at = after(now, -(37 * DAY + seed.between("uptime", 0, DAY)));
    let firewall = rules::firewall(&hosts, now);
    let mut state = State {
        seed,
        started_at: now,
        identity: identity(seed, &base_mac),
        boot: boot(booted_at),
        users: Users::new(admin_password),
        interface: Interface {
            language: "fr".to_owned(),
            state: "connected".to_owned(),
            timezone: "Paris".to_owned(),
        },
        offer: Offer { kind: "Res", name: "MonoLigne", iptv_mode: "Internet" },
        wan: wan(seed, booted_at),
        lan: lan(reservations),
        unmeasured: Vec::new(),
        schedules: rules::schedules(&hosts),
        hosts,
        notes: BTreeMap::new(),
        topology: Topology { updated: after(now, -6 * 3_600), authorized: false, upload: false },
        wifi,
        diagnostics: crate::state::diagnostics::Diagnostics::after_boot(booted_at),
        power: crate::state::power::Power::default(),
        firewall,
        dyndns: rules::dyndns(seed, now),
        voice: habits::voice(seed, now),
        settings: Settings::new(after(now, -2 * DAY - 7_300)),
        written: BTreeMap::new(),
    };
    state.settle_wifi(after(now, -DAY));
    state
}

/// The secrets of a household. Each is a string found nowhere else, so that a test can look for leaks.
pub(crate) fn secrets(state: &State) -> Vec<String> {
    let mut secrets = vec![
        state.users.admin_password.clone(),
        state.wan.username.clone(),
        state.wan.password.clone(),
        state.wan.option_90.clone(),
        state.wan.optics.serial.clone(),
        state.identity.provisioning_code.clone(),
        state.wifi.wps_pin.clone(),
    ];
    secrets.extend([state.voice.sip_account.clone(), state.wifi.roaming_key.clone()]);
    secrets.extend(state.wifi.vaps.iter().flat_map(|vap| [vap.key.clone(), vap.wep_key.clone()]));
    let written = state.written.values().flatten().filter(|(name, _)| crate::digest::is_secret(name));
    secrets.extend(written.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
    secrets.extend(state.dyndns.hosts.iter().map(|host| host.password.clone()));
    secrets.sort();
    secrets.dedup();
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

fn identity(seed: Seed, base_mac: &str) -> Identity {
    Identity {
        product_class: "Livebox 6",
        serial: format!("EQ{}", seed.text("serial", 13, SERIAL)),
        base_mac: base_mac.to_owned(),
        software: "SG60-fr-G07.R02.C03_10",
        hardware: "SG_LB6_1.0.7",
        model_name: "SagemcomFast5670E_OFR",
        provisioning_code: format!("HASH.{}.{}", seed.digits("hash1", 4), seed.digits("hash2", 4)),
    }
}

fn boot(booted_at: Timestamp) -> Boot {
    let record = |days_before: i64, boot_reason, outage: Option<i64>, shutdown_reason: &str| {
        let boot = after(booted_at, -days_before * DAY);
        BootRecord {
            boot,
            boot_reason,
            shutdown: outage.map(|seconds| after(boot, -seconds)),
            shutdown_reason: shutdown_reason.to_owned(),
        }
    };
    Boot {
        booted_at,
        counter: 9,
        watchdog: 1,
        history: vec![
            record(214, "POR", None, ""),
            record(171, "NMC", Some(118), "upgrade"),
            record(96, "Watchdog", None, ""),
            record(41, "NMC", Some(95), "GUI_Reboot"),
            record(0, "NMC", Some(121), "upgrade"),
        ],
    }
}

fn lan(reservations: Vec<Reservation>) -> Lan {
    let address = Ipv4Addr::new(192, 168, 1, 1);
    let guest = Ipv4Addr::new(192, 168, 144, 1);
    Lan {
        address,
        prefix_length: 24,
        ntp_servers: String::new(),
        domain_search: String::new(),
        bridge: (true, false, true),
        pool: Pool {
            enable: true,
            gateway: address,
            min: Ipv4Addr::new(192, 168, 1, 10),
            max: Ipv4Addr::new(192, 168, 1, 150),
            lease_time: 86_400,
            dns_servers: address.to_string(),
        },
        guest: Pool {
            enable: true,
            gateway: guest,
            min: Ipv4Addr::new(192, 168, 144, 2),
            max: Ipv4Addr::new(192, 168, 144, 62),
            lease_time: 600,
            dns_servers: guest.to_string(),
        },
        reservations,
        ipv6: true,
        dhcpv6: true,
        ipv6_address: Ipv6Addr::from_bits(PREFIX.to_bits() | 1),
    }
}

fn wan(seed: Seed, booted_at: Timestamp) -> Wan {
    let account = seed.text("account", 7, b"abcdefghjkmnpqrstuvwxyz23456789");
    let password = seed.text("ppp", 7, b"abcdefghjkmnpqrstuvwxyz23456789");
    let option_90 = format!(
        "00000000000000000000001a0900000558010341010d{}",
        seed.text("option90", 62, b"0123456789abcdef")
    );
    Wan {
        up: true,
        mode: "GPON_DHCP".to_owned(),
        username: format!("fti/{account}"),
        password,
        option_90,
        mac: seed.mac("wan", "34:53:D2"),
        ipv4: Ipv4Addr::new(203, 0, 113, 66),
        gateway: Ipv4Addr::new(203, 0, 113, 1),
        dns: [Ipv4Addr::new(80, 10, 246, 132), Ipv4Addr::new(81, 253, 149, 2)],
        dns6: [
            Ipv6Addr::new(0x2a01, 0xcfc4, 0x2180, 0x4000, 0, 0, 0, 1),
            Ipv6Addr::new(0x2a01, 0xcfc4, 0x2000, 0xe, 0, 0, 0, 1),
        ],
        ipv6: Ipv6Addr::from_bits(PREFIX.to_bits() | 1),
        prefix: PREFIX,
        lease_time: 604_800,
        bound_at: after(booted_at, 74),
        renewed_at: after(booted_at, 74),
        vlan: 832,
        optics: Optics {
            rx_mdbm: -19_420,
            tx_mdbm: 2_480,
            temperature: 52,
            voltage: 32_960,
            bias: 17_850,
            serial: format!("SMBS{}", seed.text("ont", 8, b"0123456789ABCDEF")),
        },
    }
}

/// The prefix of addresses on the link.
pub(crate) const LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0);

/// The address that a host forms in a prefix from its MAC address (RFC 4291, appendix A).
pub(crate) fn slaac(prefix: Ipv6Addr, mac: &str) -> Ipv6Addr {
    let mac = mac
        .split(':')
        .filter_map(|byte| u128::from_str_radix(byte, 16).ok())
        .fold(0, |sum, byte| sum << 8 | byte);
    let tail = ((mac >> 24) << 40) | (0xff_fe << 24) | (mac & 0xff_ffff);
    Ipv6Addr::from_bits(prefix.to_bits() | (tail ^ (0x02 << 56)))
}

/// A UUID of version 4.
pub(crate) fn uuid(seed: Seed, label: &str) -> String {
    let digits = seed.text(label, 30, b"0123456789abcdef");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}
