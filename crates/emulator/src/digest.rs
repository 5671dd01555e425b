//! Everything that a person can set, as one JSON: equal before and after means that nothing was changed.
//!
//! What moves by itself is left out: the channel that a radio chose, who is there, counters, leases, dates of rules,
//! sessions. Only what was given a time to end with (a timer of the guest network, a rule that a console asked for) ends in
//! here too. Secrets are in it as hashes. Lists whose order means something are lists.

use serde_json::{Map, Value, json};

use crate::call::{Object, Reply};
use crate::random::Seed;
use crate::router::{Caller, Router};
use crate::services;
use crate::state::State;
use crate::state::devices::Note;
use crate::state::firewall::Rule;
use crate::state::hosts::Sourced;
use crate::state::lan::Pool;
use crate::state::schedule::Schedule;

/// Parts of the names of parameters whose values are secret.
const SECRETS: &[&str] = &["auth", "key", "pass", "pin", "puk", "secret"];

impl Router {
    /// Everything that a person can set: the same JSON, letter by letter, as long as nobody changed anything.
    pub fn settings(&mut self) -> Value {
        // What has ended by now is ended first, or a mere question to the box would look like a change.
        self.follow_time();
        services::settle(self);
        let written = written(self);
        let state = &self.state;
        json!({
            "wifi": wifi(state),
            "firewall": firewall(state),
            "lan": lan(state),
            "dyndns": dyndns(state),
            "schedules": state.schedules.iter().map(schedule).collect::<Value>(),
            "devices": devices(state),
            "accounts": accounts(state),
            "internet": {
                "mode": state.wan.mode,
                "username": hash(&state.wan.username),
                "password": hash(&state.wan.password),
                "sharedIPv4": state.settings.shared_ipv4,
            },
            "telephone": telephone(state),
            "box": itself(state),
            "reboots": state.boot.counter,
            "written": written,
        })
    }
}

/// A secret in a form that only says whether it is still the same.
fn hash(secret: &str) -> String {
    if secret.is_empty() { String::new() } else { format!("{:016x}", Seed(0).bits(secret)) }
}

fn wifi(state: &State) -> Value {
    let wifi = &state.wifi;
    let radios: Object = wifi
        .radios
        .iter()
        .map(|radio| {
            let settings = json!({
                "enable": radio.enable,
                "channel": if radio.auto_channel { json!("auto") } else { json!(radio.channel) },
                "bandwidth": radio.bandwidth,
                "standards": radio.standards,
                "power": radio.transmit_power,
            });
            (radio.name.to_owned(), settings)
        })
        .collect();
    let networks: Object = wifi
        .vaps
        .iter()
        .map(|vap| {
            let settings = json!({
                "enable": vap.enable,
                "ssid": vap.ssid,
                "visible": vap.visible,
                "security": vap.security,
                "key": hash(&vap.key),
                "wepKey": hash(&vap.wep_key),
                "wps": vap.wps,
                "filter": {"mode": vap.filter_mode, "list": vap.filter, "forNow": vap.filter_for_now},
            });
            (vap.name.to_owned(), settings)
        })
        .collect();
    let exceptions = wifi
        .exceptions
        .iter()
        .map(|exception| json!([exception.mac, exception.mask, exception.target, exception.kind]));
    json!({
        "enable": wifi.enable,
        "combined": wifi.combined,
        "radios": radios,
        "networks": networks,
        "guest": {"enable": wifi.guest.enable, "hours": wifi.guest.timeout_hours},
        "wpsPin": hash(&wifi.wps_pin),
        "profile": {"enable": wifi.profile.enable, "planned": wifi.profile.activate},
        "plan": state.power.wifi_plan,
        "triggered": state.power.triggered,
        "steering": exceptions.collect::<Value>(),
    })
}

