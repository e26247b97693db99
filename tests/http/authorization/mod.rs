//! Who may see and do what: everybody at every route, other spellings of paths, other people's sessions, and
//! what is sent before it is decided. `guard.rs` holds what the guard answers in detail.

mod decisions;
mod documents;
mod first_bytes;
mod guard;
mod matrix;
mod ownership;
mod path_tricks;
mod table;

use leptos_scalekit::access::{Access, PAGES};

use crate::support::tokens::holds_a_token;

/// Paths of the pages that not everybody may see.
fn protected_pages() -> impl Iterator<Item = &'static str> {
    PAGES.iter().filter(|page| page.access != Access::Public).map(|page| page.path)
}

/// What only a signed-in person's pages hold: names of the seeded people, and what the protected pages are
/// about.
const PROTECTED_CONTENT: &[&str] =
    &["Lovelace", "Babbage", "Turing", "@analytical.example", "usr_1038", "org_1038", "ses_1"];

fn assert_shows_nothing(text: &str, what: &str) {
    for content in PROTECTED_CONTENT {
        assert!(!text.contains(content), "{what} shows {content}: {text}");
    }
    assert!(!holds_a_token(text), "{what} shows a token: {text}");
}
