//! `GET /oauth/authorize`
//!
//! What it does: checks the request, then answers at once from the browser's session, or begins a transaction
//! on the hosted pages (scalekit-api §3 and §4). Stricter than Scalekit: redirect URLs match exactly, PKCE is
//! `S256` or absent, `openid` must be asked for, a parameter that comes twice is refused. An unknown client
//! or redirect URL never causes a redirect (RFC 6749 section 4.1.2.1). Called by: the browser, sent by the
//! app.

mod check;

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use crate::{
    hosted::{notice, redirect, session_cookie},
    parameters::Parameters,
    world::{
        CLIENT_ID, Shared, World,
        sessions::{Browser, SignedIn},
        transactions::{Authenticated, AuthorizationRequest, Through, answer_url},
    },
};
pub(crate) use check::SCOPES;
use check::{Checked, Prompt, Refused};

/// Checks the request and decides what the browser sees next.
pub(crate) async fn authorize(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let browser = session_cookie::browser(&headers);
    let mut world = shared.world();
    let parameters = match Parameters::parse(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => parameters,
        Err(repeated) => return refuse_here(&mut world, &repeated.to_string()),
    };
    if parameters.value("client_id") != Some(CLIENT_ID) {
        return refuse_here(
            &mut world,
            &format!("client_id is not {CLIENT_ID}, the one application of this environment."),
        );
    }
    let Some(redirect_uri) = parameters.owned("redirect_uri") else {
        return refuse_here(&mut world, "redirect_uri is missing.");
    };
    if !world.registered.has_callback(&redirect_uri) {
        let text = format!("redirect_uri is {redirect_uri}, which is not registered. Registered, compared exactly:");
        world.counters.count_outcome("authorize.refused");
        return notice::refused(StatusCode::BAD_REQUEST, &text, world.registered.callbacks());
    }
    let state = parameters.owned("state");
    let decided = check::check(&world.directory, &parameters, redirect_uri.clone())
        .and_then(|checked| decide(&mut world, checked, &browser));
    match decided {
        Ok(Decision::Page { path }) => {
            world.counters.count_outcome("authorize.page");
            redirect::found(&shared.url(&path), None)
        }
        Ok(Decision::Done { location, cookie }) => redirect::found(&location, Some(&cookie)),
        Err(refused) => {
            world.counters.count_outcome(format!("authorize.{}", refused.error));
            let answer = [("error", refused.error), ("error_description", refused.description.as_str())];
            redirect::found(&answer_url(&redirect_uri, &answer, state.as_deref()), None)
        }
    }
}

fn refuse_here(world: &mut World, text: &str) -> Response {
    world.counters.count_outcome("authorize.refused");
    notice::refused(StatusCode::BAD_REQUEST, text, &[])
}

enum Decision {
    Page { path: String },
    Done { location: String, cookie: String },
}

/// The table of `prompt` in scalekit-api §3.
fn decide(world: &mut World, checked: Checked, browser: &Browser) -> Result<Decision, Refused> {
    let session = world.session_by_cookie(browser.cookie.as_deref()).cloned();
    let request = checked.request;
    match (checked.prompt, session) {
        (Prompt::None, None) => Err(Refused::new("login_required", "no session, and prompt=none forbids a page")),
        (Prompt::None, Some(session)) => Ok(silently(world, &request, browser, &session.user, session.organization)),
        (Prompt::Absent, Some(session)) if fits(&request, &session.organization) => {
            // `organization_id` alone does not switch the organization of someone who is signed in.
            Ok(silently(world, &request, browser, &session.user, session.organization))
        }
        (Prompt::SelectAccount, Some(session)) => select_account(world, request, browser, session.user),
        (Prompt::Create, _) if request.through == Through::Email => Ok(page(world, request, "/sign-up")),
        (_, _) => Ok(first_page(world, request)),
    }
}

/// A request for one organization's connection is not satisfied by a session in another.
fn fits(request: &AuthorizationRequest, organization: &str) -> bool {
    match &request.through {
        Through::Sso(wanted) if request.forced_connection => wanted == organization,
        _ => true,
    }
}

fn select_account(
    world: &mut World,
    request: AuthorizationRequest,
    browser: &Browser,
    user: String,
) -> Result<Decision, Refused> {
    let memberships: Vec<String> = world.directory.user(&user).map_or_else(Vec::new, |found| {
        found.memberships.iter().map(|membership| membership.organization.clone()).collect()
    });
    if let Some(wanted) = request.organization.clone() {
        if !memberships.contains(&wanted) {
            return Err(Refused::new("access_denied", "the person is not a member of this organization"));
        }
        return Ok(silently(world, &request, browser, &user, wanted));
    }
    if let [only] = memberships.as_slice() {
        return Ok(silently(world, &request, browser, &user, only.clone()));
    }
    let id = world.begin_transaction(request);
    if let Some(transaction) = world.transactions.get_mut(&id) {
        transaction.authenticated = Some(Authenticated { user, connection: None });
    }
    Ok(Decision::Page { path: format!("/hosted/{id}/organization") })
}

fn silently(
    world: &mut World,
    request: &AuthorizationRequest,
    browser: &Browser,
    user: &str,
    organization: String,
) -> Decision {
    let login = SignedIn { user: user.to_owned(), organization, connection: None };
    let completed = world.complete(request, browser, &login);
    Decision::Done { location: completed.location, cookie: completed.cookie }
}

fn first_page(world: &mut World, request: AuthorizationRequest) -> Decision {
    let step = match request.through {
        Through::Email => "",
        Through::Sso(_) => "/sso",
        Through::Social(_) => "/social",
    };
    page(world, request, step)
}

fn page(world: &mut World, request: AuthorizationRequest, step: &str) -> Decision {
    let id = world.begin_transaction(request);
    Decision::Page { path: format!("/hosted/{id}{step}") }
}
