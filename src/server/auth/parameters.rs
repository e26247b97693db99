//! What a link to `/auth/login` may ask for: read, judged, and turned into a request for the provider.
//!
//! Links come from pages of this site and from anywhere else, Scalekit's mails and portals among them, which
//! may append parameters without saying which (docs "Initiate login endpoint"). Not here: who may ask
//! (`login`), what must never be passed on ([`ExtraParameters`]).

use scalekit::{ExtraParameters, IdpInitiatedLogin, LoginRequest, Prompt, ProviderError};
use url::form_urlencoded;

use crate::error::AppError;

/// Longer hints are not passed on: they would make a URL that proxies refuse.
const MAX_HINT_LENGTH: usize = 320;

/// In bytes, of a list of languages or of assurances.
const MAX_LIST_LENGTH: usize = 200;

/// So many names of unknown parameters are logged.
const MAX_LOGGED_NAMES: usize = 16;

/// The parameters that this application knows. All others are unknown.
const KNOWN: [&str; 15] = [
    "return_to",
    "prompt",
    "login_hint",
    "organization_id",
    "connection_id",
    "provider",
    "domain_hint",
    "max_age",
    "acr_values",
    "ui_locales",
    // A signed token of Scalekit, from the portal of an identity provider.
    "idp_initiated_login",
    // `form`: a form was submitted, not a link followed.
    "by",
    "error",
    "error_description",
    "error_uri",
];

/// What chooses nobody's account or organization: how to sign in, and where to go on.
const CHOOSES_NOTHING: [&str; 6] = ["return_to", "prompt", "max_age", "acr_values", "ui_locales", "by"];

/// What a portal's token says in place of the link.
const OF_PORTAL: [&str; 6] =
    ["idp_initiated_login", "organization_id", "connection_id", "login_hint", "provider", "domain_hint"];

/// Names and values as they came; known ones at most once, none of them empty (RFC 6749, section 3.1).
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query or a posted form.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for two values of a known parameter: two readers could see two different ones.
    pub fn read(text: &[u8]) -> Result<Self, AppError> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(text).into_owned().filter(|(_, value)| !value.is_empty()).collect();
        let is_doubled = |known: &str| pairs.iter().filter(|(name, _)| name == known).count() > 1;
        if KNOWN.iter().any(|known| is_doubled(known)) {
            return Err(AppError::Invalid);
        }
        Ok(Self(pairs))
    }

    /// The value of a known parameter.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Whether they may choose the account or organization of the sign-in. Of unknown ones nobody can tell.
    #[must_use]
    pub fn choose(&self) -> bool {
        self.0.iter().any(|(name, _)| !CHOOSES_NOTHING.contains(&&**name))
    }

    /// All of them, to be posted by a form that asks for the same.
    #[must_use]
    pub fn into_fields(self) -> Vec<(String, String)> {
        self.0
    }

    /// Why Scalekit sends somebody to the initiate-login URL instead of starting a login.
    #[must_use]
    pub fn provider_error(&self) -> Option<ProviderError> {
        self.value("error").map(|code| ProviderError::new(code, self.value("error_description")))
    }

    /// The same link, asking for what a portal's verified token says; without one, for what it says itself.
    /// The token ends sooner than a person may take to answer a question, so it goes no further.
    pub fn settle_portal(&mut self, login: Option<&IdpInitiatedLogin>) {
        let Some(login) = login else {
            self.0.retain(|(name, _)| name != "idp_initiated_login");
            return;
        };
        self.0.retain(|(name, _)| !OF_PORTAL.contains(&&**name));
        let said = [
            ("organization_id", &login.organization_id),
            ("connection_id", &login.connection_id),
            ("login_hint", &login.login_hint),
        ];
        self.0.extend(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
    }

    /// Passes on what is well-formed, but for a sign-in that nobody would see. An unknown `prompt` is
    /// refused: silently starting another login than asked for would confuse more than an error does.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for values that can't be what they should be.
    pub fn request(&self) -> Result<LoginRequest, AppError> {
        let hint = |name| self.text(name, MAX_HINT_LENGTH, |letter| !letter.is_control());
        Ok(LoginRequest {
            prompt: match self.parsed("prompt")? {
                Some(Prompt::None) => return Err(AppError::Invalid),
                prompt => prompt,
            },
            provider: self.parsed("provider")?,
            max_age: self.parsed("max_age")?,
            acr_values: self.text("acr_values", MAX_LIST_LENGTH, |letter| {
                letter.is_ascii_alphanumeric() || " -_.:/".contains(letter)
            })?,
            ui_locales: self.text("ui_locales", MAX_LIST_LENGTH, |letter| {
                letter.is_ascii_alphanumeric() || " -".contains(letter)
            })?,
            login_hint: hint("login_hint")?,
            domain_hint: hint("domain_hint")?,
            organization_id: hint("organization_id")?,
            connection_id: hint("connection_id")?,
            extra: self.extra(),
            ..LoginRequest::default()
        })
    }

    fn text(&self, name: &str, longest: usize, allowed: fn(char) -> bool) -> Result<Option<String>, AppError> {
        match self.value(name).map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) if text.len() <= longest && text.chars().all(allowed) => Ok(Some(text.to_owned())),
            Some(_) => Err(AppError::Invalid),
        }
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, AppError> {
        self.value(name).map(|text| text.trim().parse().map_err(|_| AppError::Invalid)).transpose()
    }

    /// The unknown parameters, as far as they may be passed on. The log names them: Scalekit does not, so
    /// that is how a team learns of them.
    fn extra(&self) -> ExtraParameters {
        let mut extra = ExtraParameters::default();
        let (mut passed_on, mut dropped) = (Vec::new(), Vec::new());
        for (name, value) in self.0.iter().filter(|(name, _)| !KNOWN.contains(&&**name)) {
            let names = if extra.add(name, value) { &mut passed_on } else { &mut dropped };
            if names.len() < MAX_LOGGED_NAMES {
                names.push(logged_name(name));
            }
        }
        if !passed_on.is_empty() || !dropped.is_empty() {
            tracing::info!(?passed_on, ?dropped, "a link to the start of sign-in has unknown parameters");
        }
        extra
    }
}

/// A parameter's name, unless it may be something else that was put into a name's place.
fn logged_name(name: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.len() <= 40 && name.bytes().all(plain) { name } else { "(no plain name)" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_something_else_are_not_logged() {
        assert_eq!(logged_name("invitation_id"), "invitation_id");
        for odd in ["ada@example.com", "a\nb", "caf\u{e9}", &"x".repeat(41)] {
            assert_eq!(logged_name(odd), "(no plain name)", "{odd:?}");
        }
    }
}
