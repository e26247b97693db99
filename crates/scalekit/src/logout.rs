//! The last step: the URL that ends the user's session at Scalekit (docs "Implement logout"). Pure.
//!
//! Not here: ending the application's own session, which comes first. Called by the application's sign-out;
//! the URL is for the browser (a top-level redirect), because Scalekit knows its session by a cookie of its
//! own.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::Config;

/// A request to end the Scalekit session (OpenID Connect RP-Initiated Logout 1.0, section 2).
#[derive(Clone, Debug)]
pub struct LogoutRequest {
    /// The ID token kept since sign-in; may have expired. Without it Scalekit may ask the user for
    /// confirmation.
    pub id_token_hint: Option<SecretString>,
    /// Where the browser goes afterwards: absolute, and registered as a post-logout URL.
    pub post_logout_redirect_uri: Url,
    /// Echoed back to that URL.
    pub state: Option<String>,
}

impl LogoutRequest {
    /// The end-session URL. It holds the ID token: redirect to it, don't log it, don't keep it.
    #[must_use]
    pub fn url(&self, config: &Config) -> Url {
        let parameters = [
            ("id_token_hint", self.id_token_hint.as_ref().map(ExposeSecret::expose_secret)),
            ("post_logout_redirect_uri", Some(self.post_logout_redirect_uri.as_str())),
            ("state", self.state.as_deref()),
        ];
        let mut url = config.endpoint("/oidc/logout");
        let present = parameters.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
        url.query_pairs_mut().extend_pairs(present);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::config;

    fn url(hint: Option<&str>, state: Option<&str>) -> String {
        LogoutRequest {
            id_token_hint: hint.map(SecretString::from),
            post_logout_redirect_uri: Url::parse("https://app.example.com/logged-out").unwrap(),
            state: state.map(str::to_owned),
        }
        .url(&config())
        .into()
    }

    #[test]
    fn the_url_names_token_destination_and_state() {
        assert_eq!(
            url(Some("a.b.c"), Some("x y")),
            "https://acme.scalekit.dev/oidc/logout?id_token_hint=a.b.c\
             &post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Flogged-out&state=x+y"
        );
    }

    #[test]
    fn absent_and_empty_values_are_left_out() {
        let plain =
            "https://acme.scalekit.dev/oidc/logout?post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Flogged-out";
        assert_eq!(url(None, None), plain);
        assert_eq!(url(Some(""), Some("")), plain);
    }
}
