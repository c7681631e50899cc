//! `fuzz::values::contacts` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::values::contacts(data));
