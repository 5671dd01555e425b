//! The household of a bad day: everything that strangers and devices can name has a name that means harm.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::json;

use super::{LINK_LOCAL, PREFIX, slaac};
use crate::clock::after;
use crate::hostile::corpus;
use crate::state::State;
use crate::state::firewall::{Dmz, DynDnsHost, Rule};
use crate::state::hosts::{FIRST_INDEX, Host, Kind, Presence, Sourced};
use crate::state::settings::Place;
use crate::state::voice::{CallRecord, Contact};
use crate::state::wifi::Neighbour;

/// Bytes of a network name.
const SSID: usize = 32;

/// Bytes of a DHCP option.
const DHCP: usize = 255;

/// Last byte of the address of the first stranger; the family has lower ones.
const FIRST_STRANGER: usize = 60;

/// Puts the whole corpus into each place where somebody else than the owner chooses the text, and parts of it where the owner
/// or an application of theirs does.
pub(super) fn spoil(state: &mut State, now: Timestamp) {
    strangers(state, now);
    name_devices(state);
    networks(state);
    rules(state, now);
    people(state, now);
    small_things(state);
    state.firewall.commit();
}

/// The text at a place of the corpus, which begins anew at its end, cut to so many bytes.
fn cut(place: usize, length: usize) -> String {
    let corpus = corpus();
    corpus.get(place % corpus.len().max(1)).map(|hostile| hostile.cut(length)).unwrap_or_default()
}

/// The whole text at a place of the corpus.
fn text(place: usize) -> String {
    cut(place, usize::MAX)
}

/// More devices, so that there is one for each text.
fn strangers(state: &mut State, now: Timestamp) {
    let of_kind = |wifi: bool| {
        let mut plain = state.hosts.iter().filter(|host| host.kind == Kind::Device && host.behind.is_none());
        plain.find(|host| host.link.is_wifi() == wifi && matches!(host.presence, Presence::Always)).cloned()
    };
    let (Some(wireless), Some(wired)) = (of_kind(true), of_kind(false)) else { return };
    let missing = corpus().len().saturating_sub(state.hosts.len());
    for place in 0..missing {
        let like = if place % 3 == 0 { &wired } else { &wireless };
        let mac = state.seed.mac(&format!("stranger{place}"), "02:5E:77");
        let last = u8::try_from(FIRST_STRANGER + place).unwrap_or(u8::MAX);
        let ipv4 = Ipv4Addr::new(192, 168, 1, last);
        let mut host = Host::new(mac, like.link.clone(), ipv4, like.presence, after(now, -3_600));
        host.types = vec![Sourced::new("Computer", "default")];
        host.ipv6 = vec![slaac(LINK_LOCAL, &host.mac), slaac(PREFIX, &host.mac)];
        host.tags = "mdns";
        (host.rates, host.radio) = (like.rates, like.radio);
        state.hosts.push(host);
    }
}

/// Names by every source that has a say. The first one is what the box shows, and over all devices it goes through the corpus.
fn name_devices(state: &mut State) {
    for (place, host) in state.hosts.iter_mut().enumerate() {
        let family = host.names.first().is_some_and(|name| name.source == "webui");
        let said = |source: &str, away: usize, length: usize| Sourced {
            value: cut(place + away, length),
            source: source.to_owned(),
        };
        let first = if family { "webui" } else { "mdns" };
        let mut names = vec![said(first, 0, usize::MAX)];
        if family {
            names.push(said("mdns", 13, usize::MAX));
        }
        names.extend([said("dhcp", 29, DHCP), said("dns", 29, DHCP)]);
        names.push(Sourced::new(&format!("PC-{}", FIRST_INDEX + place), "default"));
        host.names = names;
        host.vendor_class = cut(place + 41, DHCP);
        if place % 5 == 4 {
            host.types.insert(0, said("webui", 53, usize::MAX));
        }
    }
    let own = state.notes.entry("HGW".to_owned()).or_default();
    own.names = vec![Sourced { value: text(40), source: "webui".to_owned() }];
}

