//! Diagnostics that the box runs on itself, one at a time, and the last measured speed.

use jiff::Timestamp;

use crate::clock::after;
use crate::random::Seed;

/// Diagnostics.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    /// The one that runs, or ran last.
    pub current: Option<Run>,
    /// The last measured speed.
    pub speed: Option<Speed>,
    /// What the user answered last.
    pub answer: String,
}

/// A run of a diagnostic.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which one.
    pub id: &'static str,
    /// Beginning.
    pub started: Timestamp,
    /// End, foreseen while it runs.
    pub ends: Timestamp,
    /// It measures the speed.
    pub measures: bool,
    /// It was stopped before its end, at this time.
    pub cancelled: Option<Timestamp>,
}

/// A measured speed.
#[derive(Debug, Clone)]
pub struct Speed {
    /// From the Internet, kbit/s.
    pub down_kbps: i64,
    /// To the Internet, kbit/s.
    pub up_kbps: i64,
    /// Milliseconds.
    pub latency: i64,
    /// Beginning; the download comes first and takes as long as the upload.
    pub started: Timestamp,
}

/// Seconds that stopping takes.
const STOPPING: i64 = 3;

/// Seconds of each direction of a speed test.
pub const DIRECTION: i64 = 10;

impl Run {
    /// As the data model calls its state.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.cancelled {
            Some(at) if now < after(at, STOPPING) => "Cancel",
            None if now < self.ends => "Requested",
            _ => "Complete",
        }
    }
}

impl Diagnostics {
    /// As they are after a boot, at which the box looks at its connection by itself.
    pub fn after_boot(booted_at: Timestamp) -> Self {
        let started = after(booted_at, 90);
        let ends = after(started, 12);
        let run = Run { id: "internetService", started, ends, measures: false, cancelled: None };
        Self { current: Some(run), ..Self::default() }
    }

    /// Writes down the result of a run that is over. To be called before anything is read at a later moment.
    pub fn settle(&mut self, seed: Seed, now: Timestamp, online: bool) {
        let Some(run) = &mut self.current else { return };
        if !run.measures || run.state(now) != "Complete" {
            return;
        }
        run.measures = false;
        if online && run.cancelled.is_none() {
            let label = format!("speed/{}", run.started);
            self.speed = Some(Speed {
                down_kbps: seed.between(&format!("{label}/down"), 905_000, 946_000),
                up_kbps: seed.between(&format!("{label}/up"), 640_000, 705_000),
                latency: seed.between(&format!("{label}/latency"), 3, 9),
                started: after(run.started, 2),
            });
        }
    }
}
