//! What small services remember: screen, lights, backup, remote access, places, notes of the web page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// All of it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The screen shows the Wi-Fi password.
    pub screen_shows_password: bool,
    /// Brightness of the lights of the front, 0 to 255, by colour.
    pub lights: BTreeMap<String, u8>,
    /// State and colour of lights by name, as written.
    pub leds: BTreeMap<String, (String, String)>,
    /// TV on several screens.
    pub multi_screens: bool,
    /// A copy of the configuration with the operator.
    pub backup: Backup,
    /// Access from the Internet.
    pub remote: Remote,
    /// Access by the operator's application.
    pub orange_remote: bool,
    /// Users of that application.
    pub orange_users: Vec<String>,
    /// A shared IPv4 address was asked for.
    pub shared_ipv4: bool,
    /// The operator's service for connected objects is on.
    pub objects: bool,
    /// Places in the home.
    pub places: BTreeMap<String, Place>,
    /// Settings of the web page, by user and name.
    pub notes: BTreeMap<(String, String), Value>,
    /// Hosts that were to be woken, and when.
    pub woken: Vec<(Timestamp, String)>,
}

/// A copy of the configuration with the operator.
#[derive(Debug, Clone, Copy)]
pub struct Backup {
    /// Copies are made.
    pub enable: bool,
    /// The last one.
    pub made: Timestamp,
    /// One that was asked for is made then.
    pub due: Option<Timestamp>,
}

/// Access from the Internet.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Open.
    pub enable: bool,
    /// Port, 0 when it was never open.
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: &'static str,
    /// Seconds it stays open, 0 for ever.
    pub timeout: u32,
    /// Who may come in.
    pub source_prefix: String,
    /// Who opened it.
    pub username: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// A place in the home.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Parts of it.
    pub sections: Vec<String>,
}

impl Settings {
    /// Settings of a box as it is sold, with its last copy made at a moment.
    pub fn new(backup: Timestamp) -> Self {
        Self {
            screen_shows_password: false,
            lights: BTreeMap::from([("Orange".to_owned(), 20), ("White".to_owned(), 60)]),
            leds: BTreeMap::new(),
            multi_screens: false,
            backup: Backup { enable: true, made: backup, due: None },
            remote: Remote::closed(),
            orange_remote: true,
            orange_users: Vec::new(),
            shared_ipv4: false,
            objects: false,
            places: BTreeMap::new(),
            notes: BTreeMap::new(),
            woken: Vec::new(),
        }
    }
}

impl Remote {
    /// No access.
    pub fn closed() -> Self {
        Self {
            enable: false,
            port: 0,
            protocol: "HTTPS",
            timeout: 0,
            source_prefix: String::new(),
            username: String::new(),
            since: None,
        }
    }

    /// Seconds until it closes by itself; 0 when it does not, or is closed.
    pub fn left(&self, now: Timestamp) -> i64 {
        match self.since {
            Some(since) if self.enable && self.timeout > 0 => {
                (since.as_second() + i64::from(self.timeout) - now.as_second()).max(0)
            }
            _ => 0,
        }
    }

    /// Closes it when its time is over.
    pub fn settle(&mut self, now: Timestamp) {
        if self.enable && self.timeout > 0 && self.left(now) == 0 {
            *self = Self::closed();
        }
    }
}
