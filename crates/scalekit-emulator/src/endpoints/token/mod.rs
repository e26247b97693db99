//! `POST /oauth/token`
//!
//! What it does: three grants (scalekit-api §5), one file each. Errors are `{"error", "error_description"}`.
//! Stricter than Scalekit: a code works once and its second use revokes what it gave; a refresh token works
//! once, without grace; a parameter that comes twice, or two ways of authentication at once, are refused.
//! Called by: the app's server.

pub(crate) mod authorization_code;
mod client_auth;
mod client_credentials;
mod refresh_token;

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    orders::use_once,
    parameters::Parameters,
    tokens::{jwt::set_members, keys::SigningFailed},
    world::{Shared, World, grants::Refusal},
};
pub(crate) use client_auth::{AuthenticatedClient, authenticate};

/// Authenticates the client and gives the grant its tokens.
pub(crate) async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut world = shared.world();
    let parameters = match read_form(&headers, &body) {
        Ok(parameters) => parameters,
        Err(error) => return error.answer(&mut world, "unreadable"),
    };
    let grant = match parameters.value("grant_type") {
        Some(name @ ("authorization_code" | "refresh_token" | "client_credentials")) => name,
        Some(_) => "unknown",
        None => "missing",
    };
    let result = authenticate(&headers, &parameters).and_then(|client| match grant {
        "authorization_code" => authorization_code::exchange(&client, &mut world, &parameters),
        "refresh_token" => refresh_token::refresh(&client, &mut world, &parameters),
        "client_credentials" => client_credentials::issue(&client, &mut world, &parameters),
        "missing" => Err(TokenError::invalid_request("grant_type is missing")),
        _ => Err(TokenError::new("unsupported_grant_type", "this grant_type is unknown")),
    });
    match result {
        Ok(members) => {
            world.counters.count_outcome(format!("token.{grant}.ok"));
            answer(&mut world, members)
        }
        Err(error) => error.answer(&mut world, grant),
    }
}

/// The form of a request, if it is one.
pub(crate) fn read_form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, TokenError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenError::invalid_request("the body must be application/x-www-form-urlencoded"));
    }
    Parameters::parse(body).map_err(|repeated| TokenError::invalid_request(&repeated.to_string()))
}

/// A parameter the grant can't do without.
fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, TokenError> {
    parameters.value(name).ok_or_else(|| TokenError::invalid_request(&format!("{name} is missing")))
}

/// `expires_in` is a second less than the lifetime: the documented sample is 299 for 300 (scalekit-api §5).
fn expires_in(lifetime: u64) -> u64 {
    lifetime.saturating_sub(1)
}

fn answer(world: &mut World, mut members: Map<String, Value>) -> Response {
    if let Some(change) = &mut world.token_response {
        set_members(&mut members, &change.set);
        if use_once(&mut change.times) {
            world.token_response = None;
        }
    }
    // RFC 6749 section 5.1 asks for both; `Cache-Control` is set for every answer of the emulator.
    ([(header::PRAGMA, "no-cache")], Json(Value::Object(members))).into_response()
}

/// Why there are no tokens (scalekit-api §5).
#[derive(Debug)]
pub(crate) struct TokenError {
    status: StatusCode,
    error: &'static str,
    description: String,
    challenge: bool,
}

impl TokenError {
    pub(crate) fn new(error: &'static str, description: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.to_owned(), challenge: false }
    }

    pub(crate) fn invalid_request(description: &str) -> Self {
        Self::new("invalid_request", description)
    }

    /// 401; with a challenge when the client tried HTTP Basic (RFC 6749 section 5.2).
    pub(crate) fn invalid_client(challenge: bool) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description: "client authentication failed".into(),
            challenge,
        }
    }

    /// The response, counted as an outcome of the grant.
    pub(crate) fn answer(self, world: &mut World, grant: &str) -> Response {
        world.counters.count_outcome(format!("token.{grant}.{}", self.error));
        tracing::info!(grant, error = self.error, reason = self.description, "token request refused");
        self.into_response()
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.error, "error_description": self.description }));
        let mut answer = (self.status, [(header::PRAGMA, "no-cache")], body).into_response();
        if self.challenge {
            let challenge = HeaderValue::from_static("Basic realm=\"scalekit-emulator\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}

impl From<Refusal> for TokenError {
    fn from(refusal: Refusal) -> Self {
        Self::new("invalid_grant", &refusal.to_string())
    }
}

impl From<SigningFailed> for TokenError {
    fn from(failure: SigningFailed) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new("server_error", &failure.to_string()) }
    }
}
