//! `DeviceInfo:*`, `NMC.Reboot*` (protocol sections 4.1 and 4.25), `NMC:reboot`, `UserManagement:change*` (4.26).

use std::{borrow::Cow, net::IpAddr, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind, Secret,
    scalar::{Flag, Int, Table, Text},
};

use super::BootReason;
use crate::MacAddr;

/// The box itself.
#[derive(Serialize)]
pub(crate) struct GetDeviceInfo {}

impl Call for GetDeviceInfo {
    type Reply = DeviceInfo;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "DeviceInfo".into()
    }
}

/// Some boxes give a part of it only, to an anonymous caller or at all. The provisioning code is a secret and
/// not read.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct DeviceInfo {
    pub(crate) manufacturer: Text,
    pub(crate) model_name: Text,
    pub(crate) product_class: Text,
    pub(crate) serial_number: Text,
    pub(crate) hardware_version: Text,
    pub(crate) software_version: Text,
    up_time: Int,
    pub(crate) country: Text,
    #[serde(rename = "ExternalIPAddress")]
    external_ip_address: Text,
    number_of_reboots: Int,
    #[serde(rename = "BaseMAC")]
    base_mac: Text,
}

impl DeviceInfo {
    /// Seconds since it started.
    pub(crate) fn uptime_s(&self) -> Option<u64> {
        self.up_time.unsigned()
    }

    pub(crate) fn reboots(&self) -> Option<u64> {
        self.number_of_reboots.unsigned()
    }

    pub(crate) fn mac(&self) -> Option<MacAddr> {
        self.base_mac.get()?.parse().ok()
    }

    pub(crate) fn public_ip(&self) -> Option<IpAddr> {
        self.external_ip_address.get()?.parse().ok().filter(|ip: &IpAddr| !ip.is_unspecified())
    }
}

/// Its memory.
#[derive(Serialize)]
pub(crate) struct GetMemory {}

impl Call for GetMemory {
    type Reply = Memory;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "DeviceInfo.MemoryStatus".into()
    }
}

/// In kilobytes, of 1024 bytes as memory is counted.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Memory {
    total: Int,
    free: Int,
}

impl Memory {
    pub(crate) fn total_bytes(&self) -> Option<u64> {
        bytes(self.total).filter(|total| *total > 0)
    }

    pub(crate) fn free_bytes(&self) -> Option<u64> {
        // No box has no memory: then neither figure is one.
        self.total_bytes().and_then(|_| bytes(self.free))
    }
}

fn bytes(kilobytes: Int) -> Option<u64> {
    kilobytes.unsigned()?.checked_mul(1024)
}

/// Its last starts.
#[derive(Serialize)]
pub(crate) struct GetBoots {}

impl Call for GetBoots {
    type Reply = Boots;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "NMC.Reboot.Reboot".into()
    }
}

/// Keyed by a number or a name; no recording shows in which order (unverified).
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Boots(Table<Boot>);

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Boot {
    boot_date: Text,
    boot_reason: Text,
}

impl Boots {
    /// When and why it started last.
    pub(crate) fn last(&self) -> (Option<Timestamp>, Option<BootReason>) {
        let dated = self.0.iter().filter_map(|(_, boot)| Some((date(&boot.boot_date)?, boot)));
        match dated.max_by_key(|(date, _)| *date) {
            Some((date, boot)) => (Some(date), reason(&boot.boot_reason)),
            None => (None, None),
        }
    }
}

/// A date of the box; the null date 0001-01-01 and dates before there were boxes are none.
fn date(text: &Text) -> Option<Timestamp> {
    let date: Timestamp = text.get()?.parse().ok()?;
    (date.as_second() > 946_684_800).then_some(date)
}

fn reason(text: &Text) -> Option<BootReason> {
    Some(match text.get()? {
        "POR" => BootReason::PowerOn,
        "Ext.HW" => BootReason::Button,
        "Watchdog" => BootReason::Watchdog,
        "NMC" => BootReason::Requested,
        "WakeUp" => BootReason::WakeUp,
        "TimedReboot" => BootReason::Scheduled,
        "ERROR" | "Oops" => BootReason::Error,
        _ => BootReason::Other,
    })
}

