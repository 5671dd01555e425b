//! Rules that the family made over the years, and one that a console asked for.

use jiff::Timestamp;

use super::DAY;
use crate::clock::after;
use crate::random::Seed;
use crate::state::firewall::{DynDns, DynDnsHost, Firewall, Rule};
use crate::state::hosts::Host;
use crate::state::schedule::{Entry, Schedule};

fn find<'a>(hosts: &'a [Host], name: &str) -> Option<&'a Host> {
    hosts.iter().find(|host| host.name() == name)
}

pub(super) fn firewall(hosts: &[Host], now: Timestamp) -> Firewall {
    let rule =
        |id: &str, origin: &str, description: &str, protocol: &str, ports: (&str, &str), host: &str| Rule {
            id: id.to_owned(),
            origin: origin.to_owned(),
            description: description.to_owned(),
            protocol: protocol.to_owned(),
            external_port: ports.0.to_owned(),
            internal_port: ports.1.to_owned(),
            destination: find(hosts, host).map(|host| host.ipv4.to_string()).unwrap_or_default(),
            destination_mac: String::new(),
            source_prefix: String::new(),
            enable: true,
            persistent: origin == "webui",
            upnp_v1: origin == "upnp",
            lease: 0,
            since: after(now, -90 * DAY),
        };
    let nas = "nas-familial";
    let nas_v6 =
        find(hosts, nas).and_then(|host| host.ipv6.get(1)).map(ToString::to_string).unwrap_or_default();
    let mut firewall = Firewall {
        level: "Medium".to_owned(),
        level_v6: "Medium".to_owned(),
        forwards: vec![
            rule("webui_NAS HTTPS", "webui", "NAS HTTPS", "6", ("8443", "5001"), nas),
            rule("webui_VPN maison", "webui", "VPN maison", "17", ("51820", "51820"), "Raspberry Domotique"),
            Rule {
                enable: false,
                ..rule("webui_Caméra", "webui", "Caméra", "6,17", ("8080-8090", "8080-8090"), "Caméra jardin")
            },
            Rule {
                lease: 86_400,
                since: after(now, -7_200),
                ..rule(
                    "upnp_9308_udp",
                    "upnp",
                    "192.168.1.25:9308 to 9308 (UDP)",
                    "17",
                    ("9308", "9308"),
                    "PlayStation du salon",
                )
            },
        ],
        pinholes: vec![Rule {
            destination: nas_v6,
            ..rule("webui_NAS IPv6", "webui", "NAS IPv6", "6", ("", "5001"), nas)
        }],
        ping_v4: true,
        upnp: true,
        ..Firewall::default()
    };
    firewall.commit();
    firewall
}

pub(super) fn dyndns(seed: Seed, now: Timestamp) -> DynDns {
    DynDns {
        enable: true,
        on_cgnat: false,
        hosts: vec![DynDnsHost {
            service: "No-IP".to_owned(),
            hostname: "chez-nous.example.org".to_owned(),
            username: "famille@example.org".to_owned(),
            password: format!("dyn-{}", seed.text("dyndns", 12, b"abcdefghijkmnpqrstuvwxyz23456789")),
            enable: true,
            updated: Some(after(now, -5 * 3_600)),
        }],
    }
}

/// The console of the youngest is cut off on school nights. The plan of Wi-Fi that every box has is not followed.
pub(super) fn schedules(hosts: &[Host]) -> Vec<Schedule> {
    let plan = |kind: &str, id: &str, enable| Schedule {
        kind: kind.to_owned(),
        id: id.to_owned(),
        name: String::new(),
        base: "Weekly".to_owned(),
        default: "Enable".to_owned(),
        enable,
        override_state: String::new(),
        entries: Vec::new(),
    };
    let night =
        |day: i64| Entry { begin: day * DAY + 20 * 3_600, end: (day + 1) * DAY, state: "Disable".to_owned() };
    let console = find(hosts, "Switch de Zoé")
        .map(|console| Schedule { entries: (0..4).map(night).collect(), ..plan("ToD", &console.mac, true) });
    [plan("WLAN", "wl0", false)].into_iter().chain(console).collect()
}
