//! The box itself: identity, boots, accounts, settings of its own page.

use jiff::Timestamp;

/// Who the box is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// `Livebox 6`.
    pub product_class: &'static str,
    /// Serial number.
    pub serial: String,
    /// First MAC address, the key of the box as a device.
    pub base_mac: String,
    /// Firmware.
    pub software: &'static str,
    /// Hardware.
    pub hardware: &'static str,
    /// `SagemcomFast5670E_OFR`.
    pub model_name: &'static str,
    /// Provisioning code (a secret).
    pub provisioning_code: String,
}

/// Boots.
#[derive(Debug, Clone)]
pub struct Boot {
    /// When the box came up last.
    pub booted_at: Timestamp,
    /// Boots since the box was made.
    pub counter: u32,
    /// Of which by the watchdog.
    pub watchdog: u32,
    /// The last boots, oldest first.
    pub history: Vec<BootRecord>,
}

/// One boot and the shutdown before it.
#[derive(Debug, Clone)]
pub struct BootRecord {
    /// When it came up.
    pub boot: Timestamp,
    /// `POR`, `NMC`, `Watchdog`, …
    pub boot_reason: &'static str,
    /// When it had gone down; unknown after a power cut.
    pub shutdown: Option<Timestamp>,
    /// Why, as given to `NMC:reboot`.
    pub shutdown_reason: String,
}

/// Accounts.
#[derive(Debug, Clone)]
pub struct Users {
    /// Password of `admin` (a secret).
    pub admin_password: String,
    /// Everybody with an account, in the order of the box.
    pub accounts: Vec<Account>,
    /// Names of the groups, and whether each is enabled.
    pub groups: Vec<(String, bool)>,
}

/// An account of the web interface.
#[derive(Debug, Clone)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// Whether it may be used.
    pub enable: bool,
    /// `system` for those that come with the box.
    pub kind: String,
    /// Name for people.
    pub friendly_name: String,
    /// 0 when the password was chosen, 1 when it is the factory's.
    pub password_state: u8,
    /// Its groups.
    pub groups: Vec<String>,
}

impl Users {
    /// The accounts that come with the box.
    pub fn new(admin_password: &str) -> Self {
        let account = |name: &str, password_state, groups: [&str; 2]| Account {
            name: name.to_owned(),
            enable: true,
            kind: "system".to_owned(),
            friendly_name: String::new(),
            password_state,
            groups: groups.map(str::to_owned).to_vec(),
        };
        Self {
            admin_password: admin_password.to_owned(),
            accounts: vec![account("admin", 0, ["http", "admin"]), account("iotuser", 1, ["http", "iot"])],
            groups: ["http", "admin", "remoteadmin", "iot"].map(|name| (name.to_owned(), true)).to_vec(),
        }
    }
}

/// The box's own page.
#[derive(Debug, Clone)]
pub struct Interface {
    /// `fr` or `en`.
    pub language: String,
    /// `installed`, `connected` or empty.
    pub state: String,
    /// Name of the time zone.
    pub timezone: String,
}

/// Offer and provisioning.
#[derive(Debug, Clone)]
pub struct Offer {
    /// `Res` or `Pro`.
    pub kind: &'static str,
    /// Commercial name.
    pub name: &'static str,
    /// `Dedicated` or `Internet`.
    pub iptv_mode: &'static str,
}

/// The last look at how the devices hang together.
#[derive(Debug, Clone, Copy)]
pub struct Topology {
    /// When it was.
    pub updated: Timestamp,
    /// The owner lets the operator see it.
    pub authorized: bool,
    /// It is sent to the operator by itself.
    pub upload: bool,
}
