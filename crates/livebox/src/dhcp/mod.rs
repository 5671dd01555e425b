//! DHCP: the addresses that the box gave for a time (leases) and those it keeps for a device (reservations).

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, MacAddr, Page, Show, Untrusted};

mod lease;
mod reservation;
pub(crate) mod tools;
mod wire;

#[cfg(test)]
mod tests;

/// An address given for a time.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Lease {
    name: Option<Untrusted>,
    ipv4: Option<Ipv4Addr>,
    mac: Option<MacAddr>,
    active: Option<bool>,
    /// On the guest network.
    guest: bool,
    reserved: Option<bool>,
    /// Null when reserved.
    remaining_s: Option<u64>,
}

/// DHCP leases.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LeaseList {
    /// Null: not known.
    active: Option<usize>,
    total: usize,
    /// Fitting the filters.
    matching: usize,
    leases: Vec<Lease>,
}

impl Show for LeaseList {
    fn show(&self, lang: Lang) -> Page {
        let Self { active, total, matching, leases } = self;
        let active = lang.count_if_known(
            *active,
            ["active DHCP lease", "active DHCP leases"],
            ["bail DHCP actif", "baux DHCP actifs"],
        );
        let fitting = lang.count(*matching, ["matches", "match"], ["retenu", "retenus"]);
        let rows = leases.iter().map(|lease| {
            let mut remarks = Vec::new();
            if lease.active == Some(false) {
                remarks.push(lang.pick("inactive", "inactif"));
            }
            if lease.guest {
                remarks.push(lang.pick("guest", "invité"));
            }
            let left = match (lease.reserved, lease.remaining_s) {
                (Some(true), _) => lang.pick("reserved", "réservée").to_owned(),
                (_, Some(seconds)) => duration(seconds),
                (_, None) => String::new(),
            };
            [
                lease.name.as_ref().map(|name| name.shown().to_owned()).unwrap_or_default(),
                lease.ipv4.map(|ip| ip.to_string()).unwrap_or_default(),
                lease.mac.map(|mac| mac.to_string()).unwrap_or_default(),
                left,
                remarks.join(", "),
            ]
        });
        let hidden = matching.saturating_sub(leases.len());
        Page::new()
            .line(lang.pick(
                format!("{active} of {total}, {fitting}."),
                format!("{active} sur {total}, {fitting}."),
            ))
            .table([lang.pick("Name", "Nom"), "IPv4", "MAC", lang.pick("Left", "Reste"), ""], rows)
            .note((hidden > 0).then(|| more(hidden, lang)))
    }
}

fn more(hidden: usize, lang: Lang) -> String {
    lang.pick(format!("{hidden} more: raise `limit`."), format!("{hidden} de plus : augmentez `limit`."))
}

/// `23 h 05`, `12 min`.
fn duration(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02}"),
    }
}

/// An address kept for a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Reservation {
    /// Of the device, when known.
    name: Option<Untrusted>,
    ipv4: Ipv4Addr,
    mac: MacAddr,
}

impl Show for Reservation {
    fn show(&self, lang: Lang) -> Page {
        Page::new()
            .fact_if(lang.pick("Name", "Nom"), self.name.as_ref().map(Untrusted::shown))
            .fact("IPv4", self.ipv4.to_string())
            .fact("MAC", self.mac.to_string())
    }
}

/// A reservation, and what to know of its address. What moves by itself: [`VOLATILE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct CheckedReservation {
    #[serde(flatten)]
    reservation: Reservation,
    // Where it was given with the reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<Untrusted>,
    /// Allowed, but outside of what DHCP gives by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    outside_dhcp_range: bool,
    /// Hence without effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dhcp_off: bool,
}

/// The name follows the device, the rest the address plan.
const VOLATILE: &[&str] = &["name", "outside_dhcp_range", "dhcp_off"];

impl Show for CheckedReservation {
    fn show(&self, lang: Lang) -> Page {
        self.reservation
            .show(lang)
            .note(self.outside_dhcp_range.then(|| {
                lang.pick(
                    "The address is outside of the range that DHCP gives by itself, which is allowed.",
                    "L'adresse est hors de la plage que le DHCP attribue de lui-même, ce qui est permis.",
                )
            }))
            .note(self.dhcp_off.then(|| {
                lang.pick(
                    "The box's DHCP server is off: the reservation has no effect until it is on.",
                    "Le serveur DHCP de la box est arrêté : la réservation est sans effet d'ici là.",
                )
            }))
    }
}

/// DHCP reservations.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReservationList {
    total: usize,
    /// Fitting the filter.
    matching: usize,
    reservations: Vec<Reservation>,
}

impl Show for ReservationList {
    fn show(&self, lang: Lang) -> Page {
        let Self { total, matching, reservations } = self;
        let rows = reservations.iter().map(|reservation| {
            [
                reservation.name.as_ref().map(|name| name.shown().to_owned()).unwrap_or_default(),
                reservation.ipv4.to_string(),
                reservation.mac.to_string(),
            ]
        });
        let hidden = matching.saturating_sub(reservations.len());
        Page::new()
            .line(lang.pick(
                format!(
                    "{matching} of {}.",
                    lang.count(*total, ["DHCP reservation", "DHCP reservations"], ["", ""])
                ),
                format!(
                    "{} sur {total}.",
                    lang.count(*matching, ["", ""], ["réservation DHCP", "réservations DHCP"])
                ),
            ))
            .table([lang.pick("Name", "Nom"), "IPv4", "MAC"], rows)
            .note((hidden > 0).then(|| more(hidden, lang)))
    }
}
