//! Addressing of the LAN and the DHCP server.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;

/// The LAN.
#[derive(Debug, Clone)]
pub struct Lan {
    /// Address of the box.
    pub address: Ipv4Addr,
    /// Length of the prefix.
    pub prefix_length: u8,
    /// Servers of time given to clients.
    pub ntp_servers: String,
    /// Domains in which clients look for names.
    pub domain_search: String,
    /// The bridge is in use, may have public addresses, hides its hosts behind the box.
    pub bridge: (bool, bool, bool),
    /// Private pool.
    pub pool: Pool,
    /// Guest pool.
    pub guest: Pool,
    /// Addresses kept for a MAC address.
    pub reservations: Vec<Reservation>,
    /// IPv6 wanted.
    pub ipv6: bool,
    /// The IPv6 DHCP server is on.
    pub dhcpv6: bool,
    /// First address of the box in the delegated prefix.
    pub ipv6_address: Ipv6Addr,
}

/// A pool of addresses.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Server on.
    pub enable: bool,
    /// Address of the box on this network.
    pub gateway: Ipv4Addr,
    /// First address given.
    pub min: Ipv4Addr,
    /// Last address given.
    pub max: Ipv4Addr,
    /// Seconds.
    pub lease_time: u32,
    /// Servers given to clients, separated by commas.
    pub dns_servers: String,
}

/// An address kept for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Upper case with colons.
    pub mac: String,
    /// The address.
    pub address: Ipv4Addr,
    /// In force.
    pub enable: bool,
    /// Since when; a client that is there takes the address when it renews its lease.
    pub since: Timestamp,
}

impl Pool {
    /// The prefix of the guest network, which cannot be changed.
    pub const GUEST_MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);

    /// The first address of the range that nobody has.
    pub fn free_address(&self, taken: &[Ipv4Addr]) -> Option<Ipv4Addr> {
        (self.min.to_bits()..=self.max.to_bits())
            .map(Ipv4Addr::from_bits)
            .find(|address| *address != self.gateway && !taken.contains(address))
    }
}

impl Lan {
    /// Whether an address belongs to the guest network.
    pub fn guest_contains(&self, address: Ipv4Addr) -> bool {
        let mask = Pool::GUEST_MASK.to_bits();
        address.to_bits() & mask == self.guest.gateway.to_bits() & mask
    }

    /// Whether an address belongs to the LAN.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        let mask = self.netmask().to_bits();
        address.to_bits() & mask == self.address.to_bits() & mask
    }

    /// Whether an address is the first or the last one of the LAN, which no host can have.
    pub fn is_edge(&self, address: Ipv4Addr) -> bool {
        let host = address.to_bits() & !self.netmask().to_bits();
        host == 0 || host == !self.netmask().to_bits()
    }

    /// The prefix as a mask.
    pub fn netmask(&self) -> Ipv4Addr {
        let host_bits = u32::from(32_u8.saturating_sub(self.prefix_length));
        Ipv4Addr::from_bits(u32::MAX.checked_shl(host_bits).unwrap_or(0))
    }
}
