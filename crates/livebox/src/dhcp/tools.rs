//! The tools about DHCP: leases, reservations.

use super::{
    lease::ListLeases,
    reservation::{AddReservation, ListReservations, RemoveReservation, TakeBack},
};
use crate::{Group, ToolDef};

pub(crate) const TOOLS: &[ToolDef] = &[
    ToolDef::read::<ListLeases>(),
    ToolDef::read::<ListReservations>(),
    ToolDef::change::<AddReservation>(),
    ToolDef::change::<RemoveReservation>(),
    ToolDef::change::<TakeBack>(),
];

pub(super) const LEASE: Group =
    Group { name: "dhcp-lease", english: "Addresses given by DHCP", french: "Les adresses données en DHCP" };

pub(super) const RESERVATION: Group = Group {
    name: "dhcp-reservation",
    english: "Addresses kept for a device",
    french: "Les adresses réservées à un appareil",
};
