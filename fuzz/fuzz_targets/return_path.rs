//! libFuzzer's way into the property `return_path`. Not here: the property, which stands in `src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| leptos_scalekit_fuzz::return_path::check(input));
