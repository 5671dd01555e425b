//! The link to the operator.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

/// The WAN side.
#[derive(Debug, Clone)]
pub struct Wan {
    /// Light and address are there.
    pub up: bool,
    /// `GPON_DHCP`, `GPON_PPP`, …
    pub mode: String,
    /// PPP account (a secret).
    pub username: String,
    /// PPP password (a secret).
    pub password: String,
    /// Credentials sent as DHCP option 90, in hexadecimal (a secret).
    pub option_90: String,
    /// MAC address.
    pub mac: String,
    /// Public IPv4 address.
    pub ipv4: Ipv4Addr,
    /// IPv4 gateway.
    pub gateway: Ipv4Addr,
    /// IPv4 DNS servers.
    pub dns: [Ipv4Addr; 2],
    /// IPv6 DNS servers.
    pub dns6: [Ipv6Addr; 2],
    /// Global IPv6 address.
    pub ipv6: Ipv6Addr,
    /// Delegated prefix, /56.
    pub prefix: Ipv6Addr,
    /// DHCP lease time, seconds.
    pub lease_time: u32,
    /// When the present address was obtained.
    pub bound_at: Timestamp,
    /// When the lease was last asked for again.
    pub renewed_at: Timestamp,
    /// VLAN that carries Internet.
    pub vlan: u16,
    /// Optical terminal.
    pub optics: Optics,
}

/// The optical terminal.
#[derive(Debug, Clone)]
pub struct Optics {
    /// Received power, 1/1000 dBm.
    pub rx_mdbm: i32,
    /// Sent power, 1/1000 dBm.
    pub tx_mdbm: i32,
    /// Degrees Celsius.
    pub temperature: i32,
    /// 0.1 mV.
    pub voltage: u32,
    /// Raw counts.
    pub bias: u32,
    /// Serial number (a secret).
    pub serial: String,
}
