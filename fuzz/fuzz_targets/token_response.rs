//! libFuzzer's way into the property `token_response`. Not here: the property, which stands in `src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| leptos_scalekit_fuzz::token_response::check(input));
