//! Raw calls, against the emulator.

mod reads;
mod sends;
