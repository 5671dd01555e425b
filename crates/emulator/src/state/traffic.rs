//! Traffic as a smooth function of time that can be integrated exactly: counters, history and rates always agree.

use jiff::Timestamp;

use crate::random::Seed;

/// How often the box refreshes its counters, in seconds.
pub const REFRESH: i64 = 30;

/// Bytes in both directions. For a host `tx` is towards the host (its download), as the box counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Received by the box.
    pub rx: u64,
    /// Sent by the box.
    pub tx: u64,
}

impl Bytes {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { rx: self.rx + other.rx, tx: self.tx + other.tx }
    }

    /// The other point of view.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self { rx: self.tx, tx: self.rx }
    }

    /// A share of it.
    #[must_use]
    pub fn scaled(self, share: f64) -> Self {
        Self { rx: to_u64(to_f64(self.rx) * share), tx: to_u64(to_f64(self.tx) * share) }
    }

    /// As a 32-bit counter shows it, which is what an LB6 has.
    #[must_use]
    pub fn wrapped(self) -> Self {
        Self { rx: self.rx & 0xffff_ffff, tx: self.tx & 0xffff_ffff }
    }
}

/// Mean rates of a host while it is there, in bit/s.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// Towards the host.
    pub down: u32,
    /// From the host.
    pub up: u32,
}

/// Periods in seconds and weights of the waves around the mean. The weights sum to less than 1, so that a rate is
/// never negative.
const WAVES: [(f64, f64); 4] = [(21_600.0, 0.35), (2_820.0, 0.25), (660.0, 0.2), (150.0, 0.15)];

/// Traffic of one host in one direction, ready to be asked about many stretches of time.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    mean_bps: u32,
    phases: [f64; WAVES.len()],
}

impl Flow {
    /// The traffic that a label stands for.
    pub fn new(seed: Seed, label: &str, mean_bps: u32) -> Self {
        let mut index = 0;
        let phases = WAVES.map(|_| {
            let phase = seed.below(&format!("{label}/wave{index}"), 6283);
            index += 1;
            f64::from(u32::try_from(phase).unwrap_or(0)) / 1000.0
        });
        Self { mean_bps, phases }
    }

    /// Bytes between two moments.
    pub fn volume(&self, from: Timestamp, to: Timestamp) -> u64 {
        let (start, end) = (seconds(from), seconds(to));
        if end <= start {
            return 0;
        }
        let mut effective = end - start;
        for ((period, weight), phase) in WAVES.iter().zip(self.phases) {
            let pulse = std::f64::consts::TAU / period;
            effective += weight / pulse * ((pulse * start + phase).cos() - (pulse * end + phase).cos());
        }
        to_u64(f64::from(self.mean_bps) / 8.0 * effective.max(0.0))
    }
}

#[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

#[allow(clippy::cast_precision_loss, reason = "a traffic volume may lose its last byte")]
fn to_f64(value: u64) -> f64 {
    value as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "volumes are positive and small")]
fn to_u64(value: f64) -> u64 {
    value as u64
}
