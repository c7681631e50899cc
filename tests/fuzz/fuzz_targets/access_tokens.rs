//! `fuzz::tokens::access_tokens` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::tokens::access_tokens(data));
