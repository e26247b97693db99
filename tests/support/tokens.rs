//! Whether a text holds a token.

/// Whether a word of the text looks like a JSON Web Token, or a part of one. Names of requests are random and
/// short, and may begin like one.
pub(crate) fn holds_a_token(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    words.any(|word| word.starts_with("eyJ") && word.len() > 30)
}
