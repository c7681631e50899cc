//! `fuzz::messages::older_orders` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::messages::older_orders(data));
