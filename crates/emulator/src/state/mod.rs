//! The state of the box: plain structures, no JSON. Services are views of it, and all of them see the same one.
//!
//! What moves by itself (who is there, counters, leases) is not stored: it is a function of the time, the seed and
//! the recorded interventions.

#![allow(clippy::struct_excessive_bools, reason = "these are switches of a box, as the box has them")]

pub mod devices;
pub mod diagnostics;
pub mod firewall;
pub mod hosts;
pub mod lan;
pub mod power;
pub mod schedule;
pub mod settings;
pub mod system;
pub mod traffic;
pub mod voice;
pub mod wan;
pub mod wifi;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::call::Object;
use crate::clock::after;
use crate::random::Seed;

const DAY: i64 = 86_400;

/// Everything the box remembers.
#[derive(Debug, Clone)]
pub struct State {
    /// Source of all that is invented.
    pub seed: Seed,
    /// When the emulator was started; the household's dates are relative to it.
    pub started_at: Timestamp,
    /// Model, serial number, firmware.
    pub identity: system::Identity,
    /// Boots, their reasons, and the last one.
    pub boot: system::Boot,
    /// Accounts of the web interface.
    pub users: system::Users,
    /// Language, first-use state, time zone.
    pub interface: system::Interface,
    /// Offer and provisioning.
    pub offer: system::Offer,
    /// Link to the operator.
    pub wan: wan::Wan,
    /// LAN addressing, DHCP pools and reservations.
    pub lan: lan::Lan,
    /// Everything that was ever seen on the LAN, the repeater and the decoder included.
    pub hosts: Vec<hosts::Host>,
    /// What was written about devices beyond that.
    pub notes: devices::Notes,
    /// The last look at how they hang together.
    pub topology: system::Topology,
    /// Radios, access points, guest network.
    pub wifi: wifi::Wifi,
    /// Diagnostics of the box itself.
    pub diagnostics: diagnostics::Diagnostics,
    /// Energy profiles.
    pub power: power::Power,
    /// Rules and levels.
    pub firewall: firewall::Firewall,
    /// DynDNS accounts.
    pub dyndns: firewall::DynDns,
    /// Telephone line, call log, contacts.
    pub voice: voice::Voice,
    /// MAC addresses of hosts whose traffic is not followed (`HomeLan`).
    pub unmeasured: Vec<String>,
    /// Weekly plans: Internet access per host, Wi-Fi.
    pub schedules: Vec<schedule::Schedule>,
    /// What small services remember.
    pub settings: settings::Settings,
    /// Parameters written through the bus's own `set`, by object path: objects without a behaviour of their own
    /// still remember.
    pub written: BTreeMap<String, Object>,
}

/// Puts an entry in the place of the one that it replaces; a new one goes last.
pub fn put<T>(list: &mut Vec<T>, entry: T, is_same: impl Fn(&T) -> bool) {
    match list.iter_mut().find(|known| is_same(known)) {
        Some(known) => *known = entry,
        None => list.push(entry),
    }
}

/// Interfaces that lead to the operator.
const WAN: &[&str] = &["veip0", "gvlan_multi", "data", "wan", "bridge_gvmulti"];

/// Share of the traffic of hosts that leaves the home.
const OUTSIDE: f64 = 0.93;

impl State {
    /// The host with this MAC address, in any case.
    pub fn host(&self, mac: &str) -> Option<&hosts::Host> {
        self.hosts.iter().find(|host| host.mac.eq_ignore_ascii_case(mac))
    }

    /// As [`State::host`], to change it.
    pub fn host_mut(&mut self, mac: &str) -> Option<&mut hosts::Host> {
        self.hosts.iter_mut().find(|host| host.mac.eq_ignore_ascii_case(mac))
    }

    /// When a host came last, and when it left or will leave. Nobody is connected for longer than the box runs.
    pub fn last_stay(&self, host: &hosts::Host, now: Timestamp) -> (Timestamp, Timestamp) {
        let up = after(self.boot.booted_at, self.seed.between(&host.mac, 25, 90));
        // Most came within two days; only for the others it is worth looking further.
        for since in [after(now, -2 * DAY), after(now, -60 * DAY)] {
            if let Some((start, end)) = host.last_stay(self.seed, now, since)
                && (start > since || since < up)
            {
                return (start.max(host.first_seen).max(up.min(end)), end);
            }
        }
        (host.first_seen, after(host.first_seen, 7 * DAY).min(now))
    }

    /// Bytes that passed through an interface of the box between two moments, as the box counts them: on a LAN port
    /// or an access point `tx` goes to the device, on the WAN `rx` is the download.
    pub fn interface_bytes(&self, interface: &str, from: Timestamp, to: Timestamp) -> traffic::Bytes {
        let through = self.hosts.iter().filter(|host| self.passes(host, interface));
        let bytes = through
            .map(|host| host.bytes_between(self.seed, from, to))
            .fold(traffic::Bytes::default(), traffic::Bytes::plus);
        if WAN.contains(&interface) { bytes.scaled(OUTSIDE).swapped() } else { bytes }
    }

