//! Radios, access points and the guest network.

use jiff::Timestamp;

/// All that is Wi-Fi.
#[derive(Debug, Clone)]
pub struct Wifi {
    /// The master switch, as asked (`NMC.Wifi` `Enable`).
    pub enable: bool,
    /// All bands share one configuration.
    pub combined: bool,
    /// Radios, one a band.
    pub radios: Vec<Radio>,
    /// Access points, private and guest.
    pub vaps: Vec<Vap>,
    /// Guest network.
    pub guest: Guest,
    /// `PowerManagement` profile `WiFi`: asked on, and following a weekly plan.
    pub profile: Profile,
    /// A weekly plan keeps it off.
    pub planned_off: bool,
    /// When plans and timers were last looked at.
    pub planned_at: Timestamp,
    /// WPS pairing goes on until then.
    pub pairing_until: Option<Timestamp>,
    /// PIN of the box for WPS (a secret).
    pub wps_pin: String,
    /// Key that the access points share to hand over stations to each other, IEEE 802.11r (a secret).
    pub roaming_key: String,
    /// Networks of other people within reach.
    pub neighbours: Vec<Neighbour>,
    /// Stations that are not sent from one access point to another.
    pub exceptions: Vec<Exception>,
}

/// A station that steering treats in its own way.
#[derive(Debug, Clone)]
pub struct Exception {
    /// Upper case with colons.
    pub mac: String,
    /// Which kinds of steering, as bits.
    pub mask: i64,
    /// Access point where it belongs, or empty.
    pub target: String,
    /// `Auto`, `Force`, `ForceNoSteer`.
    pub kind: String,
}

/// A network of other people.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// Radio that hears it.
    pub radio: &'static str,
    /// Network name, empty when hidden.
    pub ssid: String,
    /// Address.
    pub bssid: String,
    /// Channel.
    pub channel: u32,
    /// Usual strength in dBm.
    pub rssi_dbm: i32,
    /// Width in MHz.
    pub bandwidth_mhz: u32,
    /// Security mode.
    pub security: &'static str,
}

/// A switch with an optional weekly plan.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Wanted on.
    pub enable: bool,
    /// The plan is followed.
    pub activate: bool,
}

/// A radio.
#[derive(Debug, Clone)]
pub struct Radio {
    /// `rad2g0`, `rad5g0`, `rad6g0`.
    pub name: &'static str,
    /// `2.4GHz`, `5GHz`, `6GHz`.
    pub band: &'static str,
    /// Switched on.
    pub enable: bool,
    /// Channel in use.
    pub channel: u32,
    /// The box chooses the channel.
    pub auto_channel: bool,
    /// Why the channel was last changed.
    pub channel_reason: &'static str,
    /// Wanted bandwidth, `Auto` or `20MHz` … `160MHz`.
    pub bandwidth: String,
    /// Bandwidth in use.
    pub current_bandwidth: &'static str,
    /// Widest bandwidth it can use.
    pub max_bandwidth: &'static str,
    /// Channels it may use.
    pub possible_channels: &'static [u32],
    /// Wanted standards (`bgn`, `ax`, …).
    pub standards: String,
    /// Standards it can use, separated by commas.
    pub supported_standards: &'static str,
    /// Highest rate, Mbit/s.
    pub max_bit_rate: u32,
    /// Transmit power in percent, -1 for automatic.
    pub transmit_power: i32,
    /// Background noise in dBm.
    pub noise_dbm: i32,
    /// MAC address.
    pub mac: String,
    /// A new configuration is taking effect until then.
    pub restarting_until: Option<Timestamp>,
    /// When it last changed between up and down.
    pub changed_at: Timestamp,
    /// When the channel was last changed.
    pub channel_since: Timestamp,
    /// End of the last scan, or of the one that goes on.
    pub scanned_at: Timestamp,
    /// End of the scan before.
    pub scanned_before: Timestamp,
}

