//! `fuzz::tokens::signed_claims` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::tokens::signed_claims(data));
