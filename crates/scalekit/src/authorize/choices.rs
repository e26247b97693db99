//! Prompts and social providers of the authorization request.
//!
//! Not here: what the values do in the URL (`mod.rs`).

use std::{borrow::Cow, str::FromStr};

/// Which page the user is to see (OpenID Connect Core, section 3.1.2.1; docs "Implement login").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Sign in again even if there is a session. Not to be sent routinely.
    Login,
    /// Open the hosted page on sign-up.
    Create,
    /// Choose an organization; with an organization set, go there directly.
    SelectAccount,
    /// Ask for consent again.
    Consent,
    /// Show nothing; without a usable session the callback gets `login_required`.
    None,
}

impl Prompt {
    /// The value on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Create => "create",
            Self::SelectAccount => "select_account",
            Self::Consent => "consent",
            Self::None => "none",
        }
    }
}

impl FromStr for Prompt {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Login, Self::Create, Self::SelectAccount, Self::Consent, Self::None]
            .into_iter()
            .find(|prompt| prompt.as_str() == text)
            .ok_or(UnknownName)
    }
}

/// A social login provider (docs "Authorization URL").
///
/// Open: Scalekit adds providers, and an environment has its own. Any name that looks like one is read;
/// whether the environment has it, Scalekit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider(Cow<'static, str>);

impl Provider {
    /// Google.
    pub const GOOGLE: Self = Self(Cow::Borrowed("google"));
    /// Microsoft.
    pub const MICROSOFT: Self = Self(Cow::Borrowed("microsoft"));
    /// GitHub.
    pub const GITHUB: Self = Self(Cow::Borrowed("github"));
    /// GitLab.
    pub const GITLAB: Self = Self(Cow::Borrowed("gitlab"));
    /// LinkedIn.
    pub const LINKEDIN: Self = Self(Cow::Borrowed("linkedin"));
    /// Salesforce.
    pub const SALESFORCE: Self = Self(Cow::Borrowed("salesforce"));

    /// The value on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// In bytes; real names have about ten.
const MAX_PROVIDER: usize = 64;

impl FromStr for Provider {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        let is_name = (1..=MAX_PROVIDER).contains(&text.len()) && text.bytes().all(plain);
        is_name.then(|| Self(Cow::Owned(text.to_owned()))).ok_or(UnknownName)
    }
}

/// The text is no name of this kind; they are matched exactly, lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a value of this kind")]
pub struct UnknownName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_read_back() {
        for name in ["login", "create", "select_account", "consent", "none"] {
            assert_eq!(name.parse::<Prompt>().unwrap().as_str(), name);
        }
        assert_eq!("nonsense".parse::<Prompt>(), Err(UnknownName));
        assert_eq!("".parse::<Prompt>(), Err(UnknownName));
    }

    #[test]
    fn every_provider_is_read_back_also_one_that_is_new() {
        for name in ["google", "microsoft", "github", "gitlab", "linkedin", "salesforce", "brand_new-idp2"] {
            assert_eq!(name.parse::<Provider>().unwrap().as_str(), name);
        }
        assert_eq!("google".parse(), Ok(Provider::GOOGLE));
        for odd in ["Google", "", "my space", "a&b", "a\nb", "\u{e9}", &"x".repeat(65)] {
            assert_eq!(odd.parse::<Provider>(), Err(UnknownName), "{odd:?}");
        }
    }
}