/// An access point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vap {
    /// NeMo name, `vap2g0priv0` …
    pub name: &'static str,
    /// Name of its radio.
    pub radio: &'static str,
    /// Belongs to the guest network.
    pub guest: bool,
    /// A second private network of the box that people do not see (`…priv1`).
    pub secondary: bool,
    /// Network name.
    pub ssid: String,
    /// Address.
    pub bssid: String,
    /// Name is advertised.
    pub visible: bool,
    /// Wanted on.
    pub enable: bool,
    /// `WPA2-Personal`, `WPA2-WPA3-Personal`, `WPA3-Personal`, `None`.
    pub security: String,
    /// What it accepts, separated by commas.
    pub securities: &'static str,
    /// Passphrase (a secret).
    pub key: String,
    /// Key of a security mode of old, not in use and still answered (a secret).
    pub wep_key: String,
    /// WPS offered.
    pub wps: bool,
    /// `Off`, `WhiteList`, `BlackList`.
    pub filter_mode: String,
    /// MAC addresses of the list.
    pub filter: Vec<String>,
    /// MAC addresses that are kept out for now.
    pub filter_for_now: Vec<String>,
}

/// The guest network.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Wanted on.
    pub enable: bool,
    /// Since when.
    pub start: Option<Timestamp>,
    /// Switches itself off at this time.
    pub until: Option<Timestamp>,
    /// Hours it stays on, 0 for ever.
    pub timeout_hours: u32,
}

impl Radio {
    /// What a restart is needed for.
    pub fn settings(&self) -> (bool, u32, bool, &str, &str, i32) {
        (self.enable, self.channel, self.auto_channel, &self.bandwidth, &self.standards, self.transmit_power)
    }
}

impl Wifi {
    /// The access point of this name.
    pub fn vap(&self, name: &str) -> Option<&Vap> {
        self.vaps.iter().find(|vap| vap.name == name)
    }

    /// As [`Wifi::vap`], to change it.
    pub fn vap_mut(&mut self, name: &str) -> Option<&mut Vap> {
        self.vaps.iter_mut().find(|vap| vap.name == name)
    }

    /// The radio of this name.
    pub fn radio(&self, name: &str) -> Option<&Radio> {
        self.radios.iter().find(|radio| radio.name == name)
    }

    /// As [`Wifi::radio`], to change it.
    pub fn radio_mut(&mut self, name: &str) -> Option<&mut Radio> {
        self.radios.iter_mut().find(|radio| radio.name == name)
    }

    /// Whether the master switch, the power profile and the weekly plan all want Wi-Fi.
    pub fn is_on(&self) -> bool {
        self.enable && self.profile.enable && !self.planned_off
    }

    /// Whether a radio is working.
    pub fn radio_up(&self, name: &str) -> bool {
        self.is_on() && self.radio(name).is_some_and(|radio| radio.enable)
    }

    /// Whether an interface is a radio in the middle of a restart, or an access point of one.
    pub fn restarts(&self, interface: &str, now: Timestamp) -> bool {
        let radio = self.vap(interface).map_or(interface, |vap| vap.radio);
        self.radio(radio).and_then(|radio| radio.restarting_until).is_some_and(|until| now < until)
    }

    /// Whether an access point lets a station in.
    pub fn admits(&self, vap: &str, mac: &str) -> bool {
        let Some(vap) = self.vap(vap) else { return true };
        let is_in = |list: &[String]| list.iter().any(|entry| entry.eq_ignore_ascii_case(mac));
        match vap.filter_mode.as_str() {
            _ if is_in(&vap.filter_for_now) => false,
            "WhiteList" => is_in(&vap.filter),
            "BlackList" => !is_in(&vap.filter),
            _ => true,
        }
    }

    /// Whether stations can be attached to an access point.
    pub fn carries(&self, vap: &str) -> bool {
        self.vap(vap)
            .is_some_and(|vap| vap.enable && self.radio_up(vap.radio) && (!vap.guest || self.guest.enable))
    }
}
