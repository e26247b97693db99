//! What follows once a person has proved who they are.
//!
//! What for: into the organization the request names, into the only one they have, or to the chooser.
//! Not here: the proof itself.
//! Called by: every step that proves it.

use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{notice, open_form, redirect, session_cookie};
use crate::{
    parameters::Parameters,
    world::{
        Shared, World,
        sessions::{Browser, SignedIn},
        transactions::{Authenticated, Transaction, answer_url},
    },
};

/// What a form of the last steps proves.
pub(super) enum Proof {
    /// Who the person is; where they go is still open.
    Person(Authenticated),
    /// Both.
    PersonIn(Authenticated, String),
}

/// Answers a form that may be the last one: `read` says what it proves, or answers it itself.
pub(super) fn take_form(
    shared: &Shared,
    id: &str,
    headers: &HeaderMap,
    body: &[u8],
    read: impl FnOnce(&World, &Transaction, &Parameters) -> Result<Proof, Box<Response>>,
) -> Response {
    let mut world = shared.world();
    let opened = open_form(&world, id, body);
    let proved = opened.and_then(|(transaction, fields)| Ok((read(&world, &transaction, &fields)?, transaction)));
    let browser = session_cookie::browser(headers);
    match proved {
        Ok((Proof::Person(who), transaction)) => finish(&mut world, &transaction, &browser, who),
        Ok((Proof::PersonIn(who, organization), transaction)) => {
            enter(&mut world, &transaction, &browser, who, organization)
        }
        Err(answer) => *answer,
    }
}

/// For `take_form`: the form names somebody or something it can't.
pub(super) fn refuse(text: &str) -> Response {
    notice::refused(StatusCode::UNPROCESSABLE_ENTITY, text, &[])
}

/// Answers the form with which the person proved who they are.
pub(super) fn finish(world: &mut World, transaction: &Transaction, browser: &Browser, who: Authenticated) -> Response {
    let Some(user) = world.directory.user(&who.user) else {
        return notice::over(world.registered.initiate_login());
    };
    let places: Vec<&str> = user.memberships.iter().map(|membership| membership.organization.as_str()).collect();
    let organization = match (&transaction.request.organization, places.as_slice()) {
        (Some(wanted), places) if places.contains(&wanted.as_str()) => wanted.clone(),
        (Some(_), _) => {
            return deny(world, transaction, "the person is not a member of this organization");
        }
        (None, [only]) => (*only).to_owned(),
        // Their last membership was deleted; every token names an organization (scalekit-api §8).
        (None, []) => return deny(world, transaction, "the person belongs to no organization"),
        (None, _) => {
            if let Some(open) = world.transactions.get_mut(&transaction.id) {
                open.authenticated = Some(who);
            }
            return redirect::see_other(&format!("/hosted/{}/organization", transaction.id), None);
        }
    };
    enter(world, transaction, browser, who, organization)
}

/// Ends the transaction in this organization.
fn enter(
    world: &mut World,
    transaction: &Transaction,
    browser: &Browser,
    who: Authenticated,
    organization: String,
) -> Response {
    world.transactions.remove(&transaction.id);
    let login = SignedIn { user: who.user, organization, connection: who.connection };
    let completed = world.complete(&transaction.request, browser, &login);
    world.announce_login(&completed.sid);
    redirect::see_other(&completed.location, Some(&completed.cookie))
}

/// Ends the transaction with `access_denied`.
pub(super) fn deny(world: &mut World, transaction: &Transaction, why: &str) -> Response {
    world.transactions.remove(&transaction.id);
    world.counters.count_outcome("authorize.access_denied");
    let answer = [("error", "access_denied"), ("error_description", why)];
    let request = &transaction.request;
    redirect::see_other(&answer_url(&request.redirect_uri, &answer, request.state.as_deref()), None)
}
