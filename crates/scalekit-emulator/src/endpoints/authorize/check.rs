//! What an authorization request may say.
//!
//! What for: from parameters to a request that can be carried out, or to an error the app is told by
//! redirect. The client and the redirect URL are checked before this; they can't be reported that way. Not
//! here: sessions and pages (`authorize`). Called by: `authorize`.

use crate::{
    directory::Directory,
    parameters::Parameters,
    tokens::pkce,
    world::transactions::{AuthorizationRequest, Through},
};

/// The scopes the emulator knows; others are left out of what is granted (OpenID Connect Core 3.1.2.1).
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Social providers of scalekit-api §3.
const PROVIDERS: [&str; 6] = ["google", "microsoft", "github", "gitlab", "linkedin", "salesforce"];

/// A request that can be carried out. Only `check` makes one.
pub(super) struct Checked {
    pub(super) request: AuthorizationRequest,
    pub(super) prompt: Prompt,
}

/// What the app asks the hosted pages to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    Absent,
    None,
    Login,
    Create,
    SelectAccount,
}

/// An error for the callback (scalekit-api §17).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) error: &'static str,
    pub(super) description: String,
}

impl Refused {
    pub(super) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }
}

/// Checks everything but client and redirect URL.
pub(super) fn check(directory: &Directory, parameters: &Parameters, redirect_uri: String) -> Result<Checked, Refused> {
    match parameters.value("response_type") {
        Some("code") => {}
        None => return Err(Refused::new("invalid_request", "response_type is missing")),
        Some(_) => {
            return Err(Refused::new("unsupported_response_type", "response_type must be code"));
        }
    }
    let (through, organization) = selector(directory, parameters)?;
    let request = AuthorizationRequest {
        redirect_uri,
        scope: scope(parameters)?,
        state: parameters.owned("state"),
        nonce: parameters.owned("nonce"),
        code_challenge: code_challenge(parameters)?,
        login_hint: parameters.owned("login_hint"),
        organization,
        forced_connection: parameters.value("provider").is_none() && parameters.value("connection_id").is_some(),
        through,
    };
    Ok(Checked { request, prompt: prompt(parameters)? })
}

fn scope(parameters: &Parameters) -> Result<Vec<String>, Refused> {
    // Absent means what the SDKs send when nothing is set (scalekit-api §3).
    let asked = parameters.value("scope").unwrap_or("openid profile email");
    let known = SCOPES.into_iter().filter(|known| asked.split(' ').any(|name| name == *known));
    let granted: Vec<String> = known.map(str::to_owned).collect();
    if granted.iter().any(|name| name == "openid") {
        Ok(granted)
    } else {
        Err(Refused::new("invalid_scope", "scope must contain openid"))
    }
}

/// A challenge without a method would mean `plain` (RFC 7636 section 4.3), which is refused like a named
/// `plain`.
fn code_challenge(parameters: &Parameters) -> Result<Option<String>, Refused> {
    match (parameters.owned("code_challenge"), parameters.value("code_challenge_method")) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Refused::new("invalid_request", "code_challenge_method without code_challenge")),
        (Some(challenge), Some("S256")) if pkce::is_challenge(&challenge) => Ok(Some(challenge)),
        (Some(_), Some("S256")) => {
            Err(Refused::new("invalid_request", "code_challenge is not 43 characters of base64url"))
        }
        (Some(_), _) => Err(Refused::new("invalid_request", "code_challenge_method must be S256")),
    }
}

/// `prompt` is a list; `consent` is accepted and changes nothing (scalekit-api §3).
fn prompt(parameters: &Parameters) -> Result<Prompt, Refused> {
    let values: Vec<&str> =
        parameters.value("prompt").unwrap_or_default().split(' ').filter(|v| !v.is_empty()).collect();
    if let Some(unknown) =
        values.iter().find(|value| !["none", "login", "create", "select_account", "consent"].contains(value))
    {
        return Err(Refused::new("invalid_request", format!("prompt {unknown} is unknown")));
    }
    if values.contains(&"none") && values.len() > 1 {
        return Err(Refused::new("invalid_request", "prompt none can't be combined"));
    }
    let strongest = [
        ("none", Prompt::None),
        ("create", Prompt::Create),
        ("login", Prompt::Login),
        ("select_account", Prompt::SelectAccount),
    ];
    let found = strongest.into_iter().find(|(name, _)| values.contains(name));
    Ok(found.map_or(Prompt::Absent, |(_, prompt)| prompt))
}

