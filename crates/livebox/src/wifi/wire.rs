//! The switch and what may turn it: `NMC.Wifi`, `PowerManagement`, `Scheduler` (protocol sections 4.5, 4.9). What
//! is set per network is in the two modules below.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Ignored, Kind,
    scalar::{Flag, Part, Rows},
};

mod config;
mod networks;

pub(crate) use config::{
    GetKeys, KeysReply, PersistentChange, RadioChange, SecurityChange, SetWlanConfig, VapChange, WlanConfig,
};
pub(crate) use networks::{GetNetworks, NetworksReply, Root, air};

/// The master switch.
#[derive(Serialize)]
pub(crate) struct GetSwitch {}

/// Section 4.5. The scheduling fields exist from the LB7 on.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct SwitchReply {
    /// As wanted.
    pub(crate) enable: Flag,
    /// As is.
    pub(crate) status: Flag,
    /// All bands share one configuration.
    pub(crate) configuration_mode: Flag,
    scheduler: Flag,
    scheduling_enabled: Flag,
}

impl SwitchReply {
    /// Whether a schedule runs; `None` where the firmware does not say it here. That either field means so is
    /// unverified.
    pub(crate) fn schedule_active(&self) -> Option<bool> {
        let (scheduler, enabled) = (self.scheduler, self.scheduling_enabled);
        if scheduler.is_true() || enabled.is_true() {
            return Some(true);
        }
        let is_odd = scheduler.is_odd() || enabled.is_odd();
        (!is_odd && (scheduler.get().is_some() || enabled.get().is_some())).then_some(false)
    }
}

impl Call for GetSwitch {
    type Reply = SwitchReply;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_secs(15);

    fn service(&self) -> Cow<'static, str> {
        "NMC.Wifi".into()
    }
}

/// Turns the master switch.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SetSwitch {
    pub(crate) enable: bool,
    pub(crate) status: bool,
}

impl Call for SetSwitch {
    type Reply = Ignored;
    const METHOD: &'static str = "set";
    const KIND: Kind = Kind::Write;
    const TIMEOUT: Duration = Duration::from_secs(15);

    fn service(&self) -> Cow<'static, str> {
        "NMC.Wifi".into()
    }
}

/// The power-management profile of the Wi-Fi, which can hold it off. Absent on the LB3.
#[derive(Serialize)]
pub(crate) struct GetProfile {
    profiles: [&'static str; 1],
}

/// `{"WiFi":{"Enable":…,"Activate":…}}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProfileReply {
    #[serde(rename = "WiFi")]
    pub(crate) wifi: Part<Profile>,
}

/// `Activate`: the profile follows its weekly schedule (section 4.9).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Profile {
    pub(crate) enable: Flag,
    pub(crate) activate: Flag,
}

impl GetProfile {
    pub(crate) fn new() -> Self {
        Self { profiles: ["WiFi"] }
    }
}

impl Call for GetProfile {
    type Reply = ProfileReply;
    const METHOD: &'static str = "getProfiles";
    const KIND: Kind = Kind::Read;

    fn service(&self) -> Cow<'static, str> {
        "PowerManagement".into()
    }
}

/// Sets the profile's `enable`. `activate` is left out, so that a schedule keeps running; that the box leaves
/// alone what is left out is unverified.
#[derive(Serialize)]
pub(crate) struct SetProfile {
    profiles: [ProfileChange; 1],
}

#[derive(Serialize)]
struct ProfileChange {
    profile: &'static str,
    enable: bool,
}

impl SetProfile {
    pub(crate) fn new(enable: bool) -> Self {
        Self { profiles: [ProfileChange { profile: "WiFi", enable }] }
    }
}

impl Call for SetProfile {
    type Reply = Ignored;
    const METHOD: &'static str = "setProfiles";
    const KIND: Kind = Kind::Write;
    const TIMEOUT: Duration = Duration::from_secs(15);

    fn service(&self) -> Cow<'static, str> {
        "PowerManagement".into()
    }
}

/// The Wi-Fi schedule.
#[derive(Serialize)]
pub(crate) struct GetSchedule {
    r#type: &'static str,
}

/// `{"scheduleInfo":[{"ID":…,"enable":…}]}`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ScheduleReply {
    schedule_info: Rows<Schedule>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Schedule {
    enable: Flag,
}

impl ScheduleReply {
    pub(crate) fn is_active(&self) -> bool {
        self.schedule_info.iter().any(|schedule| schedule.enable.is_true())
    }
}

impl GetSchedule {
    pub(crate) fn new() -> Self {
        Self { r#type: "WLAN" }
    }
}

impl Call for GetSchedule {
    type Reply = ScheduleReply;
    const METHOD: &'static str = "getCompleteSchedules";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Data;

    fn service(&self) -> Cow<'static, str> {
        "Scheduler".into()
    }
}
