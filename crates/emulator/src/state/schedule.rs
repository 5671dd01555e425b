//! Weekly plans: Internet access per host (`ToD`), Wi-Fi (`WLAN`).

/// A weekly plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// `ToD`, `WLAN`, `RWLAN`, `POWER`.
    pub kind: String,
    /// A MAC address for `ToD`, an interface or profile otherwise.
    pub id: String,
    /// Free text.
    pub name: String,
    /// `Weekly`, in practice always.
    pub base: String,
    /// State outside the entries: `Enable` or `Disable`.
    pub default: String,
    /// The plan is followed.
    pub enable: bool,
    /// Forced state, or empty.
    pub override_state: String,
    /// Entries of the week.
    pub entries: Vec<Entry>,
}

/// A stretch of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Seconds since Monday 00:00, local time.
    pub begin: i64,
    /// Seconds since Monday 00:00, local time.
    pub end: i64,
    /// `Enable` or `Disable`.
    pub state: String,
}

impl Schedule {
    /// The state at a second of the week.
    pub fn value_at(&self, second_of_week: i64) -> &str {
        if !self.override_state.trim().is_empty() {
            return self.override_state.trim();
        }
        let entry = self.entries.iter().find(|entry| (entry.begin..entry.end).contains(&second_of_week));
        match entry {
            Some(entry) if self.enable => &entry.state,
            _ => &self.default,
        }
    }
}

/// Seconds since Monday 00:00, French time.
pub fn second_of_week(now: jiff::Timestamp) -> i64 {
    let local = crate::clock::local(now);
    let day = i64::from(local.weekday().to_monday_zero_offset());
    day * 86_400
        + i64::from(local.hour()) * 3_600
        + i64::from(local.minute()) * 60
        + i64::from(local.second())
}
