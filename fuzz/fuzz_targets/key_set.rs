//! libFuzzer's way into the property `key_set`. Not here: the property, which stands in `src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| leptos_scalekit_fuzz::key_set::check(input));