fn firewall(state: &State) -> Value {
    let firewall = &state.firewall;
    let rules = |rules: &[Rule]| rules.iter().map(rule).collect::<Value>();
    let dmz = firewall.dmz.iter().map(|dmz| {
        json!({
            "id": dmz.id, "destination": dmz.destination, "source": dmz.source_prefix, "enable": dmz.enable,
        })
    });
    json!({
        "level": firewall.level,
        "levelIPv6": firewall.level_v6,
        "forwards": rules(&firewall.forwards),
        "pinholes": rules(&firewall.pinholes),
        "protocols": rules(&firewall.protocols),
        "dmz": dmz.collect::<Value>(),
        "custom": firewall.custom,
        "redirects": firewall.redirects,
        "lists": firewall.lists,
        "ping": [firewall.ping_v4, firewall.ping_v6],
        "upnp": firewall.upnp,
        "committed": firewall.is_committed(),
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "origin": rule.origin,
        "description": rule.description,
        "protocol": rule.protocol,
        "external": rule.external_port,
        "internal": rule.internal_port,
        "destination": rule.destination,
        "destinationMAC": rule.destination_mac,
        "source": rule.source_prefix,
        "enable": rule.enable,
        "persistent": rule.persistent,
        "upnpV1": rule.upnp_v1,
        "lease": rule.lease,
    })
}

fn lan(state: &State) -> Value {
    let lan = &state.lan;
    let pool = |pool: &Pool| {
        json!({
            "enable": pool.enable, "gateway": pool.gateway, "min": pool.min, "max": pool.max,
            "leaseTime": pool.lease_time, "dns": pool.dns_servers,
        })
    };
    let kept = lan.reservations.iter();
    json!({
        "address": lan.address,
        "prefixLength": lan.prefix_length,
        "bridge": lan.bridge,
        "ntp": lan.ntp_servers,
        "domainSearch": lan.domain_search,
        "pool": pool(&lan.pool),
        "guestPool": pool(&lan.guest),
        "reservations": kept.map(|kept| json!([kept.mac, kept.address, kept.enable])).collect::<Value>(),
        "ipv6": lan.ipv6,
        "dhcpv6": lan.dhcpv6,
    })
}

fn dyndns(state: &State) -> Value {
    let hosts = state.dyndns.hosts.iter().map(|host| {
        json!({
            "service": host.service, "hostname": host.hostname, "username": host.username,
            "password": hash(&host.password), "enable": host.enable,
        })
    });
    json!({
        "enable": state.dyndns.enable,
        "onCgnat": state.dyndns.on_cgnat,
        "hosts": hosts.collect::<Value>(),
    })
}

fn schedule(plan: &Schedule) -> Value {
    let entries = plan.entries.iter().map(|entry| json!([entry.begin, entry.end, entry.state]));
    json!({
        "type": plan.kind,
        "id": plan.id,
        "name": plan.name,
        "base": plan.base,
        "default": plan.default,
        "enable": plan.enable,
        "override": plan.override_state,
        "entries": entries.collect::<Value>(),
    })
}

/// A value and its source, in the order of the box: the first one is shown.
fn said(list: &[Sourced]) -> Value {
    list.iter().map(|said| json!([said.source, said.value])).collect()
}

fn devices(state: &State) -> Value {
    let hosts: Object = state
        .hosts
        .iter()
        .map(|host| {
            let settings = json!({
                "names": said(&host.names), "types": said(&host.types), "forgotten": host.forgotten.is_some(),
            });
            (host.mac.clone(), settings)
        })
        .collect();
    let notes: Object = state
        .notes
        .iter()
        .filter(|(_, note)| **note != Note::default())
        .map(|(key, note)| {
            let settings = json!({
                "names": said(&note.names), "types": said(&note.types), "tags": note.tags, "cleared": note.cleared,
                "alternatives": note.alternatives,
            });
            (key.clone(), settings)
        })
        .collect();
    json!({"hosts": hosts, "notes": notes, "unmeasured": state.unmeasured})
}

