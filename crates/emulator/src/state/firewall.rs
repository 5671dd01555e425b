//! Firewall levels and rules; DynDNS accounts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::call::Object;

/// The firewall.
#[derive(Debug, Clone, Default)]
pub struct Firewall {
    /// `High`, `Medium`, `Low`, `Custom`.
    pub level: String,
    /// The same for IPv6.
    pub level_v6: String,
    /// IPv4 port forwarding.
    pub forwards: Vec<Rule>,
    /// IPv6 pinholes.
    pub pinholes: Vec<Rule>,
    /// IPv4 protocol forwarding.
    pub protocols: Vec<Rule>,
    /// DMZ hosts, in practice one called `webui`.
    pub dmz: Vec<Dmz>,
    /// Custom rules with the chain they are in, as written.
    pub custom: Vec<(String, Object)>,
    /// Redirections, as written.
    pub redirects: Vec<Object>,
    /// Entries of lists by name and number, as written.
    pub lists: BTreeMap<String, BTreeMap<String, Object>>,
    /// Answers a ping from the Internet over IPv4.
    pub ping_v4: bool,
    /// Answers a ping from the Internet over IPv6.
    pub ping_v6: bool,
    /// UPnP may open ports.
    pub upnp: bool,
    /// What the packet filter does. Rules above that were not committed are not in here.
    pub in_force: InForce,
}

/// The rules as the packet filter has them, a copy made by each `commit`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InForce {
    /// IPv4 port forwarding.
    pub forwards: Vec<Rule>,
    /// IPv6 pinholes.
    pub pinholes: Vec<Rule>,
    /// IPv4 protocol forwarding.
    pub protocols: Vec<Rule>,
    /// DMZ hosts.
    pub dmz: Vec<Dmz>,
    /// Custom rules.
    pub custom: Vec<(String, Object)>,
}

impl Firewall {
    /// Puts the configured rules into the packet filter.
    pub fn commit(&mut self) {
        self.in_force = InForce {
            forwards: self.forwards.clone(),
            pinholes: self.pinholes.clone(),
            protocols: self.protocols.clone(),
            dmz: self.dmz.clone(),
            custom: self.custom.clone(),
        };
    }

    /// Whether all that is configured is in the packet filter. When a rule was made is no part of it.
    pub fn is_committed(&self) -> bool {
        let mut committed = self.clone();
        committed.commit();
        let undated = |mut filter: InForce| {
            for rules in [&mut filter.forwards, &mut filter.pinholes, &mut filter.protocols] {
                for rule in rules.iter_mut() {
                    rule.since = Timestamp::UNIX_EPOCH;
                }
            }
            filter
        };
        undated(committed.in_force) == undated(self.in_force.clone())
    }

    /// Whether the strictest level is set, for either kind of address.
    pub fn is_high(&self) -> bool {
        self.level == "High" || self.level_v6 == "High"
    }

    /// What a restart does: rules that were not meant to last are gone, the others are in force.
    pub fn restart(&mut self) {
        for rules in [&mut self.forwards, &mut self.pinholes, &mut self.protocols] {
            rules.retain(|rule| rule.persistent);
        }
        self.commit();
    }
}

/// A rule that lets traffic in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// With the origin in front: `webui_Serveur`.
    pub id: String,
    /// `webui`, `upnp`, …
    pub origin: String,
    /// Free text.
    pub description: String,
    /// Protocol numbers: `6`, `17`, `6,17`.
    pub protocol: String,
    /// External port or range; the source port of a pinhole.
    pub external_port: String,
    /// Port or range of the host.
    pub internal_port: String,
    /// Address of the host.
    pub destination: String,
    /// MAC address of the host, or empty.
    pub destination_mac: String,
    /// Who may come in, CIDRs separated by commas.
    pub source_prefix: String,
    /// Switched on.
    pub enable: bool,
    /// Survives a reboot.
    pub persistent: bool,
    /// Asked for by an application that speaks the first version of UPnP.
    pub upnp_v1: bool,
    /// Seconds it was asked for, 0 for ever.
    pub lease: u32,
    /// When it was made or renewed.
    pub since: Timestamp,
}

/// A DMZ host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dmz {
    /// Free text, `webui` for the one that the web page shows.
    pub id: String,
    /// Address of the host.
    pub destination: String,
    /// Who may come in.
    pub source_prefix: String,
    /// Switched on.
    pub enable: bool,
}

/// DynDNS.
#[derive(Debug, Clone, Default)]
pub struct DynDns {
    /// All accounts are kept up to date.
    pub enable: bool,
    /// Also behind a shared address.
    pub on_cgnat: bool,
    /// Accounts.
    pub hosts: Vec<DynDnsHost>,
}

/// A DynDNS account.
#[derive(Debug, Clone)]
pub struct DynDnsHost {
    /// `No-IP`, `OVH-dynhost`, …
    pub service: String,
    /// The name that follows the address.
    pub hostname: String,
    /// Account.
    pub username: String,
    /// Its password (a secret).
    pub password: String,
    /// Switched on.
    pub enable: bool,
    /// Last update.
    pub updated: Option<Timestamp>,
}
