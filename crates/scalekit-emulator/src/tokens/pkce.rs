//! PKCE (RFC 7636), `S256` only.
//!
//! What for: a stolen code is useless without the verifier that stayed with the app.
//! Not here: when it is required (`endpoints::authorize`, `world::grants`).
//! Called by: authorize (the challenge's form), `world::grants` (the verifier).

use aws_lc_rs::{constant_time, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Whether this is what `S256` makes of a verifier: 43 characters of base64url (RFC 7636 section 4.2).
pub(crate) fn is_challenge(challenge: &str) -> bool {
    challenge.len() == 43 && URL_SAFE_NO_PAD.decode(challenge).is_ok()
}

/// Whether the challenge was made from this verifier. A verifier has 43 to 128 unreserved characters (section
/// 4.1).
pub(crate) fn matches(verifier: &str, challenge: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return false;
    }
    let made = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
    constant_time::verify_slices_are_equal(made.as_bytes(), challenge.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_pair_of_the_rfc_matches_and_another_verifier_does_not() {
        assert!(is_challenge(CHALLENGE));
        assert!(matches(VERIFIER, CHALLENGE));
        assert!(!matches(&VERIFIER.replace('d', "e"), CHALLENGE));
        assert!(!matches("", CHALLENGE));
    }

    #[test]
    fn plain_and_short_values_are_no_challenge_and_no_verifier() {
        assert!(!is_challenge(&CHALLENGE[..42]));
        assert!(!is_challenge("this-is-not-base64url!this-is-not-base64url"));
        let short = "too-short";
        let hashed = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, short.as_bytes()));
        assert!(!matches(short, &hashed));
        assert!(!matches(CHALLENGE, CHALLENGE));
    }
}