fn accounts(state: &State) -> Value {
    let users = state.users.accounts.iter().map(|account| {
        json!({
            "name": account.name, "enable": account.enable, "type": account.kind,
            "friendlyName": account.friendly_name, "passwordState": account.password_state, "groups": account.groups,
        })
    });
    json!({
        "password": hash(&state.users.admin_password),
        "users": users.collect::<Value>(),
        "groups": state.users.groups,
    })
}

fn telephone(state: &State) -> Value {
    let contacts = state.voice.contacts.iter().map(|contact| {
        json!([contact.id, contact.last, contact.first, contact.formatted, contact.ringtone, contact.numbers])
    });
    let calls = state.voice.calls.iter().map(|call| json!([call.id, call.viewed]));
    json!({"contacts": contacts.collect::<Value>(), "calls": calls.collect::<Value>()})
}

fn itself(state: &State) -> Value {
    let settings = &state.settings;
    let remote = &settings.remote;
    let places: Object = settings
        .places
        .iter()
        .map(|(key, place)| (key.clone(), json!([place.name, place.description, place.sections])))
        .collect();
    let notes = settings.notes.iter().map(|((user, name), value)| json!([user, name, value]));
    json!({
        "language": state.interface.language,
        "state": state.interface.state,
        "timezone": state.interface.timezone,
        "screenShowsPassword": settings.screen_shows_password,
        "lights": settings.lights,
        "leds": settings.leds,
        "multiScreens": settings.multi_screens,
        "backup": settings.backup.enable,
        "remote": {
            "enable": remote.enable, "port": remote.port, "protocol": remote.protocol, "timeout": remote.timeout,
            "source": remote.source_prefix, "username": remote.username,
        },
        "orangeRemote": {"enable": settings.orange_remote, "users": settings.orange_users},
        "objects": settings.objects,
        "places": places,
        "notes": notes.collect::<Value>(),
        "topology": {"authorized": state.topology.authorized, "upload": state.topology.upload},
    })
}

/// What was written through the bus's own `set` and makes a difference: not what repeats a default, nor what a service
/// shows from elsewhere.
fn written(router: &mut Router) -> Value {
    let paths: Vec<String> = router.state.written.keys().cloned().collect();
    let shown = |router: &mut Router| -> Vec<Reply> {
        let ask = |path: &String| router.call(Caller::Admin, path, "get", &Object::new()).unwrap_or_default();
        paths.iter().map(ask).collect()
    };
    let with = shown(router);
    let written = std::mem::take(&mut router.state.written);
    let without = shown(router);
    let mut found = Map::new();
    for ((path, values), (with, without)) in written.iter().zip(with.iter().zip(&without)) {
        let mut names: Vec<&String> = values.keys().collect();
        // The order in which they were written says nothing.
        names.sort();
        let differing: Object = names
            .into_iter()
            .filter_map(|name| Some((name, values.get(name)?)))
            .filter(|(name, value)| match (member(with, name), member(without, name)) {
                (None, None) => !bare(value).is_empty(),
                (now, before) => now.map(bare) != before.map(bare),
            })
            .map(|(name, value)| (name.clone(), concealed(name, value)))
            .collect();
        if !differing.is_empty() {
            found.insert(path.clone(), Value::Object(differing));
        }
    }
    router.state.written = written;
    Value::Object(found)
}

/// A parameter in the answer of a `get`, wherever this object puts it.
fn member<'a>(reply: &'a Reply, name: &str) -> Option<&'a Value> {
    reply.status.get(name).or_else(|| reply.data.as_ref()?.get(name))
}

/// A value as the box takes it: `1` and `"1"` are the same.
fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn concealed(name: &str, value: &Value) -> Value {
    if is_secret(name) { json!(hash(&bare(value))) } else { value.clone() }
}

/// Whether the value of a parameter of this name is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRETS.iter().any(|part| name.contains(part))
}
