//! No body of an answer may panic, and what a repair yields must be good JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| sysbus::fuzzing::envelope(body));
