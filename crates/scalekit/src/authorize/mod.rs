//! The first step of a sign-in: the URL the browser is sent to.
//!
//! Not here: sending the browser, keeping the attempt in a cookie. Pure, except [`LoginSecrets::generate`],
//! which asks the system for randomness. Called by the application's login route.

mod choices;
mod extra;
mod pending;

use std::fmt;

use url::Url;

pub use choices::{Prompt, Provider, UnknownName};
pub use extra::ExtraParameters;
pub use pending::{LoginSecrets, PendingLogin, RandomnessError};

use crate::config::Config;

/// What to ask Scalekit's hosted page for (`GET /oauth/authorize`; docs "Authorization URL").
///
/// With nothing set: reuse the Scalekit session if there is one, otherwise show the login page. If several
/// selectors are set, Scalekit prefers `provider`, then `connection_id`, `organization_id`, `domain_hint`,
/// `login_hint`. Empty values are left out of the URL.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginRequest {
    /// Which page to show, if any.
    pub prompt: Option<Prompt>,
    /// The user's e-mail address: fills the form, and chooses the organization's own login by its domain.
    pub login_hint: Option<String>,
    /// An organization's domain, matched exactly. Sent as `domain_hint` and as `domain`: the official SDKs
    /// differ.
    pub domain_hint: Option<String>,
    /// An organization. Switches a signed-in user only together with [`Prompt::SelectAccount`].
    pub organization_id: Option<String>,
    /// One SSO or social connection; an unknown one is an error, not ignored.
    pub connection_id: Option<String>,
    /// Straight to a social provider.
    pub provider: Option<Provider>,
    /// How many seconds the last sign-in may be old. A wish: Scalekit documents no `auth_time` by which it
    /// could be checked.
    pub max_age: Option<u32>,
    /// Which assurance the sign-in should have, separated by spaces, best first. A wish too: the ID token's
    /// `amr` says how it was.
    pub acr_values: Option<String>,
    /// Language tags for the hosted pages, separated by spaces, best first.
    pub ui_locales: Option<String>,
    /// What Scalekit appended to the initiate-login URL.
    pub extra: ExtraParameters,
    /// What is asked for; by default `openid profile email offline_access`. `openid` is sent even if missing
    /// here, because a sign-in without an ID token is refused. Without `offline_access` there is no refresh
    /// token.
    pub scopes: Vec<String>,
}

impl Default for LoginRequest {
    fn default() -> Self {
        Self {
            prompt: None,
            login_hint: None,
            domain_hint: None,
            organization_id: None,
            connection_id: None,
            provider: None,
            max_age: None,
            acr_values: None,
            ui_locales: None,
            extra: ExtraParameters::default(),
            scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec(),
        }
    }
}

impl LoginRequest {
    /// The URL to send the browser to, and what has to be kept until the browser is back.
    ///
    /// `redirect_uri` must be registered as a callback URL, character by character. PKCE with S256 (RFC 7636)
    /// is always used, `state` and `nonce` are always sent.
    #[must_use]
    pub fn begin(&self, config: &Config, redirect_uri: &Url, secrets: LoginSecrets) -> (Url, PendingLogin) {
        let pending = PendingLogin::new(secrets, redirect_uri);
        let scope = self.scope();
        let challenge = pending.code_challenge();
        let domain_hint = self.domain_hint.as_deref();
        let max_age = self.max_age.map(|seconds| seconds.to_string());
        let parameters = [
            ("response_type", Some("code")),
            ("client_id", Some(config.client_id())),
            ("redirect_uri", Some(pending.redirect_uri())),
            ("scope", Some(&*scope)),
            ("state", Some(pending.state())),
            ("nonce", Some(pending.nonce())),
            ("code_challenge", Some(&*challenge)),
            ("code_challenge_method", Some("S256")),
            ("prompt", self.prompt.map(Prompt::as_str)),
            ("login_hint", self.login_hint.as_deref()),
            ("domain_hint", domain_hint),
            ("domain", domain_hint),
            ("organization_id", self.organization_id.as_deref()),
            ("connection_id", self.connection_id.as_deref()),
            ("provider", self.provider.as_ref().map(Provider::as_str)),
            ("max_age", max_age.as_deref()),
            ("acr_values", self.acr_values.as_deref()),
            ("ui_locales", self.ui_locales.as_deref()),
        ];
        let extra = self.extra.iter().map(|(name, value)| (name, Some(value)));

        let mut url = config.endpoint("/oauth/authorize");
        let parameters = parameters.into_iter().chain(extra);
        let present = parameters.filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
        url.query_pairs_mut().extend_pairs(present);
        (url, pending)
    }

    fn scope(&self) -> String {
        let asked = self.scopes.iter().flat_map(|scope| scope.split_ascii_whitespace());
        let missing = (!asked.clone().any(|scope| scope == "openid")).then_some("openid");
        missing.into_iter().chain(asked).collect::<Vec<_>>().join(" ")
    }
}

