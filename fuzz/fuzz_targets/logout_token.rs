//! libFuzzer's way into the property `logout_token`. Not here: the property, which stands in `src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| leptos_scalekit_fuzz::logout_token::check(input));
