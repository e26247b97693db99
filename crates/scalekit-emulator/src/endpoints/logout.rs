//! `GET /oidc/logout`
//!
//! What it does: ends the browser's session and its refresh tokens, then sends the browser back (scalekit-api
//! §7, OpenID Connect RP-Initiated Logout 1.0). An expired ID token is a good hint. Stricter than Scalekit:
//! the post-logout URL must be registered, exactly; the session is the cookie's, so a call from a server ends
//! nothing (scalekit-api §7: "does not log the user out"). Without a hint, or with another person's, the
//! person is asked. Called by: the browser, sent by the app.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::{
    hosted::{notice, redirect, session_cookie},
    parameters::Parameters,
    tokens::jwt,
    world::{CLIENT_ID, Shared, World, sessions::EndReason},
};

/// Ends the session, or asks first.
pub(crate) async fn logout(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let cookie = session_cookie::read(&headers);
    let mut world = shared.world();
    let checked = Parameters::parse(query.unwrap_or_default().as_bytes())
        .map_err(|repeated| repeated.to_string())
        .and_then(|parameters| Ok((check_hint(&world, &parameters)?, parameters)));
    let (hint, parameters) = match checked {
        Ok(checked) => checked,
        Err(text) => return refuse(&mut world, &text),
    };
    if let Err(refusal) = check_target(&mut world, &parameters) {
        return *refusal;
    }
    let session = world.session_by_cookie(cookie.as_deref()).cloned();
    match (session, hint) {
        (Some(session), Some(hint)) if hint.sid == session.sid || hint.user == session.user => {
            world.end_session(&session.sid, EndReason::Logout);
            world.end_session(&hint.sid, EndReason::Logout);
            world.counters.count_outcome("logout.ended");
            leave(&parameters)
        }
        (Some(session), _) => {
            world.counters.count_outcome("logout.asked");
            let person = world.directory.user(&session.user).map_or("somebody", |user| user.label()).to_owned();
            notice::ask_to_sign_out(&person, parameters.value("post_logout_redirect_uri"), parameters.value("state"))
        }
        (None, _) => {
            world.counters.count_outcome("logout.no_session");
            leave(&parameters)
        }
    }
}

/// The answer to the question: "Sign out".
pub(crate) async fn confirm(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let cookie = session_cookie::read(&headers);
    let mut world = shared.world();
    let parameters = match Parameters::parse(&body) {
        Ok(parameters) => parameters,
        Err(repeated) => return refuse(&mut world, &repeated.to_string()),
    };
    if let Err(refusal) = check_target(&mut world, &parameters) {
        return *refusal;
    }
    let sid = world.session_by_cookie(cookie.as_deref()).map(|session| session.sid.clone());
    if let Some(sid) = sid {
        world.end_session(&sid, EndReason::Logout);
        world.counters.count_outcome("logout.ended");
    }
    leave(&parameters)
}

/// Whose session the app means.
struct Hint {
    sid: String,
    user: String,
}

/// A hint must be an ID token of this environment for this application; its expiry does not matter.
fn check_hint(world: &World, parameters: &Parameters) -> Result<Option<Hint>, String> {
    let Some(token) = parameters.value("id_token_hint") else {
        return Ok(None);
    };
    let claims = jwt::read_own(&world.keys, token).ok_or("id_token_hint was not signed by this environment.")?;
    let ours = world.is_own_issuer(claims.get("iss"))
        && claims.get("aud").and_then(Value::as_array).is_some_and(|audience| audience.contains(&json!(CLIENT_ID)))
        && !claims.contains_key("jti");
    if !ours {
        return Err("id_token_hint is no ID token of this application.".into());
    }
    let text = |claims: &Map<String, Value>, name: &str| {
        claims.get(name).and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
    };
    Ok(Some(Hint { sid: text(&claims, "sid"), user: text(&claims, "sub") }))
}

fn check_target(world: &mut World, parameters: &Parameters) -> Result<(), Box<Response>> {
    match parameters.value("post_logout_redirect_uri") {
        Some(target) if !world.registered.has_post_logout(target) => {
            let text = format!(
                "invalid_request: post_logout_redirect_uri is {target}, which is not registered. Registered, compared \
                 exactly:"
            );
            world.counters.count_outcome("logout.refused");
            let page = notice::refused(StatusCode::BAD_REQUEST, &text, world.registered.post_logout());
            Err(Box::new(page))
        }
        _ => Ok(()),
    }
}

fn refuse(world: &mut World, text: &str) -> Response {
    world.counters.count_outcome("logout.refused");
    notice::refused(StatusCode::BAD_REQUEST, &format!("invalid_request: {text}"), &[])
}

/// Back to the app with its `state`, or a page when it named no URL.
fn leave(parameters: &Parameters) -> Response {
    let Some(target) = parameters.value("post_logout_redirect_uri") else {
        return notice::signed_out();
    };
    let mut location = target.to_owned();
    if let Some(state) = parameters.value("state") {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("state", state);
        location = format!("{target}?{}", query.finish());
    }
    redirect::leave_signed_out(&location)
}
