//! Words that came from outside, made fit for a log, and for a page that says that they are somebody else's.
//!
//! Made by [`crate::callback`] and [`crate::tokens`].

use std::fmt;

/// An error description as the provider sent it, cut and cleaned: for logs. Anybody may have written it, so a
/// page shows it only as a quotation.
///
/// Line breaks and control characters are gone, addresses and long opaque words (they may be tokens) are
/// replaced, URLs lose their query, and the whole has at most 300 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderText(String);

impl ProviderText {
    /// Cleans `raw`; `None` when nothing is left.
    #[must_use]
    pub fn clean(raw: &str) -> Option<Self> {
        let mut text = String::new();
        for word in raw.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            let word = clean_word(word);
            if text.chars().count() + word.chars().count() >= MAX_TEXT {
                text.push('…');
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word);
        }
        (!text.is_empty()).then_some(Self(text))
    }

    /// The cleaned text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProviderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// An error code as the provider sent it, reduced to the characters such codes have, at most 64 of them.
pub(crate) fn clean_code(raw: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '?' }
    };
    raw.chars().take(64).map(plain).collect()
}

/// In characters.
const MAX_TEXT: usize = 300;
/// In characters. Scalekit's identifiers have at most 25, its shortest known refresh tokens 40.
const MAX_WORD: usize = 32;
/// In characters; redirect URIs have at most 256.
const MAX_URL: usize = 256;

fn clean_word(word: &str) -> String {
    if word.contains('@') || word.contains("%40") {
        return "[address]".to_owned();
    }
    // A URL is often the very thing to correct (a redirect URI), but its query may hold a code.
    let (word, longest) = match word.split(['?', '#']).next() {
        Some(url) if word.contains("://") => (url, MAX_URL),
        _ => (word, MAX_WORD),
    };
    if word.chars().count() > longest {
        return "[…]".to_owned();
    }
    let visible = |c: char| {
        if c.is_ascii_graphic() || c.is_alphanumeric() { c } else { '?' }
    };
    word.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(raw: &str) -> String {
        ProviderText::clean(raw).map(|text| text.to_string()).unwrap_or_default()
    }

    #[test]
    fn line_breaks_and_terminal_escapes_are_removed() {
        assert_eq!(clean("one\r\ntwo\u{1b}[31m\tthree\u{202e}"), "one two [31m three?");
        assert!(ProviderText::clean(" \n ").is_none());
    }

    #[test]
    fn addresses_tokens_and_url_queries_are_replaced() {
        let token = "a".repeat(40);
        assert_eq!(clean(&format!("user ada@example.com sent {token}")), "user [address] sent […]");
        assert_eq!(
            clean("https://app.example.com/auth/callback?code=x not allowed"),
            "https://app.example.com/auth/callback not allowed"
        );
    }

    #[test]
    fn a_code_keeps_only_the_characters_codes_have() {
        assert_eq!(clean_code("invalid_grant"), "invalid_grant");
        assert_eq!(clean_code("a\nb<c>"), "a?b?c?");
        assert_eq!(clean_code(&"x".repeat(100)).len(), 64);
    }

    proptest! {
        #[test]
        fn cleaned_text_is_one_short_line(raw in "(?s).{0,600}") {
            let text = clean(&raw);
            prop_assert!(text.chars().count() <= MAX_TEXT + 1);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert!(!text.contains('@'));
        }
    }
}
