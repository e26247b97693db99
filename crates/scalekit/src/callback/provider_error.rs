//! Scalekit's error codes on the callback, grouped by what a user can do about them.
//!
//! Not here: the words shown to the user; those are the application's.

use std::fmt;

use crate::provider_text::{ProviderText, clean_code};

/// Scalekit's own report that a login did not succeed (RFC 6749, section 4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderError {
    /// The group the code belongs to.
    pub code: ProviderErrorCode,
    /// The code as sent, at most 64 characters: for logs.
    pub original: String,
    /// The description as sent, cleaned: for logs, and for a page only as somebody else's words.
    pub description: Option<ProviderText>,
}

/// What an error code means for the user (docs "Error handling during single sign-on").
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderErrorCode {
    /// The user cancelled, or a rule of the environment said no.
    AccessDenied,
    /// There is no usable session and no page was allowed (`prompt=none`), or the login was left unfinished:
    /// begin one with a page.
    LoginRequired,
    /// Scalekit failed; trying again may help.
    ServerError,
    /// Scalekit is busy; trying again later helps.
    TemporarilyUnavailable,
    /// The organization, connection or domain that was asked for does not exist or is not active.
    OrganizationOrConnection,
    /// This user may not sign in.
    NotAllowed,
    /// The application, or the organization's identity provider, is set up wrongly: somebody has to correct
    /// it.
    Configuration,
    /// A code this crate does not know, at most 64 characters.
    Other(String),
}

impl ProviderError {
    /// Reads code and description, wherever Scalekit sent them: the initiate-login URL gets them too (docs
    /// "IdP-initiated SSO").
    #[must_use]
    pub fn new(code: &str, description: Option<&str>) -> Self {
        let original = clean_code(code);
        Self {
            code: ProviderErrorCode::group(&original),
            description: description.and_then(ProviderText::clean),
            original,
        }
    }
}

/// The cleaned code only; the description is for logs.
impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.original)
    }
}

impl ProviderErrorCode {
    fn group(code: &str) -> Self {
        match code {
            "access_denied" => Self::AccessDenied,
            "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required"
            | "user_login_required"
            | "authentication_not_completed" => Self::LoginRequired,
            "server_error" => Self::ServerError,
            "temporarily_unavailable" => Self::TemporarilyUnavailable,
            "invalid_connection_selector"
            | "no_active_connections"
            | "connection_not_active"
            | "no_configured_connections"
            | "invalid_organization_id"
            | "invalid_connection_id"
            | "domain_not_found"
            | "invalid_user_domain" => Self::OrganizationOrConnection,
            "unauthorized" | "user_not_active" => Self::NotAllowed,
            "invalid_request"
            | "invalid_redirect_uri"
            | "invalid_client"
            | "application_not_active"
            | "unauthorized_client"
            | "unsupported_response_type"
            | "invalid_scope"
            | "mandatory_attribute_missing"
            | "invalid_id_token"
            | "failed_to_exchange_token"
            | "user_info_retrieve_failed"
            | "invalid_saml_metadata"
            | "invalid_saml_response"
            | "invalid_saml_request"
            | "invalid_saml_form_params"
            | "signature_validation_failed"
            | "invalid_acs_url"
            | "invalid_assertion_url"
            | "invalid_status"
            | "malformed_saml_response"
            | "assertion_expired"
            | "response_expired" => Self::Configuration,
            other => Self::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_grouped_by_what_helps() {
        for (code, group) in [
            ("access_denied", ProviderErrorCode::AccessDenied),
            ("login_required", ProviderErrorCode::LoginRequired),
            ("server_error", ProviderErrorCode::ServerError),
            ("temporarily_unavailable", ProviderErrorCode::TemporarilyUnavailable),
            ("invalid_organization_id", ProviderErrorCode::OrganizationOrConnection),
            ("user_not_active", ProviderErrorCode::NotAllowed),
            ("invalid_saml_response", ProviderErrorCode::Configuration),
            ("brand_new", ProviderErrorCode::Other("brand_new".to_owned())),
        ] {
            assert_eq!(ProviderError::new(code, None).code, group);
        }
    }

    #[test]
    fn the_description_is_kept_for_logs_and_never_displayed() {
        let error = ProviderError::new("access_denied", Some("ada@example.com\r\nsaid no"));
        assert_eq!(error.to_string(), "access_denied");
        assert_eq!(error.description.unwrap().as_str(), "[address] said no");
    }
}
