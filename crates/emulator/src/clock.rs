//! The box's clock: it follows real time, or stands still until a test moves it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use tokio::sync::Notify;

/// A clock shared by everything that depends on time. Cloning gives another handle to the same clock.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: Timestamp,
    /// When real time is followed, the moment that `origin` stands for.
    follows: Option<Instant>,
    added: Mutex<Duration>,
    moved: Notify,
}

impl Clock {
    /// A clock that shows `origin` now and then follows real time.
    pub fn real(origin: Timestamp) -> Self {
        Self::new(origin, Some(Instant::now()))
    }

    /// A clock that shows `origin` until it is advanced.
    pub fn manual(origin: Timestamp) -> Self {
        Self::new(origin, None)
    }

    fn new(origin: Timestamp, follows: Option<Instant>) -> Self {
        Self(Arc::new(Inner { origin, follows, added: Mutex::default(), moved: Notify::new() }))
    }

    /// The present, as the box sees it.
    pub fn now(&self) -> Timestamp {
        let elapsed = self.0.follows.map_or(Duration::ZERO, |start| start.elapsed());
        let added = *self.0.added.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = SignedDuration::try_from(elapsed.saturating_add(added)).unwrap_or(SignedDuration::MAX);
        self.0.origin.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward and wakes whoever waits on it.
    pub fn advance(&self, by: Duration) {
        let mut added = self.0.added.lock().unwrap_or_else(PoisonError::into_inner);
        *added = added.saturating_add(by);
        drop(added);
        self.0.moved.notify_waiters();
    }

    /// Waits until the clock shows `deadline`, by itself or because it was advanced.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        loop {
            let moved = self.0.moved.notified();
            tokio::pin!(moved);
            // Registered before the time is read, so that an advance in between is not missed.
            moved.as_mut().enable();
            let left = self.now().duration_until(deadline);
            if left <= SignedDuration::ZERO {
                return;
            }
            if self.0.follows.is_some() {
                let left = Duration::try_from(left).unwrap_or_default();
                tokio::select! { () = tokio::time::sleep(left) => {}, () = moved => {} }
            } else {
                moved.await;
            }
        }
    }
}

/// French civil time, written as a rule so that no time-zone database is needed.
pub(crate) fn local(at: Timestamp) -> ZonedDateTime {
    let paris = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC);
    at.to_zoned_datetime(paris)
}

/// A date as the data model writes it: ISO 8601, whole seconds, `Z`.
pub(crate) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The date that means "never".
pub const NEVER: &str = "0001-01-01T00:00:00Z";

/// The date that means "for ever".
pub const FOREVER: &str = "9999-12-31T23:59:59Z";

/// `at` plus a number of seconds.
pub(crate) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}
