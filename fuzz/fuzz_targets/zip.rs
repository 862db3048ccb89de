#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ganymede_fuzz::zip(bytes));
