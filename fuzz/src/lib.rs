//! What must hold for any bytes that others send: one property a module, each a function `check(input)` that
//! panics when it is broken. The fuzzer calls them with whatever it finds, `tests/fuzz_seeds.rs` with every
//! file of `seeds/`.
//!
//! A property says what being accepted proves, by means of its own: another parser, another computation of a
//! signature. Not here: examples of right behaviour; those are the tests beside the code.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a panic is how a property says that it is broken")]

pub mod callback_query;
pub mod cookie_header;
pub mod discovery;
mod edits;
pub mod jwt;
pub mod key_set;
pub mod logout_token;
pub mod return_path;
pub mod settings;
mod signer;
pub mod stored_record;
pub mod token_response;
pub mod webhook;

/// A property by its name, which is also that of its target and of its folder in `seeds/`.
pub type Property = (&'static str, fn(&[u8]));

/// Every property.
pub const ALL: &[Property] = &[
    ("cookie_header", cookie_header::check),
    ("return_path", return_path::check),
    ("callback_query", callback_query::check),
    ("token_response", token_response::check),
    ("jwt", jwt::check),
    ("key_set", key_set::check),
    ("discovery", discovery::check),
    ("logout_token", logout_token::check),
    ("webhook", webhook::check),
    ("stored_record", stored_record::check),
    ("settings", settings::check),
];
