//! The closed lists of the authorization request: prompts and social providers.
//!
//! Not here: what the values do in the URL (`mod.rs`).

use std::str::FromStr;

/// Which page the user is to see (OpenID Connect Core, section 3.1.2.1; docs "Implement login").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Sign in again even if there is a session. Not to be sent routinely.
    Login,
    /// Open the hosted page on sign-up.
    Create,
    /// Choose an organization; with an organization set, go there directly.
    SelectAccount,
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
            Self::None => "none",
        }
    }
}

impl FromStr for Prompt {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Login, Self::Create, Self::SelectAccount, Self::None]
            .into_iter()
            .find(|prompt| prompt.as_str() == text)
            .ok_or(UnknownName)
    }
}

/// A social login provider (docs "Authorization URL").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Google.
    Google,
    /// Microsoft.
    Microsoft,
    /// GitHub.
    Github,
    /// GitLab.
    Gitlab,
    /// LinkedIn.
    Linkedin,
    /// Salesforce.
    Salesforce,
}

impl Provider {
    /// The value on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Linkedin => "linkedin",
            Self::Salesforce => "salesforce",
        }
    }
}

impl FromStr for Provider {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Google, Self::Microsoft, Self::Github, Self::Gitlab, Self::Linkedin, Self::Salesforce]
            .into_iter()
            .find(|provider| provider.as_str() == text)
            .ok_or(UnknownName)
    }
}

/// The text is none of the known names; they are matched exactly, lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the known values")]
pub struct UnknownName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_read_back() {
        for name in ["login", "create", "select_account", "none"] {
            assert_eq!(name.parse::<Prompt>().unwrap().as_str(), name);
        }
        assert_eq!("consent".parse::<Prompt>(), Err(UnknownName));
        assert_eq!("".parse::<Prompt>(), Err(UnknownName));
    }

    #[test]
    fn every_provider_is_read_back() {
        for name in ["google", "microsoft", "github", "gitlab", "linkedin", "salesforce"] {
            assert_eq!(name.parse::<Provider>().unwrap().as_str(), name);
        }
        assert_eq!("Google".parse::<Provider>(), Err(UnknownName));
    }
}
