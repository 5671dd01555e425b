//! Energy profiles and the weekly plan of Wi-Fi.

use jiff::Timestamp;

use super::schedule::second_of_week;

/// Energy profiles beyond that of Wi-Fi as a whole, which is part of [`super::wifi::Wifi`].
#[derive(Debug, Clone, Default)]
pub struct Power {
    /// Weekly plan of the profile `WiFi`: seconds since Monday 00:00, and whether Wi-Fi is on from then.
    pub wifi_plan: Vec<(i64, bool)>,
    /// Profiles that act on a trigger (`WiFi5G`, `WiFi6G`, …) and were activated.
    pub triggered: Vec<String>,
}

impl Power {
    /// Whether the plan wants Wi-Fi on; without a plan it does.
    pub fn wants_wifi(&self, now: Timestamp) -> bool {
        let second = second_of_week(now);
        let latest = |limit: i64| {
            self.wifi_plan.iter().filter(|(at, _)| *at <= limit).max_by_key(|(at, _)| *at).map(|(_, on)| *on)
        };
        // Before the first entry of the week the last one of the week before still holds.
        latest(second).or_else(|| latest(i64::MAX)).unwrap_or(true)
    }
}

impl super::State {
    /// Whether Wi-Fi follows a weekly plan.
    pub fn follows_wifi_plan(&self) -> bool {
        self.wifi.profile.activate || self.wifi_schedules().any(|schedule| schedule.enable)
    }

    fn wifi_schedules(&self) -> impl Iterator<Item = &super::schedule::Schedule> {
        self.schedules.iter().filter(|schedule| schedule.kind == "WLAN")
    }

    /// Whether a plan keeps Wi-Fi off at this moment.
    pub(crate) fn plan_forbids_wifi(&self, now: Timestamp) -> bool {
        let by_profile = self.wifi.profile.activate && !self.power.wants_wifi(now);
        let second = second_of_week(now);
        let mut schedules = self.wifi_schedules();
        by_profile || schedules.any(|schedule| schedule.enable && schedule.value_at(second) == "Disable")
    }
}
