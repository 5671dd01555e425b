//! Rates from counters that are read again and again.

use std::time::Duration;

use super::{Counters, Missing, WRAP};

/// What the counters said, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) after: Duration,
    pub(super) counters: Counters,
}

/// Received and sent, in bit/s, and over how long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LiveRate {
    pub(super) received_bps: Option<u64>,
    pub(super) sent_bps: Option<u64>,
    pub(super) over: Duration,
    pub(super) missing: Option<Missing>,
}

/// The rate from looks at the counters.
///
/// A box may refresh its counters in steps of many seconds, so that two looks tell nothing: the rate is taken
/// between the first and the last moment at which a counter was seen to move. One that stood still beside one that
/// moves is an honest zero.
pub(super) fn rate(looks: &[Look]) -> LiveRate {
    let received = Moves::of(looks, |counters| counters.rx_bytes);
    let sent = Moves::of(looks, |counters| counters.tx_bytes);
    let (Ok(received), Ok(sent)) = (received, sent) else {
        return LiveRate::none(Missing::CountersRestarted);
    };
    // The busier direction tells how finely the box counts.
    let busier = if received.times >= sent.times { &received } else { &sent };
    let seconds = busier.last.saturating_sub(busier.first);
    if busier.times < 2 || seconds.is_zero() {
        return LiveRate::none(if busier.times == 0 {
            Missing::CountersStoodStill
        } else {
            Missing::CountersMovedOnce
        });
    }
    let (from, to) = (busier.first, busier.last);
    let bps = |select: fn(&Counters) -> u64| per_second(moved_between(looks, select, from, to), seconds);
    LiveRate {
        received_bps: Some(bps(|counters| counters.rx_bytes)),
        sent_bps: Some(bps(|counters| counters.tx_bytes)),
        over: seconds,
        missing: None,
    }
}

impl LiveRate {
    fn none(missing: Missing) -> Self {
        Self { received_bps: None, sent_bps: None, over: Duration::ZERO, missing: Some(missing) }
    }
}

/// When a counter was seen to move.
struct Moves {
    times: usize,
    first: Duration,
    last: Duration,
}

impl Moves {
    fn of(looks: &[Look], select: fn(&Counters) -> u64) -> Result<Self, Restarted> {
        let mut moves = Self { times: 0, first: Duration::ZERO, last: Duration::ZERO };
        for (before, after) in looks.iter().zip(looks.iter().skip(1)) {
            let elapsed = after.after.saturating_sub(before.after);
            if delta(select(&before.counters), select(&after.counters), elapsed)? > 0 {
                if moves.times == 0 {
                    moves.first = after.after;
                }
                moves.last = after.after;
                moves.times += 1;
            }
        }
        Ok(moves)
    }
}

/// The counter went back to 0 without having been full.
struct Restarted;

/// Bytes between two looks. A 32-bit counter that was full goes on at 0; one that holds more than 32 bits, or that
/// would have had to race, was reset.
fn delta(before: u64, after: u64, elapsed: Duration) -> Result<u64, Restarted> {
    // 10 Gbit/s.
    const FASTEST_BYTES_PER_MS: u128 = 1_250_000;
    if after >= before {
        return Ok(after - before);
    }
    if before >= WRAP {
        return Err(Restarted);
    }
    let wrapped = after + WRAP - before;
    // A second more, because nobody knows when exactly the box looked.
    if u128::from(wrapped) > FASTEST_BYTES_PER_MS * (elapsed.as_millis() + 1000) {
        return Err(Restarted);
    }
    Ok(wrapped)
}

/// Bytes from one moment to another, both being looks.
fn moved_between(looks: &[Look], select: fn(&Counters) -> u64, from: Duration, to: Duration) -> u64 {
    let pairs = looks.iter().zip(looks.iter().skip(1));
    let inside = pairs.filter(|(before, after)| before.after >= from && after.after <= to);
    inside
        .filter_map(|(before, after)| {
            let elapsed = after.after.saturating_sub(before.after);
            delta(select(&before.counters), select(&after.counters), elapsed).ok()
        })
        .sum()
}

fn per_second(bytes: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    bytes.saturating_mul(8_000) / millis
}