/// Hides the login hint: it is somebody's e-mail address.
impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("prompt", &self.prompt)
            .field("login_hint", &self.login_hint.as_ref().map(|_| "[hidden]"))
            .field("domain_hint", &self.domain_hint)
            .field("organization_id", &self.organization_id)
            .field("connection_id", &self.connection_id)
            .field("provider", &self.provider)
            .field("max_age", &self.max_age)
            .field("acr_values", &self.acr_values)
            .field("ui_locales", &self.ui_locales)
            .field("extra", &self.extra)
            .field("scopes", &self.scopes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::config;

    fn begin(request: &LoginRequest) -> (BTreeMap<String, String>, PendingLogin) {
        let redirect_uri = Url::parse("https://app.example.com/auth/callback").unwrap();
        let (url, pending) = request.begin(&config(), &redirect_uri, LoginSecrets::generate().unwrap());
        assert!(url.as_str().starts_with("https://acme.scalekit.dev/oauth/authorize?"));
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
        assert_eq!(map.len(), pairs.len(), "no parameter is sent twice");
        (map, pending)
    }

    #[test]
    fn a_plain_login_sends_exactly_the_mandatory_parameters() {
        let (sent, pending) = begin(&LoginRequest::default());
        let names: Vec<_> = sent.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "client_id",
                "code_challenge",
                "code_challenge_method",
                "nonce",
                "redirect_uri",
                "response_type",
                "scope",
                "state"
            ]
        );
        assert_eq!(sent["scope"], "openid profile email offline_access");
        assert_eq!(sent["code_challenge_method"], "S256");
        assert_eq!(sent["state"], pending.state());
        assert_eq!(sent["redirect_uri"], "https://app.example.com/auth/callback");
    }

    #[test]
    fn the_domain_hint_is_sent_under_both_names() {
        let (sent, _) = begin(&LoginRequest { domain_hint: Some("acme.com".to_owned()), ..LoginRequest::default() });
        assert_eq!(sent["domain_hint"], "acme.com");
        assert_eq!(sent["domain"], "acme.com");
    }

    #[test]
    fn empty_values_are_left_out() {
        let empty = Some(String::new());
        let request = LoginRequest {
            login_hint: empty.clone(),
            domain_hint: empty.clone(),
            organization_id: empty.clone(),
            connection_id: empty.clone(),
            acr_values: empty.clone(),
            ui_locales: empty,
            ..LoginRequest::default()
        };
        assert_eq!(begin(&request).0.len(), 8);
    }

    #[test]
    fn wishes_and_what_scalekit_appended_are_sent_and_can_not_change_what_is_ours() {
        let mut request = LoginRequest {
            max_age: Some(600),
            acr_values: Some("urn:mfa level:2".to_owned()),
            ui_locales: Some("de-CH fr".to_owned()),
            ..LoginRequest::default()
        };
        assert!(request.extra.add("invitation", "a b&c") && !request.extra.add("state", "planted"));
        let (sent, pending) = begin(&request);
        assert_eq!(
            (&*sent["max_age"], &*sent["acr_values"], &*sent["ui_locales"]),
            ("600", "urn:mfa level:2", "de-CH fr")
        );
        assert_eq!((&*sent["invitation"], &*sent["state"]), ("a b&c", pending.state()));
    }

    #[test]
    fn openid_is_always_asked_for() {
        let scopes = vec!["profile".to_owned(), String::new(), "a b".to_owned()];
        let (sent, _) = begin(&LoginRequest { scopes, ..LoginRequest::default() });
        assert_eq!(sent["scope"], "openid profile a b");
    }

    #[test]
    fn two_attempts_share_no_secret() {
        let (first, second) = (begin(&LoginRequest::default()).0, begin(&LoginRequest::default()).0);
        for name in ["state", "nonce", "code_challenge"] {
            assert_ne!(first[name], second[name]);
            assert_eq!(first[name].len(), 43, "256 bits in base64url");
        }
        assert_ne!(first["state"], first["nonce"]);
    }

    #[test]
    fn debug_hides_the_login_hint() {
        let request = LoginRequest { login_hint: Some("ada@example.com".to_owned()), ..LoginRequest::default() };
        assert!(!format!("{request:?}").contains("ada"));
    }

    proptest! {
        #[test]
        fn any_value_survives_the_way_into_the_url(hint in ".{1,40}", organization in ".{1,40}", connection in ".{1,40}") {
            let request = LoginRequest {
                prompt: Some(Prompt::SelectAccount),
                login_hint: Some(hint.clone()),
                organization_id: Some(organization.clone()),
                connection_id: Some(connection.clone()),
                provider: Some(Provider::GOOGLE),
                ..LoginRequest::default()
            };
            let (sent, _) = begin(&request);
            prop_assert_eq!(&sent["login_hint"], &hint);
            prop_assert_eq!(&sent["organization_id"], &organization);
            prop_assert_eq!(&sent["connection_id"], &connection);
            prop_assert_eq!(&sent["prompt"], "select_account");
            prop_assert_eq!(&sent["provider"], "google");
        }
    }
}