    /// The same for many stretches at once: `edges` are their ends, in order. A stretch without any host is `None`.
    pub fn interface_history(&self, interface: &str, edges: &[Timestamp]) -> Vec<Option<traffic::Bytes>> {
        let mut sums = vec![None; edges.len().saturating_sub(1)];
        for host in self.hosts.iter().filter(|host| self.passes(host, interface)) {
            for (sum, bytes) in sums.iter_mut().zip(host.history(self.seed, edges)) {
                *sum = match (*sum, bytes) {
                    (Some(before), Some(bytes)) => Some(traffic::Bytes::plus(before, bytes)),
                    (before, bytes) => before.or(bytes),
                };
            }
        }
        if WAN.contains(&interface) {
            sums.iter_mut().flatten().for_each(|sum| *sum = sum.scaled(OUTSIDE).swapped());
        }
        sums
    }

    /// Whether the traffic of a host passes through an interface.
    pub fn passes(&self, host: &hosts::Host, interface: &str) -> bool {
        let guest = self.wifi.vap(host.link.interface()).is_some_and(|vap| vap.guest);
        match interface {
            wan if WAN.contains(&wan) => true,
            "bridge" | "lan" => !guest,
            "brguest" | "guest" => guest,
            port => self.attachment(host) == port,
        }
    }

    /// The interface of the box that a host's traffic passes: its own, or that of the repeater it is behind.
    pub fn attachment<'a>(&'a self, host: &'a hosts::Host) -> &'a str {
        let nearest = host.behind.as_deref().and_then(|mac| self.host(mac)).unwrap_or(host);
        nearest.link.interface()
    }

    /// Traffic counters of an interface since boot. The box refreshes them every 30 s.
    pub fn counters(&self, interface: &str, now: Timestamp) -> traffic::Bytes {
        self.interface_bytes(interface, self.boot.booted_at, self.refreshed(now))
    }

    /// The last time the counters were refreshed.
    pub fn refreshed(&self, now: Timestamp) -> Timestamp {
        let uptime = now.as_second() - self.boot.booted_at.as_second();
        after(self.boot.booted_at, uptime.max(0) / traffic::REFRESH * traffic::REFRESH)
    }

    /// Seconds since boot.
    pub fn uptime(&self, now: Timestamp) -> i64 {
        (now.as_second() - self.boot.booted_at.as_second()).max(0)
    }

    /// Hosts attached over Wi-Fi to an access point of the box, at this moment.
    pub fn stations<'a>(&'a self, vap: &'a str, now: Timestamp) -> impl Iterator<Item = &'a hosts::Host> {
        self.hosts.iter().filter(move |host| {
            host.behind.is_none() && host.link.interface() == vap && host.is_active(self.seed, now)
        })
    }

    /// Lets time do what was asked of it: the guest network ends, a plan switches Wi-Fi. To be called before anything
    /// is read at a later moment.
    pub fn follow_plans(&mut self, now: Timestamp) {
        let guest = &mut self.wifi.guest;
        let mut changed = false;
        if guest.enable && guest.until.is_some_and(|until| until <= now) {
            guest.enable = false;
            guest.until = None;
            guest.timeout_hours = 0;
            changed = true;
        }
        let planned_off = self.plan_forbids_wifi(now);
        changed |= planned_off != self.wifi.planned_off;
        self.wifi.planned_off = planned_off;
        self.wifi.planned_at = now;
        if changed {
            self.settle_wifi(now);
        }
    }

    /// Cuts off the stations of access points that are down and lets those come back whose access point is up again.
    /// To be called after any change to [`State::wifi`].
    pub fn settle_wifi(&mut self, now: Timestamp) {
        let Self { hosts, wifi, .. } = self;
        let repeaters_cut: Vec<String> = hosts
            .iter()
            .filter(|host| {
                matches!(host.kind, hosts::Kind::Repeater(_))
                    && host.link.is_wifi()
                    && !(wifi.carries(host.link.interface()) && wifi.admits(host.link.interface(), &host.mac))
            })
            .map(|host| host.mac.clone())
            .collect();
        for host in hosts.iter_mut().filter(|host| host.link.is_wifi() || host.behind.is_some()) {
            let carried = match &host.behind {
                Some(repeater) => !repeaters_cut.contains(repeater),
                None => wifi.carries(host.link.interface()) && wifi.admits(host.link.interface(), &host.mac),
            };
            match (carried, host.cut_by_wifi) {
                (false, false) => host.force(now, Some(false)),
                (true, true) => host.force(now, None),
                _ => continue,
            }
            host.cut_by_wifi = !carried;
        }
    }
}
