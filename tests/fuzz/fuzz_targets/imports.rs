//! `fuzz::imports::imports` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::imports::imports(data));
