//! No `Set-Cookie` line may panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|lines: &[u8]| sysbus::fuzzing::set_cookie(lines));
