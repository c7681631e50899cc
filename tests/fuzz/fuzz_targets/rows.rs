//! `fuzz::messages::rows` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::messages::rows(data));
