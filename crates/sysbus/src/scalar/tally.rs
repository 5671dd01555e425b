//! How much of an answer was as expected.
//!
//! Deserialising has no place for a judgement on the whole, so it is kept beside it, per thread, while one answer
//! is decoded.

use std::cell::Cell;

/// What was found in the scalars of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    good: u32,
    odd: u32,
    /// An odd value is an error, so that its path is told.
    strict: bool,
}

impl Tally {
    /// Whether something was there and nothing of it was as expected.
    pub(crate) fn is_hopeless(self) -> bool {
        self.good == 0 && self.odd > 0
    }
}

thread_local! {
    static TALLY: Cell<Tally> = const { Cell::new(Tally { good: 0, odd: 0, strict: false }) };
}

/// Decodes something and tells what was found on the way.
pub(crate) fn of<R>(decode: impl FnOnce() -> R) -> (R, Tally) {
    TALLY.set(Tally::default());
    (decode(), TALLY.take())
}

/// Decodes something, the first odd value being an error.
pub(crate) fn strictly<R>(decode: impl FnOnce() -> R) -> R {
    TALLY.set(Tally { strict: true, ..Tally::default() });
    let decoded = decode();
    TALLY.take();
    decoded
}

/// Counts a value that is as expected.
pub(super) fn good() {
    let tally = TALLY.get();
    TALLY.set(Tally { good: tally.good.saturating_add(1), ..tally });
}

/// Counts one that is not; whether it has to be an error.
pub(super) fn odd() -> bool {
    let tally = TALLY.get();
    TALLY.set(Tally { odd: tally.odd.saturating_add(1), ..tally });
    tally.strict
}
