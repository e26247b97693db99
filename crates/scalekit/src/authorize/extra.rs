//! Parameters that Scalekit hands to the application and wants back in the authorization request, without
//! saying what they are called (docs "Initiate login endpoint": "forward these parameters to Scalekit's
//! authorization endpoint").
//!
//! Not here: the parameters that have a name of their own ([`LoginRequest`](super::LoginRequest)).

use std::fmt;

/// Further parameters of an authorization request: few, short, and none that decides about the protocol, so
/// that they may come from an address that a stranger wrote.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExtraParameters(Vec<(String, String)>);

const MAX_COUNT: usize = 8;
/// In bytes.
const MAX_NAME: usize = 40;
/// In bytes, of all values together: the URL has to pass proxies.
const MAX_VALUES: usize = 2048;

/// What this crate sets, or what another value of would change who answers, how and to whom: the parameters
/// of OAuth 2.0 and OpenID Connect as IANA registers them, and Scalekit's own. Any `code_challenge…` as well.
const NEVER: &[&str] = &[
    "acr_values",
    "audience",
    "authorization_details",
    "claims",
    "claims_locales",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "connection_id",
    "display",
    "domain",
    "domain_hint",
    "dpop_jkt",
    "error",
    "error_description",
    "error_uri",
    "grant_type",
    "id_token_hint",
    "idp_initiated_login",
    "iss",
    "login_hint",
    "max_age",
    "nonce",
    "organization_id",
    "prompt",
    "provider",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "target_link_uri",
    "ui_locales",
];

impl ExtraParameters {
    /// Adds a parameter; `false` if it is none that may be passed on, or there is no room left.
    ///
    /// Names are letters, digits, `-` and `_`, compared whatever their case and without `-` and `_`, as
    /// lenient servers read them (`redirectUri`); dots and brackets would reach into what such a server
    /// decodes.
    #[must_use]
    pub fn add(&mut self, name: &str, value: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let bare_name = bare(name);
        let length: usize = self.0.iter().map(|(_, value)| value.len()).sum();
        let is_allowed = (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(plain)
            && !bare_name.is_empty()
            && !NEVER.iter().any(|never| bare(never) == bare_name)
            && !bare_name.starts_with("codechallenge")
            && !self.0.iter().any(|(known, _)| bare(known) == bare_name)
            && !value.is_empty()
            && !value.chars().any(char::is_control)
            && length + value.len() <= MAX_VALUES
            && self.0.len() < MAX_COUNT;
        if is_allowed {
            self.0.push((name.to_owned(), value.to_owned()));
        }
        is_allowed
    }

    /// Names and values, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// A name as lenient servers compare it.
fn bare(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '-' | '_')).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The names only: values may be about a person.
impl fmt::Debug for ExtraParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(pairs: &[(&str, &str)]) -> ExtraParameters {
        let mut extra = ExtraParameters::default();
        for (name, value) in pairs {
            let _ = extra.add(name, value);
        }
        extra
    }

    #[test]
    fn what_the_protocol_decides_by_is_never_added() {
        assert!(NEVER.is_sorted(), "so that people find their way");
        for name in NEVER.iter().chain(&["code_challenge", "code_challenge_method", "code_challenge_x"]) {
            for name in [(*name).to_owned(), name.to_uppercase(), name.replace('_', "-"), name.replace('_', "")] {
                assert!(!ExtraParameters::default().add(&name, "x"), "{name}");
            }
        }
        for name in
            ["redirectUri", "responseMode", "clientId", "codeChallengeMethod", "connection-Id", "__state", "PROMPT-"]
        {
            assert!(!ExtraParameters::default().add(name, "x"), "{name}");
        }
        for name in ["", "scope.0", "state[]", "a b", "a&b", "a=b", "\u{e9}", &"x".repeat(41)] {
            assert!(!ExtraParameters::default().add(name, "x"), "{name}");
        }
    }

    #[test]
    fn they_are_few_short_and_each_there_once() {
        let again = ["Invitation_Id", "invitationId", "invitation-id"].map(|name| (name, "two"));
        let mut extra =
            added(&[("invitation_id", "one"), ("empty", ""), ("control", "\u{7}"), again[0], again[1], again[2]]);
        assert_eq!(extra.iter().collect::<Vec<_>>(), [("invitation_id", "one")]);
        assert!(!extra.add("long", &"x".repeat(2046)) && extra.add("just", &"x".repeat(2045)));
        let many: Vec<String> = (0..20).map(|number| format!("p{number}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|name| (&**name, "1")).collect();
        assert_eq!(added(&many).iter().count(), MAX_COUNT);
    }

    #[test]
    fn debug_shows_names_only() {
        assert_eq!(format!("{:?}", added(&[("invitation", "ada@example.com")])), "[\"invitation\"]");
    }
}
