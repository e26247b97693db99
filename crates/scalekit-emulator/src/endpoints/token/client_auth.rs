//! Who calls the token endpoint.
//!
//! What for: `client_secret_post`, as the SDKs do, and HTTP Basic, as Spring Security does (scalekit-api §5).
//! Not here: public clients; the environment has one confidential web application.
//! Called by: every grant, and revoke.

use aws_lc_rs::constant_time;
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::TokenError;
use crate::{
    parameters::Parameters,
    world::{CLIENT_ID, CLIENT_SECRET},
};

/// Proof that the caller knows the secret.
pub(crate) struct AuthenticatedClient(());

/// Checks the credentials, wherever they are. Both ways at once are refused (RFC 6749 section 2.3).
pub(crate) fn authenticate(headers: &HeaderMap, parameters: &Parameters) -> Result<AuthenticatedClient, TokenError> {
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return compare(parameters.value("client_id"), parameters.value("client_secret"))
            .ok_or_else(|| TokenError::invalid_client(false));
    };
    if parameters.value("client_secret").is_some() {
        return Err(TokenError::invalid_request("the client authenticates twice, by header and by body"));
    }
    let credentials = header.to_str().ok().and_then(basic_credentials);
    let (id, secret) = credentials.ok_or_else(|| TokenError::invalid_client(true))?;
    if parameters.value("client_id").is_some_and(|in_body| in_body != id) {
        return Err(TokenError::invalid_request("client_id in the body is not the one of the header"));
    }
    compare(Some(&id), Some(&secret)).ok_or_else(|| TokenError::invalid_client(true))
}

fn compare(id: Option<&str>, secret: Option<&str>) -> Option<AuthenticatedClient> {
    let right_secret = constant_time::verify_slices_are_equal(secret?.as_bytes(), CLIENT_SECRET.as_bytes()).is_ok();
    (id? == CLIENT_ID && right_secret).then_some(AuthenticatedClient(()))
}

/// Id and secret are form-encoded before they are joined (RFC 6749 section 2.3.1).
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decode(id), decode(secret)))
}

fn decode(text: &str) -> String {
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded_and_malformed_ones_are_none() {
        let header = format!("basic {}", STANDARD.encode("skc%5Femulator:a+b%3A"));
        assert_eq!(basic_credentials(&header), Some(("skc_emulator".into(), "a b:".into())));
        for bad in ["Basic", "Bearer YTpi", "Basic !!", "Basic YWI="] {
            assert_eq!(basic_credentials(bad), None, "{bad}");
        }
    }
}