/// The street shouts the whole corpus; the household's own networks have names that somebody typed.
fn networks(state: &mut State) {
    for vap in &mut state.wifi.vaps {
        let own = match (vap.guest, vap.secondary) {
            (false, false) => 10,
            (true, _) => 39,
            (false, true) => 16,
        };
        vap.ssid = cut(own, SSID);
    }
    let radios: Vec<(&'static str, Vec<u32>)> =
        state.wifi.radios.iter().map(|radio| (radio.name, radio.possible_channels.to_vec())).collect();
    for (place, hostile) in corpus().iter().enumerate() {
        let Some((radio, channels)) = radios.get(place % radios.len().max(1)) else { continue };
        state.wifi.neighbours.push(Neighbour {
            radio,
            ssid: hostile.cut(SSID),
            bssid: state.seed.mac(&format!("hostile neighbour{place}"), "A4:3E:51"),
            channel: channels.get(place % channels.len().max(1)).copied().unwrap_or(1),
            rssi_dbm: -55 - i32::try_from(place % 25).unwrap_or(0),
            bandwidth_mhz: 20,
            security: "WPA2-Personal",
        });
    }
}

/// A port for each text, opened by an application over UPnP, and rules that were typed.
fn rules(state: &mut State, now: Timestamp) {
    let firewall = &mut state.firewall;
    let port = |place: usize| (30_000 + place).to_string();
    for (place, hostile) in corpus().iter().enumerate() {
        firewall.forwards.push(Rule {
            id: format!("upnp_{}", place + 1),
            origin: "upnp".to_owned(),
            description: hostile.kept(),
            protocol: if place % 2 == 0 { "6" } else { "17" }.to_owned(),
            external_port: port(place),
            internal_port: port(place),
            destination: Ipv4Addr::new(192, 168, 1, 25).to_string(),
            destination_mac: String::new(),
            source_prefix: String::new(),
            enable: true,
            persistent: false,
            upnp_v1: place % 3 != 0,
            lease: 604_800,
            since: after(now, -600),
        });
    }
    let Some(model) = firewall.forwards.first().cloned() else { return };
    for (place, hostile) in corpus().iter().enumerate().step_by(4) {
        // The box keeps letters, digits and a few signs of a name, which is enough for an order.
        let name: String = hostile.kept().chars().take(50).collect();
        let id = crate::services::rule_id(&name, "webui");
        let typed = Rule {
            description: hostile.kept().chars().take(256).collect(),
            external_port: port(1_000 + place),
            internal_port: port(1_000 + place),
            enable: false,
            ..model.clone()
        };
        let taken = |rules: &[Rule]| rules.iter().any(|rule| rule.id == id);
        if !taken(&firewall.forwards) {
            firewall.forwards.push(Rule { id: id.clone(), ..typed.clone() });
        }
        let destination = firewall.pinholes.first().map(|rule| rule.destination.clone());
        if let Some(destination) = destination.filter(|_| !taken(&firewall.pinholes)) {
            firewall.pinholes.push(Rule {
                id: id.clone(),
                destination,
                external_port: String::new(),
                ..typed.clone()
            });
        }
        if place == 8 {
            firewall.protocols.push(Rule { id, protocol: "47".to_owned(), ..typed });
        }
    }
    firewall.dmz.push(Dmz {
        id: text(17),
        destination: "192.168.1.22".to_owned(),
        source_prefix: String::new(),
        enable: false,
    });
}

/// Callers and contacts.
fn people(state: &mut State, now: Timestamp) {
    let voice = &mut state.voice;
    for (place, hostile) in corpus().iter().enumerate() {
        let number = if place % 9 == 8 { hostile.cut(24) } else { format!("01990{:05}", 10_000 + place) };
        voice.calls.push(CallRecord {
            id: voice.next_id,
            outcome: if place % 2 == 0 { "missed" } else { "succeeded" },
            outgoing: false,
            number: number.clone(),
            name: hostile.kept(),
            terminal: if place % 2 == 0 { "" } else { "FXS1" },
            start: after(now, i64::try_from(place).unwrap_or(0) - 4_000),
            duration: if place % 2 == 0 { 0 } else { 31 },
            viewed: false,
        });
        voice.next_id += 1;
        voice.contacts.push(Contact {
            id: (2_000 + place).to_string(),
            last: hostile.kept(),
            first: text(place + 7),
            formatted: hostile.kept(),
            ringtone: "1".to_owned(),
            numbers: vec![(number, "CELL".to_owned(), true)],
        });
    }
}

/// What is left: plans, places, accounts, notes, DynDNS, the reasons of restarts.
fn small_things(state: &mut State) {
    for (place, plan) in state.schedules.iter_mut().enumerate() {
        plan.name = text(place);
    }
    for (place, hostile) in corpus().iter().enumerate().step_by(6) {
        let place_in_home =
            Place { name: hostile.kept(), description: text(place + 3), sections: vec![text(place + 5)] };
        state.settings.places.insert(format!("place{place}"), place_in_home);
        state.settings.notes.insert(("admin".to_owned(), format!("note{place}")), json!(hostile.kept()));
    }
    for (place, account) in state.users.accounts.iter_mut().enumerate() {
        account.friendly_name = text(place + 2);
    }
    for (place, record) in state.boot.history.iter_mut().enumerate() {
        record.shutdown_reason = text(place + 39);
    }
    state.dyndns.hosts.push(DynDnsHost {
        service: "No-IP".to_owned(),
        hostname: text(54),
        username: text(61),
        password: format!(
            "dyn-{}",
            state.seed.text("hostile dyndns", 12, b"abcdefghijkmnpqrstuvwxyz23456789")
        ),
        enable: false,
        updated: None,
    });
}