/// Precedence: provider, connection, organization, domain, login hint (scalekit-api §3). A domain or hint
/// that leads nowhere is no error.
fn selector(directory: &Directory, parameters: &Parameters) -> Result<(Through, Option<String>), Refused> {
    if let Some(provider) = parameters.value("provider") {
        let known = PROVIDERS.into_iter().find(|known| *known == provider);
        let known = known.ok_or_else(|| Refused::new("invalid_request", format!("provider {provider} is unknown")))?;
        return Ok((Through::Social(known), parameters.owned("organization_id")));
    }
    if let Some(connection) = parameters.value("connection_id") {
        let organization = directory
            .organization_by_connection(connection)
            .ok_or_else(|| Refused::new("invalid_connection_id", format!("connection {connection} is unknown")))?;
        return Ok((Through::Sso(organization.id.clone()), Some(organization.id.clone())));
    }
    if let Some(id) = parameters.value("organization_id") {
        let organization = directory
            .organization(id)
            .ok_or_else(|| Refused::new("invalid_organization_id", format!("organization {id} is unknown")))?;
        let through = match organization.sso_connection {
            Some(_) => Through::Sso(id.to_owned()),
            None => Through::Email,
        };
        return Ok((through, Some(id.to_owned())));
    }
    let hinted = parameters.value("login_hint").and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
    let domains = [parameters.value("domain_hint"), parameters.value("domain"), hinted];
    let found = domains.into_iter().flatten().find_map(|domain| directory.sso_organization_by_domain(domain));
    Ok(found.map_or((Through::Email, None), |organization| {
        (Through::Sso(organization.id.clone()), Some(organization.id.clone()))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(query: &str) -> Result<Checked, Refused> {
        let text = format!("response_type=code&{query}");
        let parameters = Parameters::parse(text.as_bytes()).unwrap();
        check(&crate::Seed::default().directory, &parameters, "http://localhost:3000/auth/callback".into())
    }

    fn error(query: &str) -> &'static str {
        checked(query).err().map_or("none", |refused| refused.error)
    }

    #[test]
    fn unknown_scopes_are_left_out_and_openid_is_needed() {
        assert_eq!(checked("scope=openid+odd+email").unwrap().request.scope, ["openid", "email"]);
        assert_eq!(checked("").unwrap().request.scope, ["openid", "profile", "email"]);
        assert_eq!(error("scope=email"), "invalid_scope");
    }

    #[test]
    fn only_a_complete_s256_challenge_is_accepted() {
        let good = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(error(&format!("{good}&code_challenge_method=S256")), "none");
        for bad in [
            good.to_owned(),
            format!("{good}&code_challenge_method=plain"),
            "code_challenge_method=S256".to_owned(),
            "code_challenge=short&code_challenge_method=S256".to_owned(),
        ] {
            assert_eq!(error(&bad), "invalid_request", "{bad}");
        }
    }

    #[test]
    fn prompt_none_stands_alone_and_unknown_values_are_refused() {
        assert_eq!(error("prompt=none+login"), "invalid_request");
        assert_eq!(error("prompt=maybe"), "invalid_request");
        assert_eq!(checked("prompt=select_account+login").unwrap().prompt, Prompt::Login);
        assert_eq!(checked("prompt=consent").unwrap().prompt, Prompt::Absent);
    }

    #[test]
    fn selectors_have_their_precedence_and_hints_may_lead_nowhere() {
        let orbital = Through::Sso("org_103845067215790303".into());
        assert_eq!(checked("login_hint=new@orbital.example").unwrap().request.through, orbital);
        assert_eq!(checked("domain_hint=sub.orbital.example").unwrap().request.through, Through::Email);
        assert_eq!(checked("provider=google&connection_id=conn_1").unwrap().request.through, Through::Social("google"));
        assert_eq!(error("connection_id=conn_1"), "invalid_connection_id");
        assert_eq!(error("organization_id=org_1"), "invalid_organization_id");
        assert_eq!(error("provider=myspace"), "invalid_request");
    }
}
