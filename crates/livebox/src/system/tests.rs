//! Behaviour, against the emulator.