/// Restarts the box. The connection may die before the answer.
#[derive(Serialize)]
pub(crate) struct Reboot {
    reason: &'static str,
}

impl Reboot {
    /// As the web page of the box does.
    pub(crate) fn by_user() -> Self {
        Self { reason: "GUI_Reboot" }
    }
}

impl Call for Reboot {
    type Reply = Ignored;
    const METHOD: &'static str = "reboot";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "NMC".into()
    }
}

fn exposed<S: serde::Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// Changes a password, given the present one. Absent on the Livebox 5.
#[derive(Serialize)]
pub(crate) struct ChangePasswordSec<'a> {
    pub(crate) name: &'a str,
    #[serde(serialize_with = "exposed")]
    pub(crate) password: &'a Secret,
    #[serde(serialize_with = "exposed")]
    pub(crate) old_password: &'a Secret,
}

impl Call for ChangePasswordSec<'_> {
    type Reply = Flag;
    const METHOD: &'static str = "changePasswordSec";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;
    const TIMEOUT: Duration = Duration::from_secs(15);

    fn service(&self) -> Cow<'static, str> {
        "UserManagement".into()
    }
}

/// Changes a password; the box does not ask for the present one.
#[derive(Serialize)]
pub(crate) struct ChangePassword<'a> {
    pub(crate) name: &'a str,
    #[serde(serialize_with = "exposed")]
    pub(crate) password: &'a Secret,
}

impl Call for ChangePassword<'_> {
    type Reply = Flag;
    const METHOD: &'static str = "changePassword";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;
    const TIMEOUT: Duration = Duration::from_secs(15);

    fn service(&self) -> Cow<'static, str> {
        "UserManagement".into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::testing::recordings;

    #[test]
    fn every_recorded_box_says_what_it_is() {
        for recording in recordings("DeviceInfo", "get") {
            let info: DeviceInfo = recording.reply::<GetDeviceInfo>();
            assert!(info.product_class.get().is_some(), "{}", recording.file);
            assert!(info.uptime_s().is_some_and(|uptime| uptime > 0), "{}", recording.file);
            assert!(info.reboots().is_some(), "{}", recording.file);
        }
    }

    #[test]
    fn odd_values_read_as_unknown() {
        let info: DeviceInfo = from_value(json!({
            "UpTime": "-1", "NumberOfReboots": {}, "BaseMAC": "04:70:XX:XX:XX:XX", "ExternalIPAddress": "0.0.0.0"
        }))
        .unwrap();
        assert_eq!((info.uptime_s(), info.reboots(), info.mac(), info.public_ip()), (None, None, None, None));
        let memory: Memory = from_value(json!({"Total": "0", "Free": 12})).unwrap();
        assert_eq!((memory.total_bytes(), memory.free_bytes()), (None, None));
        let memory: Memory = from_value(json!({"Total": "1048576", "Free": 12})).unwrap();
        assert_eq!((memory.total_bytes(), memory.free_bytes()), (Some(1_073_741_824), Some(12_288)));
    }

    #[test]
    fn the_last_start_is_the_latest_not_the_last_listed() {
        let boots: Boots = from_value(json!({
            "2": {"BootDate": "2026-03-01T10:00:00Z", "BootReason": "NMC"},
            "1": {"BootDate": "2026-02-01T10:00:00Z", "BootReason": "POR"},
            "3": {"BootDate": "0001-01-01T00:00:00Z", "BootReason": "Watchdog"},
            "4": "odd",
        }))
        .unwrap();
        let (date, reason) = boots.last();
        assert_eq!(date.unwrap().to_string(), "2026-03-01T10:00:00Z");
        assert_eq!(reason, Some(BootReason::Requested));
        let none: Boots = from_value(json!([])).unwrap();
        assert_eq!(none.last(), (None, None));
    }
}
